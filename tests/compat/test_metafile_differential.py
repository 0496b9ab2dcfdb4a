"""Metafiles written over what people made of them: comments, order and style end up byte for byte as stock dvc has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvnb.errors import FormatError
from dvnb.formats import dvcfile, dvcyaml, lockfile, stagespec
from dvnb.formats.lockfile import LockEntry, LockItem
from dvnb.objects.hashing import Fingerprint, HashInfo

dvc_repo = pytest.importorskip("dvc.repo")
dvc_dvcfile = pytest.importorskip("dvc.dvcfile")
dvc_hash_info = pytest.importorskip("dvc_data.hashfile.hash_info")
DvcException = pytest.importorskip("dvc.exceptions").DvcException
dvc_meta = pytest.importorskip("dvc_data.hashfile.meta")

OLD, NEW = "401b30e3b8b5d629635a5c613cdb7919", "5bbf5a52328e7439ae6e719dfe712200"

notes = st.sampled_from(("", "", "", "", " # note", "  # é: 1", "\n# own line", "\n\n", "\n  # further in", " "))
# Not in capitals and not of digits alone: dvnb reads those, stock dvc stumbles.
hashes = st.sampled_from((OLD, f'"{OLD}"', f"'{OLD}'", "0123456789012345678901234567e123"))
names = st.sampled_from(
    ("a", "'a'", '"a"', "a b", "é", "sub/a", "./a", "a.b", "x" * 90, '"a\\u00e9"', "'1'", "- a".strip("- "))
)
texts = st.sampled_from(
    (
        "x",
        "'x'",
        '"x"',
        "a: b".replace(": ", ":"),
        "'a: b'",
        ">-\n  x\n  y",
        "|\n  x\n",
        "word " * 25,
        "é",
        '"\\n"',
        "'1'",
    )
)
metas = st.sampled_from(
    ("{k: 1}", "\n  k: [1, 2.5]\n  l: null", "[a, b]", "\n- a\n- 'b'", "{}", "x", "1e3", "yes", "2020-01-02", "&x [1]")
)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A project opened by dvc."""
    root = tmp_path_factory.mktemp("theirs").resolve()
    dvc_repo.Repo.init(str(root), no_scm=True).close()
    found = dvc_repo.Repo(str(root))
    yield found
    found.close()


def document(draw: st.DrawFn, fields: list[str], indent: str = "") -> list[str]:
    """Fields in any order, with notes between them."""
    lines: list[str] = []
    for text in draw(st.permutations(fields)):
        lines += (text + draw(notes)).split("\n")
    return [indent + line if line else line for line in lines]


@st.composite
def dvc_files(draw: st.DrawFn) -> str:
    fields = [f"md5: {draw(hashes)}", f"path: {draw(names)}"]
    optional = (
        "size: 2", "nfiles: 1", "isexec: true", "hash: md5", "cache: false", "persist: true", "push: false", "remote: r",
        f"desc: {draw(texts)}", "type: t", "labels: [a, 'b']", f"meta: {draw(metas)}",
    )  # fmt: skip
    fields += [
        text.replace("\n", "\n  ")
        for text in draw(st.lists(st.sampled_from(optional), max_size=5, unique_by=lambda t: t.partition(":")[0]))
    ]
    out = document(draw, fields)
    first = next(number for number, line in enumerate(out) if line.strip() and not line.lstrip().startswith("#"))
    item = [("- " if number == first else "  ") + line if line else line for number, line in enumerate(out)]
    tops = ["outs:" + draw(st.sampled_from(("", " # note"))) + "\n" + "\n".join(item)]
    tops += draw(
        st.lists(
            st.sampled_from(
                (
                    f"desc: {draw(texts)}",
                    "frozen: true",
                    "frozen: false",
                    f"meta: {draw(metas)}",
                    "wdir: .",
                    "wdir: sub",
                    "always_changed: true",
                )
            ),
            max_size=2,
            unique_by=lambda t: t.partition(":")[0],
        )
    )
    body = "\n".join(draw(st.permutations(tops)))
    return (
        draw(st.sampled_from(("", "", "# top\n", "\n", "---\n")))
        + body
        + draw(st.sampled_from(("\n", "", "\n\n", "\n# end\n")))
    )


