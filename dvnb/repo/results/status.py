"""What status and data status return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, TableResult

if TYPE_CHECKING:
    from dvnb.reports.tables import Table


@dataclass(slots=True)
class StatusResult(TableResult):
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

    def table(self) -> Table:
        """A row for each thing that changed."""
        from dvnb.pipeline.reasons import reasons
        from dvnb.reports.tables import Table  # `status` itself must be quick

        rows = [[stage, *reason] for stage, found in self.stages.items() for reason in reasons(found)]
        return Table(["stage", "kind", "path", "state"], rows)


@dataclass(slots=True)
class CloudStatusResult(TableResult):
    """`status --cloud`: path -> "new" (only here), "deleted" (only there), "missing" (nowhere); `remote` by name.

    `empty`: the project tracks nothing at all.
    """

    paths: dict[str, str] = field(default_factory=dict[str, str])
    remote: str = ""
    empty: bool = False

    def to_json(self) -> Json:
        """The paths alone, as dvc prints them."""
        return self.paths

    def table(self) -> Table:
        """A row for each path."""
        from dvnb.reports.tables import Table

        return Table(["path", "state"], [[path, state] for path, state in self.paths.items()])


@dataclass(slots=True)
class DataStatusResult(TableResult):
    """`data status`: groups as `dvc data status --json` has them (SPEC 6.4); empty groups are left out.

    `git_dirty`: git knows of changes of its own. `git_empty`: git has no commit yet.
    """

    groups: dict[str, Any] = field(default_factory=dict[str, Any])
    has_data: bool = True
    git_dirty: bool = False
    git_empty: bool = False

    def to_json(self) -> Json:
        """The groups alone."""
        return self.groups

    def table(self) -> Table:
        """A row for each path of each group; `state` is "" in groups that know only one, `old` where it was before."""
        from dvnb.reports.tables import Table

        rows: list[list[Any]] = []
        for group, found in self.groups.items():
            kinds = cast("dict[str, list[Any]]", found if isinstance(found, dict) else {"": found})
            rows += [[group, state, *_moved(item)] for state, items in kinds.items() for item in items]
        return Table(["group", "state", "path", "old"], rows)


def _moved(item: Any) -> list[Any]:
    return [item["new"], item["old"]] if isinstance(item, dict) else [item, None]
