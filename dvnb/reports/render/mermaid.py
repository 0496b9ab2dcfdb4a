"""The graph as a Mermaid flowchart, as `dag --mermaid` and `dag --md` print it.

Source: dvc's commands/dag.py.
"""

from __future__ import annotations

from dvnb.reports.render.dag import Graph


def mermaid(graph: Graph, *, markdown: bool = False) -> str:
    """The flowchart; `markdown` puts it into a fenced block. Nodes are numbered by name within each connected part."""
    lines = ["flowchart TD"]
    numbered = 0
    for part in graph.components():
        ids: dict[str, str] = {}
        for name in sorted(part.nodes):
            numbered += 1
            ids[name] = f"node{numbered}"
            # Mermaid has no escape for a quote inside a label but its entity.
            label = name.replace('"', "#quot;")
            lines.append(f'\t{ids[name]}["{label}"]')
        lines.extend(f"\t{ids[upstream]}-->{ids[downstream]}" for upstream, downstream in sorted(part.edges))
    text = "\n".join(lines)
    return f"```mermaid\n{text}\n```" if markdown else text