@settings(max_examples=60, deadline=None)
@given(dvc_files(), st.booleans(), st.booleans())
def test_dvc_files(theirs: Any, text: str, change_content: bool, freeze: bool) -> None:
    path = Path(theirs.root_dir) / "f.dvc"
    path.write_text(text)
    try:
        stage = dvc_dvcfile.load_file(theirs, str(path)).stage
    except DvcException:  # a hash of digits and an "e" is a number
        with pytest.raises(FormatError):
            dvcfile.parse(text.encode(), "f.dvc")
        return
    mine = dvcfile.parse(text.encode(), "f.dvc")
    legacy = mine.outs[0].fingerprint.hash_info is not None and mine.outs[0].fingerprint.hash_info.algorithm != "md5"
    if change_content and not legacy:
        stage.outs[0].hash_info = dvc_hash_info.HashInfo("md5", NEW)
        stage.outs[0].hash_name = "md5"
        meta = stage.outs[0].meta
        stage.outs[0].meta = dvc_meta.Meta(size=7, nfiles=meta.nfiles, isexec=meta.isexec)
        old = mine.outs[0].fingerprint
        mine.outs[0].fingerprint = replace(old, hash_info=HashInfo("md5", NEW), size=7)
    if freeze:
        stage.frozen = mine.frozen = not stage.frozen
    dvc_dvcfile.SingleStageFile(theirs, str(path)).dump(stage)
    assert dvcfile.render(mine, text.encode(), "f.dvc").decode() == path.read_text(), text


STAGE = {"cmd": "c", "deps": ["in", "dir"], "outs": ["out"], "params": ["lr", {"p.json": ["x"]}]}
VALUES = st.sampled_from((0.1, 1, 1e-5, 1e20, "a", "1", "yes", "", None, True, [1, "b"], {"k": [1.0, None]}, "é", "a: b", "x " * 60, "l\nm", "1e3", "0o7", "~", "- a", "#a", "2020-01-02"))  # fmt: skip


@st.composite
def lock_files(draw: st.DrawFn) -> str:
    """A dvc.lock of up to four stages, in dvc's form or worked over by hand."""
    by_hand = draw(st.booleans())

    def note() -> str:
        return draw(notes) if by_hand else ""

    lines: list[str] = []
    for name in draw(st.lists(st.sampled_from(("a", "b", "'c'", "d@1", "e-f", '"g"')), max_size=4, unique=True)):
        lines += [f"  {name}:", f"    cmd: {draw(texts) if by_hand else 'c'}".replace("\n", "\n    ")]
        if draw(st.booleans()):
            lines += ["    deps:", "    - path: in", "      hash: md5", f"      md5: {draw(hashes)}", "      size: 2"]
        if draw(st.booleans()):
            lines += [
                "    params:",
                "      params.yaml:",
                "        lr: 1e-3",
                f"        q: {draw(metas)}".replace("\n", "\n        "),
            ]
        if draw(st.booleans()):
            lines += [
                "    outs:",
                "    - path: out",
                "      hash: md5",
                f"      md5: {OLD}.dir",
                "      size: 2",
                "      nfiles: 1",
            ]
    body = "stages:" + ("\n" + "\n".join(line + note() for line in lines) if lines else " {}") + "\n"
    parts = ["schema: '2.0'\n", body]
    if by_hand:
        parts = list(draw(st.permutations(parts + draw(st.sampled_from(([], ["datasets: []\n"], ["# note\n"]))))))
    return "".join(parts)


class Memory(dict[str, Any]):
    def put(self, digest: str, value: Any) -> None:
        self[digest] = value


