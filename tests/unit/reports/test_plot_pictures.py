"""Figures as SVG, and the page: what they show, and that no text becomes markup or code."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import xml.etree.ElementTree as ET
from base64 import b64encode
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dvnb.reports.plots.drawing import svg
from dvnb.reports.plots.figures import Figure, Image, distinct
from dvnb.reports.plots.page import embedded, page
from dvnb.reports.plots.problems import PlotError
from dvnb.reports.plots.scales import Names, Numbers, number, scale
from dvnb.reports.plots.vega import fill

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&\"'{plot_divs}"
NS = "{http://www.w3.org/2000/svg}"


def figure(points: list[dict[str, Any]], x: str = "x", y: str = "y", **props: Any) -> Figure:
    revs = list(dict.fromkeys(point.get("rev", "") for point in points))
    return Figure("p.csv", revisions=revs, points=points, props={"x": x, "y": y, **props})


def rows(*values: tuple[Any, Any], rev: str = "workspace", **more: Any) -> list[dict[str, Any]]:
    return [{"x": x, "y": y, "rev": rev, **more} for x, y in values]


def drawn(figure: Figure) -> ET.Element:
    return ET.fromstring(svg(figure))


# ---- scales


def test_ticks_are_round_and_hold_all_values() -> None:
    names = [name for _, name in Numbers([0.13, 0.87], 0, 100).ticks()]
    assert names == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert next(name for _, name in Numbers([5.0], 0, 100).ticks()) < "5"
    assert Numbers([0, 10], 0, 100).place("5") == 50
    assert Numbers([2, 3], 0, 100, zero=True).place(0) == 0
    assert Numbers([1e-9, 3e-9], 0, 100).place(2e-9) == pytest.approx(50)


@pytest.mark.parametrize("value", ["", "a", None, float("nan"), float("inf"), [1], True, "nan"])
def test_what_is_no_number(value: Any) -> None:
    assert number(value) is None


@given(st.lists(st.floats() | st.integers() | st.text(max_size=3), max_size=6), st.booleans())
def test_any_values_have_a_place(values: list[Any], zero: bool) -> None:
    found = scale(values, 10, 110, zero=zero)
    names = isinstance(found, Names)
    for value in values:
        place = found.place(value)
        assert (place is not None) == (names or number(value) is not None)
        assert place is None or 10 - 1e-6 <= place <= 110 + 1e-6
    assert all(10 - 1e-6 <= at <= 110 + 1e-6 for at, _ in found.ticks())
    assert len(found.ticks()) < 14


@given(st.lists(st.tuples(st.floats() | st.text(max_size=3), st.floats() | st.none() | st.text()), max_size=4))
@example([(0.0, 5e-324), (1e308, -1e308)])
def test_any_points_make_a_picture_or_none(values: list[tuple[Any, Any]]) -> None:
    for template in ("linear", "scatter", "confusion", "confusion_normalized", "bar_horizontal_sorted"):
        text = svg(figure(rows(*values), template=template))
        assert not text or ET.fromstring(text) is not None


def test_without_dvc_render_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "dvc_render"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dvc_render", None)
    with pytest.raises(PlotError, match=r"pip install 'dvnb\[plots\]'"):
        filled()


def test_texts_are_named() -> None:
    found = scale(["cat", "dog", "cat"], 0, 100)
    assert isinstance(found, Names)
    assert found.ticks() == [(25, "cat"), (75, "dog")]
    assert found.place("cow") is None
    assert len(Names([str(i) for i in range(100)], 0, 1).ticks()) <= 12


# ---- pictures


def test_lines_have_the_colour_of_their_rev() -> None:
    root = drawn(figure([*rows((0, "0.1"), (1, "0.5"), ("2", 0.4)), *rows((0, 0.2), (1, 0.3), rev="HEAD")]))
    lines = root.findall(f"{NS}polyline")
    assert [line.get("stroke") for line in lines] == ["#945dd6", "#13adc7"]
    assert [len((line.get("points") or "").split()) for line in lines] == [3, 2]
    texts = [text.text for text in root.iter(f"{NS}text")]
    assert {"workspace", "HEAD", "p.csv", "x", "y"} <= set(texts)
    places = [tuple(map(float, place.split(","))) for place in (lines[0].get("points") or "").split()]
    assert places[0][0] < places[1][0] < places[2][0]
    assert places[0][1] > places[2][1] > places[1][1]  # up is less


def test_sources_have_dashes_of_their_own() -> None:
    points = [*rows((0, 1), (1, 2), filename="a"), *rows((0, 1), (1, 2), filename="b")]
    lines = drawn(figure(points)).findall(f"{NS}polyline")
    assert [line.get("stroke-dasharray") for line in lines] == [None, "8 8"]


def test_templates_have_their_marks() -> None:
    points = rows((1, "a"), (3, "b"))
    assert len(drawn(figure(points, template="bar_horizontal")).findall(f"{NS}rect")) == 2
    assert len(drawn(figure(rows((1, 2), (2, 3)), template="scatter")).findall(f"{NS}circle")) == 2
    shares = drawn(figure(rows(("c", "c"), ("c", "d"), ("d", "d")), template="confusion_normalized"))
    assert sorted(t.text or "" for t in shares.iter(f"{NS}text") if (t.text or "").startswith(("0.", "1."))) == [
        *("0.00", "0.50", "0.50", "1.00")
    ]
    counts = drawn(figure(rows(("c", "c"), ("c", "c"), ("d", "d")), template="confusion"))
    assert [t.text for t in counts.iter(f"{NS}text") if (t.text or "").isdigit()] == ["2", "0", "0", "1"]


def test_nothing_to_draw() -> None:
    assert svg(Figure("p")) == ""
    assert svg(figure(rows((0, None), (1, "")), template="bar_horizontal", x="y")) == ""


def test_no_text_becomes_markup() -> None:
    points = rows((EVIL, 1), (f"{EVIL}2", 2), rev=EVIL)
    for template in ("linear", "scatter", "confusion", "bar_horizontal"):
        evil = figure(points, title=EVIL, x_label=EVIL, y_label=EVIL, template=template)
        evil.props |= {"x": "y", "y": "x"} if template == "bar_horizontal" else {}
        assert {element.tag for element in drawn(evil).iter()} <= {
            f"{NS}{tag}" for tag in ("svg", "text", "path", "circle", "rect", "polyline")
        }
        assert "onerror" in svg(evil)


# ---- the page


class Scripts(HTMLParser):
    """The scripts of a page, its other elements, and what those load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str, str]] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.loads += [values[name] for name in ("src", "href", "data") if name in values]
        assert not any(name.startswith("on") for name in values)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag == "script":
            self.scripts.append((values.get("type", ""), ""))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script" and self.scripts:
            kind, before = self.scripts[-1]
            self.scripts[-1] = (kind, before + data)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")


