"""How each verb's result looks in a notebook."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from dvnb.commands.command import Command
from dvnb.commands.text import words
from dvnb.commands.text.tables import CSV, MARKDOWN
from dvnb.display import html, numbers, telling
from dvnb.display.html import Part
from dvnb.display.views import (
    data,
    elsewhere,
    experiments,
    history,
    lineage,
    listing,
    logs,
    notebook_files,
    pipeline,
    plots,
    removal,
    review,
    safety,
    stagecells,
    why,
)
from dvnb.repo import results

View = Callable[[Any, Namespace], Part]


def view(result: results.Result, command: Command, args: Namespace, text: str) -> dict[str, Any]:
    """The bundle of one result: `text` as text/plain, and what can be drawn of it beside."""
    bundle: dict[str, Any] = {"text/plain": text}
    if getattr(args, "table_form", None) == CSV:
        return bundle
    if getattr(args, "markdown", False) or getattr(args, "table_form", None) == MARKDOWN:
        return bundle | {"text/markdown": text}
    if getattr(args, "dot", False) or getattr(args, "mermaid", False):
        return bundle
    draw = _VIEWS.get(" ".join(command.name))
    if draw is not None:
        drawn = draw(result, args)
        bundle["text/html"] = str(html.block(drawn or html.note("Done.", "good")))
    if isinstance(result, results.DagResult):
        bundle |= _graph(result.nodes, result.edges)
    if isinstance(result, results.LineageResult):
        bundle |= _graph([node.name for node in result.nodes], result.edges)
    if isinstance(result, results.PlotsResult):
        bundle |= plots.bundle(result)
    return bundle


def _graph(nodes: list[str], edges: list[tuple[str, str]]) -> dict[str, Any]:
    """The picture by itself, and as Mermaid, for front ends that want those."""
    from dvnb.reports.render.dag import Graph
    from dvnb.reports.render.mermaid import mermaid
    from dvnb.reports.render.svg import svg_dag

    graph = Graph(nodes, edges)
    return {"image/svg+xml": svg_dag(graph), "text/vnd.mermaid": mermaid(graph)} if nodes else {}


def remotes(result: results.RemoteListResult, args: Namespace) -> Part:
    """A row for each remote."""
    if not result.remotes:
        return html.note("There are no remotes.")
    rows = [
        [html.code(row.name), html.code(row.url), html.badge("default", "good") if row.default else ""]
        for row in result.remotes
    ]
    return html.table(["Remote", "URL", ""], rows)


def option(result: results.ConfigResult, args: Namespace) -> Part:
    """The value asked for, or a row for each setting."""
    if result.items:
        rows: list[list[Part]] = []
        for path, line in result.items:
            name, equals, value = line.partition("=")
            rows.append([html.code(name) if equals else "", html.code(value if equals else line), html.code(path)])
        return html.table(["Setting", "Value", "File"], rows)
    return html.note(html.code(result.value)) if result.value else html.note("Done." if args.value else "Not set.")


def remote_changed(result: results.ConfigResult, args: Namespace) -> Part:
    """That it was done, or which remote is the default."""
    if result.value:
        return html.note(html.code(result.value))
    return html.note(html.join([html.code(args.name), " saved."]), "good") if args.name else html.note("Not set.")


def initialized(result: results.InitResult, args: Namespace) -> Part:
    """Where the project is now."""
    return html.note(html.join(["Initialized ", html.code(result.root), "."]), "good")


def installed(result: results.InstallResult, args: Namespace) -> Part:
    """A row for each file that makes git call dvnb."""
    if not result.files:
        return html.note("Without git there is nothing to install.")
    rows = [[html.code(path)] for path in result.files]
    driver = html.folded("merge driver", html.code(result.driver)) if result.driver else ""
    return html.join([html.table(["Installed"], rows), driver])


def migrated(result: results.MigrateResult, args: Namespace) -> Part:
    """How many objects, and which metafiles."""
    word = "would be migrated" if result.dry else "migrated"
    parts: list[Part] = [html.note(f"{words.counts([(result.objects, word)]) or 'Nothing to migrate'}.", "good")]
    if result.files:
        parts.append(
            html.table(["Would be rewritten" if result.dry else "Rewritten"], [[html.code(f)] for f in result.files])
        )
    parts += [html.note(html.join([html.code(path), " keeps its hash of DVC 2"]), "warn") for path in result.left]
    return html.join([*parts, telling.git_hint(result.to_stage, staged=result.staged)])


def root(result: Any, args: Namespace) -> Part:
    """The path."""
    return html.note(html.code(result.root))


def version(result: Any, args: Namespace) -> Part:
    """A row for each version."""
    rows = [["dvnb", result.dvnb], ["Python", result.python], ["platform", result.platform], *result.packages.items()]
    rows += [
        ["repo", result.root or "none here"],
        ["cache", result.cache or "-"],
        ["cache types", ", ".join(result.link_types or []) or "-"],
        *([f"{what} directory", kind] for what, kind in result.filesystems.items()),
        ["remotes", ", ".join(result.remotes) or "-"],
    ]
    table = html.table(["", "Version"], [[key, html.code(value)] for key, value in rows])
    return html.join([table, *(html.note(problem, "bad") for problem in result.problems)])


_VIEWS: dict[str, View] = {
    "add": data.added,
    "artifacts get": elsewhere.got,
    "cache dir": option,
    "cache migrate": migrated,
    "check-ignore": data.ignored,
    "checkout": data.checked_out,
    "commit": data.committed,
    "config": option,
    "dag": pipeline.dag,
    "data status": data.data_status,
    "dataset add": why.dataset,
    "dataset update": why.dataset,
    "destroy": removal.destroyed,
    "diff": history.diff,
    "du": listing.usage,
    "exp list": experiments.listed,
    "exp save": experiments.saved,
    "exp show": experiments.shown,
    "fetch": data.transferred,
    "freeze": pipeline.frozen,
    "fsck": safety.checked,
    "gc": removal.collected,
    "get": elsewhere.got,
    "get-url": elsewhere.got,
    "import": elsewhere.imported,
    "import-url": elsewhere.imported,
    "init": initialized,
    "install": installed,
    "lineage": lineage.lineage,
    "list": listing.listed,
    "list-url": listing.urls_listed,
    "log": history.log,
    "logs": logs.logs,
    "metrics diff": numbers.metrics_diff,
    "metrics modify": pipeline.defined,
    "metrics show": numbers.metrics,
    "migrate": why.migrated,
    "move": removal.moved,
    "notebook clean": notebook_files.cleaned,
    "notebook diff": notebook_files.diff,
    "notebook export": notebook_files.exported,
    "notebook params": notebook_files.params,
    "notebook lint": review.linted,
    "notebook promote": review.promoted,
    "notebook run": pipeline.notebook_ran,
    "notebook stage": pipeline.defined,
    "notebook trace": review.traced,
    "params diff": numbers.params_diff,
    "pipeline list": pipeline.dag,
    "pipeline show": pipeline.dag,
    "plots diff": plots.drawn,
    "plots modify": plots.modified,
    "plots show": plots.drawn,
    "plots templates": plots.templates,
    "pull": data.pulled,
    "push": data.transferred,
    "remote add": remote_changed,
    "remote default": remote_changed,
    "remote list": remotes,
    "remote modify": remote_changed,
    "remote remove": remote_changed,
    "remote rename": remote_changed,
    "remove": removal.removed,
    "repro": pipeline.reproduced,
    "root": root,
    "run": pipeline.defined,
    "stage add": pipeline.defined,
    "stage list": pipeline.stages,
    "stage-cell": pipeline.stage_cell,
    "stages": stagecells.stages,
    "status": data.status,
    "trash empty": safety.emptied,
    "trash list": safety.operations,
    "undo": safety.undone,
    "unfreeze": pipeline.frozen,
    "unprotect": removal.unprotected,
    "update": elsewhere.imported,
    "version": version,
    "why": why.why,
}
