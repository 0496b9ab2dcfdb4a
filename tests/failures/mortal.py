"""A process that runs dvnb's command lines in forks of itself, each of which can be told when to die.

What changes files is counted: each rename, unlink, link, symlink, mkdir, rmdir, chmod, utime, truncation and opening for
writing (by Python's audit events, before they happen), and each `os.write` and `os.copy_file_range`, which are stopped
when half of the bytes are written. At the wanted number the fork kills itself as a crash would: by SIGKILL.

Requests and answers are lines of JSON.
"""

from __future__ import annotations

import concurrent.futures
import importlib
import json
import os
import pkgutil
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from typing import Any

import dvnb.commands
import dvnb.formats
import dvnb.git
import dvnb.objects
import dvnb.pipeline
import dvnb.project
import dvnb.repo.data
import dvnb.repo.remotes
import dvnb.repo.upkeep
from dvnb.cli.main import main

# Verbs import what they need when they run: here it is done once, before the forks.
READY = (concurrent.futures, shutil, sqlite3, subprocess, tempfile)
PACKAGES = (dvnb.git, dvnb.objects, dvnb.formats, dvnb.project, dvnb.pipeline, dvnb.commands)
FAMILIES = (dvnb.repo.data, dvnb.repo.remotes, dvnb.repo.upkeep)
for package in PACKAGES + FAMILIES:
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)

CHANGES = {
    "os.rename",
    "os.remove",
    "os.link",
    "os.symlink",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.utime",
    "os.truncate",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Mortal:
    """Counts changes below the folder `below`, and dies before number `last` (counted from 1; 0: never)."""

    def __init__(self, below: str, last: int) -> None:
        self.below = below
        self.last = last
        self.count = 0
        self._write, self._copy_range = os.write, os.copy_file_range

    def install(self) -> None:
        sys.addaudithook(self._hear)
        os.write = self._write_or_die
        os.copy_file_range = self._copy_or_die

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITING):
            paths = args[:2] if event in ("os.rename", "os.link", "os.symlink") else args[:1]
            if any(self._is_below(path) for path in paths) and self._is_time():
                os.kill(os.getpid(), signal.SIGKILL)

    def _is_below(self, arg: Any) -> bool:
        if isinstance(arg, int) and not isinstance(arg, bool) and arg > 2:
            try:
                arg = os.readlink(f"/proc/self/fd/{arg}")
            except OSError:
                return False
        return isinstance(arg, (str, bytes, os.PathLike)) and os.path.abspath(os.fsdecode(arg)).startswith(self.below)

    def _is_time(self) -> bool:
        self.count += 1
        return self.count == self.last

    def _write_or_die(self, fd: int, data: Any) -> int:
        if self._is_below(fd) and self._is_time():
            self._write(fd, bytes(data)[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return self._write(fd, data)

    def _copy_or_die(self, source: int, target: int, count: int) -> int:
        if self._is_below(target) and self._is_time():
            self._copy_range(source, target, max(1, os.fstat(source).st_size // 2))
            os.kill(os.getpid(), signal.SIGKILL)
        return self._copy_range(source, target, count)


def live(request: dict[str, Any]) -> None:
    """One command line, in a fork."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    for number, name in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    mortal = Mortal(request["below"], request["die"])
    mortal.install()
    code = 255
    try:
        code = main(request["args"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        mortal.last = 0
        with open(request["counted"], "w", encoding="ascii") as file:
            file.write(str(mortal.count))
        os._exit(code)


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        live(json.loads(line))
    sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
    sys.stdout.flush()