def filled(**props: Any) -> Figure:
    made = figure(rows((0, 1), (1, float("nan"))), **props)
    fill(made, "/nowhere")
    return made


def test_the_page_loads_nothing_and_runs_its_own_scripts_only() -> None:
    evil = filled(title=EVIL)
    evil.name = EVIL
    evil.source_errors = {EVIL: {"f": {"type": "T", "msg": EVIL}}}
    picture = Figure(EVIL, "image", images=[Image(EVIL, EVIL, b"x", "/out/static/x.png")])
    text = page([evil, picture], {EVIL: {"type": "T", "msg": EVIL}}, lambda _: "static/x.png")
    found = Scripts(text)
    assert found.loads == ["static/x.png"]
    code = [script for kind, script in found.scripts if not kind]
    assert len(code) == 4  # three libraries and what starts them
    for script in code:
        assert f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in found.policy
    assert "default-src 'none'" in found.policy and "unsafe-eval" not in found.policy
    (data,) = [json.loads(script) for kind, script in found.scripts if kind]
    assert data["title"]["text"] == EVIL
    assert data["data"]["values"][1]["y"] is None
    assert "Regents" in text or "University of Washington" in text  # the licences travel with the code
    assert found.tags.count("script") == 5


def test_pictures_alone_need_no_script() -> None:
    images = [Figure(f"d/{n}.png", "image", images=[Image("r", f"d/{n}.png", b"x", "p")]) for n in (10, 9)]
    text = page(images, {}, lambda image: f"static/{image.name}")
    assert "<script" not in text
    assert text.index("r_d_9.png") < text.index("r_d_10.png")


def test_a_page_of_ones_own() -> None:
    made = filled()
    made.name = "{scripts}"
    text = page([made], {}, lambda _: "", "<i>{plot_divs}</i>{scripts}{other}")
    assert text.startswith("<i><main>")
    assert "{other}" in text and "<h2>{scripts}</h2>" in text
    with pytest.raises(PlotError, match="plot_divs"):
        page([made], {}, lambda _: "", "<i></i>")


def test_json_in_a_script_ends_no_script() -> None:
    text = embedded({"a": "</script><!--", "b": [float("inf")], "c": 1})
    assert not re.search("[<>&]", text)
    assert json.loads(text) == {"a": "</script><!--", "b": [None], "c": 1}


def test_a_file_asked_for_is_not_drawn_twice() -> None:
    asked, plot, other = Figure("a.csv", asked=True), Figure("dvc.yaml::a.csv"), Figure("b.csv", asked=True)
    assert distinct([plot, asked, other]) == [plot, other]
    pictures = [Figure("a.png", "image"), Figure("a.png", "image", asked=True)]
    assert distinct(pictures) == pictures[:1]
    assert distinct([Figure("aa.csv"), asked]) == [Figure("aa.csv"), asked]
