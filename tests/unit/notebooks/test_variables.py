from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dvnb.errors import NotebookError
from dvnb.notebooks.variables import Variable, check_installed, load_source, parse, save_source


def round_trip(path: str, value: Any, name: str = "v") -> Any:
    variable = parse([f"{name}={path}"], "--out")
    names: dict[str, Any] = {name: value}
    exec(save_source(variable), names)
    loaded: dict[str, Any] = {}
    exec(load_source(variable), loaded)
    return loaded[name]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_tables(suffix: str):
    table = pd.DataFrame({"a": [1, 2], "b": [0.1, math.nan], "c": ["x,y", "\tü"], "d": [True, False]})
    pd.testing.assert_frame_equal(round_trip(f"deep/er/t.{suffix}", table), table)
    filtered = round_trip(f"f.{suffix}", table[table.a > 1])
    assert list(filtered.columns) == list("abcd") and len(filtered) == 1


@pytest.mark.parametrize(
    "array", [np.arange(6, dtype="uint8").reshape(2, 3), np.array(["ä", "b"]), np.zeros(0), np.array(2.5)]
)
def test_arrays(array: np.ndarray[Any, Any]):
    back = round_trip("a.npy", array)
    assert back.dtype == array.dtype and back.shape == array.shape and (back == array).all()


def test_arrays_of_objects_are_refused():
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        round_trip("a.npy", np.array([{}], dtype=object))


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, "ü"], "b": {}}, [], "text", 3])
@pytest.mark.parametrize("path", ["v.json", "v.yaml", "v.yml"])
def test_data(path: str, value: Any):
    assert round_trip(path, value) == value


def test_json_takes_numbers_of_numpy_and_says_what_it_cannot():
    assert round_trip("v.json", {"n": np.int64(3), "l": np.arange(2)}) == {"n": 3, "l": [0, 1]}
    with pytest.raises(TypeError, match=r"--out v=v2.json: set cannot be written as JSON"):
        round_trip("v2.json", {1})
    assert not Path("v2.json").exists()


@pytest.mark.parametrize("text", ["", "one\r\ntwo\n", "ü {x} \\"])
def test_text(text: str):
    assert round_trip("folder {x}/t's.md", text) == text


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a.csv", "a pandas DataFrame is needed, not int"),
        ("a.npy", "a numpy array is needed"),
        ("a.txt", "text is needed"),
    ],
)
def test_other_kinds_are_refused(path: str, message: str):
    with pytest.raises(TypeError, match=f"--out v={path}: {message}"):
        round_trip(path, 3)


def test_names_that_the_source_uses_itself():
    assert round_trip("NAME-PATH.json", [1], name="ASKED") == [1]


def test_parquet_says_what_it_needs():
    with pytest.raises(
        NotebookError, match=r"'t.parquet' needs pyarrow or fastparquet.*`%pip install pyarrow`, or use 't.csv'"
    ):
        check_installed([Variable("t", "t.parquet")])


def test_nothing_is_imported_under_a_name_that_a_cell_may_use():
    loaded: dict[str, Any] = {}
    Path("a.csv").write_text("x\n1\n")
    exec(load_source([Variable("df", "a.csv")]), loaded)
    assert {name for name in loaded if not name.startswith("_")} == {"df"}
