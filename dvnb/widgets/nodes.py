"""The nodes of a graph of lineage: what is known of each as pairs of a word and a text, and where each is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands.text import lineage as words
from dvnb.commands.text.listing import natural_size
from dvnb.commands.text.why import commit
from dvnb.reports.render.dag import Graph

if TYPE_CHECKING:
    from dvnb.repo.results.lineage import LineageNode, LineageResult


def node_facts(node: LineageNode) -> list[tuple[str, str]]:
    """In the order in which people ask."""
    size = "" if node.size is None else natural_size(node.size)
    files = "" if node.nfiles is None else f" in {node.nfiles} files"
    found = [
        ("Path" if node.kind != "stage" else "Stage", node.path),
        ("Command", words.command(node)),
        *((f"Params of {file}", words.pairs(values)) for file, values in node.params.items()),
        ("Notebook", _notebook(node)),
        ("Hash", node.hash or ""),
        ("Size", size + files),
        ("Kind", node.type or ""),
        ("Part of", node.part_of or ""),
        ("Tracked by", node.tracked_by or ""),
        ("Last changed by", _commit(node)),
    ]
    return [(word, text) for word, text in found if text]


def _notebook(node: LineageNode) -> str:
    run = node.notebook
    if run is None:
        return ""
    values = words.pairs(run["parameters"])
    return run["path"] + (f" → {run['output']}" if run["output"] else "") + (f" ({values})" if values else "")


def _commit(node: LineageNode) -> str:
    if node.commit is None:
        return "not committed yet" if node.kind != "url" else ""
    return f"{commit(node.commit)} by {node.commit['author']}"


def places(found: LineageResult) -> dict[str, Any]:
    """Where boxes and lines are, in pixels."""
    from dvnb.reports.render.svg import arranged, curve  # drawing takes numpy with it

    whole = arranged(Graph([node.name for node in found.nodes], found.edges))
    boxes: dict[str, list[float]] = {}
    lines: list[dict[str, Any]] = []
    for right, down, part in whole.parts:
        for box in part.boxes:
            boxes[box.name] = [round(box.x + right, 1), round(box.y + down, 1), box.width, box.height]
        for line in part.lines:
            path, head = curve(line)
            ends = {"from": line.start.name, "to": line.end.name}
            lines.append({**ends, "path": path, "head": head, "move": [round(right, 1), round(down, 1)]})
    return {"width": round(whole.width), "height": round(whole.height), "boxes": boxes, "lines": lines}
