"""What would otherwise be lost: one folder for each operation, with its journal and what it moved away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress

from dvnb.errors import Hint, TargetError
from dvnb.objects.names import host_name, is_alive
from dvnb.objects.relocate import sizes
from dvnb.objects.removal import remove_path
from dvnb.objects.undo.journal import is_open
from dvnb.objects.undo.journal_file import Record, read_records
from dvnb.records import dataclass

DAY = 86400
GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as its journal tells it: times in seconds since the epoch.

    `ended` is None for one that was killed, or still runs; `undone_by` is the operation that took it back; `undoes` the
    one that it was to take back, as far as it got.
    """

    id: str
    folder: str
    command: str
    begun: float
    ended: float | None
    pid: int
    host: str
    undone_by: str | None
    undoes: str | None
    records: list[Record]

    @property
    def undid(self) -> str | None:
        """The operation that this one took back."""
        return next((record["operation"] for record in self.records if record["do"] == "undo"), None)

    @property
    def changed_anything(self) -> bool:
        """Whether there is anything to take back: not where it was killed before its first change."""
        return any(record["do"] not in ("begin", "end", "undo", "undone") for record in self.records)

    @property
    def runs(self) -> bool:
        """Whether it is still being done, by a process of this machine or by a thread of this one."""
        if self.ended is not None or self.host != host_name():
            return False
        return is_open(self.id) if self.pid == os.getpid() else is_alive(self.pid)

    def stored(self, record: Record) -> str:
        """Where a record's content lies, or lay (absolute)."""
        return os.path.join(self.folder, record["stored"])

    def paths(self) -> list[str]:
        """What it changed (absolute): files, or folders with what changed in them."""
        named = [record[key] for record in self.records for key in ("path", "target") if key in record]
        return [*named, *(path for record in self.records if record["do"] == "folders" for path in record["paths"])]

    def size(self) -> int:
        """Bytes that are kept for it."""
        return sum(size for folder in self.folders() for size in sizes(folder))

    def folders(self) -> list[str]:
        """Its own folder, and those where it keeps what lay on other filesystems."""
        elsewhere = [record["stored"] for record in self.records if os.path.isabs(record.get("stored") or "")]
        return [self.folder, *(folder for folder in elsewhere if os.path.isdir(folder))]


class Trash:
    """The trash below `folder` (absolute), which need not exist."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def ids(self) -> list[str]:
        """Ids of the operations, oldest first."""
        try:
            with os.scandir(self.folder) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir())
        except FileNotFoundError:
            return []

    def operations(self) -> list[Operation]:
        """All operations, oldest first."""
        return [self._named(name) for name in self.ids()]

    def operation(self, name: str) -> Operation:
        """One operation, by its id or the beginning of it.

        Raises: TargetError for none or several.
        """
        found = [each for each in self.ids() if each == name] or [each for each in self.ids() if each.startswith(name)]
        if len(found) != 1:
            problem = f"more than one operation has an id that begins with '{name}'" if found else _UNKNOWN.format(name)
            raise TargetError(problem, Hint("undo", "--list"))
        return _read(os.path.join(self.folder, found[0]))

    def prune(self, max_age: float | None, max_size: float | None) -> list[str]:
        """Remove operations older than `max_age` (days), and the oldest while all take more than `max_size` (GB).

        The last one always stays, and so does what still runs. Returns the ids of those that are gone.
        """
        *older, _last = self.ids() or [""]
        gone: list[str] = []
        if max_age is not None:
            limit = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() - max_age * DAY))
            gone = [name for name in older if name < limit and not self._named(name).runs]
        if max_size is not None:
            kept = [name for name in self.ids() if name not in gone]
            taken = {name: self._named(name).size() for name in kept}
            for name in kept[:-1]:
                if sum(taken.values()) <= max_size * GIGABYTE:
                    break
                if self._named(name).runs:
                    continue
                gone.append(name)
                del taken[name]
        self.empty(gone)
        return gone

    def empty(self, names: Iterable[str]) -> int:
        """Remove operations for good, with all that is kept for them; the bytes freed."""
        freed = 0
        for name in names:
            operation = self._named(name)
            freed += operation.size()
            for folder in reversed(operation.folders()):
                with suppress(FileNotFoundError):  # another worktree, which has the same trash, removes it too
                    remove_path(folder)
        return freed

    def _named(self, name: str) -> Operation:
        """One of `ids`; it is empty if it went since."""
        return _read(os.path.join(self.folder, name))


_UNKNOWN = "there is no operation '{}'"


def _read(folder: str) -> Operation:
    records = read_records(folder)
    begin: Record = next((record for record in records if record["do"] == "begin"), Record())
    return Operation(
        id=os.path.basename(folder),
        folder=folder,
        command=begin.get("command", ""),
        begun=begin.get("at", 0.0),
        ended=_ended(records),
        pid=begin.get("pid", 0),
        host=begin.get("host", ""),
        undone_by=next((record["by"] for record in records if record["do"] == "undone"), None),
        undoes=begin.get("undoes"),
        records=records,
    )


def _ended(records: list[Record]) -> float | None:
    """When the last of what was begun ended; None if it did not."""
    begun = sum(record["do"] == "begin" for record in records)
    ends = [record["at"] for record in records if record["do"] == "end"]
    return ends[-1] if len(ends) == begun and ends else None
