from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from dvnb.reports.render.dag import Graph
from dvnb.reports.render.svg import svg_dag

NS = "{http://www.w3.org/2000/svg}"
DIAMOND = Graph(
    ["raw.dvc", "l", "right", "end"], [("raw.dvc", "l"), ("raw.dvc", "right"), ("l", "end"), ("right", "end")]
)


def rectangles(picture: ET.Element) -> dict[str, dict[str, float]]:
    found = {}
    for group in picture.iter(f"{NS}g"):
        box, text = group.find(f"{NS}rect"), group.find(f"{NS}text")
        if box is not None and text is not None:
            found[text.text] = {key: float(box.attrib[key]) for key in ("x", "y", "width", "height", "rx")}
    return found


def test_every_node_is_a_box_below_its_upstream() -> None:
    boxes = rectangles(ET.fromstring(svg_dag(DIAMOND)))
    assert set(boxes) == set(DIAMOND.nodes)
    assert all(boxes[up]["y"] + boxes[up]["height"] < boxes[down]["y"] for up, down in DIAMOND.edges)
    left, right = sorted((boxes["l"], boxes["right"]), key=lambda box: box["x"])
    assert left["x"] + left["width"] < right["x"]
    assert boxes["raw.dvc"]["rx"] > boxes["end"]["rx"]


def test_arrows_start_and_end_at_the_boxes() -> None:
    picture = ET.fromstring(svg_dag(Graph(["a", "b"], [("a", "b")])))
    boxes = rectangles(picture)
    line, head = (path.attrib["d"] for path in picture.iter(f"{NS}path"))
    middle = boxes["a"]["x"] + boxes["a"]["width"] / 2
    assert [float(n) for n in re.findall(r"[\d.-]+", line)[:2]] == [middle, boxes["a"]["y"] + boxes["a"]["height"]]
    assert [float(n) for n in re.findall(r"[\d.-]+", head)[:2]] == [middle, boxes["b"]["y"]]


def test_everything_lies_inside_the_picture() -> None:
    picture = ET.fromstring(svg_dag(Graph(["x" * 40, "b", "c"], [("b", "c")])))
    width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
    for group in picture.findall(f"{NS}g"):
        dx, dy = (float(n) for n in re.findall(r"[\d.-]+", group.attrib["transform"]))
        for box in group.iter(f"{NS}rect"):
            x, y, w, h = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
            assert dx + x >= 0
            assert dy + y >= 0
            assert dx + x + w <= width
            assert dy + y + h <= height


def test_names_and_notes_are_escaped() -> None:
    name = "<script>\"&'\x07"
    text = svg_dag(Graph([name]), notes={name: "</title><b>"})
    assert "<script>" not in text
    assert "<b>" not in text
    picture = ET.fromstring(text)
    assert [node.text for node in picture.iter(f"{NS}text")] == ["<script>\"&'\ufffd"]
    assert [node.text for node in picture.iter(f"{NS}title")] == ["</title><b>"]


def test_marked_nodes_look_different() -> None:
    plain, marked = svg_dag(DIAMOND), svg_dag(DIAMOND, marked=["end"])
    assert [a == b for a, b in zip(plain.splitlines(), marked.splitlines(), strict=True)].count(False) == 1


def test_it_suits_any_theme_and_any_page() -> None:
    text = svg_dag(DIAMOND)
    assert not re.search(r"\bid=|href|url\(|#[0-9a-fA-F]{3}|rgb", text)
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', text)) == {"currentColor", "none"}


def test_an_empty_graph_is_a_valid_picture() -> None:
    assert ET.fromstring(svg_dag(Graph([]))).tag == f"{NS}svg"
