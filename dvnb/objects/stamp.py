"""When a file counts as unchanged since its bytes were read.

A stamp is (mtime in ns, inode, size, ctime in ns). Equal stamps mean equal bytes only if a later change must have
given another mtime, that is, if the mtime was already older than the filesystem's clock tick when the bytes were
read: only such *settled* stamps are ever stored. Files that dvnb itself writes into the workspace get an mtime a
little in the past (`backdated`), so that they are settled from the start: whoever changes one afterwards, even in
the same tick, gives it another mtime.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

Stamp = tuple[int, int, int, int]

FINE_TICK_NS = 10_000_000
COARSE_TICK_NS = 2_000_000_000
HASH_BYTES_PER_SECOND = 500_000_000


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file.

    A read-only file with several names is a hard link to a cache object: whoever links it again changes its ctime,
    so its ctime is left out (0).
    """
    shared = status.st_nlink > 1 and not status.st_mode & 0o222
    return status.st_mtime_ns, status.st_ino, status.st_size, 0 if shared else status.st_ctime_ns


def stamps_of(statuses: list[os.stat_result]) -> list[Stamp]:
    """The stamps of many files: `stamp_of` without a call for each."""
    return [
        (
            status.st_mtime_ns,
            status.st_ino,
            status.st_size,
            0 if status.st_nlink > 1 and not status.st_mode & 0o222 else status.st_ctime_ns,
        )
        for status in statuses
    ]


def is_settled(stamp: Stamp, read_at: int) -> bool:
    """Whether a change after `read_at` (ns since the epoch, taken before reading) would show in the mtime.

    A filesystem whose times have digits below 10 ms ticks at least as finely (Linux: at most 10 ms); other times may
    come from one that counts in 1 or 2 seconds.
    """
    mtime = stamp[0]
    return mtime + (FINE_TICK_NS if mtime % FINE_TICK_NS else COARSE_TICK_NS) < read_at


def all_settled(stamps: Iterable[Stamp], read_at: int) -> bool:
    """Whether a change of any of many would show for certain; False where it takes `is_settled` to tell."""
    return max((stamp[0] for stamp in stamps), default=0) + COARSE_TICK_NS < read_at


def settle(stamps: list[Stamp]) -> int:
    """The time to take as `read_at` for files about to be read; waits first where that is cheaper than reading again.

    A large file that was written a moment ago could not be remembered and would be read again by the next command.
    """
    now = time.time_ns()
    fresh = [stamp for stamp in stamps if not is_settled(stamp, now) and stamp[0] <= now]
    if not fresh:
        return now
    wait_ns = max(_settled_at(stamp) for stamp in fresh) - now
    if sum(stamp[2] for stamp in fresh) * 1_000_000_000 < wait_ns * HASH_BYTES_PER_SECOND:
        return now
    time.sleep(wait_ns / 1e9)
    return time.time_ns()


def backdated() -> tuple[int, int]:
    """Access and modification time (ns) for a file dvnb writes: settled at once."""
    mtime = time.time_ns() - 2 * FINE_TICK_NS
    return (mtime, mtime)


def _settled_at(stamp: Stamp) -> int:
    return stamp[0] + (FINE_TICK_NS if stamp[0] % FINE_TICK_NS else COARSE_TICK_NS) + 1_000_000
