from __future__ import annotations

import copy
import itertools
import random
from typing import Any

import pytest

from dvnb.errors import FormatError
from dvnb.formats import dvcyaml, stagespec, strict
from dvnb.formats.stagespec import OutSpec, StageSpec
from dvnb.formats.yamlio import dumps


def test_sections_are_given_as_written():
    text = """\
vars: [v.yaml, {a: 1}]
stages:
  s: {foreach: [1, 2], do: {cmd: 'echo ${item}'}}
params: [p.yaml]
metrics: [m.json]
plots: [a.csv, {roc: {x: fpr, y: {a.csv: [tpr]}}}, {b.csv: }]
artifacts: {model: {path: m.pkl, labels: [x]}}
datasets: [{name: d, type: url}]
"""
    parsed = dvcyaml.parse(text.encode(), "dvc.yaml")
    assert parsed.stages == {"s": {"foreach": [1, 2], "do": {"cmd": "echo ${item}"}}}
    assert parsed.vars == ["v.yaml", {"a": 1}]
    assert parsed.plots == ["a.csv", {"roc": {"x": "fpr", "y": {"a.csv": ["tpr"]}}}, {"b.csv": None}]
    assert parsed.artifacts["model"]["labels"] == ["x"]
    assert (parsed.params, parsed.metrics, parsed.datasets) == (["p.yaml"], ["m.json"], [{"name": "d", "type": "url"}])


def test_an_empty_file_has_no_stages():
    assert dvcyaml.parse(b"", "dvc.yaml").stages == {}


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        (
            "stages:\n  s:\n    cmd: a\n    bogus: 1\n    deps: x\n",
            (
                "'./dvc.yaml' validation failed: 2 errors.\n\n"
                "extra keys not allowed, in stages -> s -> bogus, line 3, column 5\n  2   s:\n  3     cmd: a\n  4     bogus: 1\n\n"
                "expected a list, in stages -> s -> deps, line 3, column 5\n  2   s:\n  3     cmd: a\n  4     bogus: 1"
            ),
            (3, 5),
        ),
        (
            "stages:\n  s:\n    desc: a\n",
            (
                "'./dvc.yaml' validation failed.\n\nrequired key not provided, in stages -> s -> cmd, line 3, column 5\n"
                "  2   s:\n  3     desc: a\n  4"
            ),
            (3, 5),
        ),
        ("stages: 3\n", "'./dvc.yaml' validation failed.\n\nexpected a dictionary, in stages", (None, None)),
        ("- 3\n", "'./dvc.yaml' validation failed: expected a dictionary.", (None, None)),
        (
            "stages:\n  s:\n    cmd: [a\n",
            (
                "'./dvc.yaml' is invalid.\n\nWhile parsing a flow sequence, in line 3, column 10\n  3     cmd: [a\n\n"
                "Expected ',' or ']', but got '<stream end>', in line 4, column 1\n  4"
            ),
            (4, 1),
        ),
        (
            "stages:\n  S:\n    cmd: a\n  S:\n    cmd: b\n",
            (
                "'./dvc.yaml' is invalid.\n\nWhile constructing a mapping, in line 2, column 3\n  2   S:\n\n"
                'Found duplicate key "S" with value "{}" (original value: "{}"), in line 4, column 3\n  4   S:'
            ),
            (4, 3),
        ),
        (
            "<<<<<<< HEAD\nstages:\n=======\n  s:\n    cmd: a\n",
            (
                "'./dvc.yaml' is invalid (possible merge conflicts).\n\nMapping values are not allowed here, in line 2, column 7\n"
                "  2 stages:\n\n"
                "To resolve the conflict, edit the file until one version is left and no line of '<<<<<<<', '=======',"
                " '>>>>>>>',\nor take a whole side by 'git checkout --ours dvc.yaml' (or '--theirs'); then 'git add"
                " dvc.yaml'."
            ),
            (2, 7),
        ),
    ],
)
def test_a_broken_file_has_dvcs_words(text: str, message: str, place: tuple[int | None, int | None]):
    with pytest.raises(FormatError) as caught:
        dvcyaml.parse(text.encode(), "dvc.yaml")
    assert str(caught.value) == message
    assert (caught.value.line, caught.value.column) == place


def test_unprintable_characters_have_dvcs_words():
    with pytest.raises(
        FormatError, match="^unable to read: 'dvc.yaml', YAML file structure is corrupted: unacceptable"
    ):
        dvcyaml.parse(b"stages:\n  s:\n    cmd: a\x01\n", "dvc.yaml")


