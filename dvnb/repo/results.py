"""What each verb returns: the shape of `--json`, of the magic's value and of a server's answer.

Paths are as a person in the project's current folder would type them (POSIX, relative to the cwd of the `Repo`),
unless a field says otherwise. Every result has `to_json()`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Json = Any


@dataclass(slots=True)
class Result:
    """Base of all results."""

    def to_json(self) -> Json:
        """The result as plain dicts and lists."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: Any) -> Json:
    if isinstance(value, Result):
        return value.to_json()
    if isinstance(value, list):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    return value


@dataclass(slots=True)
class InitResult(Result):
    """`init`: the new project's root (absolute); `in_git`: its files were staged in git."""

    root: str
    in_git: bool


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
    """`commit`: stages recorded again (their addressings)."""

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
class StatusResult(Result):
    """`status`: addressing -> list of reasons, as `dvc status --json` has them (SPEC 4.12).

    `empty`: the project tracks nothing at all.
    """

    stages: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    empty: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing changed."""
        return not self.stages

    def to_json(self) -> Json:
        """The stages alone, as dvc prints them."""
        return self.stages


@dataclass(slots=True)
class CloudStatusResult(Result):
    """`status --cloud`: path -> "new" (only here), "deleted" (only there), "missing" (nowhere)."""

    paths: dict[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> Json:
        """The paths alone, as dvc prints them."""
        return self.paths


@dataclass(slots=True)
class DataStatusResult(Result):
    """`data status`: groups as `dvc data status --json` has them (SPEC 6.4); empty groups are left out."""

    groups: dict[str, Any] = field(default_factory=dict[str, Any])
    has_data: bool = True

    def to_json(self) -> Json:
        """The groups alone."""
        return self.groups


@dataclass(slots=True)
class StageRow(Result):
    """One line of `stage list`."""

    stage: str
    description: str


@dataclass(slots=True)
class StageListResult(Result):
    """`stage list`."""

    stages: list[StageRow] = field(default_factory=list[StageRow])


@dataclass(slots=True)
class StageAddResult(Result):
    """`stage add`, `notebook stage`, `freeze`, `unfreeze`: the stage and its definition as dvc.yaml has it now."""

    stage: str
    file: str
    definition: dict[str, Any]
    created: bool = True
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False
    run: ReproResult | None = None


Outcome = Literal["ran", "skipped", "restored", "verified", "failed", "would-run", "blocked"]


@dataclass(slots=True)
class StageRun(Result):
    """What happened to one stage; `reasons` as in `status`."""

    stage: str
    outcome: Outcome
    reasons: list[Any] = field(default_factory=list[Any])
    seconds: float = 0.0
    message: str = ""


@dataclass(slots=True)
class ReproResult(Result):
    """`repro` and `run`: every stage in the order it was dealt with."""

    stages: list[StageRun] = field(default_factory=list[StageRun])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False

    def _named(self, *outcomes: Outcome) -> list[str]:
        return [run.stage for run in self.stages if run.outcome in outcomes]

    @property
    def changed(self) -> list[str]:
        """Stages that did something."""
        return self._named("ran", "restored", "verified", "would-run")

    @property
    def ran(self) -> list[str]:
        """Stages whose commands ran."""
        return self._named("ran")

    @property
    def skipped(self) -> list[str]:
        """Stages that had not changed."""
        return self._named("skipped")

    @property
    def failed(self) -> list[str]:
        """Stages that failed (with `keep_going`)."""
        return self._named("failed")


@dataclass(slots=True)
class DagResult(Result):
    """`dag`: node names in drawing order and edges (upstream, downstream)."""

    nodes: list[str] = field(default_factory=list[str])
    edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass(slots=True)
class MetricsShowResult(Result):
    """`metrics show`: rev -> {"data": {file: {"data": values} | {"error": …}}}; the workspace alone is ""."""

    revs: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> Json:
        """The revs alone, as dvc prints them."""
        return self.revs


@dataclass(slots=True)
class DiffResult(Result):
    """`metrics diff` and `params diff`: file -> dotted key -> {"old", "new"[, "diff"]} (SPEC 6.4).

    `a` and `b` are the two revs as given, "workspace" for the workspace; `errors`: revs of which a file failed to load.
    """

    files: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    a: str = "HEAD"
    b: str = "workspace"
    errors: list[str] = field(default_factory=list[str])

    def to_json(self) -> Json:
        """The files alone, as dvc prints them."""
        return self.files


@dataclass(slots=True)
class RemoteRow(Result):
    """One line of `remote list`."""

    name: str
    url: str
    default: bool


@dataclass(slots=True)
class RemoteListResult(Result):
    """`remote list`."""

    remotes: list[RemoteRow] = field(default_factory=list[RemoteRow])


@dataclass(slots=True)
class TransferSummary(Result):
    """`push` and `fetch`: how many objects went, which failed, which are missing on both sides (hashes)."""

    transferred: int = 0
    failed: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class PullResult(Result):
    """`pull`: what was fetched and what the checkout then did."""

    fetch: TransferSummary
    checkout: CheckoutResult


@dataclass(slots=True)
class ConfigResult(Result):
    """`config`: the value asked for, or with `--list` lines of (origin path, "a.b=value")."""

    value: str | None = None
    items: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


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
class NotebookRunResult(Result):
    """`notebook run`: cells executed, seconds, the executed copy, and the parameters that were injected."""

    notebook: str
    output: str
    cells: int
    seconds: float
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class NotebookCleanResult(Result):
    """`notebook clean`: the notebooks that were rewritten, and those that were clean already."""

    cleaned: list[str] = field(default_factory=list[str])
    unchanged: list[str] = field(default_factory=list[str])
