"""What a process that runs already can become: which variables may differ, and which interpreters are this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

STARTED_WITH: dict[str, str] = {}
"""The environment that the forkers of this process were started with."""

# Nothing of them is read before a command or a kernel starts its work: those of stages, of shells, and of papermill.
_LATE = {
    *("DVC_ROOT", "DVC_STAGE", "DVNB_OUTPUTS"),
    *("OLDPWD", "PWD", "SHLVL", "_"),
    *("JPY_PARENT_PID", "JPY_SESSION_NAME", "PYDEVD_DISABLE_FILE_VALIDATION"),
}


def agrees(env: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether a process started with one of them can go on with the other, as if it had been started with it."""
    return {name: env[name] for name in env.keys() - _LATE} == {name: other[name] for name in other.keys() - _LATE}


def is_ours(interpreter: str) -> bool:
    """Whether a program is the interpreter that runs this: in the same environment, under whichever name."""
    own = sys.executable
    same_folder = os.path.dirname(interpreter) == os.path.dirname(own)
    return same_folder and os.path.realpath(interpreter) == os.path.realpath(own)


def interpreter_of(script: str) -> str | None:
    """The interpreter that a script's first line names, if it is ours and gets no options."""
    try:
        with open(script, "rb") as file:
            line = os.fsdecode(file.readline(512)).strip()
    except OSError:
        return None
    return line[2:] if line.startswith("#!") and is_ours(line[2:]) else None
