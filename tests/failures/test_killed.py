"""SIGKILL before each single change of a file, of each verb: nothing is lost, and all can go on or be taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from survival import Mortal, Picture, contents, damaged, picture, replace_tree, temporaries

from dvnb import Repo


@dataclass(frozen=True)
class Scenario:
    """A verb, and what it is run on: `prepare` changes the playground, whose files are the current folder's."""

    prepare: Callable[[Path], None]
    command: tuple[str, ...]
    setup: tuple[tuple[str, ...], ...] = ()
    repeatable: bool = True
    """Whether the same command finishes what a killed one began; if not, `undo` comes first."""
    begun: tuple[tuple[str, ...], ...] = ()
    """What was done right before, and can be undone."""
    step: int = 1
    """More than 1 where another scenario has most of the same changes."""


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


def age(root: Path) -> None:
    """An object that nothing uses."""
    for content in ("older\n", "a\nb\nc\n"):
        (root / "data.txt").write_text(content)
        assert Repo().add("data.txt")
    edit(root)


def keep(_root: Path) -> None:
    pass


LINKS = ("config", "cache.type", "hardlink,symlink")
SCENARIOS = {
    "add": Scenario(edit, ("add", "new", "pics", "data.txt")),
    "add by hardlink": Scenario(edit, ("add", "new", "pics"), (LINKS,), step=3),
    "add by symlink": Scenario(edit, ("add", "new", "pics"), (("config", "cache.type", "symlink"),), step=3),
    "commit": Scenario(edit, ("commit", "-f"), step=3),
    "checkout": Scenario(spoil, ("checkout",)),
    "checkout -f": Scenario(edit, ("checkout", "-f")),
    "checkout --relink": Scenario(keep, ("checkout", "--relink"), (LINKS,)),
    "gc": Scenario(age, ("gc", "-w", "-f")),
    "remove --outs": Scenario(edit, ("remove", "--outs", "pics.dvc"), repeatable=False),
    "remove": Scenario(edit, ("remove", "pics.dvc", "data.txt.dvc"), (LINKS,), repeatable=False),
    "move": Scenario(edit, ("move", "pics", "images"), repeatable=False),
    "repro": Scenario(tune, ("repro",)),
    "pull": Scenario(forget, ("pull",)),
    "undo of checkout": Scenario(edit, ("undo",), begun=(("checkout", "-f"),)),
    "undo of repro": Scenario(tune, ("undo",), begun=(("repro",),)),
    "undo of gc": Scenario(edit, ("undo",), begun=(("add", "pics", "data.txt", "new"), ("gc", "-w", "-f"))),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_each_change(name: str, playground: Path, mortal: Mortal, dvc: Any, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    for line in scenario.setup:
        assert mortal(*line).code == 0
    scenario.prepare(playground)
    shutil.rmtree(playground / ".git" / "dvnb", ignore_errors=True)
    for line in scenario.begun:
        assert mortal(*line).code == 0
    template, killed = tmp_path / "template", tmp_path / "killed"
    replace_tree(playground, template)
    before, kept = picture(playground), contents(playground)
    undisturbed = mortal(*scenario.command)
    assert undisturbed.code == 0, undisturbed.err
    after = picture(playground) | objects(playground)
    problems: list[str] = []
    seen: set[str] = set()
    for die in range(1, undisturbed.changes + 1, scenario.step):
        replace_tree(template, playground)
        assert mortal(*scenario.command, die=die).code == -9
        lost = kept - contents(playground)
        problems += [f"{die}: lost {path}" for path, (_, value) in before.items() if value in lost]
        problems += [f"{die}: left {path}" for path in temporaries(playground)]
        problems += [f"{die}: damaged {path}" for path in damaged(playground / ".dvc" / "cache")]
        if (state := left_behind(playground)) in seen:
            continue
        seen.add(state)
        if not scenario.begun:
            replace_tree(playground, killed)
            problems += [f"{die}: undo {problem}" for problem in undone(mortal, before, playground)]
            if scenario.repeatable:
                replace_tree(killed, playground)
        elif is_done(playground):
            continue
        problems += [f"{die}: again {problem}" for problem in repeated(mortal, scenario, after, playground)]
    assert not problems, "\n".join(problems)
    stock = dvc("status", "--json")
    assert stock.code == 0, stock.err
    assert json.loads(stock.out) == json.loads(mortal("status", "--json").out)


def is_done(root: Path) -> bool:
    """Whether an undo came so far as to say that it is done."""
    return any('"undone"' in path.read_text() for path in root.glob(".git/dvnb/trash/*/journal.jsonl"))


def objects(root: Path) -> Picture:
    """The objects of the cache."""
    return {path.name: ("object", "") for path in root.glob(".dvc/cache/files/md5/??/*") if path.suffix != ".tmp"}


def left_behind(root: Path) -> str:
    """All that a killed process left that others can see: files, objects, notes in the journal."""
    journals = [path.read_text().count("\n") for path in root.glob(".git/dvnb/trash/*/journal.jsonl")]
    kept = sorted(path.name for path in root.glob(".git/dvnb/trash/*/*/*"))
    links = sorted(str(path.stat().st_nlink) for path in root.glob("**/*") if path.is_file())
    return repr((picture(root), objects(root), journals, kept, links))


def undone(mortal: Mortal, before: Picture, root: Path) -> list[str]:
    done = mortal("undo")
    if done.code and "there is nothing to undo" not in done.err:
        return [f"failed: {done.out} {done.err}"]
    return differences(before, picture(root))


def repeated(mortal: Mortal, scenario: Scenario, after: Picture, root: Path) -> list[str]:
    done = mortal(*scenario.command)
    if done.code:
        return [f"failed: {done.out} {done.err}"]
    return differences(after, picture(root) | objects(root))


def differences(wanted: Picture, found: Picture) -> list[str]:
    return [
        f"{path}: {found.get(path)} instead of {wanted.get(path)}"
        for path in sorted(wanted.keys() | found.keys())
        if wanted.get(path) != found.get(path)
    ]