GOOD: dict[str, dict[str, Any]] = {
    "DVCYAML": {
        "stages": {
            "a": {
                "cmd": "x",
                "deps": ["a"],
                "outs": ["o", {"p": {"cache": False}}],
                "params": ["a", {"f": ["k"]}],
                "plots": [{"q": {"x": "a"}}, {"q2": [{"x": "a"}]}],
                "matrix": {"a": ["x"]},
            },
            "f": {"foreach": ["a"], "do": {"cmd": "x"}},
        },
        "plots": ["a", {"p": {"x": "a", "y": {"f": ["a"]}}}, {"b": None}],
        "artifacts": {"a": {"path": "x", "labels": ["k"]}},
        "vars": ["a", {"b": 1}],
    },
    "DVCFILE": {
        "md5": "abcd",
        "deps": [{"path": "a", "repo": {"url": "u", "rev_lock": "x"}}, {"db": {"query": "a"}}],
        "outs": [
            {
                "md5": "abcd",
                "size": 1,
                "path": "p",
                "cloud": {"r": {"etag": "abc", "version_id": "1"}},
                "files": [{"relpath": "a", "md5": "abc"}],
                "labels": ["a"],
            }
        ],
    },
    "LOCKFILE": {
        "schema": "2.0",
        "stages": {
            "a": {
                "cmd": "x",
                "deps": [{"path": "a", "md5": "abc", "hash": "md5"}],
                "params": {"p": {"a": 1}},
                "outs": [{"path": "a", "isexec": True, "dataset": {}}],
            }
        },
    },
}
SPOILERS: list[Any] = [
    None,
    1,
    "",
    "s",
    True,
    1.5,
    [],
    {},
    [1],
    {"a": 1},
    ["a"],
    {1: 2},
    {"a": {"b": 1}},
    [["x"]],
    [None],
]


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*place, key) for key, _ in items] + [p for key, member in items for p in _places(member, (*place, key))]


def _spoil(document: Any, chance: random.Random) -> Any:
    document = copy.deepcopy(document)
    for _ in range(chance.choice([1, 1, 2, 3])):
        *path, key = chance.choice(_places(document) or [("stages",)])
        target = document
        for step in path:
            target = target[step]
        spoiler = copy.deepcopy(chance.choice(SPOILERS))
        match chance.randrange(3):
            case 0:
                target[key] = spoiler
            case 1 if key in target or isinstance(target, list):
                del target[key]
            case _:
                added = chance.choice(["zz", 1, "path", "cmd", "meta", "foreach", "do", "url", "cloud"])
                target.append(spoiler) if isinstance(target, list) else target.__setitem__(added, spoiler)
    return document


@pytest.mark.parametrize("shape", list(GOOD))
def test_every_spoilt_document_is_judged_as_dvc_judges_it(shape: str):
    schemas = pytest.importorskip("dvc.schema")
    strictyaml = pytest.importorskip("dvc.utils.strictyaml")
    schema = {
        "DVCYAML": schemas.COMPILED_MULTI_STAGE_SCHEMA,
        "DVCFILE": schemas.COMPILED_SINGLE_STAGE_SCHEMA,
        "LOCKFILE": schemas.COMPILED_LOCKFILE_SCHEMA,
    }[shape]
    chance = random.Random(shape)
    invalid = 0
    for _ in range(40):
        text = dumps(_spoil(GOOD[shape], chance))
        theirs = None
        try:
            strictyaml.validate(strictyaml.parse_yaml(text, "x"), schema, text, "./x")
        except strictyaml.YAMLValidationError as error:
            data = strictyaml.parse_yaml_for_update(text, "x")
            issues = [line.plain for line in error._prepare_context(data) if hasattr(line, "plain")]
            theirs = [f"{error}.", *issues]
            invalid += 1
        ours = None
        try:
            strict.load(text.encode(), "x", shape)
        except FormatError as error:
            lines = str(error).split("\n")
            ours = [lines[0], *(after for before, after in itertools.pairwise(lines) if not before)]
        assert ours == theirs, text
    assert invalid > 12


def test_a_resolved_stage_is_read_whole():
    raw: dict[str, Any] = {
        "cmd": ["a", "b"],
        "wdir": "sub",
        "deps": ["y", "x"],
        "params": ["lr", {"p.yaml": ["b", "a"]}, "n", {"q.json": None}, {"p.yaml": ["c"]}],
        "outs": [
            "o",
            {"p": {"cache": False, "persist": True, "remote": "r", "push": False, "desc": "d", "labels": ["l"]}},
        ],
        "metrics": [{"m": {"cache": False, "type": "t", "meta": {"k": 1}}}],
        "plots": [{"q": {"y": "acc", "x": "step"}}, "r"],
        "frozen": True,
        "always_changed": True,
        "desc": "d",
        "meta": {"a": 1},
    }
    spec = stagespec.stage_spec(raw)
    assert spec == StageSpec(
        ["a", "b"],
        "sub",
        ["y", "x"],
        [("params.yaml", ["lr", "n"]), ("p.yaml", ["b", "a", "c"]), ("q.json", [])],
        [
            OutSpec("o"),
            OutSpec("p", cache=False, persist=True, push=False, remote="r", desc="d", labels=["l"]),
            OutSpec("m", "metrics", cache=False, type="t", meta={"k": 1}),
            OutSpec("q", "plots", plot={"x": "step", "y": "acc"}),
            OutSpec("r", "plots"),
        ],
        frozen=True,
        always_changed=True,
        desc="d",
        meta={"a": 1},
    )
    assert list(stagespec.definition(spec)) == [
        "desc", "cmd", "wdir", "deps", "params", "outs", "metrics", "plots", "frozen", "always_changed", "meta",
    ]  # fmt: skip
    assert stagespec.definition(spec)["params"] == ["lr", "n", {"p.yaml": ["a", "b", "c"]}, {"q.json": None}]
    assert stagespec.definition(spec)["deps"] == ["x", "y"]


