"""SIGKILL before each single change of a file, of each verb: nothing is lost, and all can go on or be taken back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Picture, contents, damaged, picture, replace_tree, temporaries


@dataclass(frozen=True)
class Scenario:
    """A verb, and what it is run on: `prepare` changes the playground, whose files are the current folder's."""

    prepare: Callable[[Path], None]
    command: tuple[str, ...]
    setup: tuple[tuple[str, ...], ...] = ()
    repeatable: bool = True
    """Whether the same command finishes what a killed one began; if not, `undo` does it first."""


def edit(root: Path) -> None:
    (root / "data.txt").write_text("changed\nb\nc\n")
    (root / "pics" / "one").write_text("changed one\n")
    (root / "pics" / "four").write_text("four\n")
    (root / "pics" / "two").unlink()
    (root / "new").write_text("new\n")


def spoil(root: Path) -> None:
    shutil.rmtree(root / "pics" / "sub")
    (root / "data.txt").unlink()
    (root / "model" / "b").unlink()


def forget(root: Path) -> None:
    spoil(root)
    shutil.rmtree(root / ".dvc" / "cache")


def tune(root: Path) -> None:
    (root / "params.yaml").write_text("lr: 2\nlines: 1\n")
    (root / "model" / "b").write_text("edited by hand\n")


def keep(_root: Path) -> None:
    pass


LINKS = ("config", "cache.type", "hardlink,symlink")
SCENARIOS = {
    "add": Scenario(edit, ("add", "new", "pics", "data.txt")),
    "add by hardlink": Scenario(edit, ("add", "new", "pics"), (LINKS,)),
    "add by symlink": Scenario(edit, ("add", "new", "pics"), (("config", "cache.type", "symlink"),)),
    "commit": Scenario(edit, ("commit", "-f")),
    "checkout": Scenario(spoil, ("checkout",)),
    "checkout -f": Scenario(edit, ("checkout", "-f")),
    "checkout --relink": Scenario(keep, ("checkout", "--relink"), (LINKS,)),
    "gc": Scenario(edit, ("gc", "-w", "-f"), (("add", "pics"), ("checkout",))),
    "remove --outs": Scenario(edit, ("remove", "--outs", "pics.dvc"), repeatable=False),
    "remove": Scenario(edit, ("remove", "pics.dvc", "data.txt.dvc"), (LINKS,), repeatable=False),
    "move": Scenario(edit, ("move", "pics", "images"), repeatable=False),
    "repro": Scenario(tune, ("repro",)),
    "pull": Scenario(forget, ("pull",)),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_each_change(name: str, playground: Path, mortal, dvc, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    for line in scenario.setup:
        assert mortal(*line).code == 0
    scenario.prepare(playground)
    shutil.rmtree(playground / ".git" / "dvnb", ignore_errors=True)
    template, killed = tmp_path / "template", tmp_path / "killed"
    replace_tree(playground, template)
    before, kept = picture(playground), contents(playground)
    undisturbed = mortal(*scenario.command)
    assert undisturbed.code == 0, undisturbed.err
    after = picture(playground)
    problems: list[str] = []
    for die in range(1, undisturbed.changes + 1):
        replace_tree(template, playground)
        assert mortal(*scenario.command, die=die).code == -9
        lost = kept - contents(playground)
        problems += [f"{die}: lost {path}" for path, (_, value) in before.items() if value in lost]
        problems += [f"{die}: left {path}" for path in temporaries(playground)]
        problems += [f"{die}: damaged {path}" for path in damaged(playground / ".dvc" / "cache")]
        replace_tree(playground, killed)
        problems += [f"{die}: undo {problem}" for problem in undone(mortal, before, playground)]
        if scenario.repeatable:
            replace_tree(killed, playground)
        problems += [f"{die}: again {problem}" for problem in repeated(mortal, scenario, after, playground)]
    assert problems == []
    assert dvc("status", "-q").code == 0


def undone(mortal, before: Picture, root: Path) -> list[str]:
    done = mortal("undo")
    if done.code and "there is nothing to undo" not in done.err:
        return [f"failed: {done.out} {done.err}"]
    return differences(before, picture(root))


def repeated(mortal, scenario: Scenario, after: Picture, root: Path) -> list[str]:
    done = mortal(*scenario.command)
    if done.code:
        return [f"failed: {done.err}"]
    return differences(after, picture(root))


def differences(wanted: Picture, found: Picture) -> list[str]:
    return [
        f"{path}: {found.get(path)} instead of {wanted.get(path)}"
        for path in sorted(wanted.keys() | found.keys())
        if wanted.get(path) != found.get(path)
    ]
