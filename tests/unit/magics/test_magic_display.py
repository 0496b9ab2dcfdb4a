"""Results that show themselves: rich, self-contained, and still the results."""

from __future__ import annotations

import copy
import re
import shlex
from html.parser import HTMLParser
from typing import Any

import pytest

from dvnb.commands import parser
from dvnb.magics.display import displayed
from dvnb.repo import results
from dvnb.repo.results import Result

METRICS = results.MetricsShowResult(
    {
        "v1": {"data": {"m.json": {"data": {"acc": 0.5, "name": "<b>"}}}},
        "v2": {"data": {"m.json": {"error": {"type": "YAMLFileCorruptedError", "msg": "broken"}}}},
    }
)
DIFF = results.DiffResult({"m.json": {"acc": {"old": 0.5, "new": 0.75, "diff": 0.25}}}, a="v1", b="workspace")
RUN = results.ReproResult(
    [
        results.StageRun("prep", "skipped"),
        results.StageRun(
            "train", "ran", [{"changed deps": {"params.yaml": {"lr": "modified"}}}, "changed command"], 1.5
        ),
    ],
    ["dvc.lock"],
)
ADDED = results.AddResult([results.TrackedOut("d", "d.dvc", "ab" * 16 + ".dir", 12345, 3)], ["d.dvc"])
DEFINED = results.StageAddResult("s", "dvc.yaml", {"cmd": "echo <x>", "outs": [{"m.json": {"cache": False}}, "o"]})
CASES: list[tuple[str, Result, list[str]]] = [
    (
        "status",
        results.StatusResult({"train": [{"changed deps": {"a": "modified"}}, "changed command"]}),
        ["train", "modified"],
    ),
    ("status", results.StatusResult(), ["up to date"]),
    ("status", results.StatusResult(empty=True), ["no data or pipelines"]),
    ("status -c", results.CloudStatusResult({"a": "new"}), ["only in the cache"]),
    ("data status", results.DataStatusResult({"uncommitted": {"modified": ["a"]}}), ["uncommitted", "modified"]),
    ("checkout", results.CheckoutResult(["d/"], ["f"], [], 1, 1), ["d/", "1 file modified and 1 file added"]),
    ("add d", ADDED, ["12.3 kB", "d.dvc"]),
    ("commit", results.CommitResult(["d.dvc"]), ["d.dvc"]),
    ("repro", RUN, ["prep", "skipped", "1.5 s", "params.yaml:lr", "!git add dvc.lock"]),
    ("stage add -n s x", DEFINED, ["echo &lt;x&gt;", "cache"]),
    ("notebook stage n.ipynb", DEFINED, ["m.json"]),
    ("stage list", results.StageListResult([results.StageRow("s", "Outputs o")]), ["Outputs o"]),
    ("dag", results.DagResult(["a", "b"], [("a", "b")]), ["<svg", "<rect"]),
    ("metrics show -T", METRICS, ["v1", "acc", "0.5", "&lt;b&gt;", "broken"]),
    ("metrics diff v1", DIFF, ["0.75", "▲ 0.25"]),
    ("params diff v1", DIFF, ["0.75"]),
    ("remote list", results.RemoteListResult([results.RemoteRow("r", "/x", default=True)]), ["default", "/x"]),
    ("remote add -d r /x", results.ConfigResult(), ["r</code> saved"]),
    ("config -l", results.ConfigResult(items=[("/c", "core.remote=r")]), ["core.remote=r"]),
    ("check-ignore a", results.IgnoreResult([results.IgnoreMatch("a", True, ".dvcignore", 1, "*")]), ["ignored"]),
    ("push", results.TransferSummary(2), ["2 files pushed"]),
    ("fetch", results.TransferSummary(), ["up to date"]),
    (
        "pull",
        results.PullResult(results.TransferSummary(1), results.CheckoutResult(added=["f"], files_added=1)),
        ["1 file fetched"],
    ),
    ("init", results.InitResult("/p", True), ["/p"]),
    ("notebook run n.ipynb", results.NotebookRunResult("n.ipynb", "n.run.ipynb", 3, 1.0, {"lr": 0.1}), ["lr", "0.1"]),
    ("notebook clean n.ipynb", results.NotebookCleanResult(["n.ipynb"]), ["cleaned"]),
]


class Checker(HTMLParser):
    """Every tag is closed, and nothing is loaded or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag not in {"script", "link", "iframe", "img", "pre"}
        assert not {name for name, _ in attrs} & {"src", "href", "onclick"}
        self.tags.add(tag)
        if tag not in {"br", "path", "rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"path", "rect"}:
            assert self.open.pop() == tag


def bundle(line: str, result: Result) -> dict[str, Any]:
    command, args = parser.parse(shlex.split(line), "%dvc")
    return displayed(result, command, args)._repr_mimebundle_()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("line", "result", "texts"), CASES, ids=[case[0] for case in CASES])
def test_results_are_drawn(line: str, result: Result, texts: list[str]):
    drawn = bundle(line, result)
    html = drawn["text/html"]
    checker = Checker()
    checker.feed(html)
    assert not checker.open
    for text in texts:
        assert text in html
    # both themes: no colour of its own for text or paper
    assert not re.search(r"background:\s*(#|white|black)|(?<![-\w])color:\s*(#|white|black)", html)


def test_text_plain_is_the_text_of_the_command_line():
    assert bundle("checkout", results.CheckoutResult(["d/"]))["text/plain"] == "M       d/"
    assert "`%dvc push`" in bundle("repro", RUN)["text/plain"]


def test_dag_is_offered_as_mermaid_too():
    assert bundle("dag", results.DagResult(["a"]))["text/vnd.mermaid"].startswith("flowchart TD")


def test_languages_that_were_asked_for_stay_text():
    dag = results.DagResult(["a"])
    assert set(bundle("dag --dot", dag)) == {"text/plain"}
    assert set(bundle("metrics show --md", METRICS)) == {"text/plain", "text/markdown"}


def test_json_is_one_line():
    assert bundle("status --json", results.StatusResult())["text/plain"] == "{}"


def test_a_displayed_result_is_the_result():
    command, args = parser.parse(["repro"])
    shown = displayed(RUN, command, args)
    assert isinstance(shown, results.ReproResult)
    assert shown == RUN
    assert shown.to_json() == RUN.to_json()
    assert shown.ran == ["train"]
    assert repr(shown).startswith("ReproResult(")
    assert copy.copy(shown).stages is RUN.stages


def test_quiet_shows_nothing():
    command, args = parser.parse(["status", "-q"])
    assert hasattr(displayed(results.StatusResult(), command, args), "_ipython_display_")
