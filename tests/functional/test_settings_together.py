"""Settings that several threads change at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import LockedError
from dvnb.formats import settings
from dvnb.formats.config import Config
from dvnb.project.lock import FileLock

WAIT_SECONDS = 30

CHANGES: list[Callable[[Repo], object]] = [
    lambda repo: repo.config("core.autostage", "true"),
    lambda repo: repo.remote_add("there", "/there"),
    lambda repo: repo.cache_dir("/elsewhere"),
]


@pytest.mark.parametrize("first", range(len(CHANGES)))
def test_what_one_thread_sets_another_does_not_lose(repo: Path, monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """Others come just when the first has read the file and not yet written it."""
    others = [
        threading.Thread(target=change, args=[Repo(wait=WAIT_SECONDS)])
        for change in CHANGES
        if change is not CHANGES[first]
    ]
    read = Config.level_sections

    def late(self: Config, level: str) -> object:
        monkeypatch.setattr(Config, "level_sections", read)
        sections = read(self, level)
        for each in others:
            each.start()
            each.join(0.2)
        return sections

    monkeypatch.setattr(Config, "level_sections", late)
    CHANGES[first](Repo(wait=WAIT_SECONDS))
    for each in others:
        each.join(WAIT_SECONDS)
    text = Path(".dvc/config").read_text()
    assert "autostage = true" in text and "url = /there" in text and "dir = /elsewhere" in text


def test_settings_can_be_changed_while_a_long_verb_holds_the_lock(repo: Path) -> None:
    with Repo().project.lock():
        Repo(wait=0).config("core.autostage", "true")
        Repo(wait=0).config("dvnb.trash.max_age", "1")
    assert Repo().config("core.autostage").value == "true"
    assert Repo().config("dvnb.trash.max_age").value == "1"
    with FileLock(str(repo / ".dvc" / "tmp" / "dvnb" / "settings.lock")).hold():
        with pytest.raises(LockedError):
            Repo(wait=0).config("core.autostage", "false")
        with pytest.raises(LockedError):
            Repo(wait=0).config("dvnb.trash.max_age", "2")
    assert Repo().config("core.autostage").value == "true"
    assert settings.Settings(str(repo / ".dvc")).get("trash.max_age") == 1


def test_the_trash_is_not_pruned_while_somebody_works_in_the_project(repo: Path) -> None:
    """An undo, say, that is about to read what would go."""
    Repo().config("dvnb.trash.max_size", "0")
    Repo().config("core.autostage", "true")
    (last,) = Repo().operations().rows
    with Repo().project.lock():
        Repo(wait=0).config("core.autostage", "false")
        assert last.id in [row.id for row in Repo().operations().rows]
    Repo().config("core.autostage", "true")
    assert len(Repo().operations().rows) == 1
