from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dvnb.objects.listing import columns_of, listing_of, pack, unpack
from dvnb.objects.stamp import stamp_of
from dvnb.objects.state import State, state_path

VALUE = "5bbf5a52328e7439ae6e719dfe712200"
OTHER = "c193497a1a06b2c72230e6146ff47080"


def _old_file(path: Path, content: str = "x") -> os.stat_result:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, ns=(0, time.time_ns() - 5_000_000_123))
    return path.stat()


def test_hashes_survive_closing(root: Path) -> None:
    status = _old_file(root / "f")
    state = State(str(root))
    state.remember(str(root / "f"), status, VALUE, read_at=time.time_ns())
    state.close()
    assert State(str(root)).hash_of(str(root / "f"), status) == VALUE


def test_a_hash_counts_only_for_its_stamp_and_kind(root: Path, state: State) -> None:
    status = _old_file(root / "f")
    state.remember(str(root / "f"), status, VALUE, read_at=time.time_ns())
    assert state.hash_of(str(root / "f"), status, "md5-dos2unix") is None
    (root / "f").write_text("y")
    assert state.hash_of(str(root / "f"), (root / "f").stat()) is None


def test_a_change_in_the_same_tick_and_of_the_same_size_is_seen(root: Path, state: State) -> None:
    path = root / "f"
    path.write_text("old")
    status = path.stat()
    state.remember(str(path), status, VALUE, read_at=time.time_ns())
    path.write_text("new")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a coarse clock would have it
    assert state.hash_of(str(path), status) is None


def test_names_that_are_no_utf8_survive(root: Path) -> None:
    folder = os.fsdecode(os.fsencode(str(root)) + b"/\xff")
    entry = ((1, 2, 3, 4), VALUE)
    state = State(str(root))
    state.replace_listing(folder, {"\udcfe": entry, "ü\n": entry})
    state.close()
    assert State(str(root)).listing(folder) == {"\udcfe": entry, "ü\n": entry}


def test_columns_take_the_place_of_what_was_known(root: Path) -> None:
    one, other = ((1, 2, 3, 4), VALUE), ((5, 6, 7, 8), VALUE[::-1])
    state = State(str(root))
    state.replace_listing(str(root), {"a": one, "b": one})
    state.replace_columns(str(root), (["b", "c"], [other[0], one[0]], [other[1], one[1]]))
    assert state.listing(str(root)) == {"b": other, "c": one}
    state.replace_columns(str(root), (["d"], [one[0]], [one[1]]))
    state.close()
    again = State(str(root))
    assert again.listing(str(root)) == {"d": one}
    again.replace_columns(str(root), ([], [], []))
    again.close()
    assert State(str(root)).listing(str(root)) == {}


def test_pack_and_unpack_are_inverse() -> None:
    listing = {"a": ((-5, 2**64 - 1, 0, 2**62), VALUE), "b": ((1, 0, 7, 0), f"{OTHER} 12")}
    assert listing_of(unpack(*pack(columns_of(listing)))) == listing
    assert unpack(b"a\0b", b"1234", b"x") == ([], [], [])


def test_load_below_takes_the_folder_and_only_what_is_below(root: Path) -> None:
    state = State(str(root))
    entry = ((1, 2, 3, 4), VALUE)
    for name in ("d", "d/s", "d/s/t", "d-1", "d0", "e"):
        state.replace_listing(str(root / name), {"f": entry})
    state.close()
    again = State(str(root))
    again.load_below(str(root / "d"))
    os.unlink(state_path(str(root)))  # what is asked from now on must be in memory
    again._database.close()
    found = [name for name in ("d", "d/s", "d/s/t", "d/none", "d-1", "d0") if again.listing(str(root / name))]
    assert found == ["d", "d/s", "d/s/t"]


def test_update_and_keep_only(root: Path) -> None:
    state = State(str(root))
    one, two = ((1, 2, 3, 4), VALUE), ((5, 6, 7, 8), OTHER)
    state.replace_listing(str(root), {"a": one, "b": one})
    state.replace_listing(str(root / "gone"), {"a": one})
    state.close()
    state = State(str(root))
    state.load_below(str(root))
    state.update_listing(str(root), {"c": two}, without=["a", "never"])
    state.keep_only(str(root), {str(root)})
    state.close()
    state = State(str(root))
    assert state.listing(str(root)) == {"b": one, "c": two}
    assert state.listing(str(root / "gone")) == {}


