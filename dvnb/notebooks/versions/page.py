"""A notebook with its outputs as one HTML file that asks nothing of a network.

The page's security policy forbids every request; scripts and styles are in the page. What nbconvert's page would load
is left out: MathJax (formulas stay as they were typed), require.js, mermaid and the widgets' renderer.
"""

from __future__ import annotations

import os
from typing import Any

from dvnb.errors import NotebookError
from dvnb.notebooks.javascript import render

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "img-src data: blob:; media-src data: blob:; font-src data:; frame-src data: blob:"
)
_TEMPLATE = f"""\
{{% extends 'lab/index.html.j2' %}}
{{%- block html_head_js -%}}
<meta http-equiv="Content-Security-Policy" content="{_POLICY}" />
{{%- endblock html_head_js -%}}
{{%- block jupyter_widgets -%}}{{%- endblock jupyter_widgets -%}}
{{%- block html_head_js_mathjax -%}}{{%- endblock html_head_js_mathjax -%}}
{{%- block html_head_js_mermaidjs -%}}{{%- endblock html_head_js_mermaidjs -%}}
"""
_WIDGET = "application/vnd.jupyter.widget-view+json"


def page(notebook: dict[str, Any], path: str, *, with_input: bool = True) -> bytes:
    """The page of a notebook (as `source.load` has it); images beside `path` that its texts show come into it.

    Raises: NotebookError where nbconvert is missing or cannot show the notebook.
    """
    try:
        from nbconvert.exporters import HTMLExporter
    except ImportError as error:
        raise NotebookError(
            "a page of a notebook needs the package nbconvert, which comes with the extra 'notebooks': "
            "pip install 'dvnb[notebooks]'"
        ) from error
    import nbformat

    try:
        node = nbformat.reads(render(notebook), as_version=4)
        _without_widgets(node)
        exporter = HTMLExporter(raw_template=_TEMPLATE, embed_images=True)
        exporter.exclude_input = not with_input
        exporter.exclude_input_prompt = exporter.exclude_output_prompt = not with_input
        name = os.path.splitext(os.path.basename(path))[0]
        folder = os.path.dirname(os.path.abspath(path))
        body, _ = exporter.from_notebook_node(node, {"metadata": {"name": name, "path": folder}})
    except Exception as error:  # nbformat, jinja and pygments raise what they meet
        raise NotebookError(f"cannot make a page of '{path}': {error}") from error
    return body.encode(errors="replace")


def _without_widgets(node: Any) -> None:
    """Show what widgets have as text: what draws them would come from a network."""
    node.metadata.pop("widgets", None)
    for cell in node.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if len(data) > 1:
                data.pop(_WIDGET, None)
