"""Plots in a notebook: pictures that need no script, and Vega-Lite for front ends that can draw it."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from dvnb.display import html, telling
from dvnb.display.html import Html, Part
from dvnb.repo import results

VEGA = "application/vnd.vegalite.v5+json"
_CELL = "display:inline-block;vertical-align:top;margin:.3em 1.2em .6em 0;max-width:100%"
_IMAGE = "max-width:100%;display:block"


def drawn(result: results.PlotsResult, args: Namespace) -> Part:
    """Every figure: charts as SVG, pictures of each rev side by side, and what could not be loaded."""
    if args.show_vega:
        return html.folded("Vega-Lite", html.code(_first_spec(result)))
    from dvnb.reports.plots.figures import distinct

    parts: list[Part] = [_problem(rev, error["msg"]) for rev, error in result.errors.items()]
    parts += [_figure(figure) for figure in distinct(result.figures)]
    if not parts:
        return html.note("There are no plots.")
    if result.page:
        parts.append(html.note(html.join(["page: ", html.code(result.page)])))
    return html.join(parts)


def _first_spec(result: results.PlotsResult) -> str:
    import json

    specs = [figure.spec for figure in result.figures if figure.kind == "vega"]
    return json.dumps(specs[0], default=str, indent=1) if specs else ""


def _figure(figure: Any) -> Part:
    from dvnb.reports.plots.drawing import svg  # loaded when something is shown

    problems = [_problem(item["rev"], item["msg"]) for item in figure.problems()]
    if figure.images:
        title = html.strong(figure.name)
        images = html.join(map(_image, figure.images))
        return Html(f"<div><div>{title}</div>{images}{html.join(problems)}</div>")
    picture = svg(figure)
    if picture:
        return Html(f'<div style="{_CELL}">{picture}{html.join(problems)}</div>')
    told = "" if problems else html.note(html.join([html.code(figure.name), " has nothing that can be drawn here."]))
    return html.join([told, *problems])


def _image(image: Any) -> Html:
    from dvnb.reports.plots.figures import data_uri

    caption = html.text(image.rev)
    alt = html.text(f"{image.filename} of {image.rev}")
    return Html(f'<div style="{_CELL}">{caption}<img src="{data_uri(image)}" alt="{alt}" style="{_IMAGE}"></div>')


def _problem(rev: str, message: str) -> Html:
    return html.note(html.join([html.badge(rev, "bad"), f" {message}"]), "bad")


def bundle(result: results.PlotsResult) -> dict[str, Any]:
    """The one chart of a result for front ends that draw Vega-Lite: their format has no place for several."""
    import json

    from dvnb.reports.plots.figures import distinct
    from dvnb.reports.plots.page import embedded

    shown = distinct(result.figures)
    if len(shown) != 1 or not shown[0].spec or shown[0].anchors is not None:
        return {}
    return {VEGA: json.loads(embedded(shown[0].spec))}


def modified(result: results.PlotsModifyResult, args: Namespace) -> Part:
    """The properties that a plot has now."""
    rows = [[html.code(name), html.code(str(value))] for name, value in result.props.items()]
    title = html.note(html.join([html.code(result.path), " is drawn with" if rows else " is a plot."]), "good")
    table = html.table(["Property", "Value"], rows) if rows else ""
    return html.join([title, table, telling.git_hint(result.to_stage, staged=result.staged)])


def templates(result: results.PlotsTemplatesResult, args: Namespace) -> Part:
    """A row for each template, or the one asked for."""
    if result.content is None:
        return html.table(["Template"], [[html.code(name)] for name in result.names])
    import json

    return html.folded(result.names[0], html.code(json.dumps(result.content, indent=1)))
