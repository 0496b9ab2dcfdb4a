"""What all results share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.records import dataclass

if TYPE_CHECKING:
    from pandas import DataFrame  # pyright: ignore[reportMissingTypeStubs]

    from dvnb.reports.tables import Table

Json = Any


@dataclass(slots=True)
class Result:
    """Base of all results."""

    def to_json(self) -> Json:
        """The result as plain dicts and lists."""
        from dataclasses import fields  # only for who reads JSON

        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


@dataclass(slots=True)
class TableResult(Result):
    """A result that is a table, too: `table` says how, and all forms of it follow from that."""

    def table(self) -> Table:
        """The result as columns and rows of values."""
        raise NotImplementedError

    def to_df(self) -> DataFrame:
        """The result as a pandas DataFrame. Raises: DvnbError where pandas is not installed."""
        return self.table().to_df()

    def _repr_html_(self) -> str:
        return self.table().to_html()


def _plain(value: Any) -> Json:
    if isinstance(value, Result):
        return value.to_json()
    if isinstance(value, list):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if hasattr(value, "__dataclass_fields__"):
        from dataclasses import asdict

        return asdict(value)
    return value
