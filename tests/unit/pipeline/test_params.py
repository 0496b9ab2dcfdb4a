from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest

from dvnb.errors import FormatError, StageFailedError
from dvnb.pipeline.params import current_values, get_key, load_params, params_status, select, status, subset
from dvnb.pipeline.stage import ParamsDep

PYTHON = b"""
import os
A: int = 3
B = -1
C = (1, (2, 3))
D = {"a": 1, "b": {"c": [1]}}
E = os.getcwd()
F = {2, 1}
G = H = 3
I, J = 1, 2
N: int
O = "a" "b"
class T:
    x = 1
    L = [1, os]
    class U:
        y = None
    def __init__(self):
        self.z = 5
        w = 3
    def other(self):
        self.q = 1
self.c = 4
if A:
    R = 5
"""


class Memory:
    """A parse cache in memory that counts what it is asked for."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, digest: str) -> Any | None:
        return self.values.get(digest)

    def put(self, digest: str, value: Any) -> None:
        self.values[digest] = value


def dep(path: Path, keys: list[str], recorded: dict[str, Any] | None = None) -> ParamsDep:
    return ParamsDep(str(path), path.name, keys, recorded)


@pytest.mark.parametrize(
    ("name", "data", "value"),
    [
        ("p.yaml", b"a: 1e-5\nb: [on, 0o7]\n", {"a": 1e-5, "b": ["on", 7]}),
        ("p.yml", b"", {}),
        ("p.json", b'{"k": {"b": 1.0, "a": [true, null]}}', {"k": {"b": 1.0, "a": [True, None]}}),
        ("P.JSON", b"null", {}),
        ("p.toml", b'[tool]\r\nx = 1\r\ny = "s"\r\n', {"tool": {"x": 1, "y": "s"}}),
        ("p.params", b"a: b", {"a": "b"}),
    ],
)
def test_the_suffix_decides_how_a_file_is_read(name: str, data: bytes, value: Any) -> None:
    assert load_params(data, name) == value


def test_python_files_give_their_literal_assignments() -> None:
    assert load_params(PYTHON, "p.py") == {
        "A": 3,
        "B": -1,
        "C": [1, [2, 3]],
        "D": {"a": 1, "b": {"c": [1]}},
        "F": [1, 2],
        "O": "ab",
        "T": {"x": 1, "U": {"y": None}, "z": 5},
        "c": 4,
    }


@pytest.mark.parametrize(
    ("name", "data", "kind"), [("p.json", b"[1", "JSON"), ("p.toml", b"a=", "TOML"), ("p.py", b"a = (", "Python"), ("p.yaml", b"a: [1\n", "YAML")]
)  # fmt: skip
def test_broken_files_are_refused_in_the_words_of_dvc(name: str, data: bytes, kind: str) -> None:
    with pytest.raises(FormatError) as caught:
        load_params(data, name)

    assert str(caught.value).startswith(f"unable to read: '{name}', {kind} file structure is corrupted")
    assert caught.value.path == name


@pytest.mark.parametrize("name", ["p.json", "p.toml", "p.py", "p.yaml"])
def test_files_that_are_not_utf8_are_refused(name: str) -> None:
    with pytest.raises(FormatError, match="is not valid utf-8"):
        load_params(b"a = '\xff'", name)


def test_parsed_files_come_from_the_cache_the_second_time() -> None:
    cache = Memory()

    assert load_params(b"A = 1", "p.py", cache) == {"A": 1}
    (digest,) = cache.values
    cache.values[digest] = {"A": "remembered"}

    assert load_params(b"A = 1", "other.py", cache) == {"A": "remembered"}
    assert load_params(b"A = 1", "p.toml", cache) == {"A": 1}


def test_what_json_cannot_hold_is_not_cached() -> None:
    cache = Memory()

    assert load_params(b"d = 2020-01-02", "p.toml", cache) == {"d": dt.date(2020, 1, 2)}
    assert load_params(b"D = {1: 2}", "p.py", cache) == {"D": {1: 2}}
    assert math.isnan(load_params(b"d = nan", "p.toml", cache)["d"])
    assert cache.values == {}


def test_dotted_keys_reach_into_mappings_and_lists() -> None:
    data = {"a": {"b": [10, {"c": 20}], 1: "one"}}

    assert get_key(data, "a.b.1.c") == 20
    assert get_key(data, "a.1") == "one"
    assert get_key(data, "a") is data["a"]


@pytest.mark.parametrize("key", ["x", "a.x", "a.b.9", "a.b.-1", "a.b.x", "a.c.d", "a..b", ""])
def test_keys_that_do_not_exist_are_key_errors(key: str) -> None:
    with pytest.raises(KeyError):
        get_key({"a": {"b": [1], "c": 3}}, key)


def test_select_gives_existing_keys_under_their_dotted_names() -> None:
    data = {"a": {"b": 1}, "c": None}

    assert select(data, ["c", "a.b", "nope"]) == {"c": None, "a.b": 1}
    assert select(data, []) == data


def test_select_of_a_whole_file_wants_a_mapping() -> None:
    with pytest.raises(FormatError, match="got 'list'"):
        select([1], [])


def test_subset_keeps_the_nesting() -> None:
    data = {"a": {"b": 1, "c": 2, "d": 3}, "l": [1, {"x": 2, "y": 3}], "z": 0}

    assert subset(data, ["a.d", "a.b"]) == {"a": {"d": 3, "b": 1}}
    assert subset(data, ["l.1.x"]) == {"l": [None, {"x": 2}]}
    assert subset(data, ["a.b", "a"]) == {"a": data["a"]}
    assert subset(data, ["nope"]) == {}
    assert subset(data, []) == data


def test_subset_leaves_its_source_alone() -> None:
    data = {"a": {"b": {"c": 1, "d": 2}}}

    subset(data, ["a.b", "a.b.c"])

    assert data == {"a": {"b": {"c": 1, "d": 2}}}


def test_status_words_by_key_in_the_order_asked_for() -> None:
    recorded = {"a": 1, "b": 2, "same": [1]}
    current = {"b": 3, "c": 4, "same": [1]}

    assert list(status(recorded, current, ["c", "b", "a", "same"]).items()) == [  # type: ignore[union-attr]
        ("c", "new"),
        ("b", "modified"),
        ("a", "deleted"),
    ]
    assert status(recorded, current, []) == {"b": "modified", "c": "new", "a": "deleted"}
    assert status(recorded, recorded, ["a"]) == {}


def test_status_of_a_file_that_is_missing_or_was_never_recorded() -> None:
    assert status({"a": 1}, None, ["a"]) == "deleted"
    assert status(None, None, ["a"]) == "deleted"
    assert status(None, {"a": 1}, ["a"]) == "new"


def test_params_status_reads_the_workspace(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"

    assert params_status(dep(path, ["a"], {"a": 1})) == "deleted"
    path.write_text("a: 2\n")
    assert params_status(dep(path, ["a"], {"a": 1})) == {"a": "modified"}
    assert params_status(dep(path, ["a"], {"a": 2})) == {}
    assert params_status(dep(path, ["a"])) == "new"


def test_current_values_are_sorted_for_the_lock_file(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("b: {z: 1, a: 2}\na: 3\n")

    assert list((current_values(dep(path, ["b.z", "a"])) or {}).items()) == [("a", 3), ("b.z", 1)]
    assert list(current_values(dep(path, [])) or {}) == ["a", "b"]


def test_current_values_miss_nothing_when_strict(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    with pytest.raises(StageFailedError, match=r"^dependency 'sub/p.yaml' does not exist$"):
        current_values(dep(path, ["a"]), shown="sub/p.yaml")
    assert current_values(dep(path, ["a"]), strict=False) is None

    path.write_text("c: 1\n")
    with pytest.raises(StageFailedError, match=r"^Parameters 'a, b' are missing from 'p.yaml'.$"):
        current_values(dep(path, ["a", "b", "c"]))
    assert current_values(dep(path, ["a", "c"]), strict=False) == {"c": 1}


def test_a_folder_or_a_broken_file_is_no_parameter_file(tmp_path: Path) -> None:
    with pytest.raises(StageFailedError, match="is a directory, expected a parameters file"):
        current_values(dep(tmp_path, ["a"]))
    (tmp_path / "b.json").write_text("[1,2")
    with pytest.raises(
        FormatError, match="^Unable to read parameters from 'b.json': unable to read: 'b.json', JSON file"
    ):
        current_values(dep(tmp_path / "b.json", ["a"]))
