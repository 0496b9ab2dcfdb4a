"""A folder's listing, and the exact bytes that dvc 3 stores for it.

Source: dvc_data's hashfile/tree.py; SPEC 2.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii

from dvnb.errors import FormatError
from dvnb.objects.hashing import MD5, HashInfo, md5_bytes

_HASH_LENGTH = 32
_PLAIN_ENTRY = re.compile(rb'\{"md5": "([0-9a-f]{32})", "relpath": "([^"\\]+)"\}')
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
        quote = encode_basestring_ascii
        parts = [f'{{"md5": "{value}", "relpath": {quote(path)}}}' for path, value in sorted(self.entries.items())]
        return f"[{', '.join(parts)}]".encode("ascii")

    def hash_info(self) -> HashInfo:
        """The name of this listing as an object."""
        return HashInfo(self.algorithm, md5_bytes(self.to_bytes()) + ".dir")

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
        plain = _PLAIN_ENTRY.findall(data)
        if plain and sum(len(path) for _, path in plain) + _ENTRY_OVERHEAD * len(plain) == len(data):
            entries = {path.decode(): value.decode() for value, path in plain}
        else:
            entries = _parse(data)
        _check(entries)
        return cls(entries, algorithm)


def _parse(data: bytes) -> dict[str, str]:
    try:
        return {str(item["relpath"]): str(item["md5"]) for item in json.loads(data)}
    except (ValueError, TypeError, KeyError) as exc:
        raise FormatError("a folder's listing in the cache is damaged") from exc


def _check(entries: dict[str, str]) -> None:
    # Listings come from remotes: none may write outside its folder, nor name an object outside the store.
    for path, value in entries.items():
        if len(value) != _HASH_LENGTH or not value.isalnum():
            raise FormatError(f"a folder's listing names the object '{value}', which is no hash")
        if path[:1] in ("", "/") or ("." in path and not {"", ".", ".."}.isdisjoint(path.split("/"))) or "//" in path:
            raise FormatError(f"a folder's listing names the path '{path}', which is not inside the folder")