def test_a_params_file_named_as_a_whole_stays_whole():
    spec = stagespec.stage_spec(
        {"cmd": "x", "params": ["lr", {"params.yaml": None}, {"p.yaml": ["a"]}, {"p.yaml": []}]}
    )
    assert spec.params == [("params.yaml", []), ("p.yaml", [])]
    assert stagespec.definition(spec)["params"] == [{"p.yaml": None}, {"params.yaml": None}]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"params": [{"a": "b"}]}, "Expected list of params for custom params file 'a', got 'str'."),
        ({"plots": [{"a": [{"x": "b"}]}]}, "Expected dict for 'a', got: 'list'"),
    ],
)
def test_some_faults_show_only_when_resolved(raw: dict[str, Any], message: str):
    with pytest.raises(FormatError) as caught:
        stagespec.stage_spec({"cmd": "x", **raw})
    assert str(caught.value) == message


def test_the_first_stage_makes_the_file():
    definition = stagespec.definition(StageSpec("cp a b", wdir=".", deps=["a"], outs=[OutSpec("b")]))
    assert dvcyaml.put_stage(None, "dvc.yaml", "s", definition) == (
        b"stages:\n  s:\n    cmd: cp a b\n    deps:\n    - a\n    outs:\n    - b\n"
    )


# A file of somebody's own style, and what dvc 3.67.1 made of it, command by command.
BEFORE = b"""\
# top
vars:
  - {k: 1}   # v
stages:
  # about b
  b:
    cmd: cp in   out   # odd spaces
    deps:
      - z.txt
      - in     # c
    outs: [out, "another out"]
    metrics:
      - m.json:
          cache: false
    desc: >-
      folded text
      here

  # about c
  c:
    cmd: python train.py --learning-rate 0.001 --epochs 100 --batch-size 64 --output-dir models/final
    wdir: ./sub/
    params: [p.yaml: [b, a], lr, q.json: ]
    plots:
    - p.csv: {y: acc, x: step, cache: false}
    always_changed: false
params:
- p.yaml
"""
FROZEN = b"""\
# top
vars:
- {k: 1}     # v
stages:
  # about b
  b:
    cmd: cp in   out   # odd spaces
    deps:
    - z.txt
    - in       # c
    outs: [out, another out]
    metrics:
    - m.json:
        cache: false
    desc: >-
      folded text
      here

  # about c
  c:
    cmd: python train.py --learning-rate 0.001 --epochs 100 --batch-size 64\x20
      --output-dir models/final
    wdir: sub
    params: [lr, p.yaml: [a, b], q.json: null]
    plots:
    - p.csv: {y: acc, x: step, cache: false}
    frozen: true
params:
- p.yaml
"""


def test_freezing_writes_what_dvc_writes():
    assert dvcyaml.set_fields(BEFORE, "dvc.yaml", "c", {"frozen": True}).decode() == FROZEN.decode()
    thawed = dvcyaml.set_fields(FROZEN, "dvc.yaml", "c", {"frozen": None})
    assert thawed.decode() == FROZEN.decode().replace("    frozen: true\n", "")


def test_replacing_a_stage_keeps_its_comments():
    definition = stagespec.definition(StageSpec("true", deps=["in"], outs=[OutSpec("out")], desc="folded text here"))
    wanted = FROZEN.decode().replace("cmd: cp in   out   # odd spaces", "cmd: 'true'        # odd spaces")
    wanted = wanted.replace("    - z.txt\n    - in       # c\n", "    - in\n").replace("[out, another out]", "[out]")
    wanted = wanted.replace("    metrics:\n    - m.json:\n        cache: false\n", "")
    assert dvcyaml.put_stage(FROZEN, "dvc.yaml", "b", definition).decode() == wanted


def test_a_removed_stage_takes_its_comments_along_as_in_dvc():
    assert dvcyaml.remove_stage(FROZEN, "dvc.yaml", "c") == FROZEN[: FROZEN.index(b"  c:\n")] + b"params:\n- p.yaml\n"


def test_removing_an_unknown_stage_changes_nothing():
    assert dvcyaml.remove_stage(BEFORE, "dvc.yaml", "nope") is BEFORE


def test_the_last_stage_leaves_the_other_sections():
    assert dvcyaml.remove_stage(b"stages:\n  a:\n    cmd: x\n", "dvc.yaml", "a") is None
    assert dvcyaml.remove_stage(b"stages:\n  a:\n    cmd: x\nparams:\n- p\n", "dvc.yaml", "a") == b"params:\n- p\n"
