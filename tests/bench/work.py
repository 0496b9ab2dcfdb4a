"""What a row of the table is: a tool in a folder of its own, how that folder is made, and what is run in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class Bench:
    """One tool (dvnb, dvc, or the limit) in its own folder, `repo`, with a home and caches of its own beside it."""

    def __init__(self, tool: str, program: str, home: Path, run: Callable[[list[str], Bench], object]) -> None:
        self.tool = tool
        self.program = program
        self.home = home
        self.repo = home / "repo"
        self._run = run
        self.repo.mkdir(parents=True)

    @property
    def maker(self) -> str:
        """What makes a folder whose making is not measured: dvnb writes what dvc would, in a part of the time."""
        return str(Path(self.program).with_name("dvnb"))

    @property
    def versions(self) -> bool:
        """Whether it is dvnb or dvc; the limit has no project."""
        return self.tool != "limit"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the user's, no network, and bytecode written as everywhere."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "DVC_SITE_CACHE_DIR": str(self.home / "site"),
            "DVC_GLOBAL_CONFIG_DIR": str(self.home / "config"),
            "DVC_SYSTEM_CONFIG_DIR": str(self.home / "config"),
            "DVC_NO_ANALYTICS": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def __call__(self, *words: str) -> None:
        """Run something untimed."""
        self._run(list(words), self)

    def verb(self, *words: str) -> None:
        """Run one of the tool's verbs untimed."""
        self(self.program, *words)

    def init(self) -> None:
        """Make the folder a project."""
        self("git", "init", "-q")
        if self.versions:
            self.verb("init", "-q")

    def remove(self, *names: str) -> None:
        """Remove files and folders below the repo, and those of names that start with "../" beside it."""
        for name in names:
            path = self.home / name[3:] if name.startswith("../") else self.repo / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove what the tools remember outside of the repo."""
        self.remove("../cache", "../site", ".dvc/tmp")


@dataclass
class Row:
    """One line of the table.

    `limit` is what a person would run instead (a shell command), for the same bytes. The targets are bounds of dvnb's
    cost: at most `times_limit` times the limit's CPU and `wall_limit` times its wall clock, at most the `dvc_share`-th
    part of dvc's CPU, at most `memory` MB, at most `seconds` of wall clock. A `large` row takes minutes: it is measured once, and only if asked for; it
    may leave out `dvc` where that would take an hour.
    """

    what: str
    prepare: Callable[[Bench], None]
    verb: list[str]
    limit: str
    reset: Callable[[Bench], None] = lambda _bench: None
    times_limit: float | None = None
    wall_limit: float | None = None
    dvc_share: float | None = None
    memory: float | None = None
    seconds: float | None = None
    large: bool = False
    dvc: bool = True
