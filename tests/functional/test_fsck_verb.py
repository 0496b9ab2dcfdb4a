"""fsck: damage is found, told, put into quarantine and mended."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dvnb.repo.facade import Repo

ONE = "5bbf5a52328e7439ae6e719dfe712200"  # md5 of "one\n"


def object_of(root: Path, md5: str) -> Path:
    return root / "files" / "md5" / md5[:2] / md5[2:]


def damage(path: Path) -> None:
    """Flip bytes behind everybody's back: size, mode and times stay."""
    status = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[0] ^= 0xFF
    path.write_bytes(data)
    path.chmod(0o444)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture
def cache(project: Path) -> Path:
    return project / ".dvc" / "cache"


def test_a_sound_cache(project: Path, dvnb):
    done = dvnb("fsck")
    assert (done.code, done.out.strip()) == (0, "6 objects of the cache checked: all are intact.")


def test_damage_is_told_and_put_into_quarantine(project: Path, cache: Path, dvnb, git):
    git("tag", "v1")
    damage(object_of(cache, ONE))
    done = dvnb("fsck")
    assert done.code == 1
    assert f"{ONE}: damaged" in done.out
    assert "    pictures/one.txt (workspace, main, v1)" in done.out
    assert not object_of(cache, ONE).exists()
    [hurt] = json.loads(dvnb("fsck", "--json").out)["hurt"]
    assert (hurt["hash"], hurt["state"]) == (ONE, "missing")
    assert dvnb("fsck").code == 1


def test_damage_is_never_checked_out(project: Path, cache: Path, dvnb):
    damage(object_of(cache, ONE))
    assert dvnb("fsck").code == 1
    os.unlink("pictures/one.txt")
    done = dvnb("checkout")
    assert done.code != 0
    assert not Path("pictures/one.txt").exists()


def test_the_workspace_mends_the_cache(project: Path, cache: Path, dvnb):
    damage(object_of(cache, ONE))
    done = dvnb("fsck", "--repair")
    assert done.code == 0
    assert f"{ONE}: damaged, repaired from the workspace" in done.out
    assert object_of(cache, ONE).read_text() == "one\n"
    assert dvnb("fsck").code == 0


def test_a_remote_mends_the_cache(project: Path, cache: Path, dvnb):
    repo = Repo()
    repo.remote_add("storage", str(project.parent / "storage"), default=True)
    repo.push()
    damage(object_of(cache, ONE))
    os.unlink("pictures/one.txt")
    result = repo.fsck(repair=True)
    assert [(each.hash, each.repaired_from) for each in result.hurt] == [(ONE, "remote")]
    assert result.is_clean
    assert dvnb("checkout").code == 0
    assert Path("pictures/one.txt").read_text() == "one\n"


def test_a_listing_is_mended_too(project: Path, cache: Path, dvnb):
    listing = next(cache.rglob("*.dir"))
    damage(listing)
    assert dvnb("fsck").code == 1
    assert dvnb("fsck", "--repair").code == 0
    assert dvnb("status").out.strip() == "Data and pipelines are up to date."


def test_what_is_missing_and_nowhere_stays_an_error(project: Path, cache: Path, dvnb):
    os.unlink(object_of(cache, ONE))
    os.unlink("pictures/one.txt")
    done = dvnb("fsck", "--repair")
    assert done.code == 1
    assert f"{ONE}: missing" in done.out


def test_a_damaged_remote_is_found_and_mended_from_the_cache(project: Path, cache: Path, dvnb):
    storage = project.parent / "storage"
    repo = Repo()
    repo.remote_add("storage", str(storage), default=True)
    repo.push()
    damage(object_of(storage, ONE))
    done = dvnb("fsck", "--remote")
    assert done.code == 1
    assert f"{ONE}: damaged" in done.out and "remote 'storage'" in done.out
    assert dvnb("fsck").code == 0
    assert dvnb("fsck", "--remote", "-r", "storage", "--repair").code == 0
    assert object_of(storage, ONE).read_text() == "one\n"
    assert dvnb("fsck", "--remote").code == 0


def test_an_unknown_remote(project: Path, dvnb):
    done = dvnb("fsck", "--remote", "-r", "nonsense")
    assert done.code != 0
    assert "nonsense" in done.err
