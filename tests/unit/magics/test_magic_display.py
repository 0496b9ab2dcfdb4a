"""Results that show themselves: rich, self-contained, and still the results."""

from __future__ import annotations

import copy
import dataclasses
import re
import shlex
import types
import typing
from html.parser import HTMLParser
from typing import Any

import pytest

from dvnb.commands import parser
from dvnb.display.result import displayed
from dvnb.notebooks.found import CellChange, Parameter, ValueChange
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
    ("config -l", results.ConfigResult(items=[("/c", "core.remote=r")]), ["core.remote<", ">r<", ">/c<"]),
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
    (
        "diff",
        results.DataDiffResult(
            {
                "added": [{"path": "d/"}, {"path": "d/a"}],
                "renamed": [{"path": {"old": "x", "new": "y"}}],
                "not in cache": [{"path": "gone"}],
            }
        ),
        ["d/a", "renamed", "not in cache", "files: 1 added"],
    ),
    ("diff", results.DataDiffResult(), ["No data differs"]),
    (
        "diff --show-hash",
        results.DataDiffResult({"modified": [{"path": "m", "hash": {"old": "a" * 32, "new": "b" * 32}}]}),
        ["aaaaaaaa<", "bbbbbbbb<"],
    ),
    (
        "list -T .",
        results.ListResult(
            [
                results.ListRow(
                    False, True, False, 4096, None, ".", [results.ListRow(True, False, False, 2100, "c" * 32, "a")]
                )
            ],
            nested=True,
        ),
        ["padding-left", "data", "2.1 kB"],
    ),
    (
        "list --show-hash .",
        results.ListResult([results.ListRow(True, False, False, None, "c" * 32, "a")]),
        ["c" * 32, ">-<"],
    ),
    ("list .", results.ListResult(), ["Nothing"]),
    ("list-url /x", results.UrlListResult([results.UrlEntry("a", False, 12)]), ["12 B"]),
    (
        "list-url /x",
        results.UrlListResult([results.UrlEntry("x", True, None, [results.UrlEntry("a", False, 12)])], nested=True),
        ["padding-left"],
    ),
    ("du .", results.DiskUsageResult([("a", 25), ("b", 75), ("", 100)]), ["75%", "100 B", "all"]),
    ("du .", results.DiskUsageResult([("", 0)]), ["0 B"]),
    ("get u p", results.GetResult("p", "u"), ["copied", ">u<"]),
    ("get u p --show-url", results.GetResult("p", "s3://b/k"), ["s3://b/k"]),
    ("get-url u", results.GetResult("p", "u"), ["copied"]),
    ("import u p", results.ImportResult([("p (u)", "p")], to_stage=["p.dvc"]), ["p (u)", "!git add p.dvc"]),
    ("update p.dvc", results.ImportResult(unchanged=["p.dvc"]), ["up to date", ">p.dvc<"]),
    (
        "gc -w",
        results.GcResult([results.GcStore("repo", 2, 3000), results.GcStore("legacy", 1, 500)]),
        ["3.0 kB", "3.5 kB"],
    ),
    ("gc -w --dry", results.GcResult([results.GcStore("repo", 1, 5, ["/c/ab"])], dry=True), ["Would remove", "/c/ab"]),
    ("install", results.InstallResult(["/r/.git/hooks/pre-push"], "dvnb"), ["hooks/pre-push", "merge driver"]),
    ("cache migrate", results.MigrateResult(2, ["a.dvc"], ["b"]), ["2 files migrated", "a.dvc", "keeps"]),
    ("doctor", results.VersionResult("1", "3.11", "Linux", root="/r", problems=["no dvnb"]), ["/r", "no dvnb"]),
    ("remove a", results.RemoveResult(["a.dvc"], [], ["a"]), ["a.dvc", "deleted"]),
    ("move a b", results.MoveResult("b", "b.dvc", ["b.dvc"]), ["b.dvc"]),
    ("unprotect a", results.UnprotectResult(["a"]), ["can be edited"]),
    ("root", results.RootResult("../.."), ["../.."]),
    ("notebook clean n.ipynb", results.NotebookCleanResult(["n.ipynb"]), ["cleaned"]),
    ("notebook clean --check n.ipynb", results.NotebookCleanResult(["n.ipynb"], checked=True), ["not clean"]),
    (
        "notebook clean --install-filter",
        results.NotebookFilterResult([".gitattributes"], installed=True),
        ["attributes"],
    ),
    (
        "notebook diff n.ipynb",
        results.NotebookDiffResult(
            "n.ipynb",
            "HEAD",
            "workspace",
            [CellChange("changed", "code", 1, 2, "a = 1", "a = <2>", [ValueChange("tags", None, ["x"])])],
            [ValueChange("kernelspec.name", "python3", "ir")],
        ),
        ["cell 2 (code) changed", "a = &lt;2&gt;", "kernelspec.name"],
    ),
    ("notebook export n.ipynb", results.NotebookExportResult("n.ipynb", "n.html", 9), ["n.html"]),
    (
        "notebook params n.ipynb",
        results.NotebookParamsResult(
            "n.ipynb", None, "python", 1, [Parameter("lr", "0.1", 0.1, True, "float", "rate")]
        ),
        ["lr", "0.1", "rate"],
    ),
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


