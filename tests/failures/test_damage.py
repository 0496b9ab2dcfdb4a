"""Damaged and hostile files: the state database, objects of the cache, stock dvc's pickles, what a clone brings along."""

from __future__ import annotations

import hashlib
import os
import pickle
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from survival import Mortal, picture, temporaries

from dvnb.objects import links
from dvnb.objects.state import state_path

# ---- the state costs time only


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all " * 500)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def scrambled(path: Path) -> None:
    """The header is good, the pages are not."""
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (path.stat().st_size - 100))


def of_another_version(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")


def without_tables(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE listing (something TEXT)")
        connection.execute("PRAGMA user_version = 1")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def nowhere(path: Path) -> None:
    """A folder that cannot be made, as in a home that is read-only."""
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")


def locked(path: Path) -> None:
    """By a process that never lets go; also what a file system without locks looks like."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("BEGIN EXCLUSIVE")
    HELD.append(connection)


HELD: list[sqlite3.Connection] = []
HARM = [garbage, truncated, emptied, scrambled, of_another_version, without_tables, a_folder, nowhere]


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_state_costs_time_only(harm: Callable[[Path], None], playground: Path, mortal: Mortal) -> None:
    before = picture(playground)
    harm(Path(state_path(str(playground))))
    assert mortal("status", "-q").code == 0
    (playground / "pics" / "one").write_text("other")
    assert mortal("status", "-q").code == 1
    assert mortal("add", "pics").code == mortal("checkout").code == 0
    (playground / "pics" / "one").write_text("one\n")
    assert mortal("add", "pics").code == mortal("status", "-q").code == 0
    assert picture(playground) == before


def test_a_locked_state_costs_time_only(playground: Path, mortal: Mortal) -> None:
    locked(Path(state_path(str(playground))))
    try:
        (playground / "pics" / "one").write_text("other")
        assert mortal("add", "pics").code == 0
        done = mortal("status", "-q")
        assert done.code == 0 and "Traceback" not in done.err
    finally:
        HELD.pop().close()


# ---- a link that fails half-way


def test_a_link_type_that_fails_half_way(
    playground: Path, mortal: Mortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dvc: Any
) -> None:
    """Hard links work for the probe and the first file, then no more: as where an inode has no more names to give."""
    from dvnb import Repo

    assert mortal("config", "cache.type", "hardlink,copy").code == 0
    before = picture(playground)
    for name in ("one", "two", "sub/three"):
        (playground / "pics" / name).unlink()
    real, made = os.link, []

    def failing(source: str, target: str, **more: Any) -> None:
        if made:
            raise OSError(31, "Too many links", source, None, target)
        made.append(target)
        real(source, target, **more)

    monkeypatch.setattr(links.os, "link", failing)
    Repo().checkout()
    monkeypatch.setattr(links.os, "link", real)
    counts = [(playground / "pics" / name).stat().st_nlink for name in ("one", "two", "sub/three")]
    assert sorted(counts) == [1, 1, 2]
    assert {name: value for name, (_, value) in picture(playground).items()} == {
        name: value for name, (_, value) in before.items()
    } | {".dvc/config": picture(playground)[".dvc/config"][1]}
    assert temporaries(playground) == []
    assert dvc("status", "-q").code == 0


# ---- objects


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def stored(root: Path, content: bytes) -> Path:
    value = hashlib.md5(content).hexdigest()
    return root / ".dvc" / "cache" / "files" / "md5" / value[:2] / value[2:]


@pytest.mark.parametrize("harm", [flip, zero, empty])
@pytest.mark.parametrize("is_hidden", [False, True], ids=["plain", "read-only with its old time"])
def test_damaged_objects_are_found_and_never_restored(
    harm: Callable[[Path], None], is_hidden: bool, playground: Path, mortal: Mortal
) -> None:
    before = picture(playground)
    victim = stored(playground, b"one\n")
    status = victim.stat()
    victim.chmod(0o644)
    harm(victim)
    if is_hidden:
        victim.chmod(stat.S_IMODE(status.st_mode))
        os.utime(victim, ns=(status.st_atime_ns, status.st_mtime_ns))
    found = mortal("fsck")
    assert found.code == 1 and victim.parent.name + victim.name in found.out + found.err
    assert "pics/one" in found.out + found.err
    assert not victim.exists()
    repaired = mortal("fsck", "--repair")
    assert repaired.code == 0, repaired
    assert victim.read_bytes() == b"one\n"
    assert mortal("fsck").code == 0
    (playground / "pics" / "one").unlink()
    assert mortal("checkout").code == 0
    assert picture(playground) == before


@pytest.mark.parametrize("harm", [flip, zero, empty])
def test_an_object_that_is_not_read_only_is_checked_before_it_is_used(
    harm: Callable[[Path], None], playground: Path, mortal: Mortal
) -> None:
    victim = stored(playground, b"one\n")
    victim.chmod(0o644)
    harm(victim)
    (playground / "pics" / "one").unlink()
    assert mortal("checkout").code == 255
    assert not (playground / "pics" / "one").exists()
    assert mortal("pull").code == 0
    assert (playground / "pics" / "one").read_text() == "one\n"


def spoil(victim: Path, harm: Callable[[Path], None], *, is_hidden: bool) -> None:
    """Damage a file in place, and make it read-only again; `is_hidden`: with its old time."""
    status = victim.stat()
    victim.chmod(0o644)
    time.sleep(0.02)  # a file system's clock ticks a hundred times a second
    harm(victim)
    victim.chmod(stat.S_IMODE(status.st_mode))
    if is_hidden:
        os.utime(victim, ns=(status.st_atime_ns, status.st_mtime_ns))


def lost(*names: str) -> None:
    for name in names:
        Path(name).unlink()


@pytest.mark.parametrize("kind", ["copy", "hardlink", "symlink"])
@pytest.mark.parametrize("harm", [flip, zero, empty])
def test_plain_checkout_sees_what_was_written_later(
    harm: Callable[[Path], None], kind: str, playground: Path, mortal: Mortal
) -> None:
    """An object of the right mode, and mostly the right size: it is newer than its folder."""
    assert mortal("config", "cache.type", kind).code == 0
    victim, single = stored(playground, b"one\n"), stored(playground, b"a\nb\nc\n")
    lost("pics/one", "pics/two", "data.txt")
    for path in (victim, single):
        spoil(path, harm, is_hidden=False)
    done = mortal("checkout")
    assert done.code == 255
    assert f"object '{victim.parent.name}{victim.name}' is damaged" in done.err and "fsck --repair" in done.err
    assert not (playground / "pics" / "one").exists() and not (playground / "data.txt").exists()
    assert (playground / "pics" / "two").read_text() == "two\n"
    assert not victim.exists() and not single.exists()
    assert len(list((playground / ".git" / "dvnb" / "trash").rglob(victim.name))) == 1
    assert mortal("undo").code == 0
    assert not victim.exists()  # what is damaged does not come back
    assert mortal("pull").code == 0
    assert (playground / "pics" / "one").read_text() == "one\n"


@pytest.mark.parametrize("harm", [empty, lambda path: path.write_bytes(b"longer than it was")])
def test_a_wrong_size_is_seen_even_with_the_old_time(
    harm: Callable[[Path], None], playground: Path, mortal: Mortal
) -> None:
    lost("data.txt")
    spoil(stored(playground, b"a\nb\nc\n"), harm, is_hidden=True)
    assert mortal("checkout").code == 255
    assert not (playground / "data.txt").exists()


@pytest.mark.parametrize("line", [("checkout", "--verify"), ("checkout", "--verify", "--rev", "HEAD", "pics")])
def test_verify_sees_what_nothing_else_tells(line: tuple[str, ...], playground: Path, mortal: Mortal) -> None:
    before = picture(playground)
    lost("pics/one", "pics/two")
    spoil(stored(playground, b"one\n"), flip, is_hidden=True)
    done = mortal(*line)
    assert done.code == 255 and "is damaged" in done.err and "dvnb pull" in done.err
    assert not (playground / "pics" / "one").exists()
    assert (playground / "pics" / "two").read_text() == "two\n"
    assert mortal("fetch").code == 0
    assert mortal(*line).code == 0
    assert picture(playground) == before


def test_verify_reads_the_listing_of_a_folder(playground: Path, mortal: Mortal) -> None:
    (listing,) = [path for path in playground.rglob("*.dir") if b"sub/three" in path.read_bytes()]
    spoil(listing, lambda path: path.write_bytes(path.read_bytes().replace(b"sub/three", b"sub/other")), is_hidden=True)
    lost("pics/one")
    done = mortal("checkout", "--verify", "pics.dvc")
    assert done.code == 255 and "is damaged" in done.err
    assert not (playground / "pics" / "one").exists() and not (playground / "pics" / "sub" / "other").exists()
    assert mortal("fetch").code == mortal("checkout", "--verify").code == 0


def test_a_good_file_is_not_replaced_by_a_link_to_a_damaged_object(playground: Path, mortal: Mortal) -> None:
    spoil(stored(playground, b"one\n"), flip, is_hidden=False)
    assert mortal("config", "cache.type", "symlink").code == 0
    mortal("checkout", "--relink")
    assert (playground / "pics" / "one").read_text() == "one\n"
    assert (playground / "pics" / "two").is_symlink()


def test_what_only_a_damaged_object_would_hold_counts_as_unsaved(
    playground: Path, mortal: Mortal, git: Callable[..., str]
) -> None:
    (playground / "pics" / "one").write_text("second\n")
    assert mortal("add", "pics").code == 0
    spoil(stored(playground, b"second\n"), flip, is_hidden=False)
    git("checkout", "-q", "pics.dvc")
    done = mortal("checkout", "pics.dvc")
    assert done.code != 0 and "unsaved" in done.err
    assert (playground / "pics" / "one").read_text() == "second\n"
    assert mortal("checkout", "-f", "pics.dvc").code == mortal("undo").code == 0
    assert (playground / "pics" / "one").read_text() == "second\n"


def test_verify_from_python(playground: Path) -> None:
    from dvnb import Repo
    from dvnb.errors import MissingObjectsError

    lost("pics/one")
    spoil(stored(playground, b"one\n"), flip, is_hidden=True)
    with pytest.raises(MissingObjectsError, match="pics"):
        Repo().checkout(verify=True)
    assert not (playground / "pics" / "one").exists()


def test_a_remote_that_lost_a_member_says_so(playground: Path, mortal: Mortal, tmp_path: Path) -> None:
    import shutil

    value = hashlib.md5(b"one\n").hexdigest()
    (tmp_path / "remote" / "files" / "md5" / value[:2] / value[2:]).unlink()
    shutil.rmtree(playground / ".dvc" / "cache")
    shutil.rmtree(playground / "pics")
    done = mortal("pull")
    assert done.code == 1 and value in done.err
    assert mortal("checkout", "--allow-missing").code == 0
    assert (playground / "pics" / "two").read_text() == "two\n"  # what there is comes back
    assert not (playground / "pics" / "one").exists()


@pytest.mark.parametrize("verb", ["checkout", "pull"])
def test_over_modified_and_extra_files_with_a_missing_object(
    verb: str, playground: Path, mortal: Mortal, dvc: Any, tmp_path: Path
) -> None:
    """Refused at first, with nothing changed; by force what is not saved goes into the trash, and nothing is deleted."""
    import shutil

    before = picture(playground)
    stored(playground, b"two\n").unlink()
    shutil.rmtree(tmp_path / "remote")
    (playground / "pics" / "one").write_text("modified")
    (playground / "pics" / "extra").write_text("extra")
    (playground / "pics" / "two").unlink()
    (playground / "pics" / "sub" / "three").unlink()
    disturbed = picture(playground)
    for force in ((), ("-f",)):
        done = mortal(verb, *force)
        assert done.code in (1, 255) and "Traceback" not in done.err, done
        if not force:
            assert picture(playground) == disturbed
    assert (playground / "pics" / "one").read_text() == "one\n"
    assert (playground / "pics" / "sub" / "three").read_text() == "sub/three\n"
    assert not (playground / "pics" / "two").exists()
    assert (playground / "pics" / "extra").read_text() == "extra"
    kept = [path.read_text() for path in (playground / ".git" / "dvnb" / "trash").rglob("one")]
    assert kept == ["modified"]
    assert mortal("undo").code == 0
    assert picture(playground) == disturbed
    stored(playground, b"two\n").parent.mkdir(exist_ok=True)
    stored(playground, b"two\n").write_bytes(b"two\n")
    assert mortal("checkout", "-f").code == 0
    assert picture(playground) == before
    assert dvc("status", "-q").code == 0


# ---- what others left


class Bomb:
    """What a poisoned pickle does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_pickles_in_dvc_s_site_cache_are_never_read(
    playground: Path, mortal: Mortal, dvc: Any, tmp_path: Path, home: Path
) -> None:
    assert dvc("checkout").code == 0  # dvc makes its databases
    databases = list((home / "site").rglob("cache.db"))
    assert databases
    bomb = tmp_path / "exploded"
    for path in databases:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE Cache SET mode = 4, value = ?", (pickle.dumps(Bomb(bomb)),))
    for line in (("status",), ("checkout", "-f"), ("add", "pics"), ("push",), ("gc", "-w", "-f"), ("fsck",)):
        assert mortal(*line).code == 0
    assert not bomb.exists()


METAFILE = "outs:\n- md5: {value}\n  size: 5\n  hash: md5\n  path: {path}\n"


@pytest.mark.parametrize("path", ["../outside", "/tmp/dvnb-outside", ".git/hooks/pre-commit", "link/file", "up/file"])
def test_metafiles_of_a_clone_write_nothing_elsewhere(
    path: str, playground: Path, mortal: Mortal, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("precious")
    (playground / ".git" / "hooks").mkdir()
    (playground / "link").symlink_to(outside)
    (playground / "up").symlink_to("..")
    (tmp_path / "file").write_text("precious")
    evil = b"#!/bin/sh\n"
    stored(playground, evil).parent.mkdir(exist_ok=True, parents=True)
    stored(playground, evil).write_bytes(evil)
    value = hashlib.md5(evil).hexdigest()
    (playground / "evil.dvc").write_text(METAFILE.format(value=value, path=path))
    for line in (("checkout",), ("checkout", "-f"), ("pull", "-f"), ("checkout", "-f", "evil.dvc")):
        done = mortal(*line)
        assert "Traceback" not in done.err
        assert (outside / "file").read_text() == (tmp_path / "file").read_text() == "precious"
        assert os.listdir(playground / ".git" / "hooks") == []
        assert not os.path.lexists("/tmp/dvnb-outside")
        assert outside.is_dir() and list(outside.iterdir()) == [outside / "file"]
    for line in (("remove", "--outs", "evil.dvc"),):
        mortal(*line)
        assert (outside / "file").read_text() == (tmp_path / "file").read_text() == "precious"