def test_parsed_values_and_aliases_survive(root: Path, state: State) -> None:
    state.put("yaml:1", {"a": [1, None, "ü"]})
    state.add_alias(VALUE, OTHER)
    assert state.get("yaml:1") == {"a": [1, None, "ü"]}
    assert state.alias(VALUE) == OTHER
    state.close()
    state = State(str(root))
    assert state.get("yaml:1") == {"a": [1, None, "ü"]}
    assert state.get("yaml:2") is None
    assert state.alias(VALUE) == OTHER
    assert state.alias(OTHER) is None


@pytest.mark.parametrize("damage", [b"this is no database " * 100, b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_made_anew(root: Path, damage: bytes) -> None:
    path = state_path(str(root))
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(damage)
    state = State(str(root))
    assert state.get("x") is None
    state.put("x", 1)
    state.close()
    assert State(str(root)).get("x") == 1


def test_damage_in_the_middle_is_survived(root: Path) -> None:
    state = State(str(root))
    for number in range(200):
        state.replace_listing(f"{root}/{number}", {"f" * 200: ((1, 2, 3, 4), VALUE)})
    state.close()
    path = state_path(str(root))
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (os.path.getsize(path) - 4096))
    state = State(str(root))
    state.load_below(str(root))
    state.put("x", 1)
    state.close()
    assert State(str(root)).get("x") == 1


def test_an_older_schema_is_replaced(root: Path) -> None:
    path = state_path(str(root))
    os.makedirs(os.path.dirname(path))
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE parsed (nonsense)")
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    state = State(str(root))
    state.put("x", 1)
    state.close()
    assert State(str(root)).get("x") == 1


def test_where_nothing_can_be_written_memory_does(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("DVNB_CACHE_DIR", str(blocker / "below"))
    state = State(str(root))
    state.put("x", 1)
    state.record_links([])
    state.flush()
    assert state.get("x") == 1
    assert state.stale_links([]) == []
    state.close()
    assert blocker.read_text() == ""


def test_a_locked_file_costs_only_what_was_learned(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dvnb.objects.database.BUSY_SECONDS", 0.05)
    first = State(str(root))
    first.put("x", 1)
    first.close()
    holder = sqlite3.connect(state_path(str(root)), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    blocked = State(str(root))
    assert blocked.get("x") is None
    blocked.put("y", 2)
    blocked.close()
    holder.execute("ROLLBACK")
    holder.close()
    assert State(str(root)).get("x") == 1


def test_several_processes_write_at_once(root: Path) -> None:
    script = (
        "import sys\nfrom dvnb.objects.state import State\n"
        "for n in range(20):\n"
        "    s = State(sys.argv[1]); s.put(f'{sys.argv[2]}-{n}', n)\n"
        "    s.replace_listing(f'{sys.argv[1]}/{sys.argv[2]}', {'f': ((n, 1, 1, 1), 'a' * 32)}); s.close()\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(root), str(n)]) for n in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    state = State(str(root))
    assert [state.get(f"{n}-19") for n in range(3)] == [19, 19, 19]
    assert all(state.listing(f"{root}/{n}")["f"][0][0] == 19 for n in range(3))


def test_state_lies_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DVNB_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    name = "6666cd76f96956469e7be39d750cc7d9.db"  # md5 of "/"
    assert state_path("/") == str(tmp_path / "xdg" / "dvnb" / "state" / name)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_path("/") == str(tmp_path / ".cache" / "dvnb" / "state" / name)


class TestLinks:
    def test_untouched_and_unused_outs_are_stale_once(self, root: Path) -> None:
        _old_file(root / "f")
        _old_file(root / "d" / "s" / "g")
        state = State(str(root))
        state.record_links([str(root / "f"), str(root / "d")])
        state.close()
        state = State(str(root))
        assert state.stale_links([str(root / "f")]) == [str(root / "d")]
        assert state.stale_links([]) == [str(root / "f")]
        assert state.stale_links([]) == []

    def test_touched_outs_are_not(self, root: Path, state: State) -> None:
        for name in ("f", "d/changed", "e/s/x", "gone"):
            _old_file(root / name)
        state.record_links([str(root / name) for name in ("f", "d", "e", "gone", "never")])
        time.sleep(0.02)
        (root / "f").write_text("new")
        (root / "d" / "changed").write_text("new")
        (root / "e" / "s" / "added").write_text("new")
        (root / "gone").unlink()
        assert state.stale_links([]) == []


def test_hashes_of_notebooks_are_apart(root: Path, state: State) -> None:
    stamp = stamp_of(_old_file(root / "n.ipynb"))
    state.update_listing(str(root), {"n.ipynb": (stamp, f"{VALUE} 10")}, kind="notebook")
    assert state.listing(str(root)) == {}
    assert state.listing(str(root), "notebook")["n.ipynb"][1] == f"{VALUE} 10"
