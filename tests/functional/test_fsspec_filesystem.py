"""The fsspec filesystem of `dvnb://`: what is where, as dvc's has it, and its bytes, from wherever they are."""

from __future__ import annotations

import hashlib
import http.server
import io
import multiprocessing
import os
import pickle
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest
from dvc.api import DVCFileSystem as Theirs

from dvnb import Repo
from dvnb.api import DVCFileSystem, DvnbFileSystem
from dvnb.repo.elsewhere import content

KEYS = ("name", "type", "md5", "isexec")
PATHS = ("", "/", "pictures", "pictures/sub", "data.txt", "run.sh", "sub", "sub/deep.txt", "pictures/one.txt", "nope")


@pytest.fixture
def shelf(project: Path, tmp_path: Path, git: Any, commit_all: Any) -> Path:
    """The project with a csv file, a sub-project, all of it in a remote, at `v1` and later, and a bare copy."""
    Repo().remote_add("store", str(tmp_path / "remote"), default=True)
    (project / "sub").mkdir()
    (project / "sub" / "deep.txt").write_text("deep\n")
    (project / "table.csv").write_text("a,b\n1,2\n")
    (project / "run.sh").write_text("echo\n")
    (project / "run.sh").chmod(0o755)
    (project / "nested").mkdir()
    Repo.init(project / "nested", subdir=True)
    (project / "nested" / "n.txt").write_text("n\n")
    (project / "nested" / "plain.txt").write_text("plain\n")
    Repo(project / "nested").add("n.txt")
    Repo().add("sub/deep.txt", "table.csv")
    Repo().push()
    commit_all("two")
    git("tag", "v1")
    (project / "table.csv").write_text("a,b\n3,4\n")
    Repo().add("table.csv")
    Repo().push()
    commit_all("three")
    git("clone", "-q", "--bare", str(project), str(tmp_path / "bare.git"))
    return project


def lose(shelf: Path) -> None:
    """Take the cache away, and the data in the workspace."""
    shutil.rmtree(shelf / ".dvc" / "cache")
    for path in ("data.txt", "table.csv", "mid.txt", "model.txt", "sub/deep.txt"):
        (shelf / path).unlink()
    shutil.rmtree(shelf / "pictures")


def test_it_is_registered_and_never_cached(home: Path) -> None:
    assert fsspec.get_filesystem_class("dvnb") is DvnbFileSystem is DVCFileSystem
    assert fsspec.filesystem("dvnb") is not fsspec.filesystem("dvnb")


@pytest.mark.parametrize("options", [{}, {"rev": "v1"}, {"rev": "v1", "subrepos": True}, {"subrepos": True}])
def test_what_is_where_is_what_dvc_says(shelf: Path, monkeypatch: Any, tmp_path: Path, options: Any) -> None:
    monkeypatch.chdir(tmp_path)
    theirs, ours = Theirs(str(shelf), **options), DvnbFileSystem(str(shelf), **options)
    nested = ["nested", "nested/n.txt", "nested/plain.txt"] if "subrepos" in options else []
    for path in [*PATHS, *nested]:
        assert (path, about(ours, path)) == (path, about(theirs, path))
        if ours.exists(path):
            assert sorted(ours.ls(path, detail=False)) == sorted(theirs.ls(path, detail=False))
    for flag in ("dvcfiles", "dvc_only"):
        assert sorted(ours.ls("", detail=False, **{flag: True})) == sorted(theirs.ls("", detail=False, **{flag: True}))
    for where in ("", "pictures", *nested[:1]):
        assert sorted(ours.find(where)) == sorted(theirs.find(where))
        assert walked(ours, where) == walked(theirs, where)
    for pattern in ("**/*.txt", "/pictures/*", "*.csv", "sub/d?ep.*"):
        assert sorted(ours.glob(pattern)) == sorted(theirs.glob(pattern))
    for question in ("exists", "isdir", "isfile", "isdvc"):
        assert [getattr(ours, question)(path) for path in PATHS] == [getattr(theirs, question)(path) for path in PATHS]


