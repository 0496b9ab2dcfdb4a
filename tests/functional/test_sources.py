"""Where get, import, list, du and their like take content from: kinds of repos and URLs, revs, and settings for them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo

Dvnb = Callable[..., Any]
Git = Callable[..., str]


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def plain(home: Path, tmp_path: Path, git: Git) -> Path:
    """A git repo that knows no dvc: two commits, the first one tagged, and a branch."""
    there = tmp_path / "plain"
    (there / "src").mkdir(parents=True)
    git("init", "-q", cwd=there)
    (there / "src/code.py").write_text("one\n")
    (there / "run.sh").write_text("true\n")
    (there / "run.sh").chmod(0o755)
    git("add", "-A", cwd=there)
    git("commit", "-qm", "one", cwd=there)
    git("tag", "v1", cwd=there)
    git("branch", "old", cwd=there)
    (there / "src/code.py").write_text("two\n")
    git("commit", "-qam", "two", cwd=there)
    return there


@pytest.fixture
def data(home: Path, tmp_path: Path, git: Git, dvnb: Dvnb) -> Path:
    """A project whose data is in the remote `two` only, while its default remote `one` is empty."""
    there = tmp_path / "data"
    (there / "d").mkdir(parents=True)
    (there / "d/a").write_text("1\n")
    (there / "file").write_text("data\n")
    git("init", "-q", cwd=there)
    for words in (
        ["init", "-q"],
        ["remote", "add", "-q", "-d", "one", str(tmp_path / "one")],
        ["remote", "add", "-q", "two", str(tmp_path / "two")],
        ["add", "-q", "d", "file"],
        ["push", "-q", "-r", "two"],
    ):
        assert dvnb(*words, cwd=there).code == 0
    git("add", "-A", cwd=there)
    git("commit", "-qm", "data", cwd=there)
    return there


def _revs(plain: Path, git: Git) -> list[str]:
    commit = git("rev-parse", "v1", cwd=plain).strip()
    return ["v1", "old", commit, commit[:8]]


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_git_repo_at_any_rev(prefix: str, plain: Path, repo: Path, dvnb: Dvnb, git: Git) -> None:
    url = f"{prefix}{plain}"
    assert dvnb("get", url, "src/code.py").code == 0
    assert (repo / "code.py").read_text() == "two\n"
    for number, rev in enumerate(_revs(plain, git)):
        done = dvnb("get", url, "src", "--rev", rev, "-o", f"out{number}")
        assert (done.code, done.err) == (0, "")
        assert (repo / f"out{number}/code.py").read_text() == "one\n"
    assert dvnb("list", url, "--rev", "v1", "-R").lines == ["run.sh", "src/code.py"]
    assert dvnb("du", url, "src", "--rev", "old").lines == ["4  src/code.py", "4  src"]
    wrong = dvnb("get", url, "src", "--rev", "nosuch", "-o", "x")
    assert (wrong.code, len(wrong.err.splitlines())) == (1, 1)
    assert "unknown Git revision 'nosuch'" in wrong.err


def test_import_of_a_git_file_and_its_update(plain: Path, repo: Path, dvnb: Dvnb, git: Git, oracle: Any) -> None:
    assert dvnb("import", str(plain), "src/code.py", "--rev", "old").code == 0
    mine = (repo / "code.py.dvc").read_text()
    (repo / "code.py").unlink()
    (repo / "code.py.dvc").unlink()
    assert oracle("import", str(plain), "src/code.py", "--rev", "old")[0] == 0
    assert (repo / "code.py.dvc").read_text() == mine
    assert dvnb("update", "code.py.dvc").lines == ["'code.py.dvc' didn't change, skipping"]
    git("branch", "-qf", "old", "main", cwd=plain)
    assert json.loads(dvnb("status", "--json").out) == {
        "code.py.dvc": [{"changed deps": {f"src/code.py ({plain})": "update available"}}]
    }
    assert dvnb("update", "--no-download", "code.py.dvc").code == 0
    assert not (repo / "code.py").exists()  # it is not what the .dvc file stands for any more
    assert dvnb("update", "code.py.dvc").code == 0
    assert (repo / "code.py").read_text() == "two\n"
    assert dvnb("update", "--rev", "v1", "code.py.dvc").code == 0
    assert (repo / "code.py").read_text() == "one\n"
    assert "rev: v1\n" in (repo / "code.py.dvc").read_text()
    refused = dvnb("update", "--to-remote", "code.py.dvc")
    assert refused.code == 1
    assert "can't be updated with --to-remote" in refused.err


def test_an_executable_git_file(plain: Path, repo: Path, dvnb: Dvnb, oracle: Any) -> None:
    assert dvnb("import", str(plain), "run.sh").code == 0
    mine = (repo / "run.sh.dvc").read_text()
    (repo / "run.sh").unlink()
    (repo / "run.sh.dvc").unlink()
    assert oracle("import", str(plain), "run.sh")[0] == 0
    assert (repo / "run.sh.dvc").read_text() == mine


def test_relative_paths_and_a_folder_in_the_repo(data: Path, plain: Path, repo: Path, dvnb: Dvnb) -> None:
    assert dvnb("get", "../plain", "src/code.py").code == 0
    assert dvnb("get", "../plain/src", "run.sh").code == 0
    assert dvnb("get", "../data/d", "file", "-o", "scratch/").code == 0
    assert (repo / "scratch/file").read_text() == "data\n"
    assert dvnb("get", "../data", "d/a", "-o", "scratch").code == 0
    assert (repo / "scratch/a").read_text() == "1\n"
    (repo / "into").mkdir()
    assert dvnb("import", "../data", "d", "-o", "into/").code == 0
    assert "url: ../data\n" in (repo / "into/d.dvc").read_text()
    assert dvnb("get-url", "../data/file", "new/").code == 0
    assert (repo / "new/file").read_text() == "data\n"
    assert dvnb("update", "into/d.dvc", cwd=repo).code == 0


def test_scp_style_urls_are_gits_business(
    plain: Path, repo: Path, tmp_path: Path, dvnb: Dvnb, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "ssh"
    script.write_text('#!/bin/sh\necho "$1" >> "$0.log"\nshift\neval "$*"\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    url = f"git@example.org:{plain}"
    done = dvnb("get", url, "src/code.py", "--rev", "v1")
    assert (done.code, done.err) == (0, "")
    assert (repo / "code.py").read_text() == "one\n"
    assert dvnb("list", url).lines == ["run.sh", "src"]
    assert dvnb("import", url, "run.sh").code == 0
    assert url in (repo / "run.sh.dvc").read_text()
    assert set(Path(f"{script}.log").read_text().split()) == {"git@example.org"}


def test_git_over_http(plain: Path, repo: Path, dvnb: Dvnb, git: Git, serve: Callable[[Path], str]) -> None:
    git("repack", "-adq", cwd=plain)
    git("update-server-info", cwd=plain)
    url = f"{serve(plain)}/.git"
    assert dvnb("import", url, "src/code.py", "--rev", "v1").code == 0
    assert (repo / "code.py").read_text() == "one\n"
    assert dvnb("list", url, "src").lines == ["code.py"]
    assert Repo.get(url, "src", "folder", start=repo).path == "folder"


def test_a_project_without_git(repo: Path, tmp_path: Path, dvnb: Dvnb, oracle: Any) -> None:
    there = tmp_path / "noscm"
    there.mkdir()
    (there / "n").write_text("n\n")
    (there / "p").write_text("p\n")
    assert dvnb("init", "-q", "--no-scm", cwd=there).code == 0
    assert dvnb("add", "-q", "n", cwd=there).code == 0
    assert dvnb("get", str(there), "n").code == 0
    assert dvnb("get", str(there), "p").code == 0
    assert dvnb("list", str(there), "--dvc-only").lines == ["n"]
    for words in (["get", str(there), "n", "--rev", "x", "-o", "y"], ["import", str(there), "n", "-o", "y"]):
        done = dvnb(*words)
        assert (done.code, len(done.err.splitlines())) == (oracle(*words)[0], 1)
        assert not (repo / "y.dvc").exists()


@pytest.fixture
def mono(home: Path, tmp_path: Path, git: Git, dvnb: Dvnb) -> Path:
    """A git repo with a project in its folder `sub`."""
    there = tmp_path / "mono"
    (there / "sub/d").mkdir(parents=True)
    git("init", "-q", cwd=there)
    (there / "top").write_text("top\n")
    (there / "sub/s").write_text("s\n")
    (there / "sub/code").write_text("code\n")
    (there / "sub/d/1").write_text("1\n")
    for words in (
        ["init", "-q", "--subdir"],
        ["remote", "add", "-q", "-d", "r", str(tmp_path / "subremote")],
        ["add", "-q", "s", "d"],
        ["push", "-q"],
    ):
        assert dvnb(*words, cwd=there / "sub").code == 0
    git("add", "-A", cwd=there)
    git("commit", "-qm", "m", cwd=there)
    return there


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_project_in_a_folder_of_a_git_repo(prefix: str, mono: Path, repo: Path, dvnb: Dvnb, oracle: Any) -> None:
    url = f"{prefix}{mono}"
    for path, out in (("sub/s", "s"), ("sub/d/1", "1"), ("sub/code", "code"), ("top", "top")):
        done = dvnb("get", url, path)
        assert (done.code, done.err) == (0, "")
        assert (repo / out).read_text() == f"{out}\n"
    assert dvnb("get", url, "sub", "-o", "all").code == 0
    assert sorted(path.name for path in (repo / "all").rglob("*")) == [".gitignore", "1", "code", "d", "s"]
    assert dvnb("import", url, "sub/d").code == 0
    mine = (repo / "d.dvc").read_text()
    (repo / "d.dvc").unlink()
    assert oracle("import", "-f", url, "sub/d")[0] == 0
    assert (repo / "d.dvc").read_text() == mine
    for words in (["list", url], ["list", url, "sub"], ["du", url, "sub"]):
        assert sorted(dvnb(*words).lines) == sorted(oracle(*words)[1].splitlines())
    assert dvnb("get", url, "sub/nosuch").code == 255


def test_settings_for_the_other_repo(data: Path, repo: Path, tmp_path: Path, dvnb: Dvnb) -> None:
    url, place = f"file://{data}", f"url={tmp_path / 'two'}"
    (repo / "conf").write_text('[core]\n    remote = zz\n[remote "zz"]\n    url = ../two\n')
    assert dvnb("list", url, "d", "--remote", "two").lines == ["a"]
    assert dvnb("du", url, "d", "--remote-config", place).code == 0
    assert dvnb("get", url, "file").code != 0
    for number, words in enumerate((["--remote", "two"], ["--remote-config", place], ["--config", "conf"])):
        for fetched in (tmp_path / "home/.cache").glob("*/objects"):
            fetched.rename(tmp_path / f"gone{number}")
        done = dvnb("get", url, "file", "-o", f"out{number}", *words)
        assert (done.code, done.err) == (0, "")
    shown = dvnb("get", url, "file", "--show-url", "--remote", "two")
    assert Path(shown.out.strip()).read_text() == "data\n"
    for words, message in (
        (["--remote", "nope"], "remote 'nope' doesn't exist"),
        (["--config", "nosuch"], "'nosuch' cannot be read"),
        (["--remote-config", "bad=1"], "extra keys not allowed"),
    ):
        done = dvnb("get", url, "file", "-o", "y", *words)
        assert (done.code == 0, len(done.err.splitlines())) == (False, 1)
        assert message in done.err


@pytest.mark.parametrize(
    "words",
    [
        ["--remote", "two", "--remote-config", "url={two}"],
        ["--remote-config", "url={two}"],
        ["--config", "conf"],
        ["--remote", "two", "--no-exec"],
        ["--remote", "two", "--no-download"],
    ],
    ids=" ".join,
)
def test_an_import_remembers_the_settings_as_dvc_does(
    words: list[str], data: Path, repo: Path, tmp_path: Path, dvnb: Dvnb, oracle: Any
) -> None:
    words = [word.format(two=tmp_path / "two") for word in words]
    (repo / "conf").write_text(f'[core]\n    remote = zz\n[remote "zz"]\n    url = {tmp_path / "two"}\n')
    done = dvnb("import", f"file://{data}", "file", *words)
    assert (done.code, done.err) == (0, "")
    mine = (repo / "file.dvc").read_text()
    for name in ("file", "file.dvc"):
        (repo / name).unlink(missing_ok=True)
    assert oracle("import", f"file://{data}", "file", *words)[0] == 0
    assert (repo / "file.dvc").read_text() == mine
    assert dvnb("update", "file.dvc").code == 0
    assert (repo / "file").read_text() == "data\n"


def test_an_unreachable_source_hides_nothing_else(plain: Path, repo: Path, dvnb: Dvnb) -> None:
    assert dvnb("import", str(plain), "run.sh").code == 0
    assert dvnb("import", str(plain), "src").code == 0
    (repo / "mine").write_text("1\n")
    assert dvnb("add", "mine").code == 0
    (repo / "mine").write_text("2\n")
    plain.rename(plain.with_name("moved"))
    done = dvnb("status", "--json")
    assert done.code == 0
    assert json.loads(done.out) == {"mine.dvc": [{"changed outs": {"mine": "modified"}}]}
    assert [line for line in done.err.splitlines() if "run.sh.dvc" in line]
    assert dvnb("update", "run.sh.dvc").code == 1
    plain.with_name("moved").rename(plain)
    (plain / "src/code.py").unlink()
    refused = dvnb("update", "-R", ".")
    assert refused.code == 0
    assert refused.lines == ["'run.sh.dvc' didn't change, skipping", "'src.dvc' didn't change, skipping"]


def test_update_of_a_folder_takes_its_imports_only(plain: Path, repo: Path, dvnb: Dvnb, git: Git) -> None:
    (repo / "sub").mkdir()
    (repo / "sub/mine").write_text("1\n")
    (repo / "sub/url").write_text("u\n")
    assert dvnb("add", "sub/mine").code == 0
    assert dvnb("import", str(plain), "src/code.py", "-o", "sub/").code == 0
    assert dvnb("import-url", "sub/url", "sub/copy").code == 0
    (plain / "src/code.py").write_text("three\n")
    git("commit", "-qam", "three", cwd=plain)
    (repo / "sub/url").write_text("new\n")
    done = dvnb("update", "-R", "sub")
    assert (done.code, done.err) == (0, "")
    assert (repo / "sub/code.py").read_text() == "three\n"
    assert (repo / "sub/copy").read_text() == "new\n"
    assert "frozen: true\n" in (repo / "sub/copy.dvc").read_text()
    alone = dvnb("update", "sub/mine.dvc")
    assert alone.code == 0
    assert "is not an import" in alone.err


def test_unfrozen_url_imports_are_asked_for_changes(repo: Path, tmp_path: Path, dvnb: Dvnb) -> None:
    (tmp_path / "f").write_text("1\n")
    assert dvnb("remote", "add", "-q", "here", str(tmp_path)).code == 0
    assert dvnb("import-url", "remote://here/f").code == 0
    (tmp_path / "f").write_text("22\n")
    assert json.loads(dvnb("status", "--json").out) == {}
    assert dvnb("unfreeze", "f.dvc").code == 0
    changed = json.loads(dvnb("status", "--json").out)["f.dvc"]
    assert changed == [{"changed deps": {"remote://here/f": "modified"}}]
    os.unlink(tmp_path / "f")
    assert json.loads(dvnb("status", "--json").out)["f.dvc"] == [{"changed deps": {"remote://here/f": "deleted"}}]


def test_fetch_by_size_and_type(project: Path, tmp_path: Path, dvnb: Dvnb, git: Git) -> None:
    text = (project / "dvc.yaml").read_text().replace("metrics.json:\n        cache: false\n", "metrics.json\n")
    (project / "dvc.yaml").write_text(text + "plots:\n- pictures/one.txt\n")
    git("rm", "-q", "--cached", "metrics.json")
    assert dvnb("commit", "-f").code == 0
    assert dvnb("remote", "add", "-q", "-d", "r", str(tmp_path / "remote")).code == 0
    assert dvnb("push").code == 0

    def fetched(*words: str) -> int:
        for path in (project / ".dvc/cache/files").rglob("*/*"):
            if path.is_file():
                path.unlink()
        done = dvnb("fetch", *words)
        assert done.code == 0
        return sum(path.is_file() for path in (project / ".dvc/cache/files").rglob("*"))

    everything = fetched()
    assert fetched("--type", "metrics") == 1
    assert fetched("--type", "plots") == 3
    assert fetched("--type", "plots", "--type", "metrics") == 4
    assert fetched("--max-size", "5") < everything
    assert fetched("--max-size", "1000000") == everything
    assert dvnb("fetch", "--type", "nosuch").code == 254


def test_list_url_as_a_tree(repo: Path, dvnb: Dvnb, oracle: Any) -> None:
    (repo / "a/b").mkdir(parents=True)
    (repo / "a/b/c").write_text("123")
    (repo / "a/z").write_text("1" * 5000)
    for words in (
        ["list-url", "-T", "a"],
        ["ls-url", "--tree", "--size", "a"],
        ["list-url", "-T", "-L", "1", "a"],
        ["list-url", "-T", "-L", "0", "a"],
        ["list-url", "-T", "a/z"],
        ["list-url", "--size", "a"],
    ):
        code, out, _ = oracle(*words)
        assert (dvnb(*words).code, sorted(dvnb(*words).lines)) == (code, sorted(out.splitlines()))
    nested = Repo.list_url("a", tree=True, start=repo)
    assert [entry.path for entry in nested.entries[0].contents] == ["b", "z"]


class _Tagged(_Silent):
    def end_headers(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_file():
            self.send_header("ETag", f'W/"{path.stat().st_size}"')
        super().end_headers()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A web server with ETags, of the folder `www`."""
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "f.txt").write_text("web\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Tagged, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "words",
    [
        ["add", "--to-remote", "{web}/f.txt"],
        ["add", "{web}/f.txt", "-o", "o.txt"],
        ["import-url", "--to-remote", "{web}/f.txt"],
        ["import-url", "--no-download", "{web}/f.txt"],
        ["import-url", "{web}/f.txt", "--fs-config", "read_timeout=30"],
        ["import-url", "remote://web/f.txt"],
    ],
    ids=" ".join,
)
def test_from_the_web_as_dvc_does(
    words: list[str], web: str, repo: Path, tmp_path: Path, dvnb: Dvnb, oracle: Any, git: Git
) -> None:
    words = [word.format(web=web) for word in words]
    assert dvnb("remote", "add", "-q", "-d", "r", str(tmp_path / "remote")).code == 0
    assert dvnb("remote", "add", "-q", "web", web).code == 0
    done = dvnb(*words)
    assert (done.code, done.err) == (0, "")
    mine = {path.name: path.read_text() for path in repo.glob("?*.dvc")}
    assert len(mine) == 1
    assert oracle("status", "--json")[0] == 0
    git("clean", "-qfdX")
    git("clean", "-qfd")
    assert oracle(*words)[0] == 0
    assert {path.name: path.read_text() for path in repo.glob("?*.dvc")} == mine
    assert dvnb("pull").code == 0
    assert [path.read_text() for path in repo.glob("*.txt")] == ["web\n"]


