"""What the verbs that track, restore, move and drop data return."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class TrackedOut(Result):
    """One output as recorded: `file` is its .dvc or dvc.yaml file."""

    path: str
    file: str
    hash: str | None
    size: int | None
    nfiles: int | None


@dataclass(slots=True)
class AddResult(Result):
    """`add`: what is tracked now. `to_stage`: metafiles that git should be told of; `staged`: git was told already."""

    outs: list[TrackedOut] = field(default_factory=list[TrackedOut])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False


@dataclass(slots=True)
class CommitResult(Result):
    """`commit`: stages recorded again (their addressings). `to_stage`: metafiles that git should be told of."""

    stages: list[str] = field(default_factory=list[str])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False


@dataclass(slots=True)
class CheckoutResult(Result):
    """`checkout`: workspace paths that changed (folders end in "/"), and counts of files.

    `relinked`: links were made anew. `missing`: outputs that could not be restored (with `allow_missing`).
    """

    modified: list[str] = field(default_factory=list[str])
    added: list[str] = field(default_factory=list[str])
    deleted: list[str] = field(default_factory=list[str])
    files_modified: int = 0
    files_added: int = 0
    files_deleted: int = 0
    relinked: bool = False
    missing: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class IgnoreMatch(Result):
    """`check-ignore`: `file`, `line` and `pattern` of the last match; None where nothing matched."""

    path: str
    ignored: bool
    file: str | None = None
    line: int | None = None
    pattern: str | None = None


@dataclass(slots=True)
class IgnoreResult(Result):
    """`check-ignore`."""

    matches: list[IgnoreMatch] = field(default_factory=list[IgnoreMatch])


@dataclass(slots=True)
class RemoveResult(Result):
    """`remove`: stages that were forgotten (their addressings), members taken out of folders, data that was deleted."""

    stages: list[str] = field(default_factory=list[str])
    members: list[str] = field(default_factory=list[str])
    deleted: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class MoveResult(Result):
    """`move`: where the data is now, and the .dvc file that tracks it."""

    path: str
    file: str
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False


@dataclass(slots=True)
class UnprotectResult(Result):
    """`unprotect`: paths that hold writable copies now."""

    paths: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class GcStore(Result):
    """What `gc` did to one store: `kind` is "repo", "legacy" or "remote"; `paths` is filled by a dry run only.

    `size` is in bytes, None where the remote does not tell; `trash` is the folder where the objects lie now.
    """

    kind: str
    removed: int = 0
    size: int | None = 0
    paths: list[str] = field(default_factory=list[str])
    trash: str | None = None


@dataclass(slots=True)
class GcResult(Result):
    """`gc`: store by store; `refused`: the question was answered with no."""

    stores: list[GcStore] = field(default_factory=list[GcStore])
    dry: bool = False
    refused: bool = False
