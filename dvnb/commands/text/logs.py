"""The words of logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text.listing import natural_size

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import LogsResult
    from dvnb.repo.results.logs import StageLog

HEADERS = ("Stage", "Start", "Seconds", "State", "Exit", "Size")
NOTHING = "No log is kept."


def logs(result: LogsResult, args: Namespace, style: Style) -> str:
    """What was written, each run below a line about it where there are several; or a row for each run."""
    if args.follow and not args.list:
        return ""
    if not args.list:
        texts = [(run.text or "").removesuffix("\n") for run in result.runs]
        if len(texts) == 1:
            return texts[0]
        return "\n".join(f"==> {_about(run)} <==\n{text}" for run, text in zip(result.runs, texts, strict=True))
    if not result.runs:
        return NOTHING
    from dvnb.reports.render.table import table  # tables are drawn by few verbs

    return table(HEADERS, [_row(run) for run in result.runs])


def _row(run: StageLog) -> list[str]:
    seconds = "-" if run.seconds is None else f"{run.seconds:.1f}"
    status = "-" if run.status is None else str(run.status)
    return [run.stage, run.start or "-", seconds, run.state, status, natural_size(run.size)]


def _about(run: StageLog) -> str:
    ended = f"{run.state}, exited with {run.status}" if run.status else run.state
    return f"{run.stage} {run.start} {ended}"
