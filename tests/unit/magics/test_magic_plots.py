"""`%dvc plots …`: pictures that every front end shows, and Vega-Lite beside them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.commands import parser
from dvnb.commands.command import Invocation
from dvnb.display.result import displayed
from dvnb.display.views.plots import VEGA
from dvnb.repo.results import PlotsModifyResult

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Repo.init(no_scm=True)
    (tmp_path / "dvc.yaml").write_text(f"plots:\n- a.csv:\n    title: {EVIL!r}\n- one.png\n- gone.csv\n")
    (tmp_path / "a.csv").write_text("step,acc\n0,1\n1,2\n")
    (tmp_path / "one.png").write_bytes(b"png")
    return tmp_path


def bundle(line: str) -> dict[str, Any]:
    command, args = parser.parse(shlex.split(line), "%dvc")
    result = command.call(Invocation(capture=True), args)
    return displayed(result, command, args)._repr_mimebundle_()  # type: ignore[attr-defined]


def test_all_plots(project: Path) -> None:
    shown = bundle("plots show")
    html = shown["text/html"]
    assert html.count("<svg") == 1
    assert 'src="data:image/png;base64,cG5n"' in html
    assert "No such file or directory" in html
    assert EVIL not in html and "&lt;img src=x" in html
    assert "<script" not in html
    assert VEGA not in shown
    assert not (project / "dvc_plots").exists()
    assert shown["text/plain"].splitlines() == ["a.csv: workspace", "one.png: workspace", "gone.csv: no data"]


def test_one_chart_is_vega_lite_too(project: Path) -> None:
    shown = bundle("plots show a.csv")
    assert shown[VEGA]["title"]["text"] == EVIL
    assert shown["text/html"].count("<svg") == 1


def test_json_writes_nothing(project: Path) -> None:
    shown = bundle("plots show --json one.png")
    assert shown["application/json"]["data"]["one.png"][0]["url"] == "data:image/png;base64,cG5n"
    assert not (project / "dvc_plots").exists()
    assert json.loads(bundle("plots show --show-vega a.csv")["text/plain"])["title"]["text"] == EVIL


def test_a_page_where_one_is_asked_for(project: Path) -> None:
    assert str(project / "out" / "index.html") in bundle("plots show -o out")["text/html"]
    assert (project / "out" / "static" / "workspace_one.png").read_bytes() == b"png"


def test_the_other_verbs(project: Path) -> None:
    assert "confusion" in bundle("plots templates")["text/html"]
    assert "vega-lite" in bundle("plots templates simple")["text/html"]
    command, args = parser.parse(["plots", "modify", "a"], "%dvc")
    result = displayed(PlotsModifyResult("a", {"title": EVIL}), command, args)
    assert "&lt;img" in result._repr_mimebundle_()["text/html"]  # type: ignore[attr-defined]
