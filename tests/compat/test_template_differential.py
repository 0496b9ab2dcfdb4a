"""Templates of dvc.yaml: what stages they become, which variables they use, and what is wrong with them, is as in dvc."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvnb.errors import DvnbError
from dvnb.events import Warned
from dvnb.formats import dvcyaml
from dvnb.pipeline.templating.template import Resolver

dvc_repo = pytest.importorskip("dvc.repo")
dvc_dvcfile = pytest.importorskip("dvc.dvcfile")
dvc_parsing = pytest.importorskip("dvc.parsing")
DvcException = pytest.importorskip("dvc.exceptions").DvcException

COLOUR = r"\x1b\[\d+m"
CRASHED = "crashed"
LEAVES = (
    *(0, 1, -2, 1.5, 1e10, 1e-7, True, False, None, "", "x", "a b", "it's", 'say "x"', "é", "1", "$HOME", "\\${a}", "a: b"),
    *("*", "--x", "x\ny", "a/b", "a.b", "-", "true", "None", 12345678901234567890),
)  # fmt: skip
NAMES = ("a", "b", "c", "d", "e")
EXPRESSIONS = (
    *("a", "a", "b", "c", "d", "e", "item", "item", "key", "item.a", "item.b", "item[0]", "item.0", "key.a"),
    *("a.b", "a.a", "b.a", "a[0]", "a.0", "a[-1]", "a[9]", "a.b.c", "a.b[0].c", "a[0][1]", "a[b]", "b[a].c"),
    *("nope", "a.nope", "a..b", "", " a ", "a b", "a[", "a]", "a[0", "a[]", ".a", "a.", "a-b", "a+1", "é", "1", "a['b']"),
)  # fmt: skip

leaves = st.sampled_from(LEAVES)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
params_files = st.fixed_dictionaries({"a": values, "b": values, "c": leaves}, optional={"d": values, "e": leaves})
pieces = st.sampled_from(
    ("x", " ", "-", "$", "{", "}", "\\", "${", "$$", "\\${a}", "\\\\${a}", "$ {a}", "${${a}}", "'", '"', "é")
)
# Mostly what can be found, so that not everything fails.
good = st.sampled_from(("${c}", "${c}", "${c}", "${a}", "${b}", "${item}", "${item}", "${a.b}", "${a[0]}"))
any_expression = st.sampled_from([f"${{{name}}}" for name in EXPRESSIONS])
mixed = st.lists(st.one_of(good, pieces, pieces), min_size=1, max_size=3).map("".join)
texts = (
    st.sampled_from(("x", "run it", "a.txt", "${c}", "x ${c}")) | good | mixed | st.one_of(mixed, mixed, any_expression)
)
lists = st.lists(texts, max_size=2)
variables = st.lists(
    st.dictionaries(st.sampled_from((*NAMES, "item", "key", "v")), values, max_size=2)
    | st.sampled_from(
        (
            "v.json",
            "v.json:v",
            "v.json:v,w",
            "v.json:nope",
            "params.yaml",
            "params.yaml:a",
            "v.toml",
            "no.yaml",
            "list.json",
        )
    ),
    max_size=2,
)
# Anything whose keys and members may be expressions.
metas = st.recursive(
    leaves | texts, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2), max_leaves=3
)


def sparse(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings with few of these fields."""
    return st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen})
    )


bodies = st.builds(
    lambda cmd, rest: {"cmd": cmd, **rest},
    texts | st.lists(texts, min_size=1, max_size=2),
    sparse(
        deps=lists,
        outs=st.lists(texts | st.dictionaries(texts, st.just({"cache": False}), min_size=1, max_size=1), max_size=2),
        params=st.lists(texts | st.dictionaries(texts, lists, min_size=1, max_size=1), max_size=2),
        metrics=lists,
        wdir=texts,
        vars=variables,
        meta=metas,
        desc=texts,
        frozen=st.booleans(),
    ),
)
foreach = st.builds(
    lambda data, do: {"foreach": data, "do": do},
    good | texts | st.lists(leaves | texts | values, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | texts, values | texts, max_size=3),
    bodies,
)  # fmt: skip
matrix = st.builds(
    lambda data, body: {"matrix": data, **body},
    st.dictionaries(st.sampled_from(NAMES) | texts, good | st.lists(leaves | texts | values, max_size=3), min_size=1, max_size=2),
    bodies,
)  # fmt: skip
pipelines = st.builds(
    lambda variables, stages, top: {"vars": variables, "stages": stages, **top} if variables else {"stages": stages, **top},
    variables,
    st.dictionaries(st.sampled_from(("s", "t", "u")), bodies | foreach | matrix, min_size=1, max_size=2),
    st.just({}) | sparse(metrics=lists, params=lists, plots=st.lists(texts, max_size=2), artifacts=st.dictionaries(texts, st.fixed_dictionaries({"path": texts}, optional={"desc": texts}), max_size=2)),
)  # fmt: skip
parsing = st.fixed_dictionaries(
    {"bool": st.sampled_from((None, "store_true", "boolean_optional")), "list": st.sampled_from((None, "nargs", "append"))}
)  # fmt: skip


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A project opened by dvc, which is the current folder."""
    root = tmp_path_factory.mktemp("theirs").resolve()
    dvc_repo.Repo.init(str(root), no_scm=True).close()
    found = dvc_repo.Repo(str(root))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        (root / "v.json").write_text('{"v": 1, "w": {"a": [true, {"b": null}]}}')
        (root / "v.toml").write_text("v = 1\n[t]\nu = [1.5, false]\n")
        (root / "list.json").write_text("[1, 2]")
        (root / "x").mkdir()
        (root / "x" / "v.json").write_text('{"v": "of x"}')
        yield found
    found.close()


def plain(value: Any) -> Any:
    """With types that compare: 1 is not True."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return (type(value).__name__, value)


