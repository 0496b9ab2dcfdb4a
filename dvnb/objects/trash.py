"""What would otherwise be lost: moved aside, one folder per operation, never removed unless asked to."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dvnb.errors import DvnbError, Hint, TargetError, WorkspaceConflictError
from dvnb.objects.hashing import hash_file
from dvnb.objects.names import temporary_name
from dvnb.objects.removal import remove_path

INDEX = "index.jsonl"


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """One thing in the trash: where it was (absolute), where it lies, when it was moved (seconds since the epoch).

    `parts`: `path` is a folder of which only some files were moved.
    """

    operation: str
    path: str
    stored: str
    moved: float
    parts: bool = False


class Trash:
    """The trash below `folder`, which is made when first needed.

    All that one `Trash` moves belongs to one operation, whose id is `operation`. Each operation has an index, to which
    a line is added before every move, so that a crash leaves nothing unexplained.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.operation = time.strftime("%Y%m%dT%H%M%S-", time.gmtime()) + os.urandom(3).hex()
        self._count = 0

    def move(self, path: str, was: str | None = None) -> str:
        """Move a file, symlink or folder (absolute) into the trash; where it lies now. `was`: where it used to be.

        Raises: DvnbError if the trash is on another filesystem that has no room.
        """
        stored = self._place(path, was or path)
        _move(path, stored)
        return stored

    def move_parts(self, folder: str, paths: Sequence[str]) -> str | None:
        """Move files (absolute) below `folder` into the trash as one entry; where they lie now, None without any.

        Raises: as `move`.
        """
        if not paths:
            return None
        stored = self._place(folder, folder, parts=True)
        made: set[str] = set()
        for path in paths:
            target = os.path.join(stored, os.path.relpath(path, folder))
            parent = os.path.dirname(target)
            if parent not in made:
                os.makedirs(parent, exist_ok=True)
                made.add(parent)
            _move(path, target)
        return stored

    def copy(self, path: str) -> str:
        """Keep a copy of a file (absolute) that is about to be rewritten; where it lies."""
        import shutil

        stored = self._place(path, path)
        shutil.copy2(path, stored)
        return stored

    def _place(self, path: str, was: str, *, parts: bool = False) -> str:
        """Make room for what is at `path`, noted down as coming from `was`."""
        home = os.path.join(self.folder, self.operation)
        self._count += 1
        place = os.path.join(home, f"{self._count:06d}")
        stored = os.path.join(place, os.path.basename(path.rstrip(os.sep)))
        os.makedirs(place)
        line: dict[str, object] = {"path": was, "stored": os.path.relpath(stored, home), "moved": time.time()}
        if parts:
            line["parts"] = True
        with open(os.path.join(home, INDEX), "a", encoding="utf-8") as index:
            index.write(json.dumps(line) + "\n")
        return stored

    def operations(self) -> list[str]:
        """Ids of the operations that moved something, oldest first."""
        try:
            return sorted(name for name in os.listdir(self.folder) if os.path.isdir(os.path.join(self.folder, name)))
        except FileNotFoundError:
            return []

    def entries(self, operation: str) -> list[TrashEntry]:
        """What an operation moved and is still in the trash. Raises: TargetError for an unknown one."""
        return list(self._entries(operation))

    def restore(self, entry: TrashEntry) -> None:
        """Move something back to where it was; of parts of a folder those that are not there again.

        Raises: WorkspaceConflictError if something is there now.
        """
        if entry.parts:
            _restore_parts(entry)
            return
        if os.path.lexists(entry.path):
            raise WorkspaceConflictError(f"'{entry.path}' is in the way", [entry.path])
        os.makedirs(os.path.dirname(entry.path), exist_ok=True)
        _move(entry.stored, entry.path)
        os.rmdir(os.path.dirname(entry.stored))

    def size(self, operation: str) -> int:
        """Bytes that an operation's things take."""
        return sum(_sizes(os.path.join(self.folder, operation)))

    def purge(self, operation: str) -> int:
        """Remove for good what an operation moved; the bytes freed. Raises: TargetError for an unknown one."""
        freed = sum(_sizes(self._home(operation)))
        remove_path(self._home(operation))
        return freed

    def _home(self, operation: str) -> str:
        if operation not in self.operations():
            raise TargetError(f"the trash knows no operation '{operation}'", Hint("trash", "list"))
        return os.path.join(self.folder, operation)

    def _entries(self, operation: str) -> Iterator[TrashEntry]:
        home = self._home(operation)
        with open(os.path.join(home, INDEX), encoding="utf-8") as index:
            lines = index.read().split("\n")
        for line in lines[:-1]:
            values = json.loads(line)
            stored = os.path.join(home, values["stored"])
            if os.path.lexists(stored):
                yield TrashEntry(operation, values["path"], stored, values["moved"], values.get("parts", False))


def _restore_parts(entry: TrashEntry) -> None:
    for stored in list(_files(entry.stored)):
        path = os.path.join(entry.path, os.path.relpath(stored, entry.stored))
        if not os.path.lexists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _move(stored, path)
    if not any(True for _ in _files(entry.stored)):
        remove_path(os.path.dirname(entry.stored))


def _move(source: str, target: str) -> None:
    try:
        os.rename(source, target)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        _move_across(source, target)


def _move_across(source: str, target: str) -> None:
    """Copy, verify, remove: the source stays until the copy is known to be whole and on the disk."""
    import shutil

    needed = sum(_sizes(source))
    free = shutil.disk_usage(os.path.dirname(target)).free
    if needed > free:
        raise DvnbError(f"cannot keep '{source}' safe: it takes {needed} bytes, and the trash has room for {free}")
    temporary = os.path.join(os.path.dirname(target), temporary_name())
    try:
        if os.path.isdir(source) and not os.path.islink(source):
            shutil.copytree(source, temporary, symlinks=True)
        else:
            shutil.copy2(source, temporary, follow_symlinks=False)
        for original, copied in zip(_files(source), _files(temporary), strict=True):
            _verify(original, copied)
        os.replace(temporary, target)
    except BaseException:
        remove_path(temporary)
        raise
    remove_path(source)


def _verify(original: str, copied: str) -> None:
    if os.path.islink(original):
        same = os.readlink(original) == os.readlink(copied)
    else:
        with open(copied, "rb") as file:
            os.fsync(file.fileno())
        same = hash_file(original) == hash_file(copied)
    if not same:
        raise DvnbError(f"'{original}' changed while it was being moved into the trash")


def _files(path: str) -> Iterator[str]:
    """The files and symlinks at or below a path, in a fixed order."""
    if os.path.islink(path) or not os.path.isdir(path):
        yield path
        return
    for name in sorted(os.listdir(path)):
        yield from _files(os.path.join(path, name))


def _sizes(path: str) -> Iterator[int]:
    return (os.lstat(file).st_size for file in _files(path))
