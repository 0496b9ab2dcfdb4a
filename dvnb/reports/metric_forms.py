"""Metrics files in the forms of dvc's first years: raw, json, csv, tsv, hcsv, htsv, and what of them counts.

An xpath is a path of keys in JSON (`auc.val`, `runs[0].acc`, `*` for all), the name of a column or `row,column` in
tables. Values are told by name, so that two revs can be compared.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any, cast

from dvnb.errors import FormatError

TYPES = ("raw", "json", "csv", "tsv", "hcsv", "htsv")


def read(data: bytes, path: str, form: dict[str, Any]) -> Any:
    """The metrics in `data`, by the `type` and the `xpath` of `form`; without a type the name of the file tells it.

    Raises: FormatError for what is not of that form, or has nothing at that place.
    """
    text = data.decode("utf-8", "replace")
    kind = form.get("type") or {".json": "json", ".csv": "csv", ".tsv": "tsv"}.get(path[path.rfind(".") :], "raw")
    xpath = str(form.get("xpath") or "")
    if kind == "raw":
        return _number(text.strip())
    found = _json(text, xpath, path) if kind == "json" else _table(text, kind, xpath)
    if not found:
        raise FormatError(f"'{path}' has nothing at '{xpath}'", path)
    return found


def _json(text: str, xpath: str, path: str) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"unable to read: '{path}', JSON file structure is corrupted: {error}"
        raise FormatError(message, path, error.lineno, error.colno) from error
    parts = [part for part in re.split(r"[.\[\]]+", xpath.removeprefix("$")) if part]
    return dict(_at(value, parts, ())) if parts else value


def _at(value: Any, parts: list[str], above: tuple[str, ...]) -> list[tuple[str, Any]]:
    """The values at a path, each under the path that leads to it."""
    if not parts:
        return [(".".join(above), value)]
    part, rest = parts[0].strip("'\""), parts[1:]
    if isinstance(value, list):
        members = {str(index): item for index, item in enumerate(cast("list[Any]", value))}
    else:
        members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    names = list(members) if part == "*" else [part] if part in members else []
    return [found for name in names for found in _at(members[name], rest, (*above, name))]


def _table(text: str, kind: str, xpath: str) -> dict[str, Any]:
    rows = [row for row in csv.reader(io.StringIO(text), delimiter="\t" if "tsv" in kind else ",") if row]
    names = (
        rows.pop(0)
        if kind.startswith("h") and rows
        else [str(number) for number in range(max(map(len, rows), default=0))]
    )
    table = [dict(zip(names, map(_number, row), strict=False)) for row in rows]
    first, comma, second = xpath.partition(",")
    if comma:
        column = second.strip()
        row = table[int(first)] if first.strip().isdigit() and int(first) < len(table) else {}
        name = column if column in row else names[int(column)] if column.isdigit() and int(column) < len(names) else ""
        return {xpath: row[name]} if name in row else {}
    if xpath:
        table = [{xpath: row[xpath]} for row in table if xpath in row]
    if len(table) == 1:
        return table[0]
    return {str(index): row for index, row in enumerate(table)}


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
