"""What the commands of a stage wrote, in a notebook: colours as in a terminal, long output folded."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from dvnb.commands.text.listing import natural_size
from dvnb.commands.text.logs import HEADERS, NOTHING
from dvnb.display import ansi, html
from dvnb.display.html import Html, Part, Tone
from dvnb.repo.results import LogsResult
from dvnb.repo.results.logs import StageLog

_TONES: dict[str, Tone] = {"done": "good", "failed": "bad", "stopped": "warn", "killed": "bad", "running": "info"}
_STDERR = "background:rgba(217,83,79,.12)"
_PRE = "margin:.3em 0;padding:.4em .8em;overflow-x:auto;background:rgba(128,128,128,.07);color:inherit;line-height:1.4"
_LAST = 30  # lines that are shown without being asked for
_MOST = 2000


def logs(result: LogsResult, args: Namespace) -> Part:
    """What each run wrote, below a line about it; of `--list` a row for each run."""
    if not result.runs:
        return html.note(NOTHING)
    if args.list:
        return html.table(HEADERS, [_row(run) for run in result.runs], numbers=(2, 4, 5))
    return html.join(html.join([_about(run), _written(run)]) for run in result.runs)


def _row(run: StageLog) -> list[Part]:
    seconds = "" if run.seconds is None else f"{run.seconds:.1f}"
    status = "" if run.status is None else str(run.status)
    return [html.code(run.stage), run.start or "", seconds, _state(run), status, natural_size(run.size)]


def _state(run: StageLog) -> Html:
    return html.badge(run.state, _TONES.get(run.state, "dim"))


def _about(run: StageLog) -> Html:
    told = [
        f" in {run.seconds:.1f} s" if run.seconds is not None else "",
        f", started {run.start}" if run.start else "",
    ]
    exited = f", exited with {run.status}" if run.status else ""
    return html.note(html.join([_state(run), " ", html.code(run.stage), *told, exited]), _TONES.get(run.state, "dim"))


def _written(run: StageLog) -> Part:
    if run.text is None:  # of `--follow` it was told as it came
        return ""
    lines = ansi.lines(_streams(run))
    if not lines:
        return html.note("It wrote nothing.")
    left_out = max(len(lines) - _MOST, 0)
    early, late = lines[left_out:-_LAST], lines[-_LAST:]
    more = f" ({left_out:,} more are in {run.path})" if left_out else ""
    folded = html.folded(f"{len(early):,} earlier lines{more}", _pre(early)) if early else ""
    return html.join([folded, _pre(late)])


def _streams(run: StageLog) -> Iterator[tuple[str, str]]:
    """The text with the style of the stream that it went to."""
    data = (run.text or "").encode()
    if sum(int(size) for _, size in run.streams) != len(data):  # what could not be decoded has another length now
        yield run.text or "", ""
        return
    at = 0
    for stream, size in run.streams:
        yield data[at : at + int(size)].decode("utf-8", "replace"), _STDERR if stream == "stderr" else ""
        at += int(size)


def _pre(lines: list[Html]) -> Html:
    return Html(f'<pre style="{_PRE}">{html.join(lines, chr(10))}</pre>')
