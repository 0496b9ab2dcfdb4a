"""The words of pipeline show, pipeline list, metrics modify, migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import DagResult, MigrateStagesResult, StageAddResult


def shown(result: DagResult, args: Namespace, style: Style) -> str:
    """A line for each stage, upstream first, or a drawing."""
    if args.tree:
        return "\n".join(_tree(result))
    if not (args.dot or args.ascii):
        return "\n".join(result.nodes)
    from dvnb.reports.render.dag import Graph  # drawings are made where they are asked for

    graph = Graph(result.nodes, result.edges)
    if args.dot:
        from dvnb.reports.render.dot import dot

        return dot(graph)
    from dvnb.reports.render.ascii import ascii_dag

    return ascii_dag(graph)


def _tree(result: DagResult) -> list[str]:
    """Each last stage, with what it reads below it."""
    read = {above for above, _ in result.edges}
    lines: list[str] = []

    def branch(node: str, before: str, below: str) -> None:
        lines.append(before + node)
        sources = [above for above, to in result.edges if to == node]
        for number, source in enumerate(sources, 1):
            last = number == len(sources)
            branch(source, below + ("└── " if last else "├── "), below + ("    " if last else "│   "))

    for node in result.nodes:
        if node not in read:
            branch(node, "", "")
    return lines


def pipelines(result: DagResult, args: Namespace, style: Style) -> str:
    """The stages of each pipeline, and how many pipelines there are."""
    groups: list[set[str]] = []
    for node in result.nodes:
        linked = {node, *(other for edge in result.edges if node in edge for other in edge)}
        together = [group for group in groups if group & linked]
        groups = [group for group in groups if group not in together]
        groups.append(linked.union(*together))
    blocks = ["\n".join(node for node in result.nodes if node in group) for group in groups]
    line = "=" * 80
    return "\n".join([*(f"{block}\n{line}" for block in blocks), f"{len(groups)} pipelines total"])


def modified(result: StageAddResult, args: Namespace, style: Style) -> str:
    """What git should be told."""
    return words.git_hint(result.to_stage, style, staged=result.staged)


def migrated(result: MigrateStagesResult, args: Namespace, style: Style) -> str:
    """A line for each old file, and what git should be told."""
    if not result.migrated:
        return "There are no single-stage files."
    verb = "would become" if result.dry else "is now"
    lines = [
        f"'{item.file}' {verb} stage '{item.stage}'" if item.stage else f"'{item.file}' {verb} a .dvc file of DVC 3"
        for item in result.migrated
    ]
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    return "\n".join([*lines, hint] if hint else lines)
