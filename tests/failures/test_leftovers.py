"""Temporary files of killed processes: they go by themselves, those of others stay."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from survival import Mortal, temporaries

from dvnb.objects import staging
from dvnb.objects.names import OUTDATED_SECONDS, is_leftover, temporary_name

OURS = re.compile(r"\.0[0-9a-f]{21}\.tmp")


def name_of_the_dead() -> str:
    """A name that a process made which is gone."""
    code = "from dvnb.objects.names import temporary_name; print(temporary_name())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_whose_a_temporary_file_is() -> None:
    now, old = time.time(), time.time() - OUTDATED_SECONDS - 1
    mine, dead = temporary_name(), name_of_the_dead()
    assert OURS.fullmatch(mine) and OURS.fullmatch(dead)
    elsewhere = f".0{'00000' if dead[2:7] != '00000' else '11111'}{dead[7:]}"
    assert not is_leftover(mine, now) and is_leftover(dead, now)
    assert not is_leftover(elsewhere, now) and is_leftover(elsewhere, old)
    for other in (".Qn7YrLhEuFxZtWbGdVcJkM.tmp", ".vimrc.tmp", "data.tmp", f"{dead}x"):
        assert not is_leftover(other, old)


@pytest.mark.parametrize("verb", [("gc", "-w", "-f"), ("fsck",)])
def test_cache_and_remote_are_swept(playground: Path, mortal: Mortal, tmp_path: Path, verb: tuple[str, ...]) -> None:
    dead, mine, dvcs = name_of_the_dead(), temporary_name(), ".Qn7YrLhEuFxZtWbGdVcJkM.tmp"
    cache, remote = playground / ".dvc" / "cache", tmp_path / "remote"
    folders = [store / "files" / "md5" / part for store in (cache, remote) for part in (".", "ab")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
        for name in (dead, mine, dvcs):
            (folder / name).write_bytes(b"half")
    assert mortal(*verb).code == 0
    assert mortal(*verb, *(["-c"] if verb[0] == "gc" else ["--remote"])).code == 0
    for folder in folders:
        assert sorted(path.name for path in folder.glob(".*.tmp")) == sorted([mine, dvcs]), folder


def test_a_killed_add_leaves_what_the_next_gc_removes(playground: Path, mortal: Mortal) -> None:
    (playground / "large").write_bytes(os.urandom(5 << 20))
    objects = playground / ".dvc" / "cache" / "files" / "md5"
    counted = 0
    for die in range(1, 30):
        if mortal("add", "large", die=die).code == 0:
            break
        counted = max(counted, len(list(objects.rglob(".*.tmp"))))
        assert temporaries(playground) == []
    assert counted  # otherwise this shows nothing
    assert mortal("gc", "-w", "-f").code == 0
    assert list(objects.rglob(".*.tmp")) == []


def test_files_made_beside_their_targets_are_known(tmp_path: Path) -> None:
    """Where nothing can be renamed from `.dvc/tmp`: the folder is noted, and swept when its owner is gone."""
    root, data = tmp_path / "root", tmp_path / "root" / "data"
    data.mkdir(parents=True)
    place = root / ".dvc" / "tmp" / "dvnb" / "new"
    code = (
        "import os, sys, errno\n"
        "from dvnb.objects import staging\n"
        "root, data, place = sys.argv[1:]\n"
        "real = os.replace\n"
        "def replace(source, target):\n"
        "    if os.path.dirname(source) != os.path.dirname(target):\n"
        "        raise OSError(errno.EXDEV, 'Invalid cross-device link', source, None, target)\n"
        "    os.kill(os.getpid(), 9)\n"
        "os.replace = replace\n"
        "staging.use(root, place)\n"
        "staging.put(data + '/file', lambda path: open(path, 'x').close())\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, root, data, place], check=False)
    assert killed.returncode == -9
    (left,) = data.iterdir()
    assert OURS.fullmatch(left.name)
    staging.use(str(root), str(place))
    assert list(data.iterdir()) == []
    assert not (place / "apart").exists()


def test_get_sweeps_where_it_writes(playground: Path, mortal: Mortal, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    (target / name_of_the_dead()).mkdir(parents=True)  # a folder that was being copied
    os.chdir(target)
    done = mortal("get", str(playground), "pics")
    assert done.code == 0, done.err
    assert [path.name for path in target.iterdir()] == ["pics"]
