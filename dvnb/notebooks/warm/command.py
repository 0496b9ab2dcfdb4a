"""Commands that need no shell: one program with its words, and nothing that a shell would make something else of."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping

from dvnb.notebooks.warm.environment import interpreter_of
from dvnb.pipeline.running.command import shell_words

_PROGRAMS = ("dvnb", "papermill")
_QUOTED = re.compile(r"""'[^'\n]*'|"[^"$`\\!\n]*\"""")
_PLAIN = re.compile(r"[\w./:,@%+=^ -]*", re.ASCII)


def simple_words(command: str) -> list[str] | None:
    """The words of a command that runs a notebook and says the same in every shell; None for any other."""
    if not _PLAIN.fullmatch(_QUOTED.sub("", command)) or re.search(r"(^|\s)=", command):  # `=x` is zsh's
        return None
    words = shlex.split(command)
    program = os.path.basename(words[0]) if words else ""
    if program not in _PROGRAMS or (program == "dvnb" and words[1:3] != ["notebook", "run"]):
        return None
    return words


class Shell:
    """What the user's shell does before it runs a command: it finds the program and sets variables of its own."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, frozenset[tuple[str, str]]], tuple[str, dict[str, str]] | None] = {}

    def resolve(self, program: str, cwd: str, env: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
        """Path of the program, and the environment that it would get; None if that is not this installation's."""
        varying = {"DVC_STAGE": env.get("DVC_STAGE", "")}
        key = (program, cwd, frozenset(env.items() - varying.items()))
        if key not in self._known:
            self._known[key] = _ask_shell(program, cwd, env)
        found = self._known[key]
        return found and (found[0], found[1] | varying)


def _ask_shell(program: str, cwd: str, env: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    import subprocess

    words = shell_words(f"command -v {shlex.quote(program)} && env -0")
    done = subprocess.run(  # noqa: S603 - the user's shell
        words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    path, _, variables = os.fsdecode(done.stdout).partition("\n")
    path = os.path.join(cwd, path) if os.sep in path else path
    if done.returncode != 0 or interpreter_of(path) is None:  # a function, an alias, another environment
        return None
    seen = dict(pair.split("=", 1) for pair in variables.split("\0") if "=" in pair)
    if os.path.basename(seen.get("_", "")) == "env":  # what bash tells each program about itself
        seen["_"] = path
    return path, seen
