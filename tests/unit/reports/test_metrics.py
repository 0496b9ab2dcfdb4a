from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dvnb.errors import ProjectError
from dvnb.reports import metrics
from dvnb.reports.render.values import metrics_diff_table, metrics_table
from dvnb.reports.sources import Source, errored, seen_from

if TYPE_CHECKING:
    from conftest import TwoRevs


def source(project: TwoRevs, rev: str, shown_as: str | None = None) -> Source:
    return Source(rev if shown_as is None else shown_as, project.reader(rev), dict.fromkeys(project.metrics))


def as_lines(text: str) -> list[str]:
    """dvc goes through the files of a diff in the order of a set."""
    return sorted(text.splitlines())


def without_paths_of_errors(shown: dict) -> dict:
    """dvc names a broken file by a wrong way from here to the root: `'../../../sub/a.json'`."""
    for result in shown.values():
        for entry in result["data"].values():
            if entry.get("error", {}).get("msg", "").startswith("unable to read"):
                entry["error"]["msg"] = entry["error"]["msg"].partition(", ")[2]
    return shown


def test_show_prints_what_dvc_prints(two_revs: TwoRevs) -> None:
    shown = metrics.show([source(two_revs, "workspace", "")])
    plain, markdown, precise, as_json = two_revs.dvc(
        "metrics show", "metrics show --md", "metrics show --precision 2", "metrics show --json"
    )
    assert metrics_table(shown) + "\n" == plain
    assert metrics_table(shown, markdown=True) + "\n" == markdown
    assert metrics_table(shown, precision=2) + "\n" == precise
    assert errored(shown) == [""]
    assert without_paths_of_errors(json.loads(json.dumps(shown))) == without_paths_of_errors(json.loads(as_json))


def test_show_of_several_revs_has_a_column_for_them(two_revs: TwoRevs) -> None:
    shown = metrics.show([source(two_revs, rev) for rev in ("workspace", "v1", "v2")])
    plain, markdown = two_revs.dvc("metrics show -T", "metrics show -T --md")
    assert metrics_table(shown, with_revs=True) + "\n" == plain
    assert metrics_table(shown, with_revs=True, markdown=True) + "\n" == markdown


def test_workspace_is_left_out_where_it_equals_the_branch(two_revs: TwoRevs) -> None:
    sources = [source(two_revs, "workspace"), source(two_revs, "v2", "main"), source(two_revs, "v1")]
    assert list(metrics.show(sources, branch="main")) == ["main", "v1"]
    assert list(metrics.show(sources, branch="v1")) == ["workspace", "main", "v1"]
    assert list(metrics.show(sources)) == ["workspace", "main", "v1"]


@pytest.mark.parametrize(("flags", "unchanged"), [("", False), (" --all", True)])
def test_diff_prints_what_dvc_prints(two_revs: TwoRevs, flags: str, unchanged: bool) -> None:
    found = metrics.diff(source(two_revs, "v1"), source(two_revs, "v2"), unchanged=unchanged)
    command = f"metrics diff v1 v2{flags}"
    plain, markdown, no_path, precise, as_json = two_revs.dvc(
        command, f"{command} --md", f"{command} --no-path", f"{command} --precision 3", f"{command} --json"
    )
    revs = ("v1", "v2")
    assert as_lines(metrics_diff_table(found.changes, revs)) == as_lines(plain)
    assert as_lines(metrics_diff_table(found.changes, revs, markdown=True) + "\n") == as_lines(markdown)
    assert as_lines(metrics_diff_table(found.changes, revs, with_path=False)) == as_lines(no_path)
    assert as_lines(metrics_diff_table(found.changes, revs, precision=3)) == as_lines(precise)
    assert found.changes == json.loads(as_json)
    assert found.errored == ["v1", "v2"]


def test_a_diff_without_changes_is_empty(two_revs: TwoRevs) -> None:
    found = metrics.diff(source(two_revs, "v2", "HEAD"), source(two_revs, "workspace"))
    plain, markdown = two_revs.dvc("metrics diff", "metrics diff --md")
    assert metrics_diff_table(found.changes) == plain == ""
    assert metrics_diff_table(found.changes, markdown=True) + "\n" == markdown


def test_paths_are_shown_from_the_folder_one_is_in(two_revs: TwoRevs) -> None:
    shown = seen_from(metrics.show([source(two_revs, "workspace", "")]), "sub")
    found = metrics.diff(source(two_revs, "v1"), source(two_revs, "v2")).seen_from("sub")
    plain, changes = two_revs.dvc("metrics show", "metrics diff v1 v2", folder="sub")
    assert metrics_table(shown) + "\n" == plain
    assert as_lines(metrics_diff_table(found.changes, ("v1", "v2"))) == as_lines(changes)


def test_broken_files_are_named_and_do_not_hide_others() -> None:
    files = {"m.json": b'{"a": 1}', "sub/bad.json": b"{"}

    def read(path: str) -> bytes:
        if path == "lost.json":
            raise FileNotFoundError(2, "No storage files available", path)
        return files[path]

    shown = metrics.show([Source("", read, dict.fromkeys([*files, "lost.json"]))])
    assert shown == {
        "": {
            "data": {
                "m.json": {"data": {"a": 1}},
                "sub/bad.json": {
                    "error": {
                        "type": "JSONFileCorruptedError",
                        "msg": "unable to read: 'sub/bad.json', JSON file structure is corrupted",
                    }
                },
                "lost.json": {
                    "error": {"type": "FileNotFoundError", "msg": "[Errno 2] No storage files available: 'lost.json'"}
                },
            }
        }
    }


def test_a_rev_whose_files_cannot_be_listed_is_an_error_and_has_no_rows() -> None:
    good = Source("v1", {"m.json": b'{"a": 1}'}.__getitem__, {"m.json": None})
    bad = Source("v2", good.read, error=ProjectError("no good"))
    shown = metrics.show([good, bad])
    assert shown["v2"] == {"error": {"type": "ProjectError", "msg": "no good"}}
    assert errored(shown) == ["v2"]
    assert seen_from(shown, "x")["v2"] == shown["v2"]
    assert metrics_table(shown, with_revs=True).splitlines() == ["Revision    Path    a", "v1          m.json  1"]
    found = metrics.diff(good, bad)
    assert found.changes == {"m.json": {"a": {"old": 1, "new": None}}}
    assert found.errored == ["v2"]


def test_a_metric_called_error_is_no_error() -> None:
    shown = metrics.show([Source("", {"m.json": b'{"error": 5}'}.__getitem__, {"m.json": None})])
    assert errored(shown) == []


def test_keys_that_are_numbers_do_not_break_the_table() -> None:
    shown = metrics.show([Source("", {"m.yaml": b"1: 2\nx: 3\n"}.__getitem__, {"m.yaml": None})])
    assert metrics_table(shown).splitlines() == ["Path    1    x", "m.yaml  2    3"]
