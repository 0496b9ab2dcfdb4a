from __future__ import annotations

import os
import time
from pathlib import Path

from dvnb.objects.stamp import backdated, is_settled, settle, stamp_of


def test_a_file_written_within_the_tick_of_its_reading_is_not_settled(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("x")
    stamp = stamp_of(path.stat())
    assert not is_settled(stamp, stamp[0] + 9_000_000)
    assert is_settled(stamp, stamp[0] + 2_000_000_001)


def test_times_without_fine_digits_need_two_seconds() -> None:
    fine, coarse = (1_000_000_000_000_000_123, 1, 1, 1), (1_000_000_000_000_000_000, 1, 1, 1)
    later = 1_000_000_000_000_000_000 + 1_000_000_000
    assert is_settled(fine, later)
    assert not is_settled(coarse, later)
    assert is_settled(coarse, later + 1_000_000_001)


def test_backdated_files_are_settled_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("x")
    os.utime(path, ns=backdated())
    assert is_settled(stamp_of(path.stat()), time.time_ns())


def test_the_ctime_of_a_shared_read_only_file_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("x")
    assert stamp_of(path.stat())[3] != 0
    path.chmod(0o444)
    assert stamp_of(path.stat())[3] != 0
    os.link(path, tmp_path / "g")
    assert stamp_of(path.stat())[3] == 0


def test_a_large_fresh_file_is_waited_for_and_a_small_one_is_not() -> None:
    mtime = time.time_ns() // 1000 * 1000 + 1
    large, small = (mtime, 1, 1 << 30, 1), (mtime, 1, 10, 1)
    assert not is_settled(small, settle([small]))
    assert is_settled(large, settle([large]))


def test_a_time_in_the_future_is_not_waited_for() -> None:
    before = time.monotonic()
    settle([(time.time_ns() + 10**12, 1, 1 << 40, 1)])
    assert time.monotonic() - before < 500