def about(fs: Any, path: str) -> Any:
    try:
        info = fs.info(path)
    except FileNotFoundError:
        return "nothing"
    facts = {key: info[key] for key in KEYS if key in info}
    recorded = {key: info.get("dvc_info", {}).get(key) for key in ("isout", "isdvc", "md5")}
    if not recorded["isout"]:  # dvc says False of folders above outs, and nothing of git's files
        recorded["isout"] = recorded["isdvc"] = None
    facts["isexec"] = bool(info.get("isexec"))
    size = info["size"] if info["type"] == "file" else None
    return facts, recorded, None if info["name"].startswith(("pictures/", "/pictures/")) else size


def walked(fs: Any, path: str) -> list[Any]:
    return sorted((folder, sorted(dirs), sorted(files)) for folder, dirs, files in fs.walk(path))


def test_info_says_what_is_recorded_and_what_is_here(shelf: Path) -> None:
    fs = DvnbFileSystem()
    info = fs.info("table.csv")
    assert (info["type"], info["size"], info["isout"], info["isdvc"], info["isexec"]) == ("file", 8, True, True, False)
    assert info["dvc_info"]["md5"] == hashlib.md5(b"a,b\n3,4\n").hexdigest()
    assert info["fs_info"]["size"] == 8 and "md5" not in info
    assert abs(fs.modified("table.csv").timestamp() - (shelf / "table.csv").stat().st_mtime) < 1e-5
    at_rev = DvnbFileSystem(rev="v1")
    assert at_rev.info("table.csv")["md5"] == hashlib.md5(b"a,b\n1,2\n").hexdigest()
    assert "dvc_info" not in at_rev.info("code.py") and at_rev.info("code.py")["fs_info"]["size"] == 5
    assert at_rev.checksum("table.csv") != DvnbFileSystem(rev="main").checksum("table.csv")
    assert at_rev.checksum("pictures") == DvnbFileSystem(rev="main").checksum("pictures")
    with pytest.raises(NotImplementedError):
        at_rev.modified("table.csv")


def test_a_file_that_appears_is_seen(shelf: Path) -> None:
    fs = DvnbFileSystem()
    assert not fs.exists("late.txt")
    (shelf / "late.txt").write_text("late\n")
    assert fs.cat_file("late.txt") == b"late\n" and "late.txt" in fs.ls("", detail=False)


def test_what_dvcignore_names_is_not_there(shelf: Path) -> None:
    (shelf / ".dvcignore").write_text("hidden\n")
    (shelf / "hidden").mkdir()
    (shelf / "hidden" / "x.txt").write_text("x\n")
    fs = DvnbFileSystem()
    assert [fs.exists(path) for path in ("hidden", "hidden/x.txt", "nested/plain.txt", "sub")] == [False] * 3 + [True]


@pytest.mark.parametrize("rev", ["v1", "main"])
def test_bytes_come_from_the_remote_and_the_workspace_stays(shelf: Path, picture: Any, rev: str) -> None:
    lose(shelf)
    before = picture(shelf)
    fs = DvnbFileSystem(rev=rev)
    assert fs.cat(["/table.csv", "/pictures/one.txt", "/code.py"]) == {
        "/table.csv": b"a,b\n1,2\n" if rev == "v1" else b"a,b\n3,4\n",
        "/pictures/one.txt": b"one\n",
        "/code.py": b"pass\n",
    }
    assert fs.cat_file("pictures/sub/two.txt", 1, 3) == b"wo"
    assert fs.cat_file("pictures/sub/two.txt", -3) == b"wo\n"
    assert fs.cat_file("pictures/sub/two.txt", 1, -1) == b"wo"
    assert (fs.head("table.csv", 3), fs.tail("pictures/sub/two.txt", 2), fs.tail("code.py")) == (
        b"a,b",
        b"o\n",
        b"pass\n",
    )
    assert fs.read_block("data.txt", 1, 2, b"\n") == b"b\n" and fs.read_block("data.txt", 2, None) == b"b\nc\n"
    assert fs.read_text("pictures/one.txt") == "one\n"
    with fs.open("table.csv", "r") as file:
        assert file.readline() == "a,b\n"
    assert picture(shelf) == before


