"""What targets name: stages, files, outs, members, groups, patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import TargetError
from dvnb.pipeline.targets import Targets, split_target
from dvnb.repo.session import Session


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Stages in two files, a group, a tracked folder and two files; nothing ever ran."""
    Repo.init(tmp_path, no_scm=True)
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "x").write_text("x")
    (tmp_path / "raw").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "raw" / name).write_text(name)
    Repo(tmp_path).add("data", "raw/a.csv", "raw/b.csv")
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n"
        "  first: {cmd: x, deps: [data], outs: [one]}\n"
        "  second: {cmd: x, deps: [one], outs: [two, folder]}\n"
        "  each: {foreach: [p, q], do: {cmd: 'x ${item}', outs: ['${item}.out']}}\n"
    )
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "dvc.yaml").write_text("stages:\n  first: {cmd: x, outs: [three]}\n")
    return tmp_path


def targets(folder: Path) -> Targets:
    return Session(Repo(folder).project).targets


def found(folder: Path, *texts: str, **options: bool) -> list[tuple[str, str | None]]:
    """Each target as (addressing from the folder, path from the folder)."""
    session = Session(Repo(folder).project)
    hits = session.targets.find(texts, **options)
    return [(session.index.address(hit.stage), hit.path and session.project.shown(hit.path)) for hit in hits]


def stages(folder: Path, *texts: str, **options: bool) -> list[str]:
    session = Session(Repo(folder).project)
    return [session.index.address(stage) for stage in session.targets.stages(texts, **options)]


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("train", (None, None)),
        ("a/b", (None, None)),
        (":train", ("dvc.yaml", "train")),
        ("dvc.yaml", ("dvc.yaml", None)),
        ("a/dvc.yaml:train@x", ("a/dvc.yaml", "train@x")),
        ("a/data.dvc", ("a/data.dvc", None)),
        ("a:b", (None, None)),
        ("dvc.yaml:", (None, None)),
    ],
)
def test_split(text: str, split: tuple[str | None, str | None]) -> None:
    assert split_target(text) == split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("first", [("first", None)]),
        (":first", [("first", None)]),
        ("dvc.yaml:first", [("first", None)]),
        ("sub/dvc.yaml:first", [("sub/dvc.yaml:first", None)]),
        ("sub/dvc.yaml", [("sub/dvc.yaml:first", None)]),
        ("each", [("each@p", None), ("each@q", None)]),
        ("each@q", [("each@q", None)]),
        ("data.dvc", [("data.dvc", None)]),
        ("data", [("data.dvc", "data")]),
        ("data/", [("data.dvc", "data")]),
        ("data/deep", [("data.dvc", "data/deep")]),
        ("./data/deep/x", [("data.dvc", "data/deep/x")]),
        ("one", [("first", "one")]),
        ("folder/inner", [("second", "folder/inner")]),
        ("raw", [("raw/a.csv.dvc", "raw/a.csv"), ("raw/b.csv.dvc", "raw/b.csv")]),
    ],
)
def test_what_a_target_finds(root: Path, text: str, expected: list[tuple[str, str | None]]) -> None:
    assert sorted(found(root, text)) == sorted(expected)


def test_no_target_is_every_stage_and_doubles_count_once(root: Path) -> None:
    assert len(found(root)) == 8
    assert found(root, "first", ":first", "dvc.yaml:first") == [("first", None)]


def test_with_deps_and_recursive(root: Path) -> None:
    assert {name for name, _ in found(root, "second", with_deps=True)} == {"data.dvc", "first", "second"}
    assert {name for name, _ in found(root, "raw", recursive=True)} == {"raw/a.csv.dvc", "raw/b.csv.dvc"}
    assert found(root, "sub", recursive=True) == [("sub/dvc.yaml:first", None)]


def test_targets_are_seen_from_the_current_folder(root: Path) -> None:
    assert found(root / "sub", "first") == [("first", None)]
    assert found(root / "sub", "../one") == [("../dvc.yaml:first", "../one")]
    assert found(root / "sub", "../dvc.yaml:second") == [("../dvc.yaml:second", None)]
    assert found(root / "raw", "a.csv") == [("a.csv.dvc", "a.csv")]


def test_stages_to_run(root: Path) -> None:
    with pytest.raises(TargetError, match="Stage 'two' not found inside 'dvc.yaml' file"):  # an out is no stage
        stages(root, "two")
    assert stages(root, "data.dvc", "each@p") == ["data.dvc", "each@p"]
    assert stages(root, "*s*", glob=True) == ["first", "second"]
    assert stages(root, "nothing*", glob=True) == []
    assert stages(root, "sub", recursive=True) == ["sub/dvc.yaml:first"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nope", "'nope' does not exist as an output or a stage name in 'dvc.yaml'"),
        ("nope.dvc", "'nope.dvc' does not exist"),
        ("nope/dvc.yaml:first", "'nope/dvc.yaml' does not exist"),
        ("dvc.yaml:nope", "Stage 'nope' not found inside 'dvc.yaml' file"),
        ("../outside", "'../outside' does not exist as an output or a stage name"),
    ],
)
def test_what_is_not_there(root: Path, text: str, message: str) -> None:
    with pytest.raises(TargetError) as caught:
        targets(root).find([text])
    assert message in str(caught.value)
    with pytest.raises(TargetError):
        targets(root).stages([text])


def test_where_no_pipeline_is_that_is_said(root: Path) -> None:
    with pytest.raises(TargetError, match="'dvc.yaml' does not exist"):
        targets(root / "raw").find(["nope"])
