"""Stages, outs and deps as meant: absolute paths, resolved values, and what was recorded of each.

Dep and Out are siblings and hold no Stage and no project; whoever works on them passes both in.
Source: dvc's stage/__init__.py, output.py, dependency/param.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

from dvnb.objects.hashing import Fingerprint
from dvnb.records import dataclass, field

OutKind = Literal["outs", "metrics", "plots"]


@dataclass(slots=True, eq=False)
class Out:
    """Something a stage makes, or data that a .dvc file tracks.

    `path` is absolute; `text` is the path as the file has it, relative to the stage's wdir, POSIX.
    """

    path: str
    text: str
    kind: OutKind = "outs"
    cache: bool = True
    persist: bool = False
    push: bool = True
    remote: str | None = None
    desc: str | None = None
    type: str | None = None
    labels: list[str] = field(default_factory=list[str])
    meta: dict[str, Any] | None = None
    plot: dict[str, Any] | list[Any] | None = None
    recorded: Fingerprint | None = None


@dataclass(slots=True, eq=False)
class Dep:
    """Something a stage reads. `repo`/`db` are an import's origin as written, `fs_config` settings to read it with."""

    path: str
    text: str
    recorded: Fingerprint | None = None
    repo: dict[str, Any] | None = None
    db: dict[str, Any] | None = None
    fs_config: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class ParamsDep:
    """Keys of one params file; no keys: the whole file. `recorded` is None where the lock has no entry for the file."""

    path: str
    text: str
    keys: list[str]
    recorded: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Stage:
    """One node of the graph: a stage of a dvc.yaml (`name` set) or a .dvc file (`name` None).

    `file` is the dvc.yaml or .dvc file, absolute. `cmd` is resolved; None for data sources. `locked`: the lock file
    has an entry, whose command is `recorded_cmd`. An import's `recorded_md5` differs from its `definition_md5` when
    its .dvc file was edited. `generator` is the name of the foreach or matrix it came from. `used` are the variables
    that its text took from files: file (absolute) -> dotted key -> value.
    """

    file: str
    name: str | None
    wdir: str
    cmd: str | list[str] | None = None
    deps: list[Dep] = field(default_factory=list[Dep])
    params: list[ParamsDep] = field(default_factory=list[ParamsDep])
    outs: list[Out] = field(default_factory=list[Out])
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    meta: Any = None
    locked: bool = False
    recorded_cmd: str | list[str] | None = None
    recorded_md5: str | None = None
    definition_md5: str | None = None
    generator: str | None = None
    templated: bool = False
    used: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @property
    def is_data_source(self) -> bool:
        """Whether it only tracks data: no command."""
        return self.cmd is None

    @property
    def is_import(self) -> bool:
        """Whether its data comes from elsewhere: one dep, one out, no command."""
        return self.cmd is None and len(self.deps) == 1 and len(self.outs) == 1

    @property
    def is_import_of_url(self) -> bool:
        """Whether it was imported from a URL or a path, rather than from a repo or a database."""
        return self.is_import and self.deps[0].repo is None and self.deps[0].db is None

    @property
    def is_callback(self) -> bool:
        """Whether it runs every time because it declares nothing that could change."""
        return bool(self.cmd) and not (self.deps or self.params or self.outs)

    def commands(self) -> Iterator[str]:
        """The command lines in order, but for blank ones."""
        return (line for line in self.lines() if line.strip())

    def lines(self) -> list[str]:
        """The command lines as they are told; a string is split at line breaks, as dvc does."""
        return self.cmd if isinstance(self.cmd, list) else (self.cmd or "").splitlines()

    def reads(self) -> list[str]:
        """The paths that others may read while it runs, but not change."""
        deps = [dep.path for dep in self.deps if dep.repo is None and dep.db is None]
        return [*deps, *(params.path for params in self.params)]

    def writes(self) -> list[str]:
        """The paths that are its own while it runs."""
        return [out.path for out in self.outs]

    def find_out(self, path: str) -> Out | None:
        """The out at this absolute path."""
        return next((out for out in self.outs if out.path == path), None)


def address(stage: Stage, cwd: str) -> str:
    """A stage as it is addressed from the folder `cwd`: `train`, `sub/dvc.yaml:train`, `data.csv.dvc`."""
    file = os.path.relpath(stage.file, cwd)
    if stage.name is None:
        return file
    return stage.name if file == "dvc.yaml" else f"{file}:{stage.name}"
