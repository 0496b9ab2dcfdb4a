"""What dvnb reads in YAML is what stock dvc reads, text by text: same values, same types, or both refuse."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dvnb.errors import FormatError
from dvnb.formats import strict, yamlio

serialize = pytest.importorskip("dvc.utils.serialize")
schema = pytest.importorskip("dvc.schema")
strictyaml = pytest.importorskip("dvc.utils.strictyaml")

# Scalars that YAML 1.1, YAML 1.2, PyYAML and ruamel.yaml do not all read alike, or that look as if they did not.
SCALARS = (
    *("yes", "No", "on", "OFF", "y", "true", "TRUE", "tRUE", "null", "Null", "NULL", "nULL", "~", "", "none"),
    *("0", "-0", "+1", "012", "0o17", "0O17", "0x1f", "0X1F", "0b11", "0b12", "1_000", "_1", "1__0", "-_", "08"),
    *("1:30", "190:20:30", "1:60.5", "1e3", "1E3", "1e+3", "1.e3", ".5", "5.", "-.5", "+.5e-3", "1.5_0", "1e", "e3"),
    *(".inf", "-.INF", "+.Inf", ".nan", ".NaN", ".", "..", "-", "--", "---x", "1.2.3", "1-2", "0.1.0"),
    *("2020-01-02", "2020-1-2", "2020-13-40", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 +1", "2020-01"),
    *("'yes'", '"1"', "''", '""', "'it''s'", '"a\\tb\\u00e9\\x41\\/"', '"\\q"', "'a", '"a', "'a' b"),
    *("é", "日本", "e\u0301", "\U0001f600", "a\u00a0b", "a\u2028b", "a\x85b", "a\x7fb", "a\x00b", "\ufeffa", "\ue000"),
    *("&a x", "*a", "*b", "&a", "&a [1]", "!!str 1", "!!int '1'", "!!float 1", "!x y", "! 1", "!!set {a}", "!!binary YQ=="),
    *("<<", "=", "a=b", "a: b", "a:b", "a:", ":a", "? a", "?a", "- a", "-a", "a #b", "a#b", "#a", "@a", "`a", "%a", "|", ">"),
    *("[1, a]", "[1,]", "[a: b]", "[1", "{a: 1}", "{a}", "{a: 1, a: 2}", "{a:1}", "[]", "{}", "[[a], {b: c}]", "[,]"),
    *("|\n  x\n  y", "|-\n  x\n\n", "|+\n  x\n\n", ">\n  a\n  b\n\n  c", "|2\n   x", "|\n\tx", ">-\n  a\n   b\n  c", "| #c\n  x"),
    *("a\tb", "\ta", "a\n  b", "a\n\n  b", "'a\n  b'", '"a\\\n  b"', "x" * 200, "a " * 90, "${x.y}", "cp *.csv x && y 2>&1"),
)  # fmt: skip
KEYS = (
    *("a", "b", "c", "a b", "'a'", '"b"', "1", "01", "1.0", "true", "~", "null", "on", "<<", "é", "? a", "[x]", "{}"),
    *("2020-01-02", "&k a", "*a", "a.b", "k" * 130, "''", "!!str 1", "-", "a\t", "#"),
)
SEPARATORS = (": ", ": ", ": ", ": ", ":", " : ", ":\t", ":  ", "")
ENDS = ("\n", "\n", "\n", "\n", "\n\n", " # note\n", "  \n", "\t\n", "\r\n", "\r", "\n# note\n", "")
HEADS = (
    "",
    "",
    "",
    "",
    "\ufeff",
    "# note\n",
    "---\n",
    "--- # note\n",
    "%YAML 1.2\n---\n",
    "%YAML 1.1\n---\n",
    "%FOO\n---\n",
)
TAILS = ("", "", "", "", "...\n", "---\n", "---\nx: 1\n", "# end", "...\n# end\n", "\x00", " ", "\t", "\n\n", "... x\n")

scalars = st.sampled_from(SCALARS)


def _block(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Mappings and sequences of texts, each of their lines two spaces further in."""
    pairs = st.tuples(st.sampled_from(KEYS), st.sampled_from(SEPARATORS), children, st.sampled_from(ENDS))
    mappings = st.lists(pairs, min_size=1, max_size=4).map(
        lambda found: "".join(f"{key}{sign}{_within(value)}{end}" for key, sign, value, end in found)
    )
    items = st.tuples(st.sampled_from(("- ", "- ", "-  ", "-\t", "-")), children, st.sampled_from(ENDS))
    sequences = st.lists(items, min_size=1, max_size=4).map(
        lambda found: "".join(f"{mark}{_within(value, first=False)}{end}" for mark, value, end in found)
    )
    return mappings | sequences


def _within(value: str, *, first: bool = True) -> str:
    """A block's lines further in, on lines of their own if `first`; a scalar as it is."""
    if value in SCALARS:
        return value
    inner = "\n".join(f"  {line}" if line else line for line in value.rstrip("\n").split("\n"))
    return f"\n{inner}" if first else inner[2:]


documents = st.builds(
    lambda head, body, tail: head + body + tail,
    st.sampled_from(HEADS),
    st.recursive(scalars, _block, max_leaves=8),
    st.sampled_from(TAILS),
)

