"""Objects by hash in a folder: where they lie, which are there, and reading them (SPEC 2.1)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import BinaryIO

from dvnb.errors import Hint, MissingObjectsError
from dvnb.objects.hashing import HASH_LENGTH, HEX, LEGACY, MD5, HashInfo, md5_bytes
from dvnb.objects.soundness import looks_sound
from dvnb.objects.stamp import is_settled, stamp_of
from dvnb.objects.state import State
from dvnb.objects.tree import Tree

CURRENT = os.path.join("files", "md5")

_FEW = 1024
"""So many objects are asked for one by one in the time that listing all folders takes."""
_SMALL_FOLDER = 64
_MANY = 4096
_PREFIXES = 256
_LISTED_PER_ASKED = 4


class ObjectFolder:
    """Objects below the folder `root`, which need not exist."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self._bases = {MD5: os.path.join(self.root, CURRENT) + os.sep, LEGACY: self.root + os.sep}
        self._trees: dict[HashInfo, Tree] = {}

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
            return _absent(base, values)
        absent = set(values)
        for prefix in {value[:2] for value in values} if len(values) < _MANY else _names(base):
            names = _names(base + prefix)
            if len(names) * _PREFIXES > len(values) * _LISTED_PER_ASKED + _PREFIXES * _SMALL_FOLDER:
                # A huge store of which little is asked: listing it all would take longer than asking.
                return _absent(base, values)
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
        return any(len(name) == 2 and HEX.issuperset(name) for name in _names(self.root))  # noqa: PLR2004

    def all_objects(self) -> Iterator[tuple[HashInfo, os.DirEntry[str]]]:
        """Every object, of either algorithm."""
        for algorithm, base in self._bases.items():
            for folder in _names(base):
                if len(folder) == 2 and HEX.issuperset(folder):  # noqa: PLR2004 - the first two digits
                    yield from _objects(base + folder, folder, algorithm)

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


def _absent(base: str, values: Collection[str]) -> set[str]:
    return {value for value in values if not os.access(f"{base}{value[:2]}{os.sep}{value[2:]}", os.F_OK)}


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
            if len(plain) == HASH_LENGTH and HEX.issuperset(plain):
                yield HashInfo(algorithm, value), entry


def _missing(hash_info: HashInfo) -> MissingObjectsError:
    return MissingObjectsError(f"the object '{hash_info.value}' is not in the cache", hint=Hint("pull"))
