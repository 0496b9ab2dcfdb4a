"""What lies above and below a node of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Edges = Sequence[tuple[str, str]]


def upstream(edges: Edges, starts: Iterable[str]) -> set[str]:
    """Everything that these depend on."""
    return downstream([(below, above) for above, below in edges], starts)


def downstream(edges: Edges, starts: Iterable[str]) -> set[str]:
    """Everything that depends on these."""
    following: dict[str, list[str]] = {}
    for above, below in edges:
        following.setdefault(above, []).append(below)
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        for name in following.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
