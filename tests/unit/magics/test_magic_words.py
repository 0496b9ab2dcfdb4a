"""What the line behind a magic becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvnb.magics.arguments import split
from dvnb.magics.errors import DvcFailed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("add {name}", ["add", "my file.csv"]),
        ("add $name", ["add", "my file.csv"]),
        ("add x-$number.{name}", ["add", "x-3.my file.csv"]),
        ("add {path}", ["add", "data/raw"]),
        ("add {files}", ["add", "a b", "c"]),
        ("run echo ${name} {{name}} $nosuch {nosuch}", ["run", "echo", "${name}", "{{name}}", "$nosuch", "{nosuch}"]),
        ("run awk '{print $1}'", ["run", "awk", "{print $1}"]),
        ('stage add -n s "echo a > b"', ["stage", "add", "-n", "s", "echo a > b"]),
        ("add 日本.txt", ["add", "日本.txt"]),
    ],
)
def test_names_of_the_notebook_are_filled_in(line: str, words: list[str]):
    names = {"name": "my file.csv", "number": 3, "path": Path("data/raw"), "files": ["a b", "c"]}
    assert split(line, names) == words


def test_a_value_that_is_no_argument_is_refused():
    with pytest.raises(DvcFailed, match="{table} is a dict"):
        split("add {table}", {"table": {}})


def test_an_open_quote_is_refused():
    with pytest.raises(DvcFailed, match="No closing quotation"):
        split("add 'x", {})
