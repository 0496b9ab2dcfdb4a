"""The graph of stages: its edges, its contradictions, and what `repro` deals with and when, are as in dvc."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvnb.errors import CycleError, DvnbError, GraphError
from dvnb.pipeline.graph import OverlapError
from dvnb.project.project import Project
from dvnb.repo.running.pipelines import Selection, select
from dvnb.repo.session import Session

dvc_repo = pytest.importorskip("dvc.repo")
dvc_exceptions = pytest.importorskip("dvc.exceptions")
dvc_reproduce = pytest.importorskip("dvc.repo.reproduce")

# Paths as seen from the root: files, folders, members of folders.
PATHS = ("a", "b", "c", "d", "p", "p/x", "p/y", "p/q/z", "sub/a", "sub/p", "sub/p/x", "data", "data/one", "data/two")
SOURCES = ("data", "data/one", "src", "a", "b", "c", "p", "p/x", "sub/a", "params.yaml")
FILES = ("dvc.yaml", "dvc.yaml", "sub/dvc.yaml", "sub/deep/dvc.yaml")
TARGETS = (
    *("s0", "s1", "s2", "dvc.yaml", "dvc.yaml:s0", "sub/dvc.yaml:s1", "sub/dvc.yaml", ".", "sub", "s*"),
    *("data.dvc", "no"),
)
PATTERNS = ("s*", "*1", "s[02]", "sub/dvc.yaml:s*", "dvc.yaml:*0", "no*")


@st.composite
def projects(draw: st.DrawFn) -> dict[str, str]:
    """Metafiles by path: some dvc.yaml, whose stages are numbered, and maybe data.dvc."""
    files: dict[str, dict[str, Any]] = {}
    strict = draw(st.booleans())  # then every path has one owner, and what is read was made before
    made: list[str] = []
    for number in range(draw(st.integers(1, 5))):
        file = draw(st.sampled_from(FILES))
        wdir = draw(st.sampled_from(("", "", "sub", ".")))
        base = os.path.join(os.path.dirname(file), wdir)

        def seen(path: str, base: str = base) -> str:
            return os.path.relpath(path, base or ".")

        free = [path for path in PATHS if not any(_overlap(path, other) for other in [*made, "data"])]
        outs = draw(st.lists(st.sampled_from((free if strict else PATHS) or ("z",)), max_size=2, unique=True))
        deps = draw(
            st.lists(st.sampled_from((*made, "src", "data/one") if strict else SOURCES), max_size=2, unique=True)
        )
        if strict:
            outs = [out for out in outs if not any(out != other and _overlap(out, other) for other in outs)]
        stage: dict[str, Any] = {"cmd": "true", "deps": [*map(seen, deps)], "outs": [*map(seen, outs)]}
        stage |= draw(st.sampled_from(({}, {}, {"frozen": True}, {"always_changed": True})))
        stage |= {"wdir": wdir} if wdir else {}
        made += outs
        files.setdefault(file, {"stages": {}})["stages"][f"s{number}"] = stage
    texts = {file: json.dumps(content) for file, content in files.items()}
    if draw(st.booleans()):
        texts["data.dvc"] = "outs:\n- path: data\n"
    return texts


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


flags = st.sets(st.sampled_from(("single_item", "pipeline", "all_pipelines", "recursive", "downstream")), max_size=2)
# What dvc makes of a whole file with --glob is an accident.
questions = st.tuples(st.lists(st.sampled_from(TARGETS), max_size=2, unique=True), flags) | st.tuples(
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2, unique=True),
    flags.map(lambda chosen: chosen | {"glob"}),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project without git, which is the current folder."""
    root = tmp_path_factory.mktemp("graph").resolve()
    dvc_repo.Repo.init(str(root), no_scm=True).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield root


