"""Hashes of one folder's files as columns of bytes."""

from __future__ import annotations

import os
from array import array

from dvnb.objects.stamp import Stamp

Entry = tuple[Stamp, str]
Listing = dict[str, Entry]
Columns = tuple[list[str], list[Stamp], list[str]]
"""Names, stamps and hashes, in parallel."""

_INODE_MASK = (1 << 64) - 1


def pack(columns: Columns) -> tuple[bytes, bytes, bytes]:
    """Names, stamps and hashes as bytes."""
    keys, stamps, values = columns
    mtimes, inodes, sizes, ctimes = list(zip(*stamps, strict=True)) or [(), (), (), ()]
    numbers = array("q", mtimes).tobytes() + array("Q", [inode & _INODE_MASK for inode in inodes]).tobytes()
    numbers += array("q", sizes).tobytes() + array("q", ctimes).tobytes()
    return os.fsencode("\0".join(keys)), numbers, "\n".join(values).encode("ascii")


def columns_of(listing: Listing) -> Columns:
    """The same in columns."""
    entries = listing.values()
    return list(listing), [stamp for stamp, _ in entries], [value for _, value in entries]


def listing_of(columns: Columns) -> Listing:
    """The same by name."""
    names, stamps, values = columns
    return dict(zip(names, zip(stamps, values, strict=True), strict=True))


def unpack(names: bytes, numbers: bytes, hashes: bytes) -> Columns:
    """The reverse of `pack`; columns that do not fit together are empty."""
    values = hashes.decode("ascii").split("\n")
    keys = os.fsdecode(names).split("\0")
    width = len(values) * 8
    if len(keys) != len(values) or len(numbers) != 4 * width:
        return [], [], []
    mtimes, sizes, ctimes = array("q"), array("q"), array("q")
    inodes = array("Q")
    for column, start in ((mtimes, 0), (inodes, width), (sizes, 2 * width), (ctimes, 3 * width)):
        column.frombytes(numbers[start : start + width])
    return keys, list(zip(mtimes, inodes, sizes, ctimes, strict=True)), values
