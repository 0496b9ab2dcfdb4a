"""What `lineage` returns."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result, TableResult
from dvnb.reports.tables import Table

Kind = Literal["data", "file", "params", "notebook", "url", "stage", "origin"]
Role = Literal["target", "upstream", "downstream"]


@dataclass(slots=True)
class LineageNode(Result):
    """One place on the way. `name` is unique; `path` is what a person would type: a path, or a stage's address.

    `kind`: "data" is made by a stage or tracked by a .dvc file (`tracked_by`; `part_of`: the out it is a member of),
    "file", "params" and "notebook" are read by stages, "origin" is where imported data came from.
    `hash`, `size` and `params` (file -> key -> value) are those recorded; of a stage that never ran, params as of now.
    `notebook` of a stage: {"path", "output", "parameters"} of what it runs. `state`: how the workspace differs from
    what is recorded, None where it does not. `commit`: the last one that changed it ({"commit", "date", "author",
    "subject"}), None while that is not committed.
    """

    name: str
    path: str
    kind: Kind
    role: Role
    hash: str | None = None
    size: int | None = None
    nfiles: int | None = None
    type: str | None = None
    tracked_by: str | None = None
    part_of: str | None = None
    cmd: str | list[str] | None = None
    params: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    notebook: dict[str, Any] | None = None
    state: str | None = None
    commit: dict[str, str] | None = None

    def to_json(self) -> Json:
        """What is known; the commit always."""
        found = {name: getattr(self, name) for name in _FIELDS}
        return {name: value for name, value in found.items() if name == "commit" or value not in (None, {})}


_FIELDS = (
    "name", "path", "kind", "role", "hash", "size", "nfiles", "type", "tracked_by", "part_of", "cmd", "params",
    "notebook", "state", "commit",
)  # fmt: skip


@dataclass(slots=True)
class LineageResult(TableResult):
    """`lineage`: everything on the way to what was asked about, and from there; `rev` is None for the workspace.

    `edges` are (upstream, downstream) by the nodes' names.
    """

    target: str
    rev: str | None = None
    nodes: list[LineageNode] = field(default_factory=list[LineageNode])
    edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def node(self, name: str) -> LineageNode:
        """The node of this name. Raises: KeyError."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def table(self) -> Table:
        """A row for each node."""
        rows: list[list[Any]] = []
        for node in self.nodes:
            commit = node.commit or {}
            date = datetime.fromisoformat(commit["date"]) if commit else None
            values = [getattr(node, name) for name in _TABLE]
            params = {key: value for values in node.params.values() for key, value in values.items()} or None
            rows.append([*values, params, commit.get("commit"), date, commit.get("subject")])
        return Table([*_TABLE, "params", "commit", "date", "subject"], rows, index="name")


_TABLE = ("name", "kind", "role", "hash", "size", "state")
