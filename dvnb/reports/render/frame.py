"""Tables as pandas DataFrames. pandas is no dependency: it is there where somebody wants a DataFrame."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from dvnb.errors import DvnbError

if TYPE_CHECKING:
    from pandas import DataFrame  # pyright: ignore[reportMissingTypeStubs]

    from dvnb.reports.tables import Table


def frame(table: Table) -> DataFrame:
    """The DataFrame of a table. Raises: DvnbError where pandas is not installed."""
    from importlib import import_module

    try:
        pd: Any = import_module("pandas")
    except ImportError as exc:
        raise DvnbError("a DataFrame needs pandas, which is not installed: pip install pandas") from exc
    columns = [
        _column(pd, [row[at] for row in table.rows]).rename(name)  # by place, since two revs may have one name
        for at, name in enumerate(table.columns)
    ]
    found = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    return found if table.index is None else found.set_index(table.index)


def _column(pd: Any, values: list[Any]) -> Any:
    """Values of one type as that type, others as they are."""
    known = [value for value in values if value is not None]
    kinds: set[type[Any]] = {type(value) for value in known}
    if kinds == {datetime}:
        return pd.Series(pd.to_datetime(values, utc=True))
    if kinds == {int} and len(known) < len(values):
        return pd.Series(values, dtype="Int64" if all(-(2**63) <= value < 2**63 for value in known) else object)
    if kinds == {bool} and len(known) < len(values):
        return pd.Series(values, dtype="boolean")
    if known and kinds <= {int, float}:
        return pd.Series(values, dtype=float if float in kinds else None)
    return pd.Series(values, dtype=None if kinds in ({str}, {bool}) else object)
