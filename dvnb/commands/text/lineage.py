"""The words of lineage: trees, or the graph in another language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands.text.listing import natural_size
from dvnb.commands.text.why import commit

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping

    from dvnb.commands.style import Style
    from dvnb.repo.results.lineage import LineageNode, LineageResult

_SHORT = 7
_FOLDER = ".dir"


def lineage(result: LineageResult, args: Namespace, style: Style) -> str:
    """For each target a tree of what it comes from, and one of what depends on it."""
    if args.dot or args.mermaid or args.markdown:
        return _graph(result, args)
    if args.upstream == args.downstream:
        ways = (True, False)
    else:
        ways = (args.upstream,)
    trees: list[str] = []
    for way in ways:
        drawn = list(_tree(result, upstream=way))
        if drawn and len(ways) > 1 and not way:
            trees.append("Used by:")
        trees += drawn
    return "\n".join(trees)


def _graph(result: LineageResult, args: Namespace) -> str:
    from dvnb.reports.render.dag import Graph

    graph = Graph([node.name for node in result.nodes], result.edges)
    if args.dot:
        from dvnb.reports.render.dot import dot

        return dot(graph)
    from dvnb.reports.render.mermaid import mermaid

    return mermaid(graph, markdown=args.markdown)


def _tree(result: LineageResult, *, upstream: bool) -> Iterator[str]:
    """The lines of all trees; without the targets themselves where they depend on nothing in this direction."""
    nodes = {node.name: node for node in result.nodes}
    wanted = {node.name for node in result.nodes if node.role in ("target", "upstream" if upstream else "downstream")}
    children: dict[str, list[str]] = {}
    for above, below in result.edges:
        if above in wanted and below in wanted:
            parent, child = (below, above) if upstream else (above, below)
            children.setdefault(parent, []).append(child)
    shown: set[str] = set()
    for node in result.nodes:
        if node.role == "target" and (upstream or children.get(node.name)):
            yield line(node) if upstream else node.name
            yield from _branches(node.name, nodes, children, shown, "")


def _branches(
    parent: str, nodes: Mapping[str, LineageNode], children: Mapping[str, list[str]], shown: set[str], lead: str
) -> Iterator[str]:
    waiting = [(lead, child, at) for lead, child, at in _placed(children.get(parent, []), lead)][::-1]
    shown.add(parent)
    while waiting:
        lead, name, is_last = waiting.pop()
        branch = "└── " if is_last else "├── "
        again = name in shown and bool(children.get(name))
        yield f"{lead}{branch}{name} (above)" if again else f"{lead}{branch}{line(nodes[name])}"
        if not again:
            shown.add(name)
            inner = lead + ("    " if is_last else "│   ")
            waiting += [(inner, child, last) for inner, child, last in _placed(children.get(name, []), inner)][::-1]


def _placed(names: list[str], lead: str) -> list[tuple[str, str, bool]]:
    return [(lead, name, at == len(names)) for at, name in enumerate(names, 1)]


def line(node: LineageNode) -> str:
    """A node and what is known of it."""
    parts = [f"{node.name}{': ' if node.kind == 'stage' else ''}{command(node)}", *details(node)]
    return "  ".join(part for part in parts if part)


def details(node: LineageNode) -> list[str]:
    """What is known of a node, besides its name and command."""
    found: list[str] = []
    if node.notebook is not None:
        into = f" -> {node.notebook['output']}" if node.notebook["output"] else ""
        values = pairs(node.notebook["parameters"])
        found.append(f"notebook {node.notebook['path']}{into}" + (f" ({values})" if values else ""))
    elif node.kind == "params":
        found.append(", ".join(pairs(values) for values in node.params.values()))
    if node.hash:
        found.append(node.hash[:_SHORT] + (_FOLDER if node.hash.endswith(_FOLDER) else ""))
    if node.size is not None:
        found.append(natural_size(node.size) + (f" in {node.nfiles} files" if node.nfiles is not None else ""))
    if node.part_of:
        found.append(f"in {node.part_of}")
    if node.tracked_by and node.tracked_by.endswith(".dvc"):
        found.append(f"by {node.tracked_by}")
    if node.state:
        found.append(f"[{node.state}]")
    found.append(commit(node.commit) if node.commit else "")
    return [part for part in found if part]


def pairs(values: Mapping[str, Any]) -> str:
    """`lr=0.1, epochs=3`."""
    return ", ".join(f"{key}={value}" for key, value in values.items())


def command(node: LineageNode) -> str:
    """A stage's command in a line."""
    lines = node.cmd if isinstance(node.cmd, list) else (node.cmd or "").splitlines()
    return "; ".join(lines)
