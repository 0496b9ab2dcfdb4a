"""How results about stages look: definitions, runs, the DAG as a picture."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from dvnb.display import html, telling
from dvnb.display.html import Html, Part, Tone
from dvnb.pipeline.reasons import reasons
from dvnb.repo import results

_OUTCOMES: dict[str, Tone] = {
    "ran": "good",
    "restored": "info",
    "verified": "info",
    "would-run": "warn",
    "skipped": "dim",
    "blocked": "dim",
    "failed": "bad",
}


def defined(result: results.StageAddResult, args: Namespace) -> Part:
    """A stage's definition, and its run if it was run."""
    state = html.badge("created", "good") if result.created else html.badge("changed", "warn")
    title = html.join([state, " stage ", html.code(result.stage), " in ", html.code(result.file)])
    rows = [[key, _definition(value)] for key, value in result.definition.items()]
    parts: list[Part] = [html.note(title, "good"), html.table(["Key", "Value"], rows) if rows else ""]
    if result.run is not None:
        parts.append(reproduced(result.run, args))
    else:
        parts.append(telling.git_hint(result.to_stage, staged=result.staged))
    return html.join(parts)


def _definition(value: Any) -> Part:
    if isinstance(value, list):
        return html.lines(_definition(item) for item in value)
    if isinstance(value, dict):
        return html.lines(
            html.code(str(key)) if item is None else html.join([html.code(str(key)), ": ", _definition(item)])
            for key, item in value.items()
        )
    return html.code(str(value).lower() if isinstance(value, bool) else str(value))


def frozen(result: Any, args: Namespace) -> Part:
    """The stages that were frozen or thawed."""
    word = "unfrozen" if args.verb == "unfreeze" else "frozen"
    return html.table(["Stage", "State"], [[html.code(item.stage), html.badge(word, "info")] for item in result.stages])


def stages(result: results.StageListResult, args: Namespace) -> Part:
    """A row for each stage."""
    if not result.stages:
        return html.note("There are no stages.")
    return html.table(["Stage", "Description"], [[html.code(row.stage), row.description] for row in result.stages])


def dag(result: results.DagResult, args: Namespace) -> Part:
    """The graph as a picture, and what each node needs."""
    if not result.nodes:
        return html.note("There are no stages.")
    from dvnb.reports.render.dag import Graph  # drawing takes numpy with it
    from dvnb.reports.render.svg import svg_dag

    picture = Html(svg_dag(Graph(result.nodes, result.edges)))
    # Viewers that show no picture within HTML, such as that of GitHub, show the table.
    needs: dict[str, list[Part]] = {node: [] for node in result.nodes}
    for before, after in result.edges:
        needs.setdefault(after, []).append(html.code(before))
    rows = [[html.code(node), html.join(found, ", ")] for node, found in needs.items()]
    return html.join([picture, html.folded(f"{len(rows)} nodes", html.table(["Node", "Needs"], rows))])


def reproduced(result: results.ReproResult, args: Namespace) -> Part:
    """A row for each stage: what happened to it, why, and how long it took."""
    if not result.stages:
        return telling.up_to_date()
    rows = [
        [
            html.code(run.stage),
            html.badge(run.outcome, _OUTCOMES[run.outcome]),
            _why(run),
            f"{run.seconds:.1f} s" if run.seconds else "",
        ]
        for run in result.stages
    ]
    shown = html.table(["Stage", "Outcome", "Why", "Time"], rows, numbers=(3,))
    last = "" if result.changed or result.failed else telling.up_to_date()
    return html.join([shown, last, telling.git_hint(result.to_stage, staged=result.staged)])


def stage_cell(result: results.ReproResult, args: Namespace) -> Part:
    """What a `%%stage` cell came to, in a line."""
    run = next(run for run in result.stages if run.stage.rpartition(":")[2] == args.name)
    told = {
        "ran": f" ran in {run.seconds:.1f} s",
        "restored": " ran like this before: its outputs come from the cache",
        "skipped": " didn't change, skipped",
    }
    line = html.join(
        [html.badge(run.outcome, _OUTCOMES[run.outcome]), " ", html.code(run.stage), told.get(run.outcome, "")]
    )
    outs = [
        path
        for paths in (
            args.outs,
            args.outs_no_cache,
            args.metrics,
            args.metrics_no_cache,
            args.plots,
            args.plots_no_cache,
            [text.partition("=")[2] for text in args.saves],
        )
        for path in paths
    ]
    made = html.join([" → ", html.join(map(html.code, outs), ", ")]) if outs else ""
    why = _why(run) if run.reasons and run.outcome != "skipped" else ""
    parts = [html.note(html.join([line, made]), _OUTCOMES[run.outcome]), html.note(why) if why else ""]
    return html.join([*parts, telling.git_hint(result.to_stage, staged=result.staged)])


def _why(run: results.StageRun) -> Part:
    if run.message:
        return run.message
    return html.lines(
        html.join([f"{what} ", html.code(item), f" {state}"]) if item else f"{what} {state}"
        for what, item, state in reasons(run.reasons)
    )


def notebook_ran(result: results.NotebookRunResult, args: Namespace) -> Part:
    """What ran into which copy, with which parameters."""
    done = html.join(
        [
            html.code(result.notebook),
            " → ",
            html.code(result.output),
            f", {result.cells} cells in {result.seconds:.1f} s",
        ]
    )
    rows = [[html.code(name), html.code(repr(value))] for name, value in result.parameters.items()]
    return html.join([html.note(done, "good"), html.table(["Parameter", "Value"], rows) if rows else ""])
