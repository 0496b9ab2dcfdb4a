"""Whatever verbs did, one after the other, undo brings the workspace back byte for byte."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError

NOTEBOOK = json.dumps({
    "cells": [{"cell_type": "code", "execution_count": 3, "id": "c", "metadata": {}, "source": ["1"], "outputs": [
        {"output_type": "execute_result", "execution_count": 3, "metadata": {}, "data": {"text/plain": ["1"]}}]}],
    "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
})  # fmt: skip
NAMES = ["a", "d/x", "d/y", "d/s/z", "e/w"]
TRACKED = ["a", "d", "e"]


def picture(root: Path) -> dict[str, bytes | str]:
    """All files, symlinks and empty folders of the workspace, the project's settings, git's index, refs and options."""
    found: dict[str, bytes | str] = {}
    for folder, dirs, names in os.walk(root):
        dirs[:] = [name for name in dirs if name not in (".git", "tmp", "cache")]
        here = Path(folder)
        if not dirs and not names:
            found[str(here.relative_to(root))] = "empty folder"
        for name in names:
            path = here / name
            found[str(path.relative_to(root))] = path.read_bytes() if path.exists() else os.readlink(path)
    found["git: index"] = subprocess.check_output(["git", "ls-files", "-s"], cwd=root)
    for path in (root / ".git" / "config", *(root / ".git" / "refs").rglob("*"), *(root / ".git" / "hooks").iterdir()):
        if path.is_file():
            found[f"git: {path.relative_to(root)}"] = path.read_bytes()
    return found


def write(name: str, content: str) -> None:
    for parent in reversed(Path(name).parents):
        if parent.is_file() or parent.is_symlink():
            parent.unlink()
    path = Path(name)
    if path.is_dir():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link to the cache
    path.write_text(content)


def delete(name: str) -> None:
    path = Path(name)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        path.unlink()


EDITS: list[Callable[[], None]] = [
    *[lambda name=name, text=text: write(name, text) for name in NAMES for text in ("1", "22")],
    *[lambda name=name: delete(name) for name in [*NAMES, *TRACKED, "out"]],
    lambda: write("d", "a file now"),
    lambda: write("a/b", "a folder now"),
    lambda: write("out", "by hand"),
    *[lambda text=text: Path("../elsewhere").write_text(text) for text in ("one", "other")],
    lambda: write("n.ipynb", NOTEBOOK),
    lambda: write(".dvcignore", "*.ignored\n"),
]
VERBS: list[tuple[str, Callable[[Repo], object]]] = [
    *[(f"add {name}", lambda repo, name=name: repo.add(name)) for name in TRACKED],
    ("add d/x", lambda repo: repo.add("d/x")),
    ("commit", lambda repo: repo.commit(force=True)),
    ("checkout", lambda repo: repo.checkout(force=True, allow_missing=True)),
    ("checkout d", lambda repo: repo.checkout("d", force=True, allow_missing=True)),
    ("checkout --rev", lambda repo: repo.checkout("d", rev="HEAD", force=True)),
    ("checkout --rev, verified", lambda repo: repo.checkout("e", rev="HEAD", force=True, verify=True)),
    ("relink", lambda repo: repo.checkout(relink=True, force=True, allow_missing=True)),
    *[(f"remove {name}", lambda repo, name=name: repo.remove(f"{name}.dvc", outs=True)) for name in TRACKED],
    ("remove", lambda repo: repo.remove("d.dvc")),
    ("remove d/x", lambda repo: repo.remove("d/x", outs=True)),
    ("move", lambda repo: repo.move("d", "m")),
    ("move back", lambda repo: repo.move("m", "d")),
    ("stage", lambda repo: repo.stage_add("s", "cat a > out", deps=["a"], outs=["out"], force=True)),
    ("repro", lambda repo: repo.repro()),
    ("repro by force", lambda repo: repo.repro(force=True)),
    ("freeze", lambda repo: repo.freeze("s")),
    ("unfreeze", lambda repo: repo.unfreeze("s")),
    ("gc", lambda repo: repo.gc(workspace=True)),
    ("unprotect", lambda repo: repo.unprotect("d", "a")),
    ("import-url", lambda repo: repo.import_url("../elsewhere", "i", force=True)),
    ("update", lambda repo: repo.update("i.dvc")),
    ("add from elsewhere", lambda repo: repo.add("../elsewhere", out="f/copy", force=True)),
    ("notebook clean", lambda repo: repo.notebook_clean("n.ipynb")),
    ("remote add", lambda repo: repo.remote_add("r", "../remote", default=True, force=True)),
    ("push", lambda repo: repo.push()),
    ("pull", lambda repo: repo.pull(force=True, allow_missing=True)),
    ("remove s", lambda repo: repo.remove("s", outs=True)),
    ("autostage", lambda repo: repo.config("core.autostage", "true")),
    ("exp save", lambda repo: repo.exp_save(force=True, name="e")),
    ("install", lambda repo: repo.install()),
    ("cache migrate", lambda repo: repo.cache_migrate(dvc_files=True)),
    ("symlink", lambda repo: repo.config("cache.type", "symlink")),
    ("hardlink", lambda repo: repo.config("cache.type", "hardlink,copy")),
    ("copy", lambda repo: repo.config("cache.type", "copy")),
]


@pytest.mark.parametrize("seed", range(24))
def test_undo_restores_and_repeats(home: Path, tmp_path: Path, monkeypatch, seed: int):
    chance = random.Random(seed)
    root = tmp_path / "repo"
    subprocess.run(["git", "init", "-q", root], check=True)
    Repo.init(root)
    monkeypatch.chdir(root)
    for name in NAMES:
        write(name, f"first {name}")
    write("n.ipynb", NOTEBOOK)
    Path("../elsewhere").write_text("one")
    repo = Repo(capture=True)
    repo.add(*TRACKED)
    repo.stage_add("s", "cat a > out", deps=["a"], outs=["out"], run=True)
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "commit", "-qm", "one"], check=True)
    done: list[tuple[str, str, dict[str, bytes | str]]] = []
    for _ in range(25):
        if chance.random() < 0.25:
            take_back(repo, root, done)
            chance.choice(EDITS)()
        before, known = picture(root), last(repo)
        verb, call = chance.choice(VERBS)
        with suppress(DvnbError):
            call(repo)
        after = picture(root)
        if last(repo) == known:
            assert after == before, verb
            continue
        if chance.random() < 0.3:
            for wanted in (before, after):
                assert repo.undo(last(repo)).left == {}, verb
                assert picture(root) == wanted, verb
        done.append((verb, str(last(repo)), before))
        if chance.random() < 0.2:
            half = done[len(done) // 2 :]
            del done[len(done) // 2 :]
            take_back(repo, root, half)
    take_back(repo, root, done)


def take_back(repo: Repo, root: Path, done: list[tuple[str, str, dict[str, bytes | str]]]) -> None:
    for verb, operation, before in reversed(done):
        assert repo.undo(operation).left == {}, verb
        assert picture(root) == before, verb
    done.clear()


def last(repo: Repo) -> str | None:
    rows = repo.operations().rows
    return rows[0].id if rows else None
