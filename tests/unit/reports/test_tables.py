"""A table of values in all its forms."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone

import pytest

from dvnb.errors import DvnbError
from dvnb.reports.tables import Table

EARLY = datetime(2024, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2)))
LATE = datetime(2024, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=-5)))


def test_numbers_stay_numbers() -> None:
    table = Table(
        ["rev", "whole", "gaps", "mixed", "flag", "when", "any"],
        [["a", 1, None, 1, True, EARLY, [1]], ["b", 2, 2**60 + 1, 0.5, None, LATE, "x"]],
        index="rev",
    )
    frame = table.to_df()
    assert list(frame.index) == ["a", "b"]
    assert frame.index.name == "rev"
    assert str(frame["whole"].dtype) == "int64"
    assert str(frame["gaps"].dtype) == "Int64"
    assert frame.loc["b", "gaps"] == 2**60 + 1  # a float would have lost the last digits
    assert str(frame["mixed"].dtype) == "float64"
    assert str(frame["flag"].dtype) == "boolean"
    assert frame.loc["a", "when"].isoformat() == "2024-01-02T01:04:00+00:00"
    assert frame.loc["b", "when"].isoformat() == "2024-01-02T08:04:00+00:00"
    assert frame.loc["a", "any"] == [1]


def test_two_columns_of_one_name() -> None:
    frame = Table(["Path", "HEAD", "HEAD"], [["a", 1, 2]]).to_df()
    assert list(frame.columns) == ["Path", "HEAD", "HEAD"]
    assert frame.iloc[0].tolist() == ["a", 1, 2]


def test_no_rows() -> None:
    frame = Table(["a", "b"], []).to_df()
    assert frame.empty
    assert list(frame.columns) == ["a", "b"]


def test_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DvnbError, match="pip install pandas"):
        Table(["a"], [[1]]).to_df()


def test_csv() -> None:
    table = Table(["a", "b,c"], [["x,y", None], ['q"', EARLY], [0.1 + 0.2, ["m"]]])
    assert table.to_csv().split("\n") == [
        'a,"b,c"', '"x,y",', '"q""",2024-01-02T03:04:00+02:00', '0.30000000000000004,"[""m""]"',
    ]  # fmt: skip


def test_markdown_keeps_its_columns() -> None:
    lines = Table(["a|b"], [["c|d\ne"]]).to_markdown().splitlines()
    assert [line.replace("\\|", "").count("|") for line in lines] == [2, 2, 2]
    assert "c\\|d<br>e" in lines[2]


def test_html_is_escaped_and_numbers_are_right() -> None:
    html = Table(["<b>", "n"], [["<script>", 1], [None, 2.5]]).to_html()
    assert "<script>" not in html
    assert "&lt;b&gt;" in html
    assert 'text-align:right">2.5</td>' in html
