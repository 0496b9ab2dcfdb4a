"""Programs of Python that are loaded once and forked for each call, as loading takes most of the time of a short call.

A fork is what `python -m dvnb` or `python -m dvc` would be: its own environment, folder, umask, streams and arguments,
and the modules that every call loads; those of single verbs it loads itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

SERVE = """
import gc, importlib, json, os, sys, time
module, *needed = sys.argv[1:]
for name in needed:
    importlib.import_module(name)
main = importlib.import_module(module + ".cli.main" if module == "dvnb" else module + ".cli").main
program = os.path.join(os.path.dirname(sys.modules[module].__file__), "__main__.py")
gc.freeze()
for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        os.chdir(request["cwd"])
        os.umask(request["umask"])
        for number, name in enumerate(request["streams"]):
            os.dup2(os.open(name, os.O_RDWR | os.O_APPEND), number)
        sys.stdin = open(0, closefd=False)
        sys.argv = [program, *request["args"]]
        code = main()
        if module == "dvnb":
            sys.exit(code)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # to take down all that was loaded takes longer than the call
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
NEEDED = {
    "dvnb": """
        concurrent.futures configparser fnmatch hashlib queue shutil signal sqlite3 subprocess tempfile textwrap uuid
        ruamel.yaml yaml dvnb.cli.terminal dvnb.commands.parser
    """,
    # Not pygit2, which looks for git's configuration as it is loaded.
    "dvc": """
        dvc.cachemgr dvc.cli.parser dvc.daemon dvc.dagascii dvc.data_cloud dvc.dirs dvc.lock dvc.output dvc.repo
        dvc.render.convert dvc.render.match dvc.rwlock dvc.scm dvc.stage dvc.ui.pager dvc.ui.table dvc.utils.diff
        dvc.utils.strictyaml dvc.repo.add dvc.repo.artifacts dvc.repo.brancher dvc.repo.checkout dvc.repo.collect
        dvc.repo.datasets dvc.repo.experiments.show dvc.repo.graph dvc.repo.index dvc.repo.init dvc.repo.metrics.diff
        dvc.repo.metrics.show dvc.repo.open_repo dvc.repo.params.diff dvc.repo.params.show dvc.repo.plots.diff
        dvc.repo.reproduce dvc.repo.stage dvc.repo.status dvc.repo.trie dvc.repo.worktree dvc_data.fs
        dvc_data.hashfile.gc dvc_data.hashfile.status dvc_data.index.checkout dvc_data.index.fetch dvc_data.index.push
        networkx rich.console xml.etree.ElementTree
    """,
}

# What an interpreter reads as it starts.
_OF_INTERPRETERS = ("PYTHON", "LANG", "LC_", "LD_")


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.out.splitlines()


class Program:
    """`program("status", "--json", cwd=folder)` runs it in a process of its own and waits for its end."""

    def __init__(self, module: str, folder: Path) -> None:
        self._module = module
        self._streams = [folder / name for name in ("in", "out", "err")]
        self._environment = _of_interpreters()
        self._free = threading.Lock()
        command = [sys.executable, "-c", SERVE, module, *NEEDED[module].split()]
        self._server = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __call__(self, *args: str, cwd: str | Path | None = None, stdin: str = "") -> Done:
        if self._environment != _of_interpreters() or not self._free.acquire(blocking=False):
            return self._anew(*args, cwd=cwd, stdin=stdin)
        try:
            return self._fork(*args, cwd=cwd, stdin=stdin)
        finally:
            self._free.release()

    def end(self) -> None:
        """Let the server go."""
        self._server.communicate()

    def _fork(self, *args: str, cwd: str | Path | None, stdin: str) -> Done:
        for path, text in zip(self._streams, (stdin, "", ""), strict=True):
            path.unlink(missing_ok=True)  # what an earlier call has left behind may still write
            path.write_text(text)
        request = {
            "args": [str(arg) for arg in args],
            "cwd": os.path.join(os.getcwd(), cwd or ""),
            "env": dict(os.environ),
            "umask": _umask(),
            "streams": [str(path) for path in self._streams],
        }
        assert self._server.stdin and self._server.stdout
        self._server.stdin.write(json.dumps(request) + "\n")
        code = int(self._server.stdout.readline())
        return Done(code, self._streams[1].read_text(), self._streams[2].read_text())

    def _anew(self, *args: str, cwd: str | Path | None, stdin: str) -> Done:
        command = [sys.executable, "-m", self._module, *args]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, input=stdin, check=False)
        return Done(done.returncode, done.stdout, done.stderr)


def _of_interpreters() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_OF_INTERPRETERS)}


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
