from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dvnb.reports import params
from dvnb.reports.render.values import params_diff_table
from dvnb.reports.sources import Source, merge_keys

if TYPE_CHECKING:
    from conftest import TwoRevs

ALL: dict[str, list[str] | None] = {"p.json": None, "list.json": None, "params.yaml": None}
DEPS: dict[str, list[str] | None] = {"params.yaml": ["lr", "train.epochs", "nope"]}


def source(project: TwoRevs, rev: str, files: dict[str, list[str] | None], shown_as: str | None = None) -> Source:
    return Source(shown_as or rev, project.reader(rev), files)


@pytest.mark.parametrize(
    ("flags", "files", "unchanged"),
    [
        ("", ALL, False),
        (" --all", ALL, True),
        (" --deps", DEPS, False),
        (" --deps --all", DEPS, True),
        (" --targets p.json", {"p.json": None}, False),
    ],
)
def test_diff_prints_what_dvc_prints(two_revs: TwoRevs, flags: str, files: dict, unchanged: bool) -> None:
    found = params.diff(source(two_revs, "v1", files), source(two_revs, "v2", files), unchanged=unchanged)
    command = f"params diff v1 v2{flags}"
    plain, markdown, as_json = two_revs.dvc(command, f"{command} --md --no-path", f"{command} --json")
    revs = ("v1", "v2")
    assert sorted(params_diff_table(found.changes, revs).splitlines()) == sorted(plain.splitlines())
    ours = params_diff_table(found.changes, revs, with_path=False, markdown=True) + "\n"
    assert sorted(ours.splitlines()) == sorted(markdown.splitlines())
    assert found.changes == json.loads(as_json)


def test_a_diff_without_changes_is_empty(two_revs: TwoRevs) -> None:
    found = params.diff(source(two_revs, "v2", ALL, "HEAD"), source(two_revs, "workspace", ALL))
    plain, markdown = two_revs.dvc("params diff", "params diff --md")
    assert params_diff_table(found.changes) == plain == ""
    assert params_diff_table(found.changes, markdown=True) + "\n" == markdown


def test_show_keeps_the_nesting_and_leaves_out_missing_keys(two_revs: TwoRevs) -> None:
    shown = params.show([source(two_revs, "v1", DEPS)])
    assert shown == {"v1": {"data": {"params.yaml": {"data": {"lr": 0.1, "train": {"epochs": 10}}}}}}


def test_known_values_are_listed_unless_their_file_is() -> None:
    read = {"params.yaml": b"a: 1\n"}.__getitem__
    known = {"params.yaml": {"a": 9}, "vars.yaml": {"q": {"w": 3}}}
    shown = params.show([Source("", read, {"params.yaml": None}, known)])
    assert shown[""]["data"] == {"params.yaml": {"data": {"a": 1}}, "vars.yaml": {"data": {"q": {"w": 3}}}}


def test_merged_keys_are_kept_once_and_a_whole_file_wins() -> None:
    merged = merge_keys(
        [("params.yaml", ["b", "a"]), ("x.json", ["k"]), ("params.yaml", ["a", "c"]), ("x.json", []), ("x.json", ["l"])]
    )
    assert merged == {"params.yaml": ["b", "a", "c"], "x.json": None}
