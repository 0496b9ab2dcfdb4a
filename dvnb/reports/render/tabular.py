"""A `Table` as CSV, Markdown and HTML, where dvc has no form of its own to keep."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from dvnb.reports.render.table import table as plain_table

if TYPE_CHECKING:
    from dvnb.reports.tables import Table

_CELL = "padding:.2em .8em;text-align:{align}"


def csv_table(table: Table) -> str:
    """Lines of comma-separated values, without the last line feed."""
    import csv
    from io import StringIO

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_text(value) for value in row] for row in table.rows)
    return text.getvalue().removesuffix("\n")


def markdown_table(table: Table) -> str:
    """A table as GitHub's Markdown has it."""
    headers = [_markdown(name) for name in table.columns]
    return plain_table(headers, [[_markdown(_text(value)) for value in row] for row in table.rows], markdown=True)


def html_table(table: Table) -> str:
    """A `<table>`; columns of numbers are aligned right."""
    aligned = [_alignment(row[at] for row in table.rows) for at in range(len(table.columns))]
    head = "".join(
        f'<th style="{_CELL.format(align=align)}">{escape(name)}</th>'
        for name, align in zip(table.columns, aligned, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL.format(align=align)}">{escape(_text(value))}</td>'
            for value, align in zip(row, aligned, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _alignment(values: Any) -> str:
    known = [value for value in values if value is not None]
    return "right" if known and all(type(value) in (int, float) for value in known) else "left"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, default=str) if isinstance(value, (list, dict)) else str(value)


def _markdown(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
