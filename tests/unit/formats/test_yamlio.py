from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvnb.errors import FormatError
from dvnb.formats import yamlfast
from dvnb.formats.yamlio import Document, apply_diff, dumps, load


class Memory(dict[str, Any]):
    def put(self, digest: str, value: Any) -> None:
        self[digest] = value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("No", "No"),
        ("TRUE", True),
        ("012", 12),
        ("0o17", 15),
        ("-0x1F", -31),
        ("0b101", 5),
        ("1_000", 1000),
        ("+1", 1),
        ("1e5", 100000.0),
        ("1e-5", 1e-05),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("1:30", "1:30"),
        ("~", None),
        ("Null", None),
        ("'1'", "1"),
        ("a # b", "a"),
        ("2020-01-02", dt.date(2020, 1, 2)),
        ("'a\tb'", "a\tb"),
        ("!!str 1", "1"),
        ("&x [1]", [1]),
        ("a && b *c !d", "a && b *c !d"),
        ('"\\x41\\u00e9"', "Aé"),
        ("é…", "é…"),
    ],
)
def test_scalars_are_read_by_yaml_1_2(text: str, value: Any):
    got = load(f"k: {text}\n".encode(), "x.yaml")
    assert got == {"k": value}
    assert type(got["k"]) is type(value)


def test_what_c_can_read_does_not_go_to_ruamel():
    text = "stages:\n  a:\n    cmd: cp *.csv x && echo ! 2>&1\n    deps: [a, 'b']\n    meta: {k: 1.5, n: }\n"
    assert yamlfast.parse(text) == (
        {"stages": {"a": {"cmd": "cp *.csv x && echo ! 2>&1", "deps": ["a", "b"], "meta": {"k": 1.5, "n": None}}}},
        True,
    )


@pytest.mark.parametrize("data", [b"", b"\n  \n", b"# only a comment\n"])
def test_an_empty_document_is_none(data: bytes):
    assert load(data, "x.yaml") is None


def test_line_ends_of_other_systems_are_newlines():
    assert load(b"a: |\r\n  x\r\n  y\r\nb: 1\r\n", "x.yaml") == {"a": "x\ny\n", "b": 1}


def test_shared_nodes_stay_shared_and_merges_work():
    got = load(b"a: &x {k: [1]}\nb: *x\nc:\n  <<: *x\n  l: 2\n", "x.yaml")
    assert got["a"] is got["b"]
    assert got["c"] == {"k": [1], "l": 2}


def test_duplicate_keys_are_refused_with_their_place():
    with pytest.raises(FormatError, match="found duplicate key") as caught:
        load(b"a: 1\nb: 2\na: 3\n", "p.yaml")
    assert str(caught.value).startswith(
        "unable to read: 'p.yaml', YAML file structure is corrupted: while constructing"
    )
    assert (caught.value.line, caught.value.column) == (3, 1)


def test_a_syntax_error_has_ruamels_words_and_place():
    with pytest.raises(FormatError) as caught:
        load(b"a: [\n", "params.yaml")
    assert str(caught.value).startswith(
        "unable to read: 'params.yaml', YAML file structure is corrupted: while parsing a flow node\n"
        "expected the node content, but found '<stream end>'"
    )
    assert caught.value.line == 2


def test_other_encodings_are_refused():
    with pytest.raises(FormatError, match=r"unable to read: 'p.yaml', is not valid utf-8") as caught:
        load(b"a: 1\nb: \xff\n", "p.yaml")
    assert caught.value.line == 2


def test_a_scalar_that_ruamel_itself_cannot_build_is_a_format_error():
    with pytest.raises(FormatError, match="structure is corrupted"):
        load(b"a: -_\n", "p.yaml")


def test_a_second_document_is_refused():
    with pytest.raises(FormatError, match="expected a single document"):
        load(b"a: 1\n---\nb: 1\n", "p.yaml")


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("a: [1, 2.5, x, null, true]\n", True),
        ("a: 'x\ty'\n", True),
        ("1: a\n", False),
        ("a: 2020-01-01\n", False),
        ("a: .nan\n", False),
        ("a: &x [1]\nb: *x\n", False),
        ("? [1, 2]\n: a\n", False),
    ],
)
def test_only_what_json_gives_back_is_cached(text: str, is_kept: bool):
    memory = Memory()
    first = load(text.encode(), "x.yaml", memory)
    assert bool(memory) is is_kept
    assert repr(load(text.encode(), "x.yaml", memory)) == repr(first)