LOCK = """\
schema: '2.0'
stages:
  build@a:
    cmd: python x.py --lr 0.1
    deps:
    - path: "in.csv"
      hash: md5
      md5: 401b30e3b8b5d629635a5c613cdb7919
      size: 2
    params:
      params.yaml:
        lr: 1e-3
        names: [a, 'b', "c"]
"""
PIPELINE = """\
vars:
- a.yaml
- {b: 1}
stages:
  x: # note
    cmd:
    - >-
      cp ${item}
      b
    - |
      echo 'a: b'
    deps: [a, "b"]
    outs:
    - c:
        cache: false
"""
DVCFILE = """\
# note
outs:
- md5: 401b30e3b8b5d629635a5c613cdb7919.dir
  size: 2
  nfiles: 1
  hash: md5
  path: 'a b'
  meta: {k: [1, 2.5, null]}
"""


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A file of a project with up to three pieces put in, taken out or doubled."""
    text = draw(st.sampled_from((LOCK, PIPELINE, DVCFILE)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.sampled_from((0, 0, 1, 2, 5)))
        piece = draw(
            scalars | st.sampled_from((" ", "\n", "\t", ":", "- ", "'", '"', "#", "\r\n", text[start:end] * 2))
        )
        text = text[:start] + piece + text[end:]
    return text


def read(load: Any, *args: Any) -> Any:
    """What reading gives, spelled out with types and shared parts; "refused" for any error."""
    try:
        return repr(load(*args) or {})
    except Exception:  # noqa: BLE001 - dvc lets any error of its parser through
        return "refused"


def as_dvc(data: bytes) -> Any:
    with io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") as file:
        return serialize.parse_yaml(file.read(), "x.yaml")


@settings(max_examples=200, deadline=None)
@given(documents | damaged())
@example("\ufeffa: yes\n")
@example("a: &x {k: 1}\nb:\n  <<: *x\n  k: 2\n")
@example("a: 1\na: 2\n")
@example("a:\r\n- b\r\nc: |\r\n  d\r\n")
@example("\t")
@example("\x0c\n")
@example("a: 1\n---\nb: 2\n")
@example(f"a: {'x' * 2000}\n{'k' * 1100}: 1\n")
def test_yaml_is_read_as_dvc_reads_it(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    assert read(yamlio.load, data, "x.yaml") == read(as_dvc, data)


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=40)
    | documents.map(lambda text: text.encode("utf-16"))
    | documents.map(lambda t: t.encode("latin-1", "ignore"))
)
def test_bytes_that_are_no_text_are_refused_as_by_dvc(data: bytes) -> None:
    assert read(yamlio.load, data, "x.yaml") == read(as_dvc, data)


# Shapes: what the three kinds of files may hold.

VALUES = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.5, "", "x", "2.0", "a" * 32, [], {}, ["x"], [1], [None], {"a": 1}, {"a": "b"}, {1: 2}, [{"a": None}], [{"x": {"cache": True}}], [{"x": {}, "y": {}}], [["x"]], {"x": {"cmd": "y"}}, {"a": {"b": "c"}}]
)  # fmt: skip
WORDS = {
    "DVCFILE": (
        {"md5 wdir deps outs locked frozen meta always_changed desc cmd stages": VALUES},
        "outs deps",
        (
            "md5 checksum etag size nfiles isexec version_id path cloud hash files desc type labels meta persist cache remote push"
            " fs_config repo db relpath metric plot x"
        ),
    ),
    "LOCKFILE": ({"schema stages datasets x": VALUES | st.just("2.0")}, "stages", "cmd deps params outs x"),
    "DVCYAML": (
        {"stages vars params metrics plots artifacts datasets x": VALUES},
        "stages artifacts",
        "cmd wdir deps outs params metrics plots vars frozen meta desc always_changed foreach do matrix path type labels x",
    ),
}
SCHEMAS = {
    "DVCFILE": "COMPILED_SINGLE_STAGE_SCHEMA",
    "LOCKFILE": "COMPILED_LOCKFILE_SCHEMA",
    "DVCYAML": "COMPILED_MULTI_STAGE_SCHEMA",
}


@st.composite
def shaped(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A document for one kind of file: known words with values that may or may not fit."""
    kind = draw(st.sampled_from(sorted(WORDS)))
    tops, nested, inner = WORDS[kind]
    ((words, values),) = tops.items()
    document: dict[str, Any] = draw(st.dictionaries(st.sampled_from(words.split()), values, max_size=2))
    entries = st.dictionaries(st.sampled_from(inner.split()), VALUES, min_size=1, max_size=3)
    if kind == "LOCKFILE":
        document["schema"] = draw(st.sampled_from(["2.0"] * 5 + ["3.0"]))
        entries = entries.map(lambda entry: {"cmd": "c", **entry})
    if kind == "DVCYAML":
        entries = entries.map(lambda entry: {"cmd": "c", **entry}) | entries
    for name in nested.split():
        if draw(st.booleans()):
            entry = draw(entries)
            document[name] = [entry] if kind == "DVCFILE" else {"a": entry}
    return kind, document


def refused(load: Any, *args: Any) -> bool:
    try:
        load(*args)
    except (FormatError, strictyaml.YAMLValidationError):
        return True
    return False


@settings(max_examples=120, deadline=None)
@given(shaped())
def test_shapes_are_checked_as_dvc_checks_them(found: tuple[str, dict[str, Any]]) -> None:
    kind, document = found
    text = serialize.dumps_yaml(document)
    data = text.encode()

    def by_dvc() -> None:
        strictyaml.validate(serialize.parse_yaml(text, "f"), getattr(schema, SCHEMAS[kind]), text, "f")

    assert refused(strict.load, data, "f", kind) == refused(by_dvc), text
