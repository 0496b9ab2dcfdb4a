"""One HTML page with all figures that opens without a network: the JavaScript that draws them is in it.

Names, errors and data may hold anything: text is escaped, and specs are data that the page's script parses. In the
page of our own only the scripts named in its security policy run, expressions of a spec are interpreted rather than
compiled, and nothing can be loaded.
Source: dvc's dvc_render/html.py (placeholders of a page of one's own, order of figures).
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from dvnb.reports.plots.figures import Figure, Image, distinct
from dvnb.reports.plots.problems import Encoded, PlotError

MARK = "<!-- plots drawn by dvnb -->"
_LIBRARIES = ("vega", "vega-lite", "vega-embed")
_PLACEHOLDER = "{plot_divs}"
_BOOT = """
for (const place of document.querySelectorAll("[data-plot]")) {
  const spec = JSON.parse(document.getElementById(place.dataset.plot).textContent);
  vegaEmbed(place, spec, {ast: true, actions: {export: true, source: true, compiled: false, editor: false}})
    .catch(error => { place.textContent = String(error); place.className = "problem"; });
}
"""
_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 1.5rem; color: #222; background: #fff; color-scheme: light; }
main { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
section { border: 1px solid #ddd; border-radius: 8px; padding: .8rem 1rem; max-width: 100%; overflow-x: auto; }
section.images { flex-basis: 100%; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
figure { display: inline-block; margin: 0 .8rem .8rem 0; vertical-align: top; }
figure img { max-width: 100%; } figcaption { color: #666; }
.problem { color: #b3261e; margin: .3rem 0; white-space: pre-wrap; }
details { font-size: 12px; }
.vega-bindings { margin-top: .5rem; }
"""


def page(
    figures: Sequence[Figure],
    errors: Mapping[str, Encoded],
    source: Callable[[Image], str],
    template: str | None = None,
) -> str:
    """The whole page; `source` says where a picture is, `template` is a page with `{scripts}` and `{plot_divs}`.

    Raises: PlotError for a template that has no place for the plots.
    """
    ordered = sorted(distinct(figures), key=_order)
    scripts = _scripts() if any(figure.points for figure in ordered) else []
    boot = [_BOOT] if scripts else []
    body = [_problem(f"{rev}: {error['msg']}") for rev, error in errors.items()]
    body += [_section(figure, at, source) for at, figure in enumerate(ordered)]
    main = "\n".join(["<main>", *body, "</main>", *map(_script, boot)])
    if template is None:
        return _own(main, scripts, boot)
    if _PLACEHOLDER not in template:
        raise PlotError(f"HTML template has to contain '{_PLACEHOLDER}'.")
    parts = {"scripts": "\n".join(map(_script, scripts)), "plot_divs": main, "refresh_tag": ""}
    # In one go: what a plot is called must not be taken for a placeholder.
    return re.sub(r"\{(scripts|plot_divs|refresh_tag)\}", lambda found: parts[found[1]], template) + f"\n{MARK}\n"


def _own(main: str, scripts: Sequence[str], boot: Sequence[str]) -> str:
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in (*scripts, *boot)) or "'none'"
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob: file: 'self'; "
        "base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            MARK,
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>Plots</title>",
            f"<style>{_STYLE}</style>",
            *map(_script, scripts),
            "</head>",
            "<body>",
            "<h1>Plots</h1>",
            main,
            "</body>",
            "</html>\n",
        ]
    )


def _section(figure: Figure, at: int, source: Callable[[Image], str]) -> str:
    parts = [f"<h2>{escape(figure.name)}</h2>"]
    if figure.images:
        parts += [_picture(image, source) for image in figure.images]
    elif figure.points:
        name = f"plot-{at}"
        parts.append(f'<script type="application/json" id="{name}">{embedded(figure.spec)}</script>')
        parts.append(f'<div data-plot="{name}"></div>')
    elif not figure.problems():
        parts.append("<p>No data.</p>")
    parts += [_problem(f"{item['rev']}: {item['msg']}") for item in figure.problems()]
    kind = ' class="images"' if figure.images else ""
    return "\n".join([f"<section{kind}>", *parts, "</section>"])


def _picture(image: Image, source: Callable[[Image], str]) -> str:
    caption = f"<figcaption>{escape(image.rev)}</figcaption>"
    alt = escape(f"{image.filename} of {image.rev}")
    return f'<figure>{caption}<img src="{escape(source(image))}" alt="{alt}"></figure>'


def _problem(text: str) -> str:
    return f'<p class="problem">{escape(text)}</p>'


def embedded(value: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends the element; numbers that JSON has not are null."""
    try:
        text = json.dumps(value, default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value: Any) -> Any:
    """`value` without NaN and infinities."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_finite(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _scripts() -> list[str]:
    """Vega and what belongs to it, each below its licence."""
    folder = resources.files("dvnb.reports.plots") / "assets"
    found: list[str] = []
    for name in _LIBRARIES:
        licence = (folder / f"LICENSE.{name}").read_text("utf-8")
        code = (folder / f"{name}.min.js").read_text("utf-8")
        found.append(f"/*! {name}\n{licence}*/\n{re.sub(r'//# sourceMappingURL=.*', '', code).rstrip()}\n")
    return found


def _script(code: str) -> str:
    return f"<script>{code}</script>"


def _sha256(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _order(figure: Figure) -> tuple[bool, str, int, str]:
    """Charts first, pictures by folder, and by number where they are called so: `2.png` before `10.png`."""
    if figure.kind != "image":
        return False, "", 0, ""
    folder, name = posixpath.split(figure.name)
    number = posixpath.splitext(name)[0]
    return True, folder, int(number) if number.isdecimal() else -1, name
