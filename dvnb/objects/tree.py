"""A folder's listing, and the exact bytes that dvc 3 stores for it.

Source: dvc_data's hashfile/tree.py; SPEC 2.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any, cast

from dvnb.errors import FormatError
from dvnb.objects.hashing import MD5, HashInfo, new_md5

_HASH_LENGTH = 32
_CHUNK_ENTRIES = 4096
_SUSPICIOUS = ('"relpath": "/', '"relpath": ".', "/.", "//", '/"')
_NOT_INSIDE = frozenset(["", ".", ".."])
_DAMAGED = "a folder's listing in the cache is damaged"
_PLAIN_ENTRY = re.compile(r'\{"md5": "([0-9a-f]{32})", "relpath": "([^"\\]+)"\}')
_ENTRY_OVERHEAD = len('{"md5": "", "relpath": ""}, ') + _HASH_LENGTH


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
        plain = _PLAIN_ENTRY.findall(text)
        if plain and sum([len(path) for _, path in plain]) + _ENTRY_OVERHEAD * len(plain) == len(text):
            entries = {path: value for value, path in plain}
            if any(sign in text for sign in _SUSPICIOUS):
                _check(entries)
        else:
            entries = _parse(text)
            _check(entries)
        return cls(entries, algorithm)


def _parse(text: str) -> dict[str, str]:
    try:
        items: Any = json.loads(text)
        if not isinstance(items, list):
            raise FormatError(_DAMAGED)
        entries = {item["relpath"]: item["md5"] for item in cast("list[dict[str, Any]]", items)}
    except (ValueError, TypeError, KeyError, RecursionError) as exc:
        raise FormatError(_DAMAGED) from exc
    if not all(isinstance(text, str) for entry in entries.items() for text in entry):
        raise FormatError(_DAMAGED)
    return entries


def _check(entries: dict[str, str]) -> None:
    # Listings come from remotes: none may write outside its folder, nor name an object outside the store.
    for path, value in entries.items():
        if len(value) != _HASH_LENGTH or not value.isalnum():
            raise FormatError(f"a folder's listing names the object '{value}', which is no hash")
        if not _NOT_INSIDE.isdisjoint(path.split("/")):
            raise FormatError(f"a folder's listing names the path '{path}', which is not inside the folder")
