"""A result as a table in the form that was asked for: `--csv`, and `--md` of verbs where dvc has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.repo.results.result import TableResult

CSV, MARKDOWN = "csv", "markdown"


def formed(result: TableResult, form: str, args: Namespace) -> str:
    """The table with values as they are, floats rounded only if `--precision` says so."""
    table = result.table()
    precision = getattr(args, "precision", None)
    if precision:
        table.rows = [[round(cell, precision) if isinstance(cell, float) else cell for cell in r] for r in table.rows]
    if getattr(args, "no_path", False):
        at = table.columns.index("Path")
        table.columns = [*table.columns[:at], *table.columns[at + 1 :]]
        table.rows = [[*row[:at], *row[at + 1 :]] for row in table.rows]
    return table.to_csv() if form == CSV else table.to_markdown()