def write(root: Path, files: dict[str, str]) -> None:
    for path in root.iterdir():
        if path.is_dir() and path.name != ".dvc":
            shutil.rmtree(path)
        elif path.is_file() and path.name != ".dvcignore":
            path.unlink()
    (root / "sub" / "deep" / "sub").mkdir(parents=True)
    (root / "sub" / "sub").mkdir()
    for name, text in files.items():
        (root / name).write_text(text)


def edges(graph: Any, address: Any) -> set[tuple[str, str]]:
    return {(address(one), address(other)) for one, others in graph.items() for other in others}


def theirs(root: Path, targets: list[str], how: dict[str, bool]) -> tuple[Any, ...]:
    """Kind of refusal and what it names, or the edges of dvc's graph and the steps of its `repro`."""
    with dvc_repo.Repo(str(root)) as repo:
        try:
            graph = repo.index.graph
        except dvc_exceptions.CyclicGraphError as exc:
            return ("cycle", *sorted(re.findall(r"[\w/.]*s\d\b|[\w/.]+\.dvc", str(exc).partition("stages: ")[2])))
        except dvc_exceptions.OverlappingOutputPathsError:
            return ("overlap",)
        except dvc_exceptions.DvcException as exc:
            return ("graph", str(exc).split("'")[0])
        found = edges({stage: list(graph.successors(stage)) for stage in graph}, lambda stage: stage.addressing)
        return ("fine", found, steps_of_dvc(repo, targets, how))


def steps_of_dvc(repo: Any, targets: list[str], how: dict[str, bool]) -> Any:
    """What dvc would deal with, in its order: `reproduce` up to the first stage."""
    found: list[str] = []

    def note(stages: Any, graph: Any, **_: Any) -> list[Any]:
        found.extend(stage.addressing for stage in stages)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dvc_reproduce, "_reproduce", note)
        try:
            repo.reproduce(targets=targets or None, **how)
        except dvc_exceptions.DvcException as exc:
            return f"refused: {exc}".replace(f"{repo.root_dir}{os.sep}", "")
    return found


def ours(targets: list[str], how: dict[str, bool]) -> tuple[Any, ...]:
    """The same by dvnb."""
    session = Session(Project.open(os.getcwd()))
    address = session.index.address
    try:
        graph = session.graph
    except CycleError as exc:
        return ("cycle", *sorted(str(exc).partition("stages: ")[2].removesuffix(".").split(", ")))
    except OverlapError:
        return ("overlap",)
    except GraphError as exc:
        return ("graph", str(exc).split("'")[0])
    try:
        steps: Any = [address(stage) for stage in select(session, targets, Selection(**how))]
    except DvnbError as exc:
        steps = f"refused: {exc}"
    return ("fine", edges(graph.upstream, address), steps)


def after_what_is_read(steps: list[str], found: set[tuple[str, str]]) -> bool:
    """Whether each stage comes after those that it reads from."""
    place = {name: number for number, name in enumerate(steps)}
    return all(place[source] < place[name] for name, source in found if name in place and source in place)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=100)
@given(projects(), questions)
def test_graphs_and_what_repro_does(root: Path, files: dict[str, str], question: tuple[list[str], set[str]]) -> None:
    targets, how = question[0], dict.fromkeys(question[1], True)
    write(root, files)
    mine, other = ours(targets, how), theirs(root, targets, how)
    if mine[0] != "fine":
        # Of several contradictions either may be told; dvc names no stage where one reads what it makes itself.
        assert other[0] != "fine"
        return
    assert mine[:2] == other[:2]
    if isinstance(other[2], str):
        assert mine[2] == other[2]
    elif mine[2]:
        # Which of two stages that do not depend on each other comes first is chance in dvc.
        assert sorted(mine[2]) == sorted(other[2])
        assert how.get("single_item") or after_what_is_read(mine[2], mine[1])
    else:
        # Where a pattern matches nothing dvc deals with all stages.
        assert how.get("glob") or how.get("recursive") or other[2] == []
