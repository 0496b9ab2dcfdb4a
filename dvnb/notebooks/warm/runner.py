"""The command runner that keeps processes ready for notebook stages."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from dvnb.notebooks.warm.command import Shell, simple_words
from dvnb.notebooks.warm.environment import agrees
from dvnb.project.runner import Place, StartedCommand

if TYPE_CHECKING:
    import subprocess

_PATIENCE_SECONDS = 5.0


class WarmRunner:
    """Runs `dvnb notebook run …` and `papermill …` of this installation in processes forked from one that is ready.

    The first such command starts it. Only on Linux: elsewhere forking is not safe, or not known.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        """`modules` are what a run imports beside the notebook libraries; this layer does not know."""
        self._modules = modules
        self._guard = threading.Lock()
        self._shell = Shell()
        self._forkers: _Forkers | None = None

    def start(self, command: str, place: Place) -> StartedCommand | None:
        """Start a command line; None for one that belongs to the shell."""
        words = simple_words(command) if sys.platform == "linux" else None
        if words is None:
            return None
        with self._guard:
            found = self._shell.resolve(words[0], place.cwd, place.env)
            if found is None:
                return None
            program, env = found
            if self._forkers is None:
                self._forkers = _Forkers(env, self._modules)
            if not agrees(env, self._forkers.env):
                return None
        from dvnb.notebooks.warm.process import ask

        group = "own" if place.new_group else "same"
        request = {"command": [program, *words[1:]], "cwd": place.cwd, "env": env, "group": group}
        return ask(self._forkers.control, request, place.streams)

    def close(self) -> None:
        """End the processes that are ready; those that run a command still do so."""
        with self._guard:
            if self._forkers is not None:
                self._forkers.close()
                self._forkers = None


class _Forkers:
    """The processes of `forker.py`, with the environment that they were started in."""

    def __init__(self, env: Mapping[str, str], modules: Sequence[str]) -> None:
        import subprocess

        self.env = env
        kind = (socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control, runs = socket.socketpair(*kind)
        kernels, ask_for_kernels = socket.socketpair(*kind)
        theirs = [runs.fileno(), kernels.fileno(), ask_for_kernels.fileno()]
        script = os.path.join(os.path.dirname(__file__), "forker.py")
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, script, *map(str, theirs), *modules],
            env=env,
            pass_fds=theirs,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (runs, kernels, ask_for_kernels):
            end.close()

    def close(self) -> None:
        """Nobody asks any more."""
        import subprocess

        self.control.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE_SECONDS)
