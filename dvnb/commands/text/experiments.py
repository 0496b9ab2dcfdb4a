"""The words of exp show, exp list, exp save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.repo.experiments.table import BASELINE, INNER, LAST, ExperimentTable, Look, Row, SortOrder, tabulate
from dvnb.reports.render.ruled import ruled_table
from dvnb.reports.render.table import table as plain_table
from dvnb.reports.render.values import DEFAULT_PRECISION, NOTHING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import ExperimentListResult, ExperimentSaveResult, ExperimentShowResult

_TREE = {INNER: "├── ", LAST: "└── ", BASELINE: ""}
_MERGED = ("rev", "typ", "parent")
_SHORT = 7


def shown(result: ExperimentShowResult, args: Namespace, style: Style) -> str:
    """A row for the workspace and for each baseline, its experiments below it."""
    table = tabulated(result, args)
    if not table.rows:
        return ""
    rows = [[row[header] or "" for header in table.headers] for row in table.rows]
    if args.csv:
        return _csv(table.headers, rows)
    if args.markdown:
        return plain_table(table.headers, rows, markdown=True)
    numbers = {at for at, header in enumerate(table.headers) if header in table.metrics}
    return ruled_table(table.headers, rows, right=numbers)


def tabulated(result: ExperimentShowResult, args: Namespace) -> ExperimentTable:
    """The table with the columns that are wanted."""
    fill = "" if args.csv else NOTHING
    look = Look(fill, args.precision or (None if args.csv else DEFAULT_PRECISION), iso=args.csv)
    order = SortOrder(args.sort_by, descending=args.sort_order == "desc") if args.sort_by else None
    table = tabulate(result.states, look, order)
    kept = _matching(table.headers, args.keep)
    dropped = {name for name in ("State", "Executor") if all(row[name] == fill for row in table.rows)}
    if not args.csv:
        for row in table.rows:
            row["Experiment"] = _experiment(row)
        dropped.update(_MERGED)
    if args.only_changed:
        dropped |= {name for name in table.headers if len({row[name] for row in table.rows}) == 1}
    dropped |= _matching(table.headers, args.drop)
    table.headers = [name for name in table.headers if name in kept or name not in dropped]
    return table


def listed(result: ExperimentListResult, args: Namespace, style: Style) -> str:
    """The experiments below the commit that they derive from."""
    lines: list[str] = []
    for baseline, experiments in result.experiments.items():
        if not (args.name_only or args.sha_only):
            lines.append(f"{result.names.get(baseline) or baseline[:_SHORT]}:")
        for name, commit in experiments.items():
            if args.name_only:
                lines.append(name)
            elif args.sha_only:
                lines.append(str(commit))
            else:
                lines.append(f"\t{commit[:_SHORT]} [{name}]" if commit else f"\t{name}")
    return "\n".join(lines)


def saved(result: ExperimentSaveResult, args: Namespace, style: Style) -> str:
    """The experiment's name, and how to get back the one that it replaced."""
    lines = [f"Experiment has been saved as: {result.name}"]
    if result.replaced:
        lines.append(f"It was {result.replaced[:_SHORT]} before: git update-ref {result.ref} {result.replaced}")
    return "\n".join(lines)


def _experiment(row: Row) -> str:
    name, rev, kind = row["Experiment"], row["rev"], row["typ"] or BASELINE
    shown = f"{rev} [{name}]" if name and kind != BASELINE else name or rev or ""
    return _TREE[kind] + shown


def _matching(headers: list[str], patterns: list[str]) -> set[str]:
    if not patterns:
        return set()
    import re

    pattern = re.compile("|".join(patterns))
    return {name for name in headers if pattern.match(name)}


def _csv(headers: list[str], rows: list[list[str]]) -> str:
    import csv
    from io import StringIO

    text = StringIO()
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue().removesuffix("\n")  # whoever prints it ends the line
