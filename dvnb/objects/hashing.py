"""Hashes as values, and how bytes get them."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from typing import Any, Protocol

from dvnb.objects.meter import Meter
from dvnb.records import dataclass, field

CHUNK = 1 << 20
WHOLE = 4 << 20
"""Files up to this size are read in one go."""

MD5 = "md5"
LEGACY = "md5-dos2unix"
HASH_LENGTH = 32
HEX = frozenset("0123456789abcdef")

_TEXT_PROBE = 512
_TEXT_BYTES = bytes(range(32, 127)) + b"\n\r\t\f\b"
_MAX_NON_TEXT = 0.30


@dataclass(frozen=True, slots=True)
class HashInfo:
    """An algorithm ("md5", or "md5-dos2unix" of dvc 2) and a value in lower-case hex, `.dir` appended for folders."""

    algorithm: str
    value: str

    @property
    def is_dir(self) -> bool:
        """Whether this names a folder's listing."""
        return self.value.endswith(".dir")

    @property
    def digest(self) -> str:
        """What the object's bytes hash to, by `digest_algorithm`."""
        return self.value.removesuffix(".dir")

    @property
    def digest_algorithm(self) -> str:
        """How the object's bytes are hashed: listings of dvc 2 as they are."""
        return MD5 if self.is_dir else self.algorithm


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a metafile records of one path's content, or what was measured of it.

    `size` in bytes (a folder: sum of its members), `nfiles` only for folders, `isexec` only for single files;
    `extra` keeps `version_id`, `etag`, `checksum`, `cloud`, `files` of a metafile as they were.
    """

    hash_info: HashInfo | None
    size: int | None = None
    nfiles: int | None = None
    isexec: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Hasher(Protocol):
    """A hash that grows."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        """Take more bytes."""
        ...

    def hexdigest(self) -> str:
        """The value so far, in hex."""
        ...


def md5_bytes(data: bytes) -> str:
    """Hex MD5 of `data`."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def new_md5() -> Hasher:
    """An empty MD5."""
    return hashlib.md5(usedforsecurity=False)


def hash_bytes(data: bytes, algorithm: str = MD5) -> str:
    """Hex hash of a file's whole content."""
    if algorithm == MD5:
        return md5_bytes(data)
    parts = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    return md5_bytes(b"".join(map(_dos2unix, parts)))


def hash_file(path: str, algorithm: str = MD5, meter: Meter | None = None) -> str:
    """Hex hash of a file's content, by "md5" or "md5-dos2unix"; `meter` hears of its bytes.

    Source: dvc_data's hashfile/hash.py. SPEC 2.9: whether carriage returns count is decided anew for each MiB.
    """
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        return hash_descriptor(fd, os.fstat(fd).st_size, algorithm, meter)
    finally:
        os.close(fd)


def hash_descriptor(fd: int, size: int, algorithm: str = MD5, meter: Meter | None = None) -> str:
    """Hash what can be read from `fd`; `size` is only a guess that makes small files one read."""
    if size < WHOLE:
        data = os.read(fd, size + 1)
        if len(data) <= size:
            return hash_bytes(data, algorithm)
        os.lseek(fd, 0, os.SEEK_SET)
    hasher = new_md5()
    with io.FileIO(fd, closefd=False) as file:
        buffer = memoryview(bytearray(CHUNK))
        while count := file.readinto(buffer):
            part = buffer[:count]
            hasher.update(part if algorithm == MD5 else _dos2unix(bytes(part)))
            if meter:
                meter.add(count)
    return hasher.hexdigest()


def _dos2unix(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n") if _is_text(data[:_TEXT_PROBE]) else data


def _is_text(block: bytes) -> bool:
    if not block:
        return True
    if b"\x00" in block:
        return False
    return len(block.translate(None, _TEXT_BYTES)) / len(block) <= _MAX_NON_TEXT
