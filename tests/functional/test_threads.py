"""One project, several threads of one process: a kernel's cells and its widgets ask and change at the same time."""

from __future__ import annotations

import random
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import BusyPathError, LockedError, StageFailedError
from tests.conftest import commit_all

FILES = 12
STAGES = 3
TURNS = 30


@pytest.fixture
def versions(repo: Path) -> Path:
    """d/ in two versions, v1 and v2, and stages that read single files of it."""
    (repo / "d").mkdir()
    for number in range(FILES):
        (repo / "d" / str(number)).write_text(f"{number}\n")
    stages = [f"  s{n}:\n    cmd: cat d/{n} > o{n}\n    deps: [d/{n}]\n    outs: [o{n}]\n" for n in range(STAGES)]
    (repo / "dvc.yaml").write_text("stages:\n" + "".join(stages))
    for version in ("v1", "v2"):
        (repo / "d" / "0").write_text(f"{version}\n")
        Repo().add("d")
        Repo().repro()
        commit_all(version)
        subprocess.run(["git", "tag", version], check=True)
    return repo


def verbs(repo: Repo, chance: random.Random) -> list[Callable[[], object]]:
    return [
        repo.status,
        repo.data_status,
        lambda: repo.log("d"),
        lambda: repo.diff("v1", "v2"),
        lambda: repo.diff_content("d/0", "v1"),
        lambda: repo.lineage("o1"),
        repo.dag,
        repo.operations,
        lambda: repo.checkout("d", rev=chance.choice(["v1", "v2"]), force=True),
        lambda: repo.checkout(force=True),
        lambda: repo.repro(f"s{chance.randrange(STAGES)}"),
        lambda: repo.add("d"),
        lambda: repo.commit(force=True),
    ]


@pytest.mark.parametrize("shared", [True, False])
def test_threads_wait_for_each_other_and_nothing_breaks(versions: Path, shared: bool):
    wrong: list[BaseException] = []
    one = Repo(wait=60)

    def work(seed: int) -> None:
        chance = random.Random(seed)
        repo = one if shared else Repo(wait=60)
        for _ in range(TURNS):
            try:
                chance.choice(verbs(repo, chance))()
            except (LockedError, BusyPathError):
                pass
            except StageFailedError as error:
                if "is busy" not in str(error):
                    wrong.append(error)
            except BaseException as error:  # noqa: BLE001 - any other is a failure of the test
                wrong.append(error)

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert Repo().fsck().hurt == []
    for version in ("v1", "v2"):
        subprocess.run(["git", "checkout", "-qf", version], check=True)
        Repo().checkout(force=True)
        assert (versions / "d" / "0").read_text() == (versions / "o0").read_text() == f"{version}\n"
        assert not Repo().status().stages
    assert not list((versions / ".dvc" / "tmp").rglob("*.tmp"))