def test_sizes_that_only_the_remote_knows_are_asked_for(shelf: Path) -> None:
    lose(shelf)
    fs = DvnbFileSystem()
    assert fs.info("pictures/one.txt")["size"] is None
    assert fs.size("pictures/one.txt") == 4 and fs.sizes(["data.txt", "pictures/sub/two.txt"]) == [6, 4]
    assert fs.du("pictures") == 8 and fs.du("pictures", total=False) == {
        "pictures/one.txt": 4,
        "pictures/sub/two.txt": 4,
    }


def test_files_and_folders_are_copied_out(shelf: Path, tmp_path: Path) -> None:
    lose(shelf)
    fs = DvnbFileSystem(rev="v1")
    fs.get_file("/table.csv", str(tmp_path / "deep" / "t.csv"))
    assert (tmp_path / "deep" / "t.csv").read_text() == "a,b\n1,2\n"
    fs.get("pictures", str(tmp_path / "copy"), recursive=True)
    assert (tmp_path / "copy" / "sub" / "two.txt").read_text() == "two\n"
    mapped = fs.get_mapper("pictures")
    assert sorted(mapped) == ["one.txt", "sub/two.txt"] and mapped["one.txt"] == b"one\n"


def test_nothing_can_be_written(shelf: Path, picture: Any) -> None:
    before = picture(shelf)
    fs = DvnbFileSystem()
    (shelf / "new.txt").write_text("new\n")
    for write in (
        lambda: fs.open("data.txt", "wb"),
        lambda: fs.open("data.txt", "ab"),
        lambda: fs.pipe_file("x", b"x"),
        lambda: fs.put_file("new.txt", "x"),
        lambda: fs.touch("x"),
        lambda: fs.mkdir("x"),
        lambda: fs.makedirs("x/y"),
        lambda: fs.rm("data.txt"),
        lambda: fs.rm_file("data.txt"),
        lambda: fs.rmdir("sub"),
        lambda: fs.cp_file("data.txt", "x"),
        lambda: fs.mv("data.txt", "x"),
    ):
        with pytest.raises(OSError, match="Read-only file system"):
            write()
    (shelf / "new.txt").unlink()
    assert picture(shelf) == before


def test_what_is_not_there_is_not_found(shelf: Path) -> None:
    fs = DvnbFileSystem(rev="v1")
    for path in ("nope", "data.txt/below", "pictures/nope", "../outside"):
        for ask in (fs.info, fs.ls, fs.open):
            with pytest.raises(FileNotFoundError):
                ask(path)
    for path in ("pictures", "sub", "/"):
        with pytest.raises(IsADirectoryError):
            fs.open(path)
    lose(shelf)
    shutil.rmtree(shelf.parent / "remote")
    with pytest.raises(FileNotFoundError, match="the content of 'table.csv' is neither in the cache nor in the remote"):
        fs.cat_file("table.csv")


def read(url: str, /, **options: Any) -> list[list[int]]:
    return pd.read_csv(url, storage_options=options or None).to_numpy().tolist()


def test_pandas_reads_urls(shelf: Path, tmp_path: Path, monkeypatch: Any, git: Any) -> None:
    bare, old, new = tmp_path / "bare.git", [[1, 2]], [[3, 4]]
    commit = git("rev-parse", "v1").strip()
    assert read("dvnb://table.csv") == read("dvnb:///table.csv") == new
    assert read("dvnb://table.csv", rev="v1") == read("dvnb://@v1:/table.csv") == read("dvnb://.@v1:/table.csv") == old
    monkeypatch.chdir(shelf / "sub")
    assert read("dvnb:///table.csv") == read("dvnb://../table.csv") == new
    monkeypatch.chdir(tmp_path)
    assert read("dvnb://table.csv", repo=str(shelf)) == read(f"dvnb://{shelf}:/table.csv") == new
    assert read(f"dvnb://{shelf}@v1:/table.csv") == read("dvnb://repo@HEAD~1:/table.csv") == old
    assert (
        read("dvnb://table.csv", repo=str(bare), rev="v1") == read("dvnb://table.csv", url=str(bare), rev="v1") == old
    )
    assert read(f"dvnb://{bare}:/table.csv") == read(f"dvnb://file://{bare}@main:/table.csv") == new
    assert (
        read(f"dvnb://file://{bare}@{commit}:/table.csv")
        == read(f"dvnb://table.csv::{shelf}", dvnb={"rev": "v1"})
        == old
    )
    with fsspec.open(
        f"simplecache::dvnb://{shelf}@v1:/table.csv", simplecache={"cache_storage": str(tmp_path / "s")}
    ) as file:
        assert file.read() == b"a,b\n1,2\n"
    with pytest.raises(FileNotFoundError):
        read("dvnb://table.csv")
    frames = [pd.read_csv(file) for file in fsspec.open_files(f"dvnb://{shelf}@v1:/t*.csv") for file in [file.open()]]
    assert [frame.to_numpy().tolist() for frame in frames] == [old]


