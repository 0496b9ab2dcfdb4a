"""How one command line of a stage is run: in which shell, with which environment.

Source: dvc's stage/run.py; SPEC 4.6, 15.1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextvars import ContextVar

ADDED: ContextVar[Mapping[str, str]] = ContextVar("ADDED", default={})  # noqa: B039 - nobody changes it
"""What else the commands find in their environment that are run in this context, and not by other threads meanwhile."""

SHELL_OPTIONS = {"bash": ["--noprofile", "--norc"], "zsh": ["--no-rcs"], "fish": ["--no-config"]}


def environment(root: str, name: str) -> dict[str, str]:
    """The environment of the stage addressed as `name` in the project at `root`."""
    env = dict(os.environ, **ADDED.get())
    env.setdefault("DVC_ROOT", root)
    env["DVC_STAGE"] = name
    # `dvnb notebook run` must be found by stages also where its environment is not activated; appended, so that
    # nothing that the user's PATH finds is shadowed.
    own = os.path.dirname(sys.executable)
    path = env.get("PATH", os.defpath)
    if own not in path.split(os.pathsep):
        env["PATH"] = os.pathsep.join([path, own])
    return env


def shell_words(command: str) -> list[str] | str:
    """What to start for a command line: the user's shell, without its settings."""
    if os.name == "nt":
        return command
    shell = os.environ.get("SHELL") or "/bin/sh"
    return [shell, *SHELL_OPTIONS.get(os.path.basename(shell).lower(), []), "-c", command]