def test_a_cached_document_needs_neither_parser():
    code = """
import sys
from dvnb.formats import dvcfile, dvcyaml, lockfile, strict, yamlio
from dvnb.objects.hashing import md5_bytes
data = b"schema: '2.0'\\nstages: {}\\n"
class Known:
    def get(self, digest):
        return {"schema": "2.0", "stages": {"a": {"cmd": "b"}}}
    def put(self, digest, value):
        raise AssertionError
assert yamlio.load(data, "x", Known())["schema"] == "2.0"
assert lockfile.parse(data, "dvc.lock", Known())["a"].cmd == "b"
assert not {"yaml", "ruamel", "ruamel.yaml", "dvnb.formats.shapes", "dvnb.formats.yamlfast"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


TOKENS = [
    "a", "b", "key", "1", "0", "-1", "012", "1e5", "1.5", ".5", "+1", "0x1f", "0o17", "1_000", "~", "null", "true",
    "on", "1:30", "2001-01-01", "<<", "=", "-", "- ", ": ", ":", "? ", "?", "[", "]", "{", "}", ",", ", ", "\n",
    "\n  ", "\n    ", " ", "  ", "#", " #", "'", '"', "''", "\\", "\\n", ">", ">-", "&", "&a", "*a", "*", "!",
    "!!str ", "%YAML 1.2\n", "---", "---\n", "...", "@", "é", "x y", "http://a.b/c", "-x", "?x", ":x", "[]", "{}",
    "a && b", "2>&1", "$(x)", "*.csv", "${x}", "'a b'", '"a":', "k: v", "- i", "\t", ".inf", "-_", "0b", "\x85",
    "\u2028", "\ufeff", "\r", "|", "|-\n  ", "|+", "|2",
]  # fmt: skip
SCALARS = st.lists(st.sampled_from(TOKENS), min_size=1, max_size=4).map("".join)


def _lines(children: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    keys = st.sampled_from(["k", "a b", "1", "on", "'q'", "x.y", "é", '"d"', "l", "m"])
    pairs = st.lists(st.tuples(keys, children), min_size=1, max_size=3)
    return pairs.map(
        lambda items: [line for key, lines in items for line in (f"{key}:", *("  " + x for x in lines))]
    ) | (
        st.lists(children, min_size=1, max_size=3).map(
            lambda items: [("- " if n == 0 else "  ") + x for lines in items for n, x in enumerate(lines)]
        )
    )


TEXTS = st.lists(st.sampled_from(TOKENS), max_size=20).map("".join) | st.recursive(
    SCALARS.map(lambda text: text.split("\n")), _lines, max_leaves=8
).map("\n".join)


def _with_ruamel(text: str) -> Any:
    from ruamel.yaml import YAML

    try:
        return YAML(typ="safe").load(text)
    except Exception as error:  # noqa: BLE001 - whatever it is, the fast parser must not have read the text
        return error


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_the_fast_parser_reads_as_ruamel_does_or_gives_up(text: str):
    fast = yamlfast.parse(text)
    if fast is not None:
        assert repr(fast[0]) == repr(_with_ruamel(text))


@pytest.mark.parametrize(
    "text",
    [
        "k: |#c\n  a",
        "|-\n#x",
        "k: |\n     \n  a",
        "x\n...\n...\n",
        "<<: {a: 1}",
        "a: =",
        "- <<",
        "? {a: 1}\n: b",
        "a: *b",
        "%YAML 1.1\n---\na: on",
    ],
)
def test_the_fast_parser_leaves_doubtful_texts_to_ruamel(text: str):
    assert yamlfast.parse(text) is None


def test_dumping_is_ruamels_block_style():
    value = {
        "k": ["123", "true", "no", "- dash", "co: lon", "#h", "quo'te", None, 1e-05, 1.0, "é", "a\nb", "", {"x": []}],
        "cmd": "python train.py --learning-rate 0.001 --epochs 100 --batch-size 64 --output-dir models/final",
    }
    assert dumps(value) == (
        "k:\n- '123'\n- 'true'\n- no\n- '- dash'\n- 'co: lon'\n- '#h'\n- quo'te\n- \n- 1e-05\n- 1.0\n- é\n- \"a\\nb\"\n- ''\n"
        "- x: []\n"
        "cmd: python train.py --learning-rate 0.001 --epochs 100 --batch-size 64 \n  --output-dir models/final\n"
    )


def test_a_document_keeps_comments_and_style():
    text = "# top\na: [1, 2] # c\nb:\n- x\n"
    document = Document(text)
    document.data["b"][0] = "y"
    assert document.text() == text.replace("x", "y")


def test_a_document_of_comments_only_is_empty():
    assert Document("# nothing\n").data == {}


def test_apply_diff_touches_only_what_differs():
    document = Document("a: 1 # one\nb: # two\n  c: [x, y] # three\n  d: 1\nl: [{k: v}]\ngone: 1\n")
    apply_diff({"a": 2, "b": {"c": ["x", "z"], "e": 3}, "l": [{"k": "w"}, 1], "t": (1, 2)}, document.data)
    assert document.text() == ("a: 2 # one\nb: # two\n  c: [x, z] # three\n  e: 3\nl: [k: w, 1]\nt:\n- 1\n- 2\n")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["a", "b", "1", 1.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=10,
)
MAPPINGS = st.dictionaries(st.sampled_from("abcd"), PLAIN, max_size=4)


@settings(max_examples=150, deadline=None)
@given(MAPPINGS, MAPPINGS)
def test_apply_diff_writes_what_dvcs_does(old: dict[str, Any], new: dict[str, Any]):
    theirs = pytest.importorskip("dvc.utils.collections")
    text = dumps(old)
    mine, reference = Document(text), Document(text)
    apply_diff(new, mine.data)
    theirs.apply_diff(new, reference.data)
    assert mine.text() == reference.text()
    assert mine.data == new