def test_urls_and_paths_lead_back(shelf: Path, tmp_path: Path, monkeypatch: Any) -> None:
    fs, path = fsspec.url_to_fs(f"dvnb://{shelf}@v1:/pictures/")
    assert path == "/pictures" and fs.unstrip_protocol(path) == f"dvnb://{shelf}@v1:/pictures"
    assert fs.exists(f"dvnb://{shelf}@v1:/table.csv") and fs.ls(f"dvnb://{shelf}@v1:/sub", detail=False) == [
        "/sub/.gitignore",
        "/sub/deep.txt",
    ]
    monkeypatch.chdir(shelf / "sub")
    here = DvnbFileSystem(shelf)
    assert here.getcwd() == "/sub" and here.unstrip_protocol("deep.txt") == f"dvnb://{shelf}:/sub/deep.txt"
    assert DvnbFileSystem().unstrip_protocol("deep.txt") == "dvnb://deep.txt"
    assert DvnbFileSystem(Repo()).cat_file("/table.csv") == b"a,b\n3,4\n"
    assert fs.fsid == DvnbFileSystem(shelf, "v1").fsid != here.fsid


def test_a_pickled_filesystem_opens_the_same_repo(shelf: Path, tmp_path: Path, monkeypatch: Any) -> None:
    fs = DvnbFileSystem(rev="v1")
    assert fs.cat_file("table.csv") == b"a,b\n1,2\n"
    data = pickle.dumps(fs)
    monkeypatch.chdir(tmp_path)
    again = pickle.loads(data)
    assert again.cat_file("table.csv") == b"a,b\n1,2\n"
    file = pickle.loads(pickle.dumps(fsspec.open(f"dvnb://{shelf}@v1:/table.csv", "rt")))
    with file as text:
        assert text.read() == "a,b\n1,2\n"


def test_threads_share_a_filesystem(shelf: Path) -> None:
    lose(shelf)
    fs = DvnbFileSystem(rev="v1")
    paths = ["table.csv", "code.py", "pictures/one.txt", "pictures/sub/two.txt", "data.txt", "dvc.yaml"] * 6
    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(paths, pool.map(fs.cat_file, paths), strict=True))
    assert (
        found["table.csv"] == b"a,b\n1,2\n" and found["code.py"] == b"pass\n" and found["pictures/one.txt"] == b"one\n"
    )


def _cat(fs: DvnbFileSystem, path: str, answer: Any) -> None:
    answer.put(fs.cat_file(path))


def test_a_forked_process_reads_with_a_git_of_its_own(shelf: Path) -> None:
    fs = DvnbFileSystem(rev="v1")
    fs.cat_file("code.py")
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    child = context.Process(target=_cat, args=(fs, "run.sh", answer))
    child.start()
    assert fs.cat_file("params.yaml").startswith(b"train:")
    assert answer.get(timeout=30) == b"echo\n"
    child.join()
    assert child.exitcode == 0 and fs.cat_file("code.py") == b"pass\n"


def test_a_closed_filesystem_opens_again(shelf: Path) -> None:
    fs = DvnbFileSystem(rev="v1")
    fs.cat_file("code.py")
    fs.close()
    fs.close()
    assert fs.cat_file("code.py") == b"pass\n"


