"""Points of a plot, as dvc's converter makes them of data files; and which plots are defined."""

from __future__ import annotations

from typing import Any

import pytest

from dvnb.reports.plots.datafiles import parse
from dvnb.reports.plots.definitions import Declared, OutPlot, by_id, definitions, matches, sources
from dvnb.reports.plots.points import points_of
from dvnb.reports.plots.problems import PlotDataError


class Folder:
    """Files by path."""

    def __init__(self, *paths: str) -> None:
        self.paths = paths

    def exists(self, path: str) -> bool:
        return path in self.paths or self.isdir(path)

    def isdir(self, path: str) -> bool:
        return any(other.startswith(f"{path}/") for other in self.paths)

    def find(self, path: str) -> list[str]:
        return sorted(other for other in self.paths if other.startswith(f"{path}/"))

    def read(self, path: str) -> bytes:
        return b""


# ---- definitions


def test_the_inner_folder_counts() -> None:
    declared = Declared({"sub/dvc.yaml": ["logs", {"logs/deep": {"x": "a"}}, {"logs/deep/one.csv": {"x": "b"}}]})
    files = Folder("sub/logs/t.csv", "sub/logs/deep/one.csv", "sub/logs/deep/two.csv")
    found, asked = definitions(declared, files, [], {"title": "T"})
    assert found == {
        "sub/dvc.yaml": {
            "sub/logs/t.csv": {"title": "T"},
            "sub/logs/deep/two.csv": {"x": "a", "title": "T"},
            "sub/logs/deep/one.csv": {"x": "b", "title": "T"},
        }
    }
    assert not asked


def test_ids_that_several_files_have_are_told_apart() -> None:
    declared = Declared(
        {"dvc.yaml": [{"p": {"y": {"a.csv": "v"}}}, "only"], "sub/dvc.yaml": [{"p": {"y": {"a.csv": "v"}}}]}
    )
    found, _ = definitions(declared, Folder(), [], {})
    assert list(by_id(found)) == ["dvc.yaml::p", "sub/dvc.yaml::p", "only"]
    assert by_id(found)["sub/dvc.yaml::p"] == ("p", {"y": {"sub/a.csv": "v"}})


def test_a_target_is_an_expression_or_a_file() -> None:
    assert matches(["a"], "dvc.yaml", "acc") and matches(["dvc.yaml::a"], "dvc.yaml", "acc") and matches([], "", "x")
    assert not matches(["b"], "dvc.yaml", "acc")
    assert matches(["c++/["], "dvc.yaml", "c++/[x]")
    declared = Declared({"dvc.yaml": ["a.csv"]}, [OutPlot("o.csv", "o.csv", {"x": "k"})])
    found, asked = definitions(declared, Folder("a.csv", "b.csv", "o.csv"), ["b.csv", "o"], {})
    assert found == {"dvc.yaml": {}, "": {"o.csv": {"x": "k"}, "b.csv": {}}}
    assert asked == {"b.csv"}


def test_sources_are_files_of_both_axes() -> None:
    assert sources("p", {"y": {"a": "v", "b": "v"}, "x": {"c": "s"}}) == ["a", "b", "c"]
    assert sources("p", {"y": "v", "x": "s"}) == ["p"]


# ---- data files


def test_tables_keep_texts_and_missing_cells() -> None:
    assert parse(b"a,b\n1\n2,3,4\n", "t.csv") == [{"a": "1", "b": None}, {"a": "2", "b": "3", None: ["4"]}]
    assert parse(b"1\t2\n", "t.tsv", header=False) == [{"0": "1", "1": "2"}]
    assert parse(b"", "t.csv") == [] and parse(b"", "t.csv", header=False) == []


@pytest.mark.parametrize(
    ("path", "data", "kind"), [("a.txt", b"", "PlotMetricTypeError"), ("a.csv", b"\xff", "EncodingError")]
)
def test_other_files_are_refused(path: str, data: bytes, kind: str) -> None:
    with pytest.raises(PlotDataError) as failure:
        parse(data, path)
    assert failure.value.kind == kind
    assert path in str(failure.value)


# ---- points


def points(props: dict[str, Any], content: dict[str, Any], plot_id: str = "p.json") -> tuple[list[Any], Any, Any, Any]:
    found, drawn = points_of(plot_id, props, content, "r")
    return found, drawn.get("x"), drawn.get("y"), (drawn.get("x_label"), drawn.get("y_label"))


def test_y_is_the_last_column_and_x_the_number_of_the_row() -> None:
    found, x, y, labels = points({}, {"p.json": {"n": {"deep": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}}})
    assert (x, y, labels) == ("step", "b", ("step", "b"))
    assert found[1] == {"a": 3, "b": 4, "step": 1, "rev": "r", "filename": "p.json", "field": "b"}


def test_several_fields_are_one_axis() -> None:
    content = {"d/a.tsv": [{"s": "0", "v": "1", "w": "2"}], "d/b.tsv": [{"s": "0", "v": "3"}]}
    found, x, y, labels = points({"x": "s", "y": {"d/a.tsv": ["v", "w"], "d/b.tsv": "v"}}, content, "p")
    assert (x, y, labels) == ("s", "dvc_inferred_y_value", ("s", "y"))
    assert [(p["filename"], p["field"], p["dvc_inferred_y_value"]) for p in found] == [
        ("a.tsv", "v", "1"),
        ("a.tsv", "w", "2"),
        ("b.tsv", "v", "3"),
    ]


def test_x_of_another_file_is_joined_row_by_row() -> None:
    content = {"x.csv": [{"s": 7}, {"s": 8}], "y.csv": [{"v": 1}, {"v": 2}]}
    found, x, *_ = points({"x": {"x.csv": "s"}, "y": {"y.csv": "v"}}, content, "p")
    assert (x, [p["s"] for p in found]) == ("s", [7, 8])
    content["x.csv"].pop()
    with pytest.raises(PlotDataError, match="They have to have same length"):
        points({"x": {"x.csv": "s"}, "y": {"y.csv": "v"}}, content, "p")


def test_different_xs_are_one_axis_and_as_many_as_ys() -> None:
    content = {"a.csv": [{"i": 1, "v": 2}], "b.csv": [{"j": 3, "v": 4}]}
    found, x, *_ = points({"x": {"a.csv": "i", "b.csv": "j"}, "y": {"a.csv": "v", "b.csv": "v"}}, content, "p")
    assert (x, [p["dvc_inferred_x_value"] for p in found]) == ("dvc_inferred_x_value", [1, 3])
    with pytest.raises(PlotDataError, match="Found 2 x and 1 y data sources"):
        points({"x": {"a.csv": "i", "b.csv": "j"}, "y": {"a.csv": "v"}}, content, "p")


def test_a_field_that_is_not_there() -> None:
    with pytest.raises(PlotDataError, match=r"field \('z'\) in data fields \('a, b'\)") as failure:
        points({"y": "z"}, {"p.json": [{"a": 1, "b": 2}]})
    assert failure.value.kind == "FieldNotFoundError"


@pytest.mark.parametrize("content", [{}, {"p.json": []}, {"p.json": {"a": 1}}, {"p.json": [1, 2]}, {"p.json": 3}])
def test_without_rows_there_are_no_points(content: dict[str, Any]) -> None:
    assert points_of("p.json", {}, content, "r") == ([], {})
