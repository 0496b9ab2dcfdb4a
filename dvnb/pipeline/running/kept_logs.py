"""The logs that are kept: where those of a stage lie, what one says, and which go.

`runlog` says how they are written.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import suppress
from typing import Any

from dvnb.pipeline.stage import Stage
from dvnb.project.project import Project

FOLDER = ("dvnb", "logs")
MARK = b"\n\x1e"
"""Between what was written and the last line."""

GB = 10**9
DAY = 86400.0
_PRUNE_SECONDS = 3600.0
_NAME = re.compile(r"[^A-Za-z0-9._@-]")


def logs_folder(project: Project) -> str:
    """Where the logs of a project lie."""
    return os.path.join(project.tmp_dir, *FOLDER)


def stage_folder(project: Project, stage: Stage) -> str:
    """Where the logs of one stage lie."""
    return os.path.join(logs_folder(project), stage_key(project, stage))


def stage_key(project: Project, stage: Stage) -> str:
    """The name of a stage's files in a folder of all stages; stages with the same name in other files have others."""
    file = project.relpath(stage.file)
    name = file if stage.name is None else f"{file}:{stage.name}" if file != "dvc.yaml" else stage.name
    return _quoted(name)


def _quoted(name: str) -> str:
    quoted = _NAME.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)
    if len(quoted) > 200:  # noqa: PLR2004 - names of files end at 255
        from dvnb.objects.hashing import md5_bytes

        return f"{quoted[:160]}%{md5_bytes(name.encode())}"
    return f"%{quoted}" if quoted.startswith(".") else quoted


def read(path: str) -> tuple[dict[str, Any], bytes]:
    """What a log says of its run, and what the commands wrote; a run without an end has no `state`."""
    with open(path, "rb") as file:
        header, _, rest = file.read().partition(b"\n")
    said: dict[str, Any] = json.loads(header or b"{}")
    body, mark, trailer = rest.rpartition(MARK)
    if mark and trailer.endswith(b"\n"):
        try:
            return said | json.loads(trailer), body
        except ValueError:
            pass  # a command wrote that mark
    return said, rest


def prune(project: Project) -> None:
    """Remove logs that are too old, and the oldest ones while all take too much; the last of each stage stays longest.

    Looks once in an hour.
    """
    folder = logs_folder(project)
    marker = os.path.join(folder, ".pruned")
    with suppress(OSError):  # somebody else removes them too, or they cannot be written
        if os.path.exists(marker) and time.time() - os.path.getmtime(marker) < _PRUNE_SECONDS:
            return
        with open(marker, "wb"):
            os.utime(marker)
        _prune(folder, project.settings.get("logs.max_age"), project.settings.get("logs.max_size"))


def _prune(folder: str, max_age: float | None, max_size: float | None) -> None:
    rows: list[tuple[bool, str, str, os.stat_result]] = []
    for stage in os.listdir(folder):
        home = os.path.join(folder, stage)
        names = sorted(os.listdir(home)) if os.path.isdir(home) else []
        rows += [(name == names[-1], name, home, os.stat(os.path.join(home, name))) for name in names]
    rows.sort(key=lambda row: row[:2])  # the last ones of stages after all others
    total = sum(row[3].st_size for row in rows)
    oldest = time.time() - max_age * DAY if max_age is not None else 0.0
    for _, name, home, status in rows:
        if status.st_mtime < oldest or (max_size is not None and total > max_size * GB):
            os.unlink(os.path.join(home, name))
            total -= status.st_size
            if not os.listdir(home):
                os.rmdir(home)
