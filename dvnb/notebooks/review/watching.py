"""Having a kernel watched for the files that it opens: by strace where that works, else by Python's audit events."""

from __future__ import annotations

import os
import re
import shutil  # noqa: TID253  # imported late, by who watches
import subprocess  # noqa: TID253
import sys
import time
from collections.abc import Iterator
from typing import Literal

from dvnb.errors import NotebookError
from dvnb.records import dataclass

Kind = Literal["read", "write", "update", "program"]
Watcher = Literal["strace", "python"]

_CALLS = "open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,truncate,chdir"
_OPTIONS = ["-D", "-f", "-z", "-y", "-q", "-s", "4096", "-e", "signal=none", "-e", f"trace={_CALLS}"]
_LAST_LINES_SECONDS = 5.0
_LINE = re.compile(rb"(?P<pid>\d+)\s+(?P<text>.*)")
_UNFINISHED = b" <unfinished ...>"
_RESUMED = re.compile(rb"<\.\.\. \w+ resumed>(?P<rest>.*)")
_CALL = re.compile(rb"(?P<name>\w+)\((?P<args>.*)\)\s+= (?P<result>\d+)")
_PATH = re.compile(rb'(?:(?:AT_FDCWD|\d+)<(?P<folder>(?:[^>\\]|\\.)*)>, )?"(?P<path>(?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)")
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f"}


@dataclass(frozen=True, slots=True)
class Access:
    """A file that was opened (absolute), or of kind "program" one that was started; "update" opens without emptying."""

    kind: Kind
    path: str


def working_strace() -> bool:
    """Whether strace is installed and allowed to watch here."""
    program = shutil.which("strace")
    if program is None:
        return False
    try:
        command = [program, "-f", "-o", os.devnull, "true"]
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)  # noqa: S603 - nothing of a user's
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def choose_watcher(wanted: str | None, *, python: bool) -> Watcher:
    """Who watches: what is wanted, else the one that sees most.

    Raises: NotebookError where nobody can.
    """
    if wanted != "python" and working_strace():
        return "strace"
    if wanted == "strace":
        raise NotebookError("strace is not installed here, or not allowed to watch processes")
    if not python:
        raise NotebookError(
            "only strace can watch a kernel that is no Python, and it does not work here; install strace"
        )
    return "python"


def watched_command(argv: list[str], watcher: Watcher, log: str, root: str) -> list[str]:
    """A kernel's command line, watched; what it opens goes to the file `log`."""
    program = sys.executable if re.fullmatch(r"python(3(\.\d+)?)?", argv[0]) else argv[0]
    if watcher == "strace":
        return ["strace", *_OPTIONS, "-o", log, program, *argv[1:]]
    hook = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audithook.py")
    options: list[str] = []
    rest = argv[1:]
    while rest and rest[0].startswith("-") and rest[0] not in {"-m", "-c"}:
        options += [rest.pop(0)] if rest[0] not in {"-X", "-W"} else [rest.pop(0), rest.pop(0)]
    return [program, *options, hook, log, root, *rest]


def read_log(log: str, watcher: Watcher, cwd: str) -> list[Access]:
    """What was noted, in order; `cwd` is where the kernel began."""
    if not os.path.exists(log):
        return []
    if watcher == "strace":
        _await_end(log)
    with open(log, "rb") as file:
        data = file.read()
    return list(_from_strace(data, cwd) if watcher == "strace" else _from_hook(data))


def _from_hook(data: bytes) -> Iterator[Access]:
    for line in data.split(b"\0\n"):
        kind, _, path = line.partition(b"\0")
        if kind in {b"read", b"write", b"update", b"program"}:
            yield Access(kind.decode(), os.fsdecode(path))  # type: ignore[arg-type]


def _await_end(log: str) -> None:
    """Wait until strace, which ends after the kernel, has written its last line."""
    limit = time.monotonic() + _LAST_LINES_SECONDS
    while time.monotonic() < limit:
        with open(log, "rb") as file:
            data = file.read()
        first = data.split(None, 1)[0] if data else b""
        if re.search(rb"^" + re.escape(first) + rb"\s+\+\+\+ (exited|killed)", data, re.MULTILINE):
            return
        time.sleep(0.02)


def _from_strace(data: bytes, cwd: str) -> Iterator[Access]:
    pending: dict[bytes, bytes] = {}
    folders: dict[bytes, str] = {}
    here = cwd
    for line in data.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        pid, text = match["pid"], match["text"]
        if text.endswith(_UNFINISHED):
            pending[pid] = text[: -len(_UNFINISHED)]
            continue
        resumed = _RESUMED.match(text)
        if resumed:
            text = pending.pop(pid, b"") + resumed["rest"]
        call = _CALL.match(text)
        if call is None:
            continue
        folder = folders.setdefault(pid, here)
        paths = [_absolute(found, folder) for found in _PATH.finditer(call["args"])]
        if not paths:
            continue
        if call["name"] == b"chdir":
            folders[pid] = paths[0]
            here = paths[0]
            continue
        yield from _accesses(call["name"], call["args"], paths)


def _accesses(name: bytes, args: bytes, paths: list[str]) -> Iterator[Access]:
    if name in {b"creat", b"truncate"}:
        yield Access("write", paths[0])
    elif name.startswith((b"rename", b"link")):
        yield Access("write", paths[-1])
    elif b"O_DIRECTORY" not in args and b"O_PATH" not in args:
        if b"O_TRUNC" in args:
            yield Access("write", paths[0])
        else:
            yield Access("update" if b"O_WRONLY" in args or b"O_RDWR" in args else "read", paths[0])


def _absolute(match: re.Match[bytes], cwd: str) -> str:
    folder = os.fsdecode(_plain(match["folder"])) if match["folder"] is not None else cwd
    return os.path.normpath(os.path.join(folder, os.fsdecode(_plain(match["path"]))))


def _plain(text: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8)]) if code.isdigit() else _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, text)
