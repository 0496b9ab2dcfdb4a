"""What the widget of lineage holds, does and leaves behind; no browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest
import traitlets

from dvnb import Repo
from dvnb.errors import TargetError
from tests.conftest import commit_all

PIPELINE = """stages:
  count:
    cmd: wc -l < data.txt > lines.txt
    deps: [data.txt]
    outs: [lines.txt]
  report:
    cmd: echo writing && cat lines.txt params.yaml > report.txt
    deps: [lines.txt]
    params: [title]
    outs: [report.txt]
"""


@pytest.fixture
def pipeline(repo: Path) -> Path:
    """data.txt, tracked; two stages that have not run; committed."""
    (repo / "data.txt").write_text("a\nb\n")
    Repo().add("data.txt")
    (repo / "dvc.yaml").write_text(PIPELINE)
    (repo / "params.yaml").write_text("title: first\n")
    commit_all("a pipeline")
    return repo


def nodes(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in data["nodes"]}


def test_the_whole_project_with_places_and_what_is_known(pipeline: Path) -> None:
    data = Repo().lineage_widget().data
    found = nodes(data)
    assert {name: node["kind"] for name, node in found.items()} == {
        "data.txt": "data",
        "count": "stage",
        "lines.txt": "data",
        "report": "stage",
        "params.yaml": "params",
        "report.txt": "data",
    }
    assert set(data["boxes"]) == set(found)
    assert {(line["from"], line["to"]) for line in data["lines"]} == set(map(tuple, data["edges"]))
    assert data["boxes"]["count"][1] < data["boxes"]["report"][1]
    facts = dict(found["data.txt"]["facts"])
    assert facts["Hash"] in (pipeline / "data.txt.dvc").read_text()
    assert facts["Size"] == "4"
    assert facts["Last changed by"].endswith("a pipeline) by T")
    assert dict(found["report"]["facts"])["Params of params.yaml"] == "title=first"
    json.dumps(data)


def test_every_box_lies_in_the_picture(pipeline: Path) -> None:
    (pipeline / "alone.txt").write_text("1")
    Repo().add("alone.txt")  # a part of its own
    data = Repo().lineage_widget().data
    for x, y, width, height in data["boxes"].values():
        assert x - width / 2 >= 0 and x + width / 2 <= data["width"]
        assert y - height / 2 >= 0 and y + height / 2 <= data["height"]


def test_around_a_path_or_at_a_rev(pipeline: Path) -> None:
    widget = Repo().lineage_widget("lines.txt")
    assert [name for name, node in nodes(widget.data).items() if node["target"]] == ["lines.txt"]
    assert "params.yaml" not in nodes(widget.data)
    old = Repo().lineage_widget("lines.txt@HEAD").data
    assert len(old["rev"]) == 40
    assert not any(node["state"] or node["waits"] for node in old["nodes"])
    with pytest.raises(TargetError, match="nowhere"):
        Repo().lineage_widget("nowhere")


def test_a_stage_is_run_with_what_it_depends_on(pipeline: Path) -> None:
    widget = Repo().lineage_widget()
    progress: list[dict[str, Any]] = []
    widget.observe(lambda change: progress.append(change.new), "progress")
    assert widget.act("run", stage="report"), widget.message
    assert widget.message["text"] == "'count' ran, 'report' ran"
    assert (pipeline / "report.txt").read_text().endswith("title: first\n")
    assert {"running 'count'", "running 'report'"} <= {step.get("task") for step in progress}
    steps = [(step["done"], step["total"]) for step in progress if step.get("unit") == "stage"]
    assert steps == sorted(steps) and set(steps) == {(0, 2), (1, 2), (2, 2)}
    assert widget.data["output"] == ["writing"]
    assert not any(node["state"] for node in widget.data["nodes"])
    assert widget.act("run_all")
    assert widget.message["text"] == "nothing has changed: all is up to date"


def test_a_stale_stage_its_reason_and_what_waits_for_it(pipeline: Path) -> None:
    Repo(capture=True).repro()
    commit_all("ran")
    (pipeline / "data.txt").unlink()
    (pipeline / "data.txt").write_text("a\nb\nc\n")
    widget = Repo().lineage_widget()
    found = nodes(widget.data)
    assert found["count"]["why"] == ["deps data.txt modified"]
    assert found["data.txt"]["state"] == "modified"
    assert {name for name, node in found.items() if node["waits"]} == {"lines.txt", "report", "report.txt"}
    assert widget.act("why", stage="count")
    assert widget.data["told"]["about"] == "count"
    assert "data.txt" in widget.data["told"]["html"] and "1 line added" in widget.data["told"]["html"]
    assert widget.act("versions", path="lines.txt")
    assert "ran" in widget.data["told"]["html"]
    assert widget.act("reload")
    assert widget.data["told"] == {}


def test_a_failing_stage_is_told(pipeline: Path) -> None:
    (pipeline / "dvc.yaml").write_text(PIPELINE.replace("echo writing &&", "echo broken && false &&"))
    widget = Repo().lineage_widget()
    assert not widget.act("run", stage="report")
    assert widget.message["tone"] == "bad"
    assert "report" in widget.message["text"]
    assert widget.data["output"] == ["broken"]
    found = nodes(widget.data)
    assert (found["count"]["state"], found["report"]["state"]) == ("", "changed")


def test_a_broken_pipeline_is_told_and_what_was_known_stays(pipeline: Path) -> None:
    widget = Repo().lineage_widget()
    before = widget.data
    (pipeline / "dvc.yaml").write_text("stages: [\n")
    assert not widget.act("reload")
    assert "dvc.yaml" in widget.message["text"]
    assert widget.data == before


def test_nothing_but_its_actions_can_be_asked_for(pipeline: Path) -> None:
    widget = Repo().lineage_widget()
    assert not widget.act("_reproduce", stage="count")
    assert not (pipeline / "lines.txt").exists()
    assert isinstance(widget.traits()["data"], traitlets.Dict)


def test_how_it_looks_where_no_kernel_runs(pipeline: Path) -> None:
    part, text = Repo().lineage_widget().still()
    picture = part[part.index("<svg") : part.index("</svg>") + len("</svg>")]
    drawn = {node.text for node in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")}
    assert {"count", "report", "data.txt"} <= drawn
    assert "<table" in part and "<script" not in part
    assert ["stage", "count", "changed"] in [line.split() for line in text.splitlines()]


def test_a_project_of_nothing(repo: Path) -> None:
    widget = Repo().lineage_widget()
    assert widget.data["nodes"] == []
    assert widget.still()[1] == "There is no stage and no tracked data yet."


def test_a_running_notebook_tells_its_cells_and_what_it_prints(repo: Path) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in ("rows = 3", "print('rows:', rows)")]
    spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), repo / "count.ipynb")
    Repo().notebook_stage("count.ipynb")
    widget = Repo().lineage_widget()
    heard: list[str] = []
    widget.observe(lambda change: heard.append(change["new"].get("task", "")), "progress")
    assert widget.act("run", stage="count"), widget.message
    assert [task for task in heard if task.endswith(", 2 of 2 cells")], heard
    assert "rows: 3" in widget.data["output"]
    assert not any("\x1b" in line for line in widget.data["output"])
