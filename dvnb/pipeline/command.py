"""Running the command lines of a stage.

Source: dvc's stage/run.py; SPEC 4.6, 15.1.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from dvnb.errors import StageFailedError
from dvnb.events import CommandOutput, CommandStarted, Listener
from dvnb.pipeline.stage import Stage

if TYPE_CHECKING:
    import subprocess

SHELL_OPTIONS = {"bash": ["--noprofile", "--norc"], "zsh": ["--no-rcs"], "fish": ["--no-config"]}


def run_commands(stage: Stage, *, root: str, name: str, emit: Listener, capture: bool) -> None:
    """Run a stage's commands one after the other, each in a shell of its own, in the stage's wdir.

    `capture`: what they write is emitted as events instead of going where dvnb's own output goes.

    Raises: StageFailedError at the first command that does not end with 0; KeyboardInterrupt after Ctrl-C.
    """
    for command in stage.commands():
        emit(CommandStarted(name, command))
        status = _run(command, cwd=stage.wdir, env=_environment(root, name), name=name, emit=emit if capture else None)
        if status != 0:
            raise StageFailedError(f"failed to run: {command}, exited with {status}", name)


def _environment(root: str, name: str) -> dict[str, str]:
    env = dict(os.environ)
    env.setdefault("DVC_ROOT", root)
    env["DVC_STAGE"] = name
    # `dvnb notebook run` must be found by stages also where its environment is not activated; appended, so that
    # nothing that the user's PATH finds is shadowed.
    own = os.path.dirname(sys.executable)
    path = env.get("PATH", os.defpath)
    if own not in path.split(os.pathsep):
        env["PATH"] = os.pathsep.join([path, own])
    return env


def _run(command: str, *, cwd: str, env: dict[str, str], name: str, emit: Listener | None) -> int:
    import subprocess  # not needed by verbs that run nothing

    pipe = subprocess.PIPE if emit else None
    with _interrupt_left_to_child() as interrupted:
        process = subprocess.Popen(  # noqa: S603 - running the user's commands is what a stage is for
            _shell_words(command), cwd=cwd, env=env, shell=os.name == "nt", stdout=pipe, stderr=pipe
        )
        if emit:
            _forward(process, name, emit)
        status = process.wait()
    if interrupted:
        raise KeyboardInterrupt
    return status


def _shell_words(command: str) -> list[str] | str:
    if os.name == "nt":
        return command
    shell = os.environ.get("SHELL") or "/bin/sh"
    return [shell, *SHELL_OPTIONS.get(os.path.basename(shell).lower(), []), "-c", command]


@contextmanager
def _interrupt_left_to_child() -> Generator[list[int]]:
    """Ctrl-C reaches the whole process group: let the command end by itself, and note that it came."""
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    previous = signal.signal(signal.SIGINT, lambda number, _frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, previous)


def _forward(process: subprocess.Popen[bytes], name: str, emit: Listener) -> None:
    """Emit what a process writes, as it comes, until both streams end."""

    def pump(stream: IO[bytes], label: str) -> None:
        import codecs  # a chunk may end within a character

        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := os.read(stream.fileno(), 1 << 16):
            emit(CommandOutput(name, decoder.decode(chunk), label))

    assert process.stdout  # noqa: S101 - both are pipes here
    assert process.stderr  # noqa: S101
    errors = threading.Thread(target=pump, args=(process.stderr, "stderr"), daemon=True)
    errors.start()
    pump(process.stdout, "stdout")
    errors.join()
