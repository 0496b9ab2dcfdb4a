"""What config and remote return."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class RemoteRow(Result):
    """One line of `remote list`."""

    name: str
    url: str
    default: bool


@dataclass(slots=True)
class RemoteListResult(TableResult):
    """`remote list`."""

    remotes: list[RemoteRow] = field(default_factory=list[RemoteRow])

    def table(self) -> Table:
        """A row for each remote."""
        return Table(["name", "url", "default"], [[row.name, row.url, row.default] for row in self.remotes], "name")


@dataclass(slots=True)
class ConfigResult(Result):
    """`config`: the value asked for, or with `--list` lines of (origin path, "a.b=value")."""

    value: str | None = None
    items: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
