from __future__ import annotations

import json
import math
from typing import Any

import pytest
from dvc.utils.diff import diff as dvc_diff
from dvc.utils.diff import format_dict
from dvc.utils.flatten import flatten as dvc_flatten
from hypothesis import given, settings
from hypothesis import strategies as st

from dvnb.reports.leaves import diff, flatten

# No dots in keys: dvc refuses two leaves of one name, where the last one wins here.
names = st.text("abc", min_size=1, max_size=2)
bare = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | st.text("ab1 ", max_size=3)
)
values = st.recursive(bare | st.lists(bare, max_size=2), lambda inner: st.dictionaries(names, inner, max_size=3))
files = st.dictionaries(names, values, max_size=4)


@given(files)
@settings(max_examples=60, deadline=None)
def test_flatten_is_dvcs(value: dict[str, Any]) -> None:
    assert flatten(value) == dvc_flatten(format_dict(value))


@given(files, files, st.booleans())
@settings(max_examples=60, deadline=None)
def test_diff_is_dvcs(old: dict[str, Any], new: dict[str, Any], unchanged: bool) -> None:
    assert diff(old, new, unchanged=unchanged) == from_dvc(old, new, unchanged=unchanged)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (0.5, 0.75),
        (1, 1),
        ("0.5", 1),
        ("word", "other"),
        ({}, 0.5),
        (0.5, {}),
        ({"a": 1}, 0.5),
        (0.5, {"a": {"b": 1}}),
        ({"a": 1}, {}),
        ([1], [2]),
        ([1, 2], [1, 3]),
        ([1], {}),
        ({"a": [1]}, [1]),
        ({"a": None}, {"a": 0}),
        ({"a": True}, {"a": False}),
    ],
)
@pytest.mark.parametrize("unchanged", [False, True])
def test_bare_values_differ_as_in_dvc(old: Any, new: Any, unchanged: bool) -> None:
    assert diff(old, new, unchanged=unchanged) == from_dvc(old, new, unchanged=unchanged)


def test_leaves_are_sorted_so_that_json_is_stable() -> None:
    assert list(diff({"b": 1, "a": {"z": 1, "y": 1}}, {})) == ["a.y", "a.z", "b"]


def test_leaves_of_one_name_do_not_fail() -> None:
    assert flatten({"a.b": 1, "a": {"b": 2}}) == {"a.b": 2}


def test_nan_is_never_equal() -> None:
    change = diff({"a": math.nan}, {"a": math.nan})["a"]
    assert math.isnan(change["diff"])
    assert json.dumps(change) == '{"old": NaN, "new": NaN, "diff": NaN}'


def from_dvc(old: Any, new: Any, *, unchanged: bool) -> Any:
    sides = [format_dict({"file": {"data": value}}) for value in (old, new)]
    return dvc_diff(*sides, with_unchanged=unchanged).get("file", {})
