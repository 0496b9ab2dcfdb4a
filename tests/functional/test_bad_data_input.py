"""Bad input for every verb of data: one clear error, dvc's exit code, and nothing has changed."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError, FormatError

Setup = Callable[[], object]


class Bad(NamedTuple):
    """`setup` makes the trouble, `args` meet it, every one of `said` is in the error; `code` is dvc's exit code too.

    `why`: dvc ends otherwise, and why that is no model.
    """

    setup: Setup
    args: list[str]
    code: int
    said: list[str]
    why: str = ""


def nothing() -> None:
    pass


def write(path: str, content: str | bytes = "x\n") -> Setup:
    def make() -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def link(to: str, name: str = "alias") -> Setup:
    return lambda: os.symlink(to, name)


def pipe(name: str = "pipe") -> Setup:
    def make() -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(name)

    return make


def bind(name: str = "sock") -> Setup:
    def make() -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)

    return make


def both(*setups: Setup) -> Setup:
    return lambda: [setup() for setup in setups]


def no_file(path: str) -> str:
    return f"'{path}' does not exist as an output or a stage name in 'dvc.yaml'"


def stored() -> None:
    """A remote that has everything."""
    Repo().remote_add("store", "../store", default=True)


def lost() -> None:
    """Nobody has data.txt any more."""
    os.unlink("data.txt")
    shutil.rmtree(".dvc/cache")


ignored = both(write(".dvcignore", "*.tmp\n"), write("x.tmp"))
symlinked = "symlinked directories"
special = "is neither a file nor a folder and cannot be tracked"
as_file = "'data.txt' is tracked as a file, not as a folder"
not_tracked = "is not among the tracked data of either side"
HANGS = "dvc waits for ever for somebody to write into the pipe"
CRASHES = "dvc fails with an error of Python"
SILENT = "dvc says nothing"

PATHS = {
    # add
    "add, missing": Bad(nothing, ["add", "nope"], 1, ["output 'nope' does not exist"]),
    "add, a pattern": Bad(nothing, ["add", "*.csv"], 1, ["output '*.csv' does not exist", "add --glob '*.csv'"]),
    "add, in a missing folder": Bad(nothing, ["add", "nope/x"], 1, ["nope/x' does not exist"]),
    "add, missing member": Bad(nothing, ["add", "pictures/nope"], 1, ["pictures/nope"]),
    "add, below a file": Bad(nothing, ["add", "data.txt/x"], 1, ["Cannot modify 'data.txt'", "tracked as a file"]),
    "add, outside": Bad(write("../out.txt"), ["add", "../out.txt"], 1, ["outside of DVC project"]),
    "add, ignored": Bad(ignored, ["add", "x.tmp"], 1, ["x.tmp' is ignored by .dvcignore:1:*.tmp"]),
    "add, in git": Bad(nothing, ["add", "code.py"], 1, ["already tracked by SCM", "git rm -r --cached 'code.py'"]),
    "add, around tracked data": Bad(
        lambda: (write("new/a")(), Repo().add("new/a")), ["add", "new"], 1, ["overlapping", "'new/a'", "dvc remove"]
    ),
    "add, link to a folder": Bad(link("pictures"), ["add", "alias"], 1, [symlinked]),
    "add, below a linked folder": Bad(link("pictures"), ["add", "alias/one.txt"], 1, [symlinked]),
    "add, dangling link": Bad(link("nowhere"), ["add", "alias"], 1, ["alias' does not exist"]),
    "add, link in a circle": Bad(link("alias"), ["add", "alias"], 1, ["alias' does not exist"], CRASHES),
    "add, pipe": Bad(pipe(), ["add", "pipe"], 1, ["pipe' " + special], HANGS),
    "add, link to a pipe": Bad(both(pipe(), link("pipe")), ["add", "alias"], 1, ["alias' " + special], HANGS),
    "add, pipe in a folder": Bad(both(write("new/x"), pipe("new/p")), ["add", "new"], 1, ["new/p' " + special], HANGS),
    "add, link to a pipe in a folder": Bad(
        both(pipe(), write("new/x"), link("../pipe", "new/l")), ["add", "new"], 1, ["new/l' " + special], HANGS
    ),
    "add, socket": Bad(bind(), ["add", "sock"], 1, ["sock' " + special], CRASHES),
    "add, a .dvc file": Bad(nothing, ["add", "data.txt.dvc"], 1, ["DVC file 'data.txt.dvc' cannot be an output"]),
    "add, one good one bad": Bad(write("new"), ["add", "new", "nope"], 1, ["output 'nope' does not exist"]),
    # commit, checkout, status
    "commit, missing": Bad(nothing, ["commit", "nope"], 1, [no_file("nope")]),
    "commit, in git": Bad(nothing, ["commit", "code.py"], 1, [no_file("code.py")]),
    "commit, below a file": Bad(nothing, ["commit", "-f", "data.txt/x"], 1, [as_file], CRASHES),
    "commit, missing .dvc file": Bad(nothing, ["commit", "nope.dvc"], 1, ["nope.dvc' does not exist"]),
    "commit, unknown stage": Bad(nothing, ["commit", "dvc.yaml:nope"], 1, ["Stage 'nope' not found"]),
    "checkout, missing": Bad(nothing, ["checkout", "nope"], 255, ["git checkout nope", no_file("nope")]),
    "checkout, in git": Bad(nothing, ["checkout", "code.py"], 255, ["git checkout code.py"]),
    "checkout, below a file": Bad(nothing, ["checkout", "data.txt/x"], 255, [as_file], "dvc says that it changed data.txt"),
    "checkout, outside": Bad(write("../out.txt"), ["checkout", "../out.txt"], 255, [no_file("../out.txt")]),
    "checkout, unknown stage": Bad(nothing, ["checkout", "dvc.yaml:nope"], 255, ["Stage 'nope' not found"]),
    "status, missing": Bad(nothing, ["status", "nope"], 1, [no_file("nope")]),
    "status, below a file": Bad(nothing, ["status", "data.txt/x"], 1, [as_file], SILENT),
    "status, data became a pipe": Bad(
        both(lambda: os.unlink("data.txt"), pipe("data.txt")), ["status"], 1, ["data.txt' " + special], HANGS
    ),
    "diff, missing": Bad(nothing, ["diff", "--targets", "nope"], 255, ["'nope' " + not_tracked]),
    "diff, in git": Bad(nothing, ["diff", "--targets", "code.py"], 255, ["'code.py' " + not_tracked]),
    "diff, bad rev": Bad(nothing, ["diff", "nope"], 1, ["unknown Git revision 'nope'"]),
    "diff, second rev bad": Bad(nothing, ["diff", "HEAD", "nope"], 1, ["unknown Git revision 'nope'"]),
    # list, du
    "list, missing": Bad(nothing, ["list", ".", "nope"], 1, ["No such file or directory", "nope'"]),
    "list, bad rev": Bad(nothing, ["list", "--rev", "nope", "."], 1, ["unknown Git revision 'nope'"]),
    "list, bad repo": Bad(nothing, ["list", "/nope/repo"], 1, ["/nope/repo"]),
    "du, missing": Bad(nothing, ["du", ".", "nope"], 255, ["No such file or directory", "nope'"]),
    "du, bad rev": Bad(nothing, ["du", "--rev", "nope", "."], 255, ["unknown Git revision 'nope'"]),
    # get, import
    "get, missing": Bad(nothing, ["get", ".", "nope", "-o", "got"], 255, ["'nope' does not exist in"]),
    "get, outside": Bad(write("../out.txt"), ["get", ".", "../out.txt", "-o", "got"], 255, ["'../out.txt' is outside of"]),
    "get, below a file": Bad(nothing, ["get", ".", "data.txt/x", "-o", "got"], 255, ["'data.txt/x' does not exist in"]),
    "get, something in the way": Bad(nothing, ["get", ".", "data.txt"], 1, ["'data.txt' already exists", "--force"]),
    "get, a pipe": Bad(pipe(), ["get", ".", "pipe", "-o", "got"], 1, ["pipe' " + special], HANGS),
    "get, bad rev": Bad(nothing, ["get", "--rev", "nope", ".", "data.txt", "-o", "x"], 1, ["unknown Git revision 'nope'"]),
    "get, bad repo": Bad(nothing, ["get", "/nope/repo", "x"], 1, ["/nope/repo"]),
    "get-url, missing": Bad(nothing, ["get-url", "nope", "got"], 1, ["The path 'nope' does not exist"]),
    "get-url, nothing": Bad(nothing, ["get-url", "", "got"], 1, ["The path '' does not exist"]),
    "get-url, a pipe": Bad(pipe(), ["get-url", "pipe", "got"], 1, ["pipe' " + special], HANGS),
    "get-url, a pipe in a folder": Bad(pipe("new/p"), ["get-url", "new", "got"], 1, ["new/p' " + special], HANGS),
    "get-url, unknown scheme": Bad(nothing, ["get-url", "foo://x/y", "got"], 1, ["foo://"], CRASHES),
    "import, missing": Bad(nothing, ["import", ".", "nope", "-o", "got"], 255, ["'nope' does not exist in"]),
    "import, bad repo": Bad(nothing, ["import", "/nope/repo", "x"], 1, ["/nope/repo"]),
    "import-url, missing": Bad(nothing, ["import-url", "nope", "got"], 1, ["nope"]),
    "import-url, a pipe": Bad(pipe(), ["import-url", "pipe", "got"], 1, ["pipe' " + special], HANGS),
    "list-url, missing": Bad(nothing, ["list-url", "nope"], 255, ["nope"]),
    "update, missing": Bad(nothing, ["update", "nope.dvc"], 1, ["nope.dvc' does not exist"]),
    # move, remove, unprotect
    "move, missing": Bad(nothing, ["move", "nope", "new"], 1, ["nope"]),
    "move, onto a file": Bad(nothing, ["move", "data.txt", "code.py"], 1, ["code.py"], "dvc puts it over the file"),
    "move, onto a pipe": Bad(pipe(), ["move", "data.txt", "pipe"], 1, ["'pipe' already exists"], "dvc replaces the pipe"),
    "remove, missing": Bad(nothing, ["remove", "nope"], 1, ["nope"]),
    "remove, in git": Bad(nothing, ["remove", "code.py"], 1, ["code.py"]),
    "unprotect, missing": Bad(nothing, ["unprotect", "nope"], 255, ["can't unprotect non-existing data 'nope'"]),
    # remotes
    "push, missing": Bad(nothing, ["push", "nope"], 1, ["nope"]),
    "pull, missing": Bad(nothing, ["pull", "nope"], 1, ["nope"]),
    "fetch, missing": Bad(nothing, ["fetch", "nope"], 1, ["nope"]),
    "push, no remote": Bad(nothing, ["push"], 1, ["no remote specified"]),
    "push, unknown remote": Bad(nothing, ["push", "-r", "nope"], 1, ["remote 'nope' doesn't exist"]),
    "pull, unknown remote": Bad(nothing, ["pull", "-r", "nope"], 1, ["remote 'nope' doesn't exist"]),
    "fetch, unknown remote": Bad(nothing, ["fetch", "-r", "nope"], 1, ["remote 'nope' doesn't exist"]),
    "remote add, again": Bad(
        lambda: Repo().remote_add("r", "/x"), ["remote", "add", "r", "/y"], 251, ["remote 'r' already exists", "--force"]
    ),
    "remote add, bad url": Bad(nothing, ["remote", "add", "r", "foo://x"], 251, ["Unsupported URL type foo://"]),
    "remote modify, unknown": Bad(nothing, ["remote", "modify", "nope", "url", "x"], 251, ["'nope' doesn't exist"]),
    "remote modify, bad option": Bad(
        lambda: Repo().remote_add("r", "/x"), ["remote", "modify", "r", "nope", "1"], 251, ["nope"]
    ),
    "remote remove, unknown": Bad(nothing, ["remote", "remove", "nope"], 251, ["'nope' doesn't exist"]),
    "remote rename, unknown": Bad(nothing, ["remote", "rename", "nope", "x"], 251, ["'nope' doesn't exist"]),
    "remote default, unknown": Bad(nothing, ["remote", "default", "nope"], 251, ["must be present in remote list"]),
    # gc, config, cache
    "gc, no scope": Bad(nothing, ["gc"], 255, ["-w", "--all-commits"]),
    "gc, bad rev": Bad(nothing, ["gc", "-f", "--rev", "nope"], 255, ["nope"]),
    "gc, unknown remote": Bad(nothing, ["gc", "-wcf", "-r", "nope"], 251, ["remote 'nope' doesn't exist"]),
    "config, unknown option": Bad(nothing, ["config", "core.nope", "1"], 251, ["data['core']['nope']"]),
    "config, bad value": Bad(nothing, ["config", "cache.type", "magic"], 251, ["magic", "cache"]),
    "config, not there": Bad(nothing, ["config", "-u", "core.remote"], 251, ["option 'remote' doesn't exist"]),
    "cache dir, not there": Bad(nothing, ["cache", "dir", "-u"], 251, ["doesn't exist"]),
    # move, remove, check-ignore, install, cache, destroy, root: whatever else may be wrong
    "move, into a missing folder": Bad(nothing, ["move", "data.txt", "nope/x"], 1, ["directory 'nope' does not exist"]),
    "move, outside": Bad(nothing, ["move", "data.txt", "../x"], 1, ["outside of DVC project"]),
    "move, an out of a stage": Bad(nothing, ["move", "mid.txt", "x"], 1, ["move is not permitted for stages"]),
    "move, a member": Bad(nothing, ["move", "pictures/one.txt", "x"], 1, ["it is tracked in 'pictures'"]),
    "move, below a file": Bad(nothing, ["move", "data.txt/x", "y"], 1, ["it is tracked in 'data.txt'"]),
    "move, into tracked data": Bad(nothing, ["move", "data.txt", "pictures"], 1, ["overlapping", "'pictures'"]),
    "move, to what is ignored": Bad(ignored, ["move", "data.txt", "y.tmp"], 1, ["y.tmp' is ignored by .dvcignore:1"]),
    "move, without a place": Bad(nothing, ["move", "data.txt"], 254, ["required: dst"]),
    "remove, missing .dvc file": Bad(nothing, ["remove", "nope.dvc"], 1, ["nope.dvc' does not exist"]),
    "remove, outside": Bad(nothing, ["remove", "../x"], 1, ["Stage '../x' not found"]),
    "remove, an out of a stage": Bad(nothing, ["remove", "mid.txt"], 1, ["'dvnb remove prepare' removes that stage"]),
    "remove, missing member": Bad(nothing, ["remove", "pictures/nope"], 1, ["'pictures/nope' is not tracked in"]),
    "remove, below a file": Bad(nothing, ["remove", "data.txt/x"], 1, ["'data.txt' is not recorded as a folder"]),
    "remove, one good one bad": Bad(nothing, ["remove", "data.txt.dvc", "nope"], 1, ["'nope'"]),
    "check-ignore, nothing": Bad(nothing, ["check-ignore"], 255, ["`targets` or `--stdin` needed"]),
    "check-ignore, twice": Bad(nothing, ["check-ignore", "--stdin", "x"], 255, ["both `targets` and `--stdin`"]),
    "check-ignore, quiet details": Bad(nothing, ["check-ignore", "-dq", "x"], 255, ["both `--details` and `--quiet`"]),
    "check-ignore, -n alone": Bad(nothing, ["check-ignore", "-n", "x"], 255, ["only valid with `--details`"]),
    "install, a hook is there": Bad(write(".git/hooks/pre-push"), ["install"], 1, ["Hook 'pre-push' already exists"]),
    "install, a word": Bad(nothing, ["install", "x"], 254, ["unrecognized arguments: x"]),
    "cache migrate, a word": Bad(nothing, ["cache", "migrate", "x"], 254, ["unrecognized arguments: x"]),
    "cache, unknown": Bad(nothing, ["cache", "nope"], 254, ["invalid choice: 'nope'"]),
    "destroy, not confirmed": Bad(nothing, ["destroy"], 1, ["cannot destroy without a confirmation", "Use `-f`"]),
    "destroy, a word": Bad(nothing, ["destroy", "x"], 254, ["unrecognized arguments: x"]),
    "root, a word": Bad(nothing, ["root", "x"], 254, ["unrecognized arguments: x"]),
    # get-url, push, pull, fetch: likewise
    "get-url, missing beside itself": Bad(nothing, ["get-url", "nope"], 1, ["The path 'nope' does not exist"]),
    "get-url, onto itself": Bad(nothing, ["get-url", "-f", "data.txt"], 1, ["cannot be copied to itself"], CRASHES),
    "get-url, in the way": Bad(write("../code.py"), ["get-url", "../code.py"], 1, ["'code.py' already exists locally"]),
    "get-url, no server": Bad(nothing, ["get-url", "http://127.0.0.1:1/x"], 1, ["http://127.0.0.1:1/x"]),
    "get-url, unknown remote": Bad(nothing, ["get-url", "remote://nope/x"], 1, ["remote 'nope' doesn't exist"]),
    "get-url, no URL": Bad(nothing, ["get-url"], 254, ["required: url"]),
    "push, in git": Bad(stored, ["push", "code.py"], 1, [no_file("code.py")]),
    "push, outside": Bad(stored, ["push", "../x"], 1, [no_file("../x")]),
    "push, below a file": Bad(stored, ["push", "data.txt/x"], 1, [as_file], SILENT),
    "push, glob without a match": Bad(stored, ["push", "--glob", "nope*"], 1, ["nope*"], SILENT),
    "push, fewer than no jobs": Bad(stored, ["push", "-j", "-1"], 254, ["--jobs: -1 jobs cannot run"], CRASHES),
    "push, the remote is a file": Bad(
        both(stored, write("../store")), ["push"], 1, ["failed to push data to the cloud", "files failed"], CRASHES
    ),
    "pull, in git": Bad(stored, ["pull", "code.py"], 1, [no_file("code.py")]),
    "pull, below a file": Bad(stored, ["pull", "data.txt/x"], 1, [as_file], SILENT),
    "pull, unsaved content": Bad(
        both(stored, write("data.txt", "only here\n")), ["pull"], 1, ["unsaved files", "data.txt"]
    ),
    "pull, nobody has it": Bad(
        both(stored, lost), ["pull", "data.txt"], 1, ["Checkout failed for following targets:\ndata.txt"]
    ),
    "fetch, in git": Bad(stored, ["fetch", "code.py"], 1, [no_file("code.py")]),
    "fetch, below a file": Bad(stored, ["fetch", "data.txt/x"], 1, [as_file], SILENT),
    "fetch, size of letters": Bad(stored, ["fetch", "--max-size", "x"], 254, ["invalid int value: 'x'"]),
    "fetch, unknown type": Bad(stored, ["fetch", "--type", "nope"], 254, ["invalid choice: 'nope'"]),
}  # fmt: skip

MD5 = "3d9d5d5d5d5d5d5d5d5d5d5d5d5d5d5d"
GOOD = f"outs:\n- md5: {MD5}\n  size: 6\n  hash: md5\n  path: data.txt\n"
SIDES = f"<<<<<<< HEAD\n- md5: {MD5}\n  size: 6\n=======\n- md5: {MD5[::-1]}\n  size: 7\n>>>>>>> b\n"
conflict = ["'./data.txt.dvc' is invalid (possible merge conflicts)", "line ", "git checkout --ours data.txt.dvc"]
broken_lock = ["'./dvc.lock' is invalid", "line 4"]


def source(content: str | bytes) -> Setup:
    return write("data.txt.dvc", content)


FILES: dict[str, tuple[Setup, list[str]]] = {
    "bad YAML": (source("outs:\n- md5: [x\n  path: data.txt\n"), ["'./data.txt.dvc' is invalid", "line 2"]),
    "unknown key": (source(GOOD + "  nope: 1\n"), ["extra keys not allowed, in outs -> 0 -> nope, line 2"]),
    "unknown key at the top": (source(GOOD + "nope: 1\n"), ["extra keys not allowed, in nope"]),
    "wrong type": (source("outs: data.txt\n"), ["expected a list", "in outs"]),
    "number as path": (source(GOOD.replace("data.txt", "1")), ["expected str, in outs -> 0 -> path, line 2"]),
    "duplicate key": (source(GOOD + "  path: x\n"), ['duplicate key "path"', "line 6"]),
    "short hash": (source(GOOD.replace(MD5, "ab")), ["in outs -> 0 -> md5, line 2"]),
    "list": (source("- a\n"), ["'./data.txt.dvc' validation failed: expected a dictionary"]),
    "scalar": (source("hello\n"), ["'./data.txt.dvc' validation failed: expected a dictionary"]),
    "binary junk": (source(bytes(range(256))), ["unable to read: 'data.txt.dvc', is not valid utf-8"]),
    "NUL": (source(b"outs:\n\x00\n"), ["data.txt.dvc"]),
    "tab": (source("outs:\n\t- md5: x\n"), ["'./data.txt.dvc' is invalid", "line 2"]),
    "two documents": (source(GOOD + "---\n" + GOOD), ["'./data.txt.dvc' is invalid", "line 6"]),
    "conflict around all": (source(f"<<<<<<< HEAD\n{GOOD}=======\n{GOOD}>>>>>>> b\n"), conflict),
    "conflict within": (source(f"outs:\n{SIDES}  hash: md5\n  path: data.txt\n"), conflict),
    "conflict in dvc.lock": (
        write("dvc.lock", "schema: '2.0'\nstages:\n<<<<<<< HEAD\n  a:\n=======\n>>>>>>> b\n"),
        ["'./dvc.lock' is invalid (possible merge conflicts)", "git checkout --ours dvc.lock"],
    ),
    "broken dvc.lock": (write("dvc.lock", "schema: '2.0'\nstages:\n  a: [\n"), broken_lock),
    "broken dvc.yaml": (write("dvc.yaml", "stages:\n  a:\n    cmd: [x\n    deps: y: z\n"), ["'./dvc.yaml' is invalid", "line "]),
    "dvc.yaml with unknown key": (write("dvc.yaml", "stages:\n  a:\n    cmd: x\n    nope: 1\n"), ["in stages -> a -> nope, line 3"]),
}  # fmt: skip

# Verbs that read all metafiles, and dvc's exit code where one of them is broken.
READERS = {
    "status": (["status"], 1),
    "checkout": (["checkout"], 255),
    "commit": (["commit", "-f"], 1),
    "add": (["add", "fresh"], 1),
    "data status": (["data", "status"], 255),
    "diff": (["diff"], 1),
    "push": (["push"], 1),
    "pull": (["pull"], 1),
    "fetch": (["fetch"], 1),
    "gc": (["gc", "-wf"], 255),
    "move": (["move", "pictures", "moved"], 1),
}


def refused(done: Any, code: int, said: list[str]) -> None:
    assert done.code == code, done.err
    assert done.err.count("ERROR: ") == 1 and "Traceback" not in done.err and "unexpected" not in done.err, done.err
    for text in said:
        assert text in done.err


@pytest.mark.parametrize("name", PATHS)
def test_bad_paths_and_words(project: Path, oracle: Any, picture: Any, dvnb: Any, name: str) -> None:
    case = PATHS[name]
    case.setup()
    before = seen(project, picture)
    done = dvnb(*case.args)
    assert seen(project, picture) == before
    refused(done, case.code, case.said)
    if not case.why:
        assert oracle(*case.args)[0] == case.code


def seen(project: Path, picture: Any) -> Any:
    """All of the project; what is neither file nor folder by its kind, as reading it may never end."""
    special = [path for path in project.rglob("*") if path.is_fifo() or path.is_socket()]
    modes = {str(path): path.lstat().st_mode for path in special}
    aside = {path: project.parent / f"aside{number}" for number, path in enumerate(special)}
    for path, place in aside.items():
        path.rename(place)
    links = [path for path in project.rglob("*") if path.is_symlink() and not path.exists()]
    try:
        return picture(project), modes, [(str(path), os.readlink(path)) for path in links]
    finally:
        for path, place in aside.items():
            place.rename(path)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["bad YAML", "conflict within", "binary junk", "broken dvc.lock", "broken dvc.yaml"])
def test_broken_metafiles_stop_every_verb(
    project: Path, oracle: Any, picture: Any, dvnb: Any, name: str, reader: str, tmp_path: Path
) -> None:
    Repo().remote_add("storage", str(tmp_path / "storage"), default=True)
    write("fresh")()
    setup, said = FILES[name]
    setup()
    args, code = READERS[reader]
    before = picture(project)
    refused(dvnb(*args), code, said)
    assert picture(project) == before
    assert oracle(*args)[0] == code


@pytest.mark.parametrize("name", FILES)
def test_broken_metafiles_are_told_with_their_line(
    project: Path, oracle: Any, picture: Any, dvnb: Any, name: str
) -> None:
    setup, said = FILES[name]
    setup()
    before = picture(project)
    refused(dvnb("status"), 1, said)
    assert picture(project) == before
    assert oracle("status")[0] == 1
    with pytest.raises(FormatError) as caught:
        Repo().status()
    assert caught.value.path in ("data.txt.dvc", "dvc.yaml", "dvc.lock")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace("  path: data.txt\n", ""), "no path, in outs -> 0"),
        (GOOD.replace(MD5, "../../../secret"), "'../../../secret', recorded for 'data.txt', is not a hash"),
    ],
)
def test_entries_that_dvc_falls_over_or_follows_anywhere(
    project: Path, picture: Any, dvnb: Any, content: str, said: str
) -> None:
    source(content)()
    before = picture(project)
    refused(dvnb("status"), 1, [said])
    refused(dvnb("checkout", "-f"), 255, [said])
    assert picture(project) == before


@pytest.mark.parametrize("place", ["../victim", "{parent}/victim"])
def test_metafiles_that_name_places_outside_change_nothing_there(
    project: Path, dvnb: Any, oracle: Any, picture: Any, place: str
) -> None:
    victim = project.parent / "victim"
    victim.write_text("mine")
    text = Path("data.txt.dvc").read_text().replace("data.txt", place.format(parent=project.parent))
    Path("evil.dvc").write_text(text)
    before = picture(project)
    for args in (["checkout"], ["checkout", "-f"], ["checkout", "evil.dvc"]):
        done = dvnb(*args)
        assert done.code == oracle(*args)[0] == 0
        assert "is outside of the project and left as it is" in done.err
        assert victim.read_text() == "mine"
    assert picture(project) == before


# Listings in the cache


def plant(entries: Any) -> None:
    """Let pictures.dvc name a listing that somebody made."""
    import hashlib

    data = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    value = hashlib.md5(data).hexdigest()
    place = Path(".dvc/cache/files/md5", value[:2], value[2:] + ".dir")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    Path("pictures.dvc").write_text(
        f"outs:\n- md5: {value}.dir\n  size: 8\n  nfiles: 2\n  hash: md5\n  path: pictures\n"
    )


ONE = "5bbf5a52328e7439ae6e719dfe712200"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (b"{", "listing in the cache is damaged"),
        (b"\xff\xfe", "listing in the cache is damaged"),
        ({"a": 1}, "listing in the cache is damaged"),
        ([1], "listing in the cache is damaged"),
        ([{"md5": ONE}], "listing in the cache is damaged"),
        ([{"md5": ONE, "relpath": 1}], "listing in the cache is damaged"),
        ([{"md5": ONE, "relpath": "../escaped"}], "'../escaped', which is not inside the folder"),
        ([{"md5": ONE, "relpath": "a/../../escaped"}], "which is not inside the folder"),
        ([{"md5": ONE, "relpath": "/tmp/escaped"}], "'/tmp/escaped', which is not inside the folder"),
        ([{"md5": "../../../../code.py", "relpath": "a"}], "which is no hash"),
    ],
)
@pytest.mark.parametrize("args", [["checkout", "-f", "pictures"], ["get", ".", "pictures", "-o", "got"], ["diff"]])
def test_listings_that_lie_never_write_outside(
    project: Path, picture: Any, dvnb: Any, entries: Any, said: str, args: list[str]
) -> None:
    plant(entries)
    if args == ["diff"]:
        subprocess.run(["git", "commit", "-qam", "evil"], check=True)
    before, around = picture(project), sorted(os.listdir(project.parent))
    done = dvnb(*args)
    assert picture(project) == before
    assert sorted(os.listdir(project.parent)) == around and not os.path.lexists("/tmp/escaped")
    assert done.code in (1, 255)
    refused(done, done.code, [said])


# What may not be read or written. Tests may run as root, whom modes do not stop: without two of its powers they do.

POWERLESS = """
import ctypes, runpy, sys
libc = ctypes.CDLL(None, use_errno=True)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
powers = (ctypes.c_uint32 * 6)()
assert libc.capget(header, powers) == 0
for part in (0, 1):  # effective and permitted: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    powers[part] &= ~0b110
assert libc.capset(header, powers) == 0
sys.argv = ["dvnb", *sys.argv[1:]]
runpy.run_module("dvnb", run_name="__main__")
"""


def powerless(*args: str) -> Any:
    """Run dvnb with the rights of an ordinary owner, whoever runs the tests."""
    from types import SimpleNamespace

    command = [sys.executable, "-c", POWERLESS, *args] if ctypes.CDLL(None) and os.geteuid() == 0 else ["dvnb", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)


def forbid(path: str, mode: int = 0) -> Setup:
    return lambda: os.chmod(path, mode)


FORBIDDEN = {
    "file": (both(write("new"), forbid("new")), ["add", "new"], "new"),
    "folder": (both(write("new/x"), forbid("new")), ["add", "new"], "new"),
    "member": (both(write("new/x"), write("new/y"), forbid("new/y")), ["add", "new"], "new/y"),
    "tracked file": (both(write("data.txt", "changed"), forbid("data.txt")), ["commit", "-f", "data.txt"], "data.txt"),
    ".dvc file": (forbid("data.txt.dvc"), ["checkout"], "data.txt.dvc"),
    "dvc.yaml": (forbid("dvc.yaml"), ["status"], "dvc.yaml"),
    "config": (forbid(".dvc/config"), ["status"], "config"),
    "cache": (forbid(".dvc/cache/files/md5", 0o500), ["add", "fresh"], ".dvc/cache"),
    "folder to write to": (forbid("locked", 0o500), ["add", "locked/x"], "locked"),
    "source of get-url": (both(write("../out"), forbid("../out")), ["get-url", "../out", "got"], "out"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_may_not_be_read_or_written(project: Path, picture: Any, name: str) -> None:
    setup, args, said = FORBIDDEN[name]
    write("fresh", "never seen before\n")()
    write("locked/x", "nor this\n")()
    setup()
    before = picture(project)
    done = powerless(*args)
    after = picture(project)
    for place in [project / "new", project / "locked"]:
        if place.exists():
            place.chmod(0o755)
    assert done.code in (1, 251, 255)
    refused(done, done.code, ["Permission denied", said])
    assert {path: what for path, what in after.items() if "/cache/" not in path} == {
        path: what for path, what in before.items() if "/cache/" not in path
    }


def test_every_verb_outside_a_project(home: Path, tmp_path: Path, oracle: Any, dvnb: Any, monkeypatch: Any) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for args in (
        ["add", "x"], ["commit"], ["checkout"], ["status"], ["data", "status"], ["diff"], ["move", "a", "b"],
        ["remove", "x"], ["unprotect", "x"], ["gc", "-w"], ["push"], ["pull"], ["fetch"], ["update", "x.dvc"],
        ["import-url", "x", "y"], ["import", "x", "y"], ["check-ignore", "x"], ["destroy", "-f"], ["install"],
        ["cache", "migrate"], ["root"],
    ):  # fmt: skip
        done = dvnb(*args)
        refused(done, 253, ["you are not inside of a DVC repository"])
    for args in (["add", "x"], ["gc", "-w"], ["destroy", "-f"], ["install"], ["cache", "migrate"]):
        assert oracle(*args)[0] == 253
    assert os.listdir(folder) == []


def test_the_core_raises_its_own_errors(project: Path) -> None:
    """Callers of the API need no other family of exceptions."""
    write("new")()
    os.mkfifo("pipe")
    repo = Repo()
    for call in (
        lambda: repo.add("pipe"),
        lambda: repo.diff(targets=["nope"]),
        lambda: repo.checkout("data.txt/x"),
        lambda: repo.commit("nope"),
        lambda: repo.move("nope", "x"),
        lambda: repo.remove("nope"),
        lambda: repo.fetch("nope"),
    ):
        with pytest.raises(DvnbError):
            call()


def test_a_copy_of_a_whole_repo_into_itself_ends(project: Path, dvnb: Any) -> None:
    done = dvnb("get", ".", "", "-o", "got")
    assert done.code == 0, done.err
    assert (project / "got" / "code.py").read_text() == "pass\n"
    assert not (project / "got" / "got").exists()
    shutil.rmtree("got")