def test_a_read_only_checkout_is_read(shelf: Path, picture: Any) -> None:
    for folder, _, files in os.walk(shelf):
        for name in files:
            Path(folder, name).chmod(0o444)
        Path(folder).chmod(0o555)
    before = picture(shelf)
    assert DvnbFileSystem().cat_file("table.csv") == b"a,b\n3,4\n"
    assert DvnbFileSystem(rev="v1").cat_file("table.csv") == b"a,b\n1,2\n"
    assert picture(shelf) == before
    for folder, _, _ in os.walk(shelf):
        Path(folder).chmod(0o755)


def test_every_file_of_a_large_folder_can_be_asked_about(repo: Path) -> None:
    (repo / "many").mkdir()
    for number in range(1500):
        (repo / "many" / f"{number}.txt").write_text(f"{number}\n")
    Repo().add("many")
    shutil.rmtree(repo / "many")
    fs = DvnbFileSystem()
    assert len(fs.find("many")) == 1500
    assert fs.du("many") == sum(len(f"{number}\n") for number in range(1500))
    assert all(fs.isfile(f"many/{number}.txt") for number in range(1500))


class Far(http.server.SimpleHTTPRequestHandler):
    """A web server that notes what it is asked for; `ranges`: it can send parts."""

    asked: list[str]
    ranges: bool

    def do_GET(self) -> None:
        self.asked.append(self.path)
        span = self.headers.get("Range")
        if not span or not self.ranges:
            super().do_GET()
            return
        data = Path(self.translate_path(self.path)).read_bytes()
        first, last = (int(number) for number in span.removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(part)

    def end_headers(self) -> None:
        self.send_header("Accept-Ranges", "bytes" if self.ranges else "none")
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(params=[True, False], ids=["ranges", "no ranges"])
def far(request: Any, shelf: Path, tmp_path: Path) -> Iterator[type[Far]]:
    """The remote behind a web server; the cache and the data are gone."""
    handler = type("Handler", (Far,), {"asked": [], "ranges": request.param})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path / "remote")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Repo().remote_modify("store", "url", f"http://127.0.0.1:{server.server_port}")
    lose(shelf)
    yield handler
    server.shutdown()
    server.server_close()


def test_far_objects_are_kept(far: type[Far]) -> None:
    assert read("dvnb://table.csv") == [[3, 4]]
    assert DvnbFileSystem().cat_file("pictures/one.txt") == b"one\n"
    asked = len(far.asked)
    assert asked >= 3
    assert read("dvnb://table.csv") == [[3, 4]]
    assert DvnbFileSystem(rev="v1").cat_file("pictures/one.txt") == b"one\n"
    assert len(far.asked) == asked


def test_large_far_objects_are_streamed_and_kept_when_read_to_the_end(
    far: type[Far], monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(content, "STREAMED", 1)
    fs = DvnbFileSystem()
    with fs.open("table.csv") as file:
        assert file.read(2) == b"a,"
        file.seek(0)
        assert file.read() == b"a,b\n3,4\n"
        assert file.seekable() and file.tell() == 8
    asked = len(far.asked)
    assert fs.cat_file("table.csv") == b"a,b\n3,4\n"
    assert len(far.asked) == asked
    if not far.ranges:
        return
    with fs.open("data.txt") as file:
        assert isinstance(file, io.BufferedReader)
        file.seek(2)
        assert file.read(1) == b"b"
    asked = len(far.asked)
    assert fs.cat_file("data.txt") == b"a\nb\nc\n"
    assert len(far.asked) > asked
    assert not list((tmp_path / "home").rglob("*.tmp"))


def test_damage_of_a_far_object_is_found(far: type[Far], monkeypatch: Any, tmp_path: Path) -> None:
    for path in (tmp_path / "remote").rglob("*"):
        if path.is_file() and path.read_bytes() == b"a,b\n3,4\n":
            path.chmod(0o644)
            path.write_bytes(b"a,b\n9,9\n")
    for streamed in (content.STREAMED, 1):
        monkeypatch.setattr(content, "STREAMED", streamed)
        for _ in range(2):
            with pytest.raises(Exception, match="is damaged"):
                DvnbFileSystem().cat_file("table.csv")