def test_a_server_that_does_not_answer_is_not_one_that_lacks_a_file(web: str, repo: Path, dvnb: Dvnb) -> None:
    lacking = dvnb("import-url", f"{web}/nosuch")
    assert (lacking.code, "does not exist" in lacking.err) == (1, True)
    silent = dvnb("import-url", "http://127.0.0.1:9/f.txt")
    assert (silent.code, len(silent.err.splitlines())) == (1, 1)
    assert "cannot read 'http://127.0.0.1:9/f.txt'" in silent.err
    assert dvnb("import-url", f"{web}/f.txt").code == 0
    assert dvnb("unfreeze", "f.txt.dvc").code == 0
    text = (repo / "f.txt.dvc").read_text()
    (repo / "f.txt.dvc").write_text(text.replace(web, "http://127.0.0.1:9"))
    done = dvnb("status", "--json")
    assert done.code == 0
    assert "cannot be asked for updates" in done.err
    assert "deleted" not in done.out


def test_versions_of_clouds_are_refused(repo: Path, dvnb: Dvnb) -> None:
    done = dvnb("import-url", "--version-aware", "s3://bucket/key")
    assert done.code == 1
    assert "leave out --version-aware" in done.err
    assert not (repo / "key.dvc").exists()


def test_a_storage_that_tells_nothing_is_read(repo: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe({"/test_sources/d/x": b"x\n", "/test_sources/d/sub/y": b"y\n"})
    Repo(repo).import_url("memory://test_sources/d")
    assert (repo / "d/sub/y").read_text() == "y\n"
    assert (repo / "d.dvc").read_text().count("md5: 9ca4c14093b3752ad0c0d88836691b4e.dir") == 2
    assert Repo(repo).update("d.dvc").unchanged == ["d.dvc"]
    memory.pipe("/test_sources/d/x", b"new\n")
    assert Repo(repo).update("d.dvc").imported == [("memory://test_sources/d", "d")]
    assert (repo / "d/x").read_text() == "new\n"
