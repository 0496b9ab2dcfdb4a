from __future__ import annotations

import pytest
from tabulate import tabulate

from dvnb.reports.render.table import display_width, table
from dvnb.reports.render.values import format_value

TABLES = [
    (["H", "Long header"], [["a", "1"], ["bb", "22"]]),
    (["P", "é"], [["a", "日本"], ["ü", "x"]]),
    (["x", "y"], [["a\nb", "1"], ["c", "2\n3"]]),
    (["x", "y"], [["  sp  ", ""]]),
    (["x"], [["1"], ["10.50"]]),
    (["x", "y"], [["a|b", "1.50"], ["c", "22.125"]]),
    (["x", ""], [["0", "e\u0301"]]),
    ([], [["a", "1"], ["bb", "2"]]),
]


# A Markdown table needs a header.
CASES = [(headers, rows, markdown) for headers, rows in TABLES for markdown in (False, True) if headers or not markdown]


@pytest.mark.parametrize(("headers", "rows", "markdown"), CASES)
def test_tables_are_tabulates(headers: list[str], rows: list[list[str]], markdown: bool) -> None:
    expected = tabulate(rows, headers, tablefmt="github" if markdown else "plain", disable_numparse=True)
    assert table(headers, rows, markdown=markdown) == expected + ("\n" if markdown else "")


def test_a_table_without_rows_is_nothing_but_has_a_head_in_markdown() -> None:
    assert table(["Path", "x"], []) == ""
    assert table(["Path", "x"], [], markdown=True) == "| Path   | x   |\n|--------|-----|\n"


def test_width_counts_terminal_columns() -> None:
    assert [display_width(text) for text in ("abc", "日本", "e\u0301", "ü")] == [3, 4, 1, 1]


@pytest.mark.parametrize(
    ("value", "precision", "expected"),
    [
        (0.123456789, 5, "0.12346"),
        (1234567.891, 5, "1234567.891"),
        (1.5e-9, 5, "0.0"),
        (1e20, 5, "1e+20"),
        (2.0, 5, "2.0"),
        (3, 5, "3"),
        (True, 5, "True"),
        (None, 5, "-"),
        ("text", 5, "text"),
        ([0.123456, 1], 3, "[0.123, 1]"),
        (0.123456789, None, "0.123456789"),
    ],
)
def test_floats_are_rounded_to_decimals(value: object, precision: int | None, expected: str) -> None:
    assert format_value(value, precision) == expected


def test_floats_can_be_cut_to_significant_digits() -> None:
    assert format_value(1234567.891, 5, significant=True) == "1.2346e+06"
