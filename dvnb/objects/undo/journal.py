"""What one operation changes, written down before it happens, with the content that would otherwise be lost.

`<trash>/<operation>/journal.jsonl` has one line for each change; beside it lies what was moved away. A line is
appended before its change is made, so that after a crash every change is known, and `undo` can take each back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

from dvnb.objects.files import write_atomic
from dvnb.objects.hashing import md5_bytes
from dvnb.objects.names import host_name
from dvnb.objects.relocate import relocate
from dvnb.objects.tree import folders_of
from dvnb.objects.undo.journal_file import append, open_journal

_open: WeakValueDictionary[str, Journal] = WeakValueDictionary()
"""The journals that are being written in this process, maybe by other threads, by their operations."""


def is_open(operation: str) -> bool:
    """Whether this process is doing that operation."""
    return operation in _open


class Journal:
    """The changes of one operation, whose id is `operation`; nothing is on the disk before the first of them.

    `folder` is the trash, made when first needed; `command` says what is being done. Paths are absolute. `old` and
    `new` map relpaths below a path ("" for a single file) to hash values.
    """

    def __init__(self, folder: str, command: str = "", guard: Callable[[str], None] | None = None) -> None:
        """`guard` raises an error for a path (absolute) that must not be written to."""
        self._guard = guard
        self.folder = folder
        self.command = command
        self.operation = _new_id()
        self.undoes: str | None = None
        """The operation that this one is about to take back: said at the beginning, in case that it is killed."""
        self._count = 0
        self._descriptor: int | None = None
        self._kept: dict[str, str] = {}

    def resume(self, operation: str) -> None:
        """Go on with an operation that another journal began."""
        self.operation = operation
        if os.path.isdir(self.home):
            self._count = sum(entry.is_dir() for entry in os.scandir(self.home))

    @property
    def home(self) -> str:
        """The operation's own folder in the trash."""
        return os.path.join(self.folder, self.operation)

    def note(self, change: str, **values: Any) -> None:
        """Write down that something is about to change, which who writes it also knows how to take back."""
        append(self._open(), {"do": change, **values})

    # ---- content that is kept

    def move(self, path: str) -> str:
        """Move a file, symlink or folder into the trash; where it lies now.

        Raises: DvnbError if the trash is on another filesystem that has no room.
        """
        return self._put_away("moved", path)

    def leave(self, path: str) -> str:
        """Move something unfinished into the trash, for the user to look at: undo does not bring it back."""
        return self._put_away("left", path)

    def move_parts(self, folder: str, paths: Sequence[str], *, home: str | None = None) -> str | None:
        """Move files below `folder` into the trash, at the cost of one line; where they lie now, None without any.

        `home`: another trash, on the filesystem of the files.

        Raises: as `move`.
        """
        if not paths:
            return None
        stored = self._place(folder) if home is None else self._place_in(home)
        os.makedirs(stored)
        self.note("parts", path=folder, stored=self._relative(stored))
        made: set[str] = set()
        for path in paths:
            target = os.path.join(stored, os.path.relpath(path, folder))
            parent = os.path.dirname(target)
            if parent not in made:
                os.makedirs(parent, exist_ok=True)
                made.add(parent)
            relocate(path, target)
        return stored

    def put_back(self, stored: str, path: str) -> None:
        """Move something from the trash back to where it was: it is as if it had never been moved."""
        self.note("back", stored=self._relative(stored))
        relocate(stored, path)
        os.rmdir(os.path.dirname(stored))

    def bring(self, stored: str, path: str) -> None:
        """Move something that another operation put into the trash back to `path`."""
        folder = os.path.dirname(path)
        above = folder
        while not os.path.isdir(above):
            above = os.path.dirname(above)
        self.note("brought", path=path, above=above)
        os.makedirs(folder, exist_ok=True)
        relocate(stored, path)

    def drop(self, stored: str, path: str, algorithm: str, value: str) -> None:
        """Note that what was moved from `path` need not be kept: the cache holds it under this hash."""
        self.note("dropped", stored=self._relative(stored), path=path, algorithm=algorithm, value=value)

    # ---- changes that can be taken back

    def write(self, path: str, data: bytes) -> str:
        """Replace a small file's content, or make the file; where it is kept as it was before the operation, if so.

        Raises: what the guard raises.
        """
        if self._guard is not None:
            self._guard(path)
        if path not in self._kept:
            stored = self._keep(path)
            self._kept[path] = os.path.join(self.home, stored) if stored else ""
            self.note("file", path=path, stored=stored)
        self.note("wrote", path=path, md5=md5_bytes(data))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_atomic(path, data)
        return self._kept[path]

    def place(self, path: str, algorithm: str, *, old: Mapping[str, str], new: Mapping[str, str], folder: bool) -> None:
        """Note members that are about to change; `folder`: there will be a folder at the path, empty or not."""
        folders = {path if folder else os.path.dirname(path)}
        if "" not in new:
            folders.update(os.path.join(path, rel) if rel else path for rel in folders_of(new))
        made = sorted(each for each in _with_parents(folders, path) if not os.path.isdir(each))
        self.note("placed", path=path, algorithm=algorithm, old=old, new=new, made=made)

    def make(self, path: str, algorithm: str, value: str) -> None:
        """Note what a command made at a path where nothing was."""
        self.note("made", path=path, algorithm=algorithm, value=value)

    def link(self, path: str, members: Sequence[str]) -> None:
        """Note that plain files are about to become links into the cache: relpaths below `path`, "" for itself."""
        if members:
            self.note("linked", path=path, members=members)

    def relink(self, path: str, was: Mapping[str, tuple[str, str]]) -> None:
        """Note how files hang on the cache (`hanging.Hanging`) that are about to hang on it in another way."""
        if was:
            self.note("relinked", path=path, was=was)

    def found(self, path: str, files: Mapping[str, bytes]) -> None:
        """Make a folder with small files in it (relpath -> content), where there was nothing."""
        self.note("founded", path=path, files={rel: md5_bytes(data) for rel, data in files.items()})
        for rel, data in files.items():
            os.makedirs(os.path.dirname(os.path.join(path, rel)), exist_ok=True)
            write_atomic(os.path.join(path, rel), data)

    def rename(self, path: str, target: str) -> None:
        """Move something within the workspace."""
        self.note("renamed", path=path, target=target)
        relocate(path, target)

    def remove_folders(self, paths: Sequence[str]) -> None:
        """Note that empty folders are gone: there is nothing to lose in them, but undo shall bring them back."""
        if paths:
            self.note("folders", paths=paths)

    def make_folders(self, paths: Sequence[str]) -> None:
        """Make folders that are not there."""
        absent = [path for path in paths if not os.path.lexists(path)]
        if absent:
            self.note("made-folders", paths=absent)
            for path in absent:
                with suppress(FileExistsError, NotADirectoryError):  # a file took the place
                    os.makedirs(path)

    def undone(self, operation: str) -> None:
        """Note here and in another operation's journal that this one took it back."""
        self.note("undo", operation=operation)
        descriptor = open_journal(os.path.join(self.folder, operation))
        try:
            append(descriptor, {"do": "undone", "by": self.operation})
        finally:
            os.close(descriptor)

    def close(self) -> bool:
        """Note that the operation ended by itself; False for one that noted nothing, and so leaves nothing."""
        if self._descriptor is None:
            return False
        with suppress(OSError):  # on a full disk: it looks as if it had been killed, and can be taken back like that
            self.note("end", at=time.time())
        os.close(self._descriptor)
        self._descriptor = None
        _open.pop(self.operation, None)
        return True

    def _put_away(self, change: str, path: str) -> str:
        os.lstat(path)  # nothing is noted of what is not there
        stored = self._place(path)
        self.note(change, path=path, stored=self._relative(stored))
        relocate(path, stored)
        return stored

    def _keep(self, path: str) -> str | None:
        """A copy of a file as it is now; None if there is none."""
        import shutil

        if not os.path.exists(path):
            return None
        stored = self._place(path)
        shutil.copy2(path, stored)
        return self._relative(stored)

    def _place(self, path: str) -> str:
        """Room in the trash for what is at `path`."""
        self._open()
        self._count += 1
        place = os.path.join(self.home, f"{self._count:06d}")
        os.makedirs(place)
        return os.path.join(place, os.path.basename(path.rstrip(os.sep)))

    def _place_in(self, home: str) -> str:
        """A free name in another trash, which may hold something of this operation already."""
        stored = os.path.join(home, self.operation)
        self._count += 1
        return f"{stored}.{self._count}" if os.path.lexists(stored) else stored

    def _relative(self, stored: str) -> str:
        below = stored.startswith(self.home + os.sep)
        return os.path.relpath(stored, self.home) if below else stored

    def _open(self) -> int:
        if self._descriptor is None:
            os.makedirs(self.home, exist_ok=True)
            self._descriptor = open_journal(self.home)
            _open[self.operation] = self
            begin = {"command": self.command, "at": time.time(), "pid": os.getpid(), "host": host_name()}
            self.note("begin", **begin, **({"undoes": self.undoes} if self.undoes else {}))
        return self._descriptor


def _new_id() -> str:
    """An id that sorts by time and that no other operation has."""
    now = time.time_ns()
    seconds, rest = divmod(now, 10**9)
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(seconds))}.{rest // 1000:06d}-{os.urandom(2).hex()}"


def _with_parents(folders: set[str], top: str) -> set[str]:
    """The folders and those between `top` and them."""
    found: set[str] = set()
    for folder in folders:
        current = folder
        while current not in found:
            found.add(current)
            if not current.startswith(top + os.sep):
                break
            current = os.path.dirname(current)
    return found
