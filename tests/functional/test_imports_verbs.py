"""get, get-url, list-url, import, import-url, update: content from other repos and from URLs."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dvnb.repo.facade import Repo


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_file():
            self.send_header("ETag", f'"tag-{path.read_text().strip()}"')
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Stay silent."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def other(repo: Path, tmp_path: Path, dvnb: Callable[..., Any], git: Callable[..., str]) -> Path:
    """Another project: a tracked file and folder, an output of a stage, and files that git has."""
    there = tmp_path / "other"
    (there / "d/sub").mkdir(parents=True)
    (there / "src").mkdir()
    (there / "data.csv").write_text("v1\n")
    (there / "d/sub/x").write_text("x\n")
    (there / "d/y").write_text("y\n")
    (there / "src/code.py").write_text("pass\n")
    git("init", "-q", cwd=there)
    assert dvnb("init", "-q", cwd=there).code == 0
    assert dvnb("add", "-q", "data.csv", "d", cwd=there).code == 0
    assert dvnb("run", "-n", "s", "-o", "out.txt", "echo made > out.txt", cwd=there).code == 0
    git("add", "-A", cwd=there)
    git("commit", "-qm", "v1", cwd=there)
    return there


def _change(there: Path, dvnb: Callable[..., Any], git: Callable[..., str]) -> None:
    (there / "data.csv").write_text("v2\n")
    assert dvnb("add", "-q", "data.csv", cwd=there).code == 0
    git("commit", "-qam", "v2", cwd=there)


def test_get_takes_tracked_data_members_outs_and_git_files(
    other: Path, repo: Path, tmp_path: Path, dvnb: Callable[..., Any]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for path, out in (
        ("data.csv", "data.csv"),
        ("d", "d"),
        ("d/sub", "sub"),
        ("d/y", "y"),
        ("out.txt", "out.txt"),
        ("src", "src"),
    ):
        done = dvnb("get", str(other), path, cwd=outside)
        assert (done.code, done.err) == (0, "")
        assert (outside / out).exists()
    assert (outside / "data.csv").read_text() == "v1\n"
    assert (outside / "d/sub/x").read_text() == "x\n"
    assert (outside / "sub/x").read_text() == "x\n"
    assert (outside / "out.txt").read_text() == "made\n"
    assert (outside / "src/code.py").read_text() == "pass\n"


def test_get_from_a_clone_takes_data_from_the_remote(
    other: Path, repo: Path, tmp_path: Path, dvnb: Callable[..., Any], git: Callable[..., str]
) -> None:
    assert dvnb("remote", "add", "-d", "r", str(tmp_path / "remote"), cwd=other).code == 0
    assert dvnb("push", cwd=other).code == 0
    git("commit", "-qam", "remote", cwd=other)
    _change(other, dvnb, git)
    done = dvnb("get", f"file://{other}", "data.csv", "--rev", "HEAD~1", "-o", "new/")
    assert (done.code, done.err) == (0, "")
    assert (repo / "new/data.csv").read_text() == "v1\n"
    shown = dvnb("get", f"file://{other}", "data.csv", "--rev", "HEAD~1", "--show-url")
    assert Path(shown.out.strip()).read_text() == "v1\n"


def test_get_refuses_what_is_in_the_way_and_force_keeps_it_in_the_trash(
    other: Path, repo: Path, dvnb: Callable[..., Any]
) -> None:
    (repo / "data.csv").write_text("precious")
    done = dvnb("get", str(other), "data.csv")
    assert done.code == 1
    assert "already exists locally" in done.err
    assert (repo / "data.csv").read_text() == "precious"
    assert dvnb("get", "-f", str(other), "data.csv").code == 0
    assert (repo / "data.csv").read_text() == "v1\n"
    kept = [path for path in (repo / ".git/dvnb/trash").rglob("*") if path.is_file()]
    assert any(path.read_text() == "precious" for path in kept)
    missing = dvnb("get", str(other), "nosuch")
    assert missing.code == 255
    assert len(missing.err.splitlines()) == 1
    assert sorted(path.name for path in repo.iterdir()) == [".dvc", ".dvcignore", ".git", "data.csv"]


def test_repro_of_an_import_that_is_not_frozen(
    repo: Path, tmp_path: Path, dvnb: Callable[..., Any], oracle: Any
) -> None:
    source = tmp_path / "source"
    source.write_text("1\n")
    assert dvnb("import-url", str(source), "here").code == 0
    Path("dvc.yaml").write_text("stages:\n  s:\n    cmd: cp here out\n    deps: [here]\n    outs: [out]\n")
    source.write_text("2\n")
    assert dvnb("repro").code == 0
    assert Path("out").read_text() == "1\n"
    assert dvnb("unfreeze", "here.dvc").code == 0
    assert json.loads(dvnb("status", "--json").out)["here.dvc"] == [{"changed deps": {str(source): "modified"}}]
    assert f"Importing '{source}' -> 'here'" in dvnb("repro", "--dry").lines
    assert Path("here").read_text() == "1\n"
    assert f"Importing '{source}' -> 'here'" in dvnb("repro").lines
    assert (Path("here").read_text(), Path("out").read_text()) == ("2\n", "2\n")
    assert dvnb("status", "--json").out == "{}\n" == oracle("status", "--json")[1]
    before = Path("here.dvc").read_bytes()
    assert oracle("repro", "-f", "here.dvc")[0] == 0
    assert Path("here.dvc").read_bytes() == before


@pytest.mark.parametrize("verb", [["import-url"], ["import", "."], ["add", "-o"]])
def test_no_folder_is_made_for_what_is_tracked(
    other: Path, dvnb: Callable[..., Any], oracle: Any, verb: list[str]
) -> None:
    source = "src/code.py" if verb[0] == "import" else str(other / "src/code.py")
    args = [*verb, "no/such/x", source] if verb[0] == "add" else [*verb, source, *["-o"][: len(verb) - 1], "no/such/x"]
    done = dvnb(*args, cwd=other)
    assert (done.code, "no/such' does not exist" in done.err) == (1, True)
    assert not (other / "no").exists()


def test_import_status_update(other: Path, repo: Path, dvnb: Callable[..., Any], git: Callable[..., str]) -> None:
    assert dvnb("import", str(other), "data.csv", "-o", "imp.csv").code == 0
    assert "frozen: true" in (repo / "imp.csv.dvc").read_text()
    assert dvnb("status", "--json").out.strip() == "{}"
    _change(other, dvnb, git)
    moved = {"imp.csv.dvc": [{"changed deps": {f"data.csv ({other})": "update available"}}]}
    assert json.loads(dvnb("status", "--json").out) == moved
    assert json.loads(dvnb("status", "--json", "--no-updates").out) == {}
    assert dvnb("update", "imp.csv.dvc").code == 0
    assert (repo / "imp.csv").read_text() == "v2\n"
    assert dvnb("update", "imp.csv.dvc").lines == ["'imp.csv.dvc' didn't change, skipping"]
    assert dvnb("update", "--rev", "HEAD~1", "imp.csv.dvc").code == 0
    assert (repo / "imp.csv").read_text() == "v1\n"
    assert dvnb("status", "--json").out.strip() == "{}"


def test_pull_brings_an_import_from_where_it_came(
    other: Path, repo: Path, dvnb: Callable[..., Any], git: Callable[..., str]
) -> None:
    assert dvnb("import", str(other), "data.csv").code == 0
    _change(other, dvnb, git)
    (repo / "data.csv").unlink()
    for path in (repo / ".dvc/cache/files").rglob("*"):
        if path.is_file():
            path.unlink()
    assert dvnb("pull").code == 0
    assert (repo / "data.csv").read_text() == "v1\n"


def test_imports_without_content(other: Path, repo: Path, dvnb: Callable[..., Any]) -> None:
    assert dvnb("import", "--no-exec", str(other), "data.csv").code == 0
    assert "rev_lock" not in (repo / "data.csv.dvc").read_text()
    assert dvnb("import", "--no-download", str(other), "d").code == 0
    assert "rev_lock" in (repo / "d.dvc").read_text()
    assert not (repo / "data.csv").exists()
    assert dvnb("update", "data.csv.dvc", "d.dvc").code == 0
    assert (repo / "d/sub/x").read_text() == "x\n"
    assert dvnb("status", "--json").out.strip() == "{}"


def test_a_failed_import_tracks_nothing(other: Path, repo: Path, dvnb: Callable[..., Any]) -> None:
    before = sorted(path.name for path in repo.iterdir())
    assert dvnb("import", str(other), "nosuch").code == 255
    assert dvnb("import", "/no/such/repo", "x").code == 1
    assert dvnb("import-url", "nosuch").code == 1
    (repo / "f").write_text("mine")
    assert dvnb("update", "f.dvc").code == 1
    (repo / "f").unlink()
    assert sorted(path.name for path in repo.iterdir()) == before


def test_import_url_over_http(served: tuple[Path, str], repo: Path, dvnb: Callable[..., Any]) -> None:
    folder, url = served
    (folder / "f.txt").write_text("one\n")
    done = dvnb("import-url", f"{url}/f.txt")
    assert (done.code, done.err) == (0, "")
    assert "- checksum: '\"tag-one\"'\n  size: 4\n  hash: md5\n" in (repo / "f.txt.dvc").read_text()
    assert (repo / "f.txt").read_text() == "one\n"
    (folder / "f.txt").write_text("second\n")
    assert dvnb("update", "f.txt.dvc").code == 0
    assert (repo / "f.txt").read_text() == "second\n"
    assert dvnb("get-url", f"{url}/f.txt", "copy").code == 0
    assert (repo / "copy").read_text() == "second\n"
    assert dvnb("get-url", f"{url}/nosuch").code == 1


def test_list_url(repo: Path, dvnb: Callable[..., Any]) -> None:
    (repo / "a/b").mkdir(parents=True)
    (repo / "a/b/c").write_text("123")
    (repo / "a/z").write_text("1")
    assert dvnb("list-url", "a").lines == ["b", "z"]
    assert dvnb("ls-url", "-R", "--size", "a").lines == ["3  b/c", "1  z"]
    assert dvnb("list-url", "nope").code == 255


def test_api(other: Path, repo: Path) -> None:
    result = Repo(repo).import_(str(other), "d/sub", "here")
    assert result.imported == [(f"d/sub ({other})", "here")]
    assert (repo / "here/x").read_text() == "x\n"
    assert Repo.get(str(other), "d/y", start=repo).path == "y"


def test_an_import_of_an_import_comes_from_its_source(
    other: Path, repo: Path, tmp_path: Path, dvnb: Callable[..., Any], git: Callable[..., str]
) -> None:
    import shutil

    middle = tmp_path / "middle"
    middle.mkdir()
    git("init", "-q", cwd=middle)
    assert dvnb("init", "-q", cwd=middle).code == 0
    assert dvnb("import", "-q", str(other), "data.csv", cwd=middle).code == 0
    assert dvnb("import", "-q", str(other), "d", cwd=middle).code == 0
    git("add", "-A", cwd=middle)
    git("commit", "-qm", "imports", cwd=middle)
    _change(other, dvnb, git)
    shutil.rmtree(middle / ".dvc" / "cache")
    (middle / "data.csv").unlink()
    shutil.rmtree(middle / "d")
    assert dvnb("import", str(middle), "data.csv").code == 0
    assert (repo / "data.csv").read_text() == "v1\n"
    assert dvnb("get", str(middle), "d/sub", "-o", "members").code == 0
    assert (repo / "members" / "x").read_text() == "x\n"
    assert not (middle / ".dvc" / "cache").exists()


def test_importing_again_updates_the_file_as_dvc_does(
    other: Path, repo: Path, dvnb: Callable[..., Any], oracle: Any, git: Callable[..., str]
) -> None:
    git("tag", "v1", cwd=other)
    _change(other, dvnb, git)
    texts = []
    for tool in (lambda *args: dvnb(*args).code, lambda *args: oracle(*args)[0]):
        assert tool("import", str(other), "data.csv") == 0
        assert tool("import", "-f", "--rev", "v1", str(other), "data.csv") == 0
        texts.append((repo / "data.csv.dvc").read_text())
        (repo / "data.csv.dvc").unlink()
        (repo / "data.csv").unlink()
    assert texts[0] == texts[1]
    assert texts[0].index("rev_lock: ") < texts[0].index("rev: ")


def test_the_url_of_content_without_a_remote_is_that_in_the_cache(
    other: Path, repo: Path, dvnb: Callable[..., Any], oracle: Any
) -> None:
    done = dvnb("get", str(other), "data.csv", "--show-url")
    assert done.code == 0
    assert done.out == oracle("get", str(other), "data.csv", "--show-url")[1]


def test_update_without_a_download_leaves_what_dvc_leaves(
    other: Path, repo: Path, dvnb: Callable[..., Any], git: Callable[..., str], oracle: Any
) -> None:
    assert dvnb("import", str(other), "data.csv").code == 0
    before = (repo / "data.csv.dvc").read_bytes()
    _change(other, dvnb, git)
    (repo / "data.csv").write_text("only here\n")
    assert dvnb("update", "--no-download", "data.csv.dvc").code == 0
    assert not (repo / "data.csv").exists()
    assert [path.read_text() for path in (repo / ".git/dvnb/trash").glob("*/*/data.csv")] == ["only here\n"]
    mine = (repo / "data.csv.dvc").read_text()
    (repo / "data.csv.dvc").write_bytes(before)
    (repo / "data.csv").write_text("v1\n")
    assert oracle("update", "--no-download", "data.csv.dvc")[0] == 0
    assert (repo / "data.csv.dvc").read_text() == mine
    assert not (repo / "data.csv").exists()
    assert json.loads(dvnb("status", "--json").out) == json.loads(oracle("status", "--json")[1])
    assert dvnb("update", "data.csv.dvc").code == 0
    assert (repo / "data.csv").read_text() == "v2\n"
    assert dvnb("status").out == "Data and pipelines are up to date.\n"


@pytest.mark.parametrize("mode", ["--no-download", "--no-exec"])
def test_fetch_brings_what_never_came_into_the_cache(
    other: Path, repo: Path, dvnb: Callable[..., Any], served: tuple[Path, str], mode: str
) -> None:
    (served[0] / "far.txt").write_text("far\n")
    assert dvnb("import", mode, str(other), "d").code == 0
    assert dvnb("import-url", mode, f"{served[1]}/far.txt").code == 0
    assert dvnb("import-url", mode, str(other / "src"), "src").code == 0
    metafiles = {path: path.read_bytes() for path in repo.glob("?*.dvc")}
    done = dvnb("fetch")
    assert done.lines == ["4 files fetched"], done.err
    assert done.err == "No remote provided and no default remote set.\n"
    assert not any((repo / name).exists() for name in ("d", "far.txt", "src"))
    assert Repo().fetch().transferred == 0
    (other / "d/y").unlink()
    done = dvnb("pull")
    assert done.code == 0, done.err
    assert done.lines == ["A       d/", "A       src/", "A       far.txt", "4 files added"]
    assert (repo / "d/y").read_text() == "y\n"
    assert {path: path.read_bytes() for path in repo.glob("?*.dvc")} == metafiles


def test_what_only_the_workspace_of_a_repo_has(
    other: Path, repo: Path, dvnb: Callable[..., Any], oracle: Any, git: Callable[..., str]
) -> None:
    (other / "new.txt").write_text("new\n")
    done = dvnb("import", str(other), "new.txt")
    assert done.code == 0
    commit = git("rev-parse", "--short=7", "HEAD", cwd=other).strip()
    assert f"WARNING: 'new.txt' is not in commit {commit} of '{other}': its workspace was taken" in done.err
    mine = (repo / "new.txt.dvc").read_text()
    (repo / "new.txt").unlink()
    (repo / "new.txt.dvc").unlink()
    assert oracle("import", str(other), "new.txt")[0] == 0
    assert (repo / "new.txt.dvc").read_text() == mine
    refused = dvnb("import", str(other), "new.txt", "--rev", "HEAD", "-o", "again.txt")
    assert refused.code == 255 and "'new.txt' does not exist" in refused.err
    assert not (repo / "again.txt.dvc").exists()


@pytest.mark.parametrize("words", [["--rev", "HEAD"], ["--no-download"], ["--to-remote"]])
def test_options_for_imports_only_are_refused_beside_others_after_the_work(
    other: Path, repo: Path, dvnb: Callable[..., Any], git: Callable[..., str], oracle: Any, words: list[str]
) -> None:
    (repo / "plain").write_text("plain\n")
    assert dvnb("add", "plain").code == 0
    assert dvnb("import", str(other), "data.csv").code == 0
    _change(other, dvnb, git)
    done = dvnb("update", "-R", ".", *words)
    assert done.code == oracle("update", "-R", ".", *words)[0] == 1
    assert done.err.count("ERROR: ") == 1
    if words != ["--to-remote"]:
        assert f"{words[0]} can't be used with what is no import: 'plain.dvc'" in done.err
        assert git("rev-parse", "HEAD", cwd=other).strip() in (repo / "data.csv.dvc").read_text()
    assert (repo / "plain").read_text() == "plain\n"


def test_a_relative_remote_of_a_clone_begins_at_the_root_as_in_dvc(
    other: Path, dvnb: Callable[..., Any], git: Callable[..., str], oracle: Any
) -> None:
    assert dvnb("remote", "add", "-d", "store", "../nearby", cwd=other).code == 0
    git("commit", "-qam", "remote", cwd=other)
    url = f"file://{other}"
    done = dvnb("get", url, "data.csv", "--show-url")
    assert done.out.startswith("/nearby/files/md5/")
    assert done.out == oracle("get", url, "data.csv", "--show-url")[1]
    assert dvnb("get", str(other), "data.csv", "--show-url").out.startswith(f"{other.parent}/nearby/files/md5/")


def test_get_takes_what_the_workspace_of_a_local_repo_has(
    other: Path, dvnb: Callable[..., Any], oracle: Any, git: Callable[..., str]
) -> None:
    (other / "data.csv").write_text("not committed\n")
    (other / "d/new").write_text("new\n")
    for out, tool in (("mine", lambda *args: dvnb(*args).code), ("theirs", lambda *args: oracle(*args)[0])):
        assert tool("get", str(other), "data.csv", "-o", f"{out}.csv") == 0
        assert tool("get", str(other), "d", "-o", out) == 0
        assert Path(f"{out}.csv").read_text() == "not committed\n"
        assert {path.relative_to(out).as_posix() for path in Path(out).rglob("*")} == {"new", "sub", "sub/x", "y"}
    shutil.rmtree(other / ".dvc/cache")
    assert dvnb("get", str(other), "d", "-o", "again").code == 0
    assert Path("again/new").read_text() == "new\n"
    refused = dvnb("get", str(other), "data.csv", "--rev", "HEAD", "-o", "committed.csv")
    assert refused.code == 1  # nobody has that any more


def test_get_mixes_no_two_versions_of_a_folder(other: Path, dvnb: Callable[..., Any]) -> None:
    (other / "d/y").unlink()
    (other / "d/sub/x").write_text("not committed\n")
    assert dvnb("get", str(other), "d").code == 0
    assert {path.name: path.read_text() for path in Path("d").rglob("?")} == {"x": "x\n", "y": "y\n"}
