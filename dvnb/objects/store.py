"""Objects by hash in a folder: the cache, or a remote that is a local folder (SPEC 2.1, 2.6, 2.8, 2.9, 2.10)."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import BinaryIO

from dvnb.errors import Hint, MissingObjectsError
from dvnb.objects.hashing import LEGACY, MD5, WHOLE, HashInfo, hash_file, md5_bytes
from dvnb.objects.links import (
    CREATE_FLAGS,
    READ_FLAGS,
    can_reflink,
    clone_descriptor,
    copy_descriptor,
    discard,
    write_all,
)
from dvnb.objects.meter import Meter
from dvnb.objects.names import temporary_name
from dvnb.objects.pipe import copy_and_hash
from dvnb.objects.soundness import OBJECT_MODE, looks_sound
from dvnb.objects.stamp import Stamp, is_settled, stamp_of
from dvnb.objects.state import State
from dvnb.objects.tree import Tree

SHARED_FOLDER_MODE = 0o2775
CURRENT = os.path.join("files", "md5")

_FEW = 1024
"""So many objects are asked for one by one in the time that listing all folders takes."""
_SMALL_FOLDER = 64
_MANY = 4096
_PREFIXES = 256
_LISTED_PER_ASKED = 4
_HASH_LENGTH = 32
_HEX = frozenset("0123456789abcdef")


class LocalStore:
    """Objects below the folder `root`, which is made when first written to.

    An object is a read-only file, written under a temporary name and renamed. `shared_group`: folders are writable
    for the group.
    """

    def __init__(self, root: str, *, shared_group: bool = False) -> None:
        self.root = os.path.abspath(root)
        self._shared_group = shared_group
        self._bases = {MD5: os.path.join(self.root, CURRENT) + os.sep, LEGACY: self.root + os.sep}
        self._trees: dict[HashInfo, Tree] = {}
        self._chmod: bool | None = None

    def path(self, hash_info: HashInfo) -> str:
        """Where an object lies, whether it is there or not."""
        value = hash_info.value
        return f"{self._bases[hash_info.algorithm]}{value[:2]}{os.sep}{value[2:]}"

    def value_path(self, value: str, algorithm: str) -> str:
        """The same by value and algorithm, for many."""
        return f"{self._bases[algorithm]}{value[:2]}{os.sep}{value[2:]}"

    def base(self, algorithm: str) -> str:
        """The folder of all objects of one algorithm, with a separator at its end."""
        return self._bases[algorithm]

    def folders(self) -> list[str]:
        """The folders of all objects of either algorithm."""
        return [base.rstrip(os.sep) for base in self._bases.values()]

    def has(self, hash_info: HashInfo) -> bool:
        """Whether an object is there."""
        return os.access(self.path(hash_info), os.F_OK)

    def missing(self, hashes: Iterable[HashInfo]) -> set[HashInfo]:
        """Those of `hashes` that are not there; many are looked up by listing folders."""
        asked = hashes if isinstance(hashes, Collection) else set(hashes)
        if len(asked) < _FEW:
            return {hash_info for hash_info in asked if not self.has(hash_info)}
        absent: set[HashInfo] = set()
        for algorithm in (MD5, LEGACY):
            values = {hash_info.value for hash_info in asked if hash_info.algorithm == algorithm}
            absent.update(HashInfo(algorithm, value) for value in self.missing_values(values, algorithm))
        return absent

    def missing_values(self, values: Collection[str], algorithm: str = MD5) -> set[str]:
        """Like `missing`, for values of one algorithm."""
        base = self._bases[algorithm]
        if len(values) < _FEW:
            return {value for value in values if not os.access(f"{base}{value[:2]}{os.sep}{value[2:]}", os.F_OK)}
        absent = set(values)
        for prefix in {value[:2] for value in values} if len(values) < _MANY else _names(base):
            names = _names(base + prefix)
            if len(names) * _PREFIXES > len(values) * _LISTED_PER_ASKED + _PREFIXES * _SMALL_FOLDER:
                # A huge store of which little is asked: listing it all would take longer than asking.
                return {value for value in values if not os.access(f"{base}{value[:2]}{os.sep}{value[2:]}", os.F_OK)}
            absent.difference_update([prefix + name for name in names])
        return absent

    def missing_members(self, hash_info: HashInfo, members: Callable[[], Collection[str]], state: State) -> set[str]:
        """Like `missing_values`, for the members of the folder `hash_info`: if none was missing, that is remembered.

        It holds until an object comes or goes, which gives the folder it lies in another stamp: asking 256 folders is
        ten times as fast as looking for 10,000 objects. `members` is asked only where nothing is remembered.
        """
        key = f"complete:{self.root}:{hash_info.algorithm}:{hash_info.value}"
        remembered = state.get(key)
        found_at = None if remembered is None else self._folder_stamps(hash_info.algorithm)
        if found_at is not None and remembered == found_at:
            return set()
        values = members()
        if len(values) >= _MANY:
            found_at = found_at or self._folder_stamps(hash_info.algorithm)
        missing = self.missing_values(values, hash_info.algorithm)
        if found_at is not None and not missing:
            state.put(key, found_at)
        return missing

    def _folder_stamps(self, algorithm: str) -> str | None:
        """What all folders of objects are now; None if a change right after this might not show in it."""
        now, base = time.time_ns(), self._bases[algorithm]
        try:
            stamps = [(name, stamp_of(os.stat(base + name))) for name in sorted(_names(base)) if len(name) == 2]  # noqa: PLR2004 - the first two digits
        except OSError:  # one that is a link to nowhere
            return None
        if not all(is_settled(stamp, now) for _, stamp in stamps):
            return None
        return md5_bytes(repr(stamps).encode())

    def has_legacy(self) -> bool:
        """Whether there may be objects of dvc 2."""
        return any(len(name) == 2 and _HEX.issuperset(name) for name in _names(self.root))  # noqa: PLR2004

    def all_objects(self) -> Iterator[tuple[HashInfo, os.DirEntry[str]]]:
        """Every object, of either algorithm."""
        for algorithm, base in self._bases.items():
            for folder in _names(base):
                if len(folder) == 2 and _HEX.issuperset(folder):  # noqa: PLR2004 - the first two digits
                    yield from _objects(base + folder, folder, algorithm)

    def is_intact(self, hash_info: HashInfo, state: State | None = None) -> bool:
        """Whether an object is there and is what its name says: read-only ones are believed (SPEC 2.8)."""
        path = self.path(hash_info)
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return False
        if stat.S_IMODE(status.st_mode) == OBJECT_MODE:
            return True
        expected = hash_info.value.removesuffix(".dir")
        algorithm = MD5 if hash_info.is_dir else hash_info.algorithm
        value = state.hash_of(path, status, algorithm) if state else None
        if value is None:
            read_at = time.time_ns()
            value = hash_file(path, algorithm)
            if state is not None:
                state.remember(path, status, value, read_at=read_at, kind=algorithm)
        return value == expected

    def open(self, hash_info: HashInfo) -> BinaryIO:
        """Read an object. Raises: FileNotFoundError."""
        return open(self.path(hash_info), "rb")

    def read_tree(self, hash_info: HashInfo) -> Tree:
        """A folder's listing, read once.

        Raises: MissingObjectsError if it is not there (or looks damaged, and is); FormatError.
        """
        tree = self._trees.get(hash_info)
        if tree is None:
            path = self.path(hash_info)
            try:
                with open(path, "rb") as file:
                    data = file.read()
                in_doubt = not looks_sound(path)
            except FileNotFoundError as exc:
                raise _missing(hash_info) from exc
            if in_doubt and md5_bytes(data) + ".dir" != hash_info.value:
                raise _missing(hash_info)
            tree = self._trees[hash_info] = Tree.from_bytes(data, hash_info.algorithm)
        return tree

    def know_tree(self, hash_info: HashInfo, tree: Tree) -> None:
        """Spare `read_tree` the reading: this is what the listing says (measured in the workspace, say)."""
        self._trees[hash_info] = tree

    def put_bytes(self, data: bytes, hash_info: HashInfo) -> None:
        """Store bytes whose hash is known, unless they are there already."""
        target = self.path(hash_info)
        if not self._holds(target):
            self._put_data(data, target)

    def put_tree(self, tree: Tree) -> HashInfo:
        """Store a folder's listing; its members should be there already."""
        data = tree.to_bytes()
        hash_info = HashInfo(tree.algorithm, md5_bytes(data) + ".dir")
        self.put_bytes(data, hash_info)
        self._trees[hash_info] = tree
        return hash_info

    def can_reflink(self, source: str) -> bool:
        """Whether objects can share their blocks with the file or folder `source`."""
        self.make_folder(self.root)
        return can_reflink(source, self.root)

    def put_file(
        self, source: str, hash_info: HashInfo, *, stamp: Stamp | None = None, clone: bool | None = None
    ) -> bool:
        """Store a copy (or reflink) of a file whose hash is known, unless it is there already.

        With a `stamp`, a file that has another one after it was copied is not stored, and False returned.
        `clone`: whether reflinks can be made, where that is known.
        """
        target = self.path(hash_info)
        if self._holds(target):
            return True
        clone = self.can_reflink(source) if clone is None else clone
        fd = os.open(source, READ_FLAGS)
        try:
            temporary, new = self._create(os.path.dirname(target))
            try:
                try:
                    if clone:
                        clone_descriptor(fd, new)
                    else:
                        copy_descriptor(fd, new, os.fstat(fd).st_size)
                finally:
                    os.close(new)
                if stamp is not None and stamp_of(os.fstat(fd)) != stamp:
                    discard(temporary)
                    return False
                os.replace(temporary, target)
            except BaseException as exc:
                self._give_up(temporary, exc)
                raise
        finally:
            os.close(fd)
        return True

    def ingest(self, source: str, size: int, *, clone: bool = False, meter: Meter | None = None) -> str:
        """Hash and store a file, reading it once; its MD5. What is stored is what was hashed, whoever writes meanwhile.

        `size` is what the file is expected to have; `clone`: reflinks can be made.
        """
        fd = os.open(source, READ_FLAGS)
        try:
            if size < WHOLE and not clone:
                data = os.read(fd, size + 1)
                if len(data) <= size:
                    value = md5_bytes(data)
                    target = f"{self._bases[MD5]}{value[:2]}{os.sep}{value[2:]}"
                    if not self._holds(target):
                        self._put_data(data, target)
                    return value
                os.lseek(fd, 0, os.SEEK_SET)
            return self._ingest_through_file(fd, clone=clone, meter=meter)
        finally:
            os.close(fd)

    def put_link(self, source: str, hash_info: HashInfo) -> bool:
        """Make a file itself an object by a hard link, shared read-only; False if it cannot be.

        The caller makes sure that the file still is what was hashed.
        """
        target = self.path(hash_info)
        folder = os.path.dirname(target)
        temporary = os.path.join(folder, temporary_name())
        try:
            self.make_folder(folder)
            os.link(source, temporary)
            os.chmod(temporary, OBJECT_MODE)
            os.replace(temporary, target)
        except OSError:
            discard(temporary)
            return False
        return True

    def make_folder(self, path: str) -> None:
        """Make a folder of the store and those above it, with the store's modes."""
        if os.path.isdir(path):
            return
        if path != self.root and path.startswith(self.root):
            self.make_folder(os.path.dirname(path))
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            os.mkdir(path)
        except FileExistsError:
            return
        if self._shared_group:
            os.chmod(path, SHARED_FOLDER_MODE)

    def _holds(self, target: str) -> bool:
        # One that may be damaged is replaced: the right bytes are at hand.
        return os.access(target, os.F_OK) and looks_sound(target)

    def _put_data(self, data: bytes, target: str) -> None:
        temporary, fd = self._create(target.rpartition(os.sep)[0])
        try:
            try:
                write_all(fd, data)
            finally:
                os.close(fd)
            os.replace(temporary, target)
        except BaseException as exc:
            self._give_up(temporary, exc)
            raise

    def _give_up(self, temporary: str, error: BaseException) -> None:
        discard(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = self.root  # writing to a descriptor failed: on a full disk, say

    def _create(self, folder: str) -> tuple[str, int]:
        temporary = f"{folder}{os.sep}{temporary_name()}"
        try:
            fd = os.open(temporary, CREATE_FLAGS, OBJECT_MODE)
        except FileNotFoundError:
            self.make_folder(folder)
            fd = os.open(temporary, CREATE_FLAGS, OBJECT_MODE)
        if self._chmod is None:
            self._chmod = stat.S_IMODE(os.fstat(fd).st_mode) != OBJECT_MODE
        if self._chmod:  # the umask takes read rights away
            os.chmod(temporary, OBJECT_MODE)
        return temporary, fd

    def _ingest_through_file(self, fd: int, *, clone: bool, meter: Meter | None) -> str:
        base = self._bases[MD5].rstrip(os.sep)
        temporary, new = self._create(base)
        try:
            try:
                if clone:
                    clone_descriptor(fd, new)
                    value = hash_file(temporary, MD5, meter)
                else:
                    value = copy_and_hash(fd, new, meter)
            finally:
                os.close(new)
            target = f"{base}{os.sep}{value[:2]}{os.sep}{value[2:]}"
            if self._holds(target):
                os.unlink(temporary)
            else:
                self.make_folder(os.path.dirname(target))
                os.replace(temporary, target)
        except BaseException as exc:
            self._give_up(temporary, exc)
            raise
        return value


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _objects(folder: str, prefix: str, algorithm: str) -> Iterator[tuple[HashInfo, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            value = prefix + entry.name
            plain = value.removesuffix(".dir")
            if len(plain) == _HASH_LENGTH and _HEX.issuperset(plain):
                yield HashInfo(algorithm, value), entry


def _missing(hash_info: HashInfo) -> MissingObjectsError:
    return MissingObjectsError(f"the object '{hash_info.value}' is not in the cache", hint=Hint("pull"))
