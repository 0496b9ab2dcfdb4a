"""A folder's listing, and the exact bytes that dvc 3 stores for it.

Source: dvc_data's hashfile/tree.py; SPEC 2.2.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any, cast

from dvnb.errors import FormatError
from dvnb.objects.hashing import HASH_LENGTH, MD5, HashInfo, new_md5

_CHUNK_ENTRIES = 4096
_NOT_INSIDE = frozenset(["", ".", ".."])
_DAMAGED = "a folder's listing in the cache is damaged"


class Tree:
    """Members of a folder: POSIX relpath -> hash value, all of one algorithm."""

    __slots__ = ("algorithm", "entries")

    def __init__(self, entries: Mapping[str, str], algorithm: str = MD5) -> None:
        self.entries = dict(entries)
        self.algorithm = algorithm

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.entries == other.entries and self.algorithm == other.algorithm

    __hash__ = None  # type: ignore[assignment]  # entries may change

    def __len__(self) -> int:
        return len(self.entries)

    def to_bytes(self) -> bytes:
        """The object's bytes: JSON with Python's default separators, sorted by code points, non-ASCII escaped."""
        return b"".join(self._chunks())

    def hash_info(self) -> HashInfo:
        """The name of this listing as an object."""
        hasher = new_md5()
        for chunk in self._chunks():
            hasher.update(chunk)
        return HashInfo(self.algorithm, hasher.hexdigest() + ".dir")

    def _chunks(self) -> Iterator[bytes]:
        entries, quote = self.entries, encode_basestring_ascii
        paths = sorted(entries)
        opening = "["
        for start in range(0, len(paths), _CHUNK_ENTRIES):
            part = paths[start : start + _CHUNK_ENTRIES]
            texts = [f'{{"md5": "{entries[path]}", "relpath": {quote(path)}}}' for path in part]
            yield (opening + ", ".join(texts)).encode("ascii")
            opening = ", "
        yield b"]" if paths else b"[]"

    def hashes(self) -> set[HashInfo]:
        """The members' objects."""
        return {HashInfo(self.algorithm, value) for value in self.entries.values()}

    def under(self, prefix: str) -> Tree:
        """The members at `prefix` or below it, with their full relpaths; all of them for ""."""
        if not prefix:
            return self
        below = prefix + "/"
        found = {path: value for path, value in self.entries.items() if path == prefix or path.startswith(below)}
        return Tree(found, self.algorithm)

    def merge(self, prefix: str, part: Tree) -> Tree:
        """This listing with everything at or below `prefix` replaced by `part` (full relpaths)."""
        replaced = self.under(prefix).entries
        kept = {path: value for path, value in self.entries.items() if path not in replaced}
        return Tree({**kept, **part.entries}, self.algorithm)

    @classmethod
    def from_bytes(cls, data: bytes, algorithm: str = MD5) -> Tree:
        """Read a stored listing.

        Raises: FormatError for what is no listing, or names paths outside its folder.
        """
        try:
            text = data.decode()
        except UnicodeDecodeError as exc:
            raise FormatError(_DAMAGED) from exc
        return cls(_parse(text), algorithm)


def folders_of(relpaths: Collection[str]) -> set[str]:
    """The folders that these members are right inside of, as relpaths; "" for the first of all."""
    below = [rel for rel in relpaths if "/" in rel]
    found = {rel.rpartition("/")[0] for rel in below}
    if len(below) < len(relpaths):
        found.add("")
    return found


def _parse(text: str) -> dict[str, str]:
    try:
        items: Any = json.loads(text)
        if not isinstance(items, list):
            raise FormatError(_DAMAGED)
        entries = {item["relpath"]: item["md5"] for item in cast("list[dict[str, Any]]", items)}
    except (ValueError, TypeError, KeyError, RecursionError) as exc:
        raise FormatError(_DAMAGED) from exc
    try:
        _check_values(entries)
        _check_paths(entries)
    except TypeError as exc:  # not all of them are texts
        raise FormatError(_DAMAGED) from exc
    return entries


# Listings come from remotes: none may name an object outside the store, nor write outside its folder. Both are asked
# of all entries at once.


def _check_values(entries: dict[str, str]) -> None:
    values = entries.values()
    joined = "".join(values)
    # Of bytes this is asked ten times as fast; they have no letters beyond ASCII.
    is_plain = joined.isascii() and joined.encode().isalnum()
    if entries and (set(map(len, values)) != {HASH_LENGTH} or not is_plain):
        bad = next(value for value in values if len(value) != HASH_LENGTH or not (value.isascii() and value.isalnum()))
        raise FormatError(f"a folder's listing names the object '{bad}', which is no hash")


def _check_paths(entries: dict[str, str]) -> None:
    joined = f"/{'/'.join(entries)}/"
    if entries and any(part in joined for part in ("//", "/./", "/../")):
        bad = next(path for path in entries if not _NOT_INSIDE.isdisjoint(path.split("/")))
        raise FormatError(f"a folder's listing names the path '{bad}', which is not inside the folder")
