"""What init, destroy, install and cache migrate return."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class InitResult(Result):
    """`init`: the new project's root (absolute); `in_git`: its files were staged in git."""

    root: str
    in_git: bool


@dataclass(slots=True)
class InstallResult(Result):
    """`install`: the files that make git call dvnb, and the command of the merge driver; nothing without git."""

    files: list[str] = field(default_factory=list[str])
    driver: str = ""


@dataclass(slots=True)
class MigrateResult(Result):
    """`cache migrate`: how many objects of dvc 2 there are or were moved, and the metafiles rewritten.

    `files` is None where metafiles were not asked for; `left` are outputs and deps whose content is nowhere to be
    hashed anew. `dry`: nothing was changed.
    """

    objects: int = 0
    files: list[str] | None = None
    left: list[str] = field(default_factory=list[str])
    dry: bool = False
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False


@dataclass(slots=True)
class DestroyResult(Result):
    """`destroy`: the folder (absolute) where all of it lies now."""

    trash: str
