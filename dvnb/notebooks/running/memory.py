"""What a kernel's process uses of the memory, and whether the system ended it for that."""

from __future__ import annotations

import re
import sys

from dvnb.records import dataclass

_RESIDENT = re.compile(rb"^Vm(RSS|HWM):\s+(\d+) kB", re.MULTILINE)
_KILLS = re.compile(rb"^oom_kill (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes that a process used when it was last seen and at most, None where that is not known.

    `ran_out`: meanwhile the system ended a process because there was no memory left.
    """

    last: int | None = None
    peak: int | None = None
    ran_out: bool = False


class MemoryWatch:
    """Looks now and then at what one process uses."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._last: int | None = None
        self._peak: int | None = None
        self._kills = _system_kills()
        self._before = _largest_child()

    def look(self) -> int | None:
        """What the process uses now."""
        found = dict(_RESIDENT.findall(_read(f"/proc/{self._pid}/status"))) if self._pid else {}
        if b"RSS" in found:  # a process that has just ended has no memory
            self._last = int(found[b"RSS"]) * 1024
            self._peak = max(self._peak or 0, int(found.get(b"HWM", found[b"RSS"])) * 1024)
        return self._last

    def at_death(self, peak: int | None = None) -> MemoryUse:
        """What is known when the process is gone; `peak`: what its parent was told, if that is another process."""
        if peak is None and not self._before:  # it is the only child that ever ended, so the largest is this one
            peak = _largest_child()
        known = [size for size in (peak, self._peak) if size]
        return MemoryUse(self._last, max(known, default=None), _system_kills() > self._kills)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _system_kills() -> int:
    """How many processes the system has ended for want of memory."""
    found = _KILLS.search(_read("/proc/vmstat"))
    return int(found[1]) if found else 0


def _largest_child() -> int:
    try:
        import resource  # not on Windows
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
