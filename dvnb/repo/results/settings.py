"""What config and remote return."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


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
class ConfigResult(Result):
    """`config`: the value asked for, or with `--list` lines of (origin path, "a.b=value")."""

    value: str | None = None
    items: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
