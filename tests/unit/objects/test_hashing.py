from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dvnb.events import Event, Progress
from dvnb.objects.hashing import WHOLE, HashInfo, hash_bytes, hash_file
from dvnb.objects.meter import Meter


@pytest.mark.parametrize("size", [0, 1, 4096, WHOLE - 1, WHOLE, WHOLE + 1, 2 * WHOLE + 17])
def test_md5_of_any_size(tmp_path: Path, size: int) -> None:
    data = bytes(i * 7 % 251 for i in range(1000)) * (size // 1000 + 1)
    path = tmp_path / "f"
    path.write_bytes(data[:size])
    assert hash_file(str(path)) == hashlib.md5(data[:size]).hexdigest()


@pytest.mark.parametrize("data", [b"a\r\nb\r\n", b"a\nb\n"])
def test_legacy_hash_ignores_carriage_returns_of_text(data: bytes) -> None:
    assert hash_bytes(data, "md5-dos2unix") == "dd8c6a395b5dd36c56d23275028f526c"


def test_legacy_hash_of_binary_is_plain_md5() -> None:
    data = b"\x00a\r\n"
    assert hash_bytes(data, "md5-dos2unix") == hashlib.md5(data).hexdigest()


def test_legacy_hash_decides_for_each_mebibyte_anew(tmp_path: Path) -> None:
    text, binary = b"line\r\n" * 200_000, b"\x00\r\n" + b"x" * 100
    first = text[: 1 << 20]
    data = first + binary
    path = tmp_path / "f"
    path.write_bytes(data)
    expected = hashlib.md5(first.replace(b"\r\n", b"\n") + binary).hexdigest()
    assert hash_file(str(path), "md5-dos2unix") == expected
    assert hash_bytes(data, "md5-dos2unix") == expected


def test_legacy_hash_of_a_large_file_equals_that_of_its_bytes(tmp_path: Path) -> None:
    data = b"some text\r\n" * ((WHOLE + 5000) // 11)
    path = tmp_path / "f"
    path.write_bytes(data)
    assert hash_file(str(path), "md5-dos2unix") == hash_bytes(data, "md5-dos2unix")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hash_file(str(tmp_path / "none"))


def test_is_dir() -> None:
    assert HashInfo("md5", "d751713988987e9331980363e24189ce.dir").is_dir
    assert not HashInfo("md5", "d751713988987e9331980363e24189ce").is_dir


def test_meter_tells_the_end_with_done_equal_to_total() -> None:
    seen: list[Event] = []
    meter = Meter(seen.append, "hash", None, "B")
    for _ in range(1000):
        meter.add(3)
    meter.finish()
    assert seen[-1] == Progress("hash", 3000, 3000, "B")
    assert len(seen) < 20