def with_dvc(repo: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Every stage as dvc resolves it, or what it says."""
    repo.config["parsing"] = {name: value for name, value in options.items() if value}
    file = dvc_dvcfile.ProjectFile(repo, os.path.join(repo.root_dir, "dvc.yaml"), verify=False)
    found: dict[str, Any] = {}
    try:
        contents, _ = file._load()
        resolver = dvc_parsing.DataResolver(repo, repo.root_dir, contents)
    except DvcException as exc:
        return {"": said(exc)}

    def resolved(name: str) -> tuple[dict[str, Any], Any]:
        # A stage that fails leaves marks in a resolver.
        fresh = dvc_parsing.DataResolver(repo, repo.root_dir, contents)
        definition = fresh.resolve_one(name)[name]
        return definition, fresh.tracked_vars.get(name)

    for section in ("metrics", "params", "plots", "artifacts"):
        found[f"top {section}"] = outcome(getattr(resolver, f"resolve_{section}"))
    for entry, definition in resolver.definitions.items():
        names: Any = [("str", entry)]
        if hasattr(definition, "get_generated_names"):
            found[f"names of {entry}"] = names = outcome(lambda each=definition: list(each.get_generated_names()))
        for name in [name for _, name in names] if isinstance(names, list) else ():
            found[name] = outcome(lambda name=name: resolved(name))
    return found


def with_dvnb(options: dict[str, Any]) -> dict[str, Any]:
    """The same by dvnb."""
    found: dict[str, Any] = {}
    events: list[Any] = []
    try:
        raw = dvcyaml.parse(Path("dvc.yaml").read_bytes(), "dvc.yaml")
        resolver = Resolver(raw, "dvc.yaml", lambda path: Path(path).read_bytes(), options, emit=events.append)
    except DvnbError as exc:
        return {"": said(exc)}

    def resolved(name: str) -> tuple[dict[str, Any], Any]:
        result = resolver.resolve(name)
        return {key: value for key, value in result.definition.items() if key != "vars"}, result.used

    for section in ("metrics", "params", "plots", "artifacts"):
        found[f"top {section}"] = outcome(lambda section=section: resolver.top(section))
    for entry, definition in raw.stages.items():
        names: Any = [("str", entry)]
        if "matrix" in definition or "foreach" in definition:
            found[f"names of {entry}"] = names = outcome(lambda entry=entry: list(resolver.names_of(entry)))
        for name in [name for _, name in names] if isinstance(names, list) else ():
            found[name] = outcome(lambda name=name: resolved(name))
    assert all(isinstance(event, Warned) for event in events)
    return found


def outcome(ask: Any) -> Any:
    """What an answer is, or the words of a refusal; CRASHED where dvc fails over what it did not expect."""
    try:
        return plain(ask())
    except (DvnbError, DvcException) as exc:
        return said(exc)
    except (TypeError, AssertionError):
        return CRASHED


def said(exc: Exception) -> str:
    return f"refused: {re.sub(COLOUR, '', str(exc))}"


def alike(ours: dict[str, Any], dvcs: dict[str, Any]) -> bool:
    """Whether both say the same, but for what dvc fails over now, or later in words of its own."""
    if ours.keys() != dvcs.keys() and CRASHED not in dvcs.values():
        return False
    return all(ours[name] == dvcs[name] or is_bad(ours[name], dvcs[name]) for name in ours.keys() & dvcs.keys())


def is_bad(mine: Any, other: Any) -> bool:
    """Whether dvc crashes, forgot which file a variable is from, or takes flags alone for a command."""
    if other == CRASHED:
        return mine != CRASHED
    if isinstance(other, str) and other.endswith("already exists in 'None'"):
        return mine.startswith(other.removesuffix("'None'"))
    flags_alone = isinstance(other, list) and isinstance(other[0], dict) and isinstance(other[0].get("cmd"), dict)
    return flags_alone and mine.endswith("Cannot interpolate data of type 'dict'")


@settings(max_examples=200)
@given(pipelines, params_files, parsing)
def test_stages_and_errors(
    theirs: Any, pipeline: dict[str, Any], params: dict[str, Any], options: dict[str, Any]
) -> None:
    Path("params.yaml").write_text(json.dumps(params))
    Path("dvc.yaml").write_text(json.dumps(pipeline))
    ours, dvcs = with_dvnb(options), with_dvc(theirs, options)
    assert alike(ours, dvcs), (ours, dvcs)
