"""Vega-Lite by dvc's templates, which come with the package `dvc-render`, or by the project's own in `.dvc/plots`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from dvnb.reports.plots.problems import PlotError

if TYPE_CHECKING:
    from dvnb.reports.plots.figures import Figure

DEFAULT = "linear"
_EXTRA = "plots are drawn with the package dvc-render, which is not installed: pip install 'dvnb[plots]'"


def fill(figure: Figure, template_dir: str, *, split: bool = False) -> None:
    """Draw a figure that has points: its spec, and with `split` the parts that many figures share beside it.

    `template_dir` is the folder of the project's own templates, which win over files in the current folder and over
    dvc's. Raises: PlotError.
    """
    if not figure.points:
        return
    name = figure.props.get("template") or DEFAULT
    template = find_template(str(name), template_dir)
    failures: type[Exception] = _module("exceptions").DvcRenderError
    props = {**figure.props, "template": template, "revs_with_datapoints": figure.revisions}
    renderer = _module("vega").VegaRenderer(figure.points, figure.name, **props)
    try:
        if split:
            filled, parts = renderer.get_partial_filled_template()
            figure.anchors = parts["anchor_definitions"]
        else:
            filled = renderer.get_filled_template()
    except failures as exc:
        raise PlotError(f"cannot draw '{figure.name}': {exc}") from exc
    figure.spec = filled


def template_names() -> list[str]:
    """The names of dvc's templates. Raises: PlotError."""
    return [template.DEFAULT_NAME for template in _builtin()]


def template_content(name: str) -> dict[str, Any]:
    """One of dvc's templates. Raises: PlotError."""
    for template in _builtin():
        if name == template.DEFAULT_NAME:
            return template.DEFAULT_CONTENT
    raise PlotError(f"Unexpected template: {name}.")


def find_template(name: str, template_dir: str) -> Any:
    """A template by the name of a file in `template_dir` (with or without `.json`), by its path, or dvc's of that name.

    Raises: PlotError.
    """
    candidates = [os.path.join(template_dir, name), os.path.join(template_dir, f"{name}.json"), name]
    path = next((path for path in candidates if os.path.isfile(path)), None)
    if path is None:
        for template in _builtin():
            if name == template.DEFAULT_NAME:
                return template()
        raise PlotError(f"Template '{name}' not found.")
    return _module("vega_templates").Template(_read(path), name=name)


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except ValueError as exc:
        raise PlotError(f"the template '{path}' is not JSON: {exc}") from exc
    if not isinstance(content, dict) or not content:
        raise PlotError(f"the template '{path}' is not a Vega-Lite specification")
    return content  # pyright: ignore[reportUnknownVariableType] - JSON


def _builtin() -> list[Any]:
    return list(_module("vega_templates").TEMPLATES)


def _module(name: str) -> Any:
    """A module of dvc-render, which is loaded, and needed, by plots alone."""
    from importlib import import_module

    try:
        return import_module(f"dvc_render.{name}")
    except ImportError as exc:
        raise PlotError(_EXTRA) from exc