EVIL = "<img src=x onerror=alert(1)>&\"'"


def evil(kind: Any, above: tuple[Any, ...] = ()) -> Any:
    """A value of this type in which every text is an attack; types that nest do so once."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in (str, Any):
        return EVIL
    if kind in (int, float, bool):
        return kind(3)
    if origin is typing.Literal:
        return inner[0]
    if origin is list:
        return [] if inner[0] in above else [evil(inner[0], above)]
    if origin is tuple:
        return tuple(evil(item, above) for item in inner)
    if origin is dict:
        return {EVIL: evil(inner[1], above)}
    if origin in (typing.Union, types.UnionType):
        return evil(inner[0], above)
    assert dataclasses.is_dataclass(kind), kind
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: evil(hints[field.name], (*above, kind)) for field in dataclasses.fields(kind)})  # type: ignore[operator]


# Where a field says less than its verb puts into it.
EVIL_FIELDS: dict[str, dict[str, Any]] = {
    "DataDiffResult": {
        "groups": {"added": [{"path": EVIL, "hash": EVIL}], "renamed": [{"path": {"old": EVIL, "new": EVIL}}]}
    },
    "DataStatusResult": {
        "groups": {"uncommitted": {"added": [EVIL], "renamed": [{"old": EVIL, "new": EVIL}]}, "unchanged": [EVIL]}
    },
    "StatusResult": {"stages": {EVIL: [{"changed deps": {EVIL: EVIL}}, EVIL]}},
    "MetricsShowResult": {"revs": {EVIL: {"data": {EVIL: {"data": {EVIL: EVIL}}}}}},
    "DiffResult": {"files": {EVIL: {EVIL: {"old": EVIL, "new": EVIL, "diff": EVIL}}}},
    "DagResult": {"nodes": [EVIL, f"{EVIL}2"], "edges": [(EVIL, f"{EVIL}2")]},
    "GcResult": {"refused": False},
}


@pytest.mark.parametrize(("line", "result", "_texts"), CASES, ids=[case[0] for case in CASES])
def test_no_name_of_a_file_becomes_markup(line: str, result: Result, _texts: list[str]):
    attack = evil(type(result))
    for name, value in EVIL_FIELDS.get(type(result).__name__, {}).items():
        setattr(attack, name, value)
    drawn = bundle(line, attack)["text/html"]
    assert EVIL not in drawn
    checker = Checker()
    checker.feed(drawn)
    assert not checker.open
    assert "onerror" in drawn


def test_a_table_of_very_many_rows_is_cut():
    drawn = bundle(
        "list .", results.ListResult([results.ListRow(True, False, False, 1, None, str(n)) for n in range(5000)])
    )
    assert "4,500 more" in drawn["text/html"]
    assert len(drawn["text/html"]) < 400_000


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
