"""What a look at an object tells of it.

An object is renamed into its folder once it is written, and not touched again: it is read-only, and never newer than
its folder, whose time is that of the last arrival. After a power failure it may be empty. An object that is otherwise
may be damaged.
"""

from __future__ import annotations

import os

OBJECT_MODE = 0o444

_EMPTY = frozenset({"d41d8cd98f00b204e9800998ecf8427e"})


def is_doubtful(value: str, status: os.stat_result, arrival: int) -> bool:
    """Whether an object of this status may be damaged; `arrival`: the time (ns) of the folder it lies in."""
    return (
        status.st_mode & 0o7777 != OBJECT_MODE
        or status.st_mtime_ns > arrival
        or not (status.st_size or value in _EMPTY)
    )


def looks_sound(path: str) -> bool:
    """Whether the object at `path`, which is there, looks as it was left."""
    folder, name = os.path.split(path)
    return not is_doubtful(folder[-2:] + name, os.stat(path), os.stat(folder).st_mtime_ns)