@settings(max_examples=50, deadline=None)
@given(
    lock_files() | st.just(""),
    st.dictionaries(st.sampled_from(("lr", "b.c", "é")), VALUES, max_size=3),
    st.sampled_from("ab"),
)
def test_lock_files(theirs: Any, text: str, params: dict[str, Any], name: str) -> None:
    from dvc.stage import PipelineStage
    from dvc.stage.utils import fill_stage_dependencies, fill_stage_outputs

    path = Path(theirs.root_dir) / "dvc.lock"
    path.write_text(text)
    stage = PipelineStage(theirs, str(path.with_suffix(".yaml")), name=name, cmd="python t.py --x 1")
    fill_stage_outputs(stage, outs=["out"])
    fill_stage_dependencies(stage, deps=["in"], params=[{"params.yaml": sorted(params)}] if params else [])
    content = {"md5": NEW + ".dir", "size": 7, "nfiles": 3}
    stage.outs[0].hash_info = dvc_hash_info.HashInfo("md5", NEW + ".dir")
    stage.outs[0].meta = dvc_meta.Meta(size=7, nfiles=3)
    for dep in stage.deps:
        if dep.def_path == "in":
            dep.hash_info, dep.meta = dvc_hash_info.HashInfo("md5", NEW), dvc_meta.Meta(size=1)
        else:
            dep.hash_info = dvc_hash_info.HashInfo("params", dict(params))
    entry = LockEntry(
        "python t.py --x 1",
        [LockItem("in", Fingerprint(HashInfo("md5", NEW), 1))],
        {"params.yaml": params} if params else {},
        [LockItem("out", Fingerprint(HashInfo("md5", content["md5"]), 7, 3))],
    )
    dvc_dvcfile.Lockfile(theirs, str(path)).dump(stage)
    expected = path.read_text()
    assert lockfile.update(text.encode(), "dvc.lock", name, entry).decode() == expected, text
    memory = Memory()
    first = lockfile.update(text.encode(), "dvc.lock", name, entry, memory)
    assert first.decode() == expected
    # What is known by now lets entries be put in alone.
    other = replace(entry, cmd="z", params={})
    assert lockfile.update(first, "dvc.lock", "b", other, memory) == lockfile.update(first, "dvc.lock", "b", other)
    assert lockfile.update(first, "dvc.lock", "new", other, memory) == lockfile.update(first, "dvc.lock", "new", other)


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    """A dvc.yaml as people write it, with a stage `a`."""
    fields = [
        f"cmd: {draw(texts)}",
        draw(st.sampled_from(("deps: [in, 'b']", "deps:\n- in\n- b # note", "deps:\n  - b\n  - in", "deps: # note\n  - in"))),
        draw(st.sampled_from(("outs: [o]", "outs:\n- o:\n    cache: false\n- n", "outs:\n  - n: {persist: true, desc: x}", "metrics:\n- m.json:\n    cache: false"))),
        draw(st.sampled_from(("params: [lr]", "params:\n- z\n- a.b\n- p.json:\n  - x", "params:\n  - p.json:", "wdir: .", "wdir: sub/"))),
        f"meta: {draw(metas)}",
        draw(st.sampled_from(("desc: x", "always_changed: true", "frozen: false", "desc: 'é'"))),
    ]  # fmt: skip
    stage = document(draw, draw(st.lists(st.sampled_from(fields[1:]), max_size=3, unique=True)) + fields[:1], "    ")
    others = draw(
        st.lists(
            st.sampled_from(
                ("  b:\n    cmd: x", "  c: {cmd: y} # note", "  # alone", "  d:\n    cmd: x\n    outs:\n      - z\n")
            ),
            max_size=2,
            unique=True,
        )
    )
    blocks = draw(st.permutations(["  a:\n" + "\n".join(stage), *others]))
    tops = ["stages:" + draw(st.sampled_from(("", " # note"))) + "\n" + "\n".join(blocks)]
    tops += draw(
        st.lists(
            st.sampled_from(
                ("vars: [{q: 1}]", "metrics:\n- x.json", "# note", "plots:\n  - p.csv:\n      x: a", "params: [p.yaml]")
            ),
            max_size=2,
            unique=True,
        )
    )
    return "\n".join(draw(st.permutations(tops))) + draw(st.sampled_from(("\n", "", "\n\n# end\n")))


def as_dvc_loads(path: Path, repo: Any) -> Any:
    return dvc_dvcfile.load_file(repo, str(path)).stages["a"]


@settings(max_examples=50, deadline=None)
@given(pipelines())
def test_pipelines_frozen_and_thawed(theirs: Any, text: str) -> None:
    path = Path(theirs.root_dir) / "dvc.yaml"
    (path.parent / "sub").mkdir(exist_ok=True)
    path.with_suffix(".lock").unlink(missing_ok=True)
    path.write_text(text)
    for frozen in (True, False):
        old = path.read_bytes()
        stage = as_dvc_loads(path, theirs)
        stage.frozen = frozen
        dvc_dvcfile.load_file(theirs, str(path)).dump(stage, update_lock=False)
        assert dvcyaml.set_fields(old, "dvc.yaml", "a", {"frozen": frozen or None}).decode() == path.read_text(), text


@settings(max_examples=25, deadline=None)
@given(pipelines() | st.just(""), st.sampled_from(("a", "new")), texts)
def test_pipelines_with_a_stage_put_in(theirs: Any, text: str, name: str, cmd: str) -> None:
    path = Path(theirs.root_dir) / "dvc.yaml"
    path.with_suffix(".lock").unlink(missing_ok=True)
    path.write_text(text)
    options = {
        "deps": ["z", "in"],
        "outs": ["out"],
        "metrics_no_cache": ["m.json"],
        "params": [{"params.yaml": ["lr", "b"]}],
        "desc": "é",
    }
    from dvc.stage import PipelineStage, create_stage

    stage = create_stage(
        PipelineStage, repo=theirs, path=str(path), name=name, cmd=cmd, wdir=theirs.root_dir, **options
    )
    dvc_dvcfile.ProjectFile(theirs, str(path)).dump(stage, update_lock=False)
    raw = {
        "cmd": cmd,
        "deps": ["z", "in"],
        "outs": ["out"],
        "metrics": [{"m.json": {"cache": False}}],
        "params": ["lr", "b"],
        "desc": "é",
    }
    mine = dvcyaml.put_stage(text.encode(), "dvc.yaml", name, stagespec.definition(stagespec.stage_spec(raw)))
    assert mine.decode() == path.read_text(), text
