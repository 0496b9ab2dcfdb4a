"""What the line behind a magic becomes."""

from __future__ import annotations

import re
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
        ("add {files[0]} x-{files[-1]}", ["add", "a b", "x-c"]),
        ("add {paths['in']} {paths[\"out\"]} {paths[name]}", ["add", "i", "o 1", "o 2", "n"]),
        ("add {path.name} {files[at]}", ["add", "raw", "c"]),
        (
            "run ${files[0]} {nosuch.name} {nosuch[0]} {files[]}",
            ["run", "${files[0]}", "{nosuch.name}", "{nosuch[0]}", "{files[]}"],
        ),
    ],
)
def test_names_of_the_notebook_are_filled_in(line: str, words: list[str]):
    names = {
        "name": "my file.csv",
        "number": 3,
        "path": Path("data/raw"),
        "files": ["a b", "c"],
        "at": 1,
        "paths": {"in": "i", "out": ["o 1", "o 2"], "my file.csv": "n"},
    }
    assert split(line, names) == words


def test_a_value_that_is_no_argument_is_refused():
    with pytest.raises(DvcFailed, match="{table} is a dict"):
        split("add {table}", {"table": {}})


@pytest.mark.parametrize("part", ["[2]", ".nosuch", "[nosuch]"])
def test_a_part_that_a_value_does_not_have_is_named(part: str):
    with pytest.raises(DvcFailed, match=re.escape(f"{{files{part}}} is nothing: ")):
        split(f"add {{files{part}}}", {"files": ["a"]})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("status # what isn't", ["status"]),
        ("# all", []),
        ("exp save -m fix#3 '#4' \\#5 \"# 6\" #7", ["exp", "save", "-m", "fix#3", "#4", "#5", "# 6"]),
        ("add ~/data '~/x' a~ ~x", ["add", "/home/me/data", "~/x", "a~", "~x"]),
        ("add ~/'my data' ~", ["add", "/home/me/my data", "/home/me"]),
        ("config x ''", ["config", "x", ""]),
        ("add a\u00a0b c", ["add", "a\u00a0b", "c"]),
        ("add my\\ data 'a'\"b\"c\t d\n", ["add", "my data", "abc", "d"]),
    ],
)
def test_words_are_those_of_a_shell(line: str, words: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert split(line, {}) == words


def test_an_open_quote_is_refused():
    with pytest.raises(DvcFailed, match="No closing quotation"):
        split("add 'x", {})
