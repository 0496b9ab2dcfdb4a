"""Stages that `%%stage` cells make: defining, listing, removing."""

from __future__ import annotations

import keyword
import os
from collections.abc import Collection
from typing import Any

from dvnb.errors import NotebookError, OwnershipError
from dvnb.formats.stagespec import OutSpec
from dvnb.notebooks import variables
from dvnb.notebooks.cells import (
    StageCell,
    check_name,
    check_owner,
    notebook_bytes,
    notebook_path,
    read_ownership,
    write_stage_notebook,
)
from dvnb.notebooks.parameters import default_name
from dvnb.notebooks.source import parse
from dvnb.notebooks.stages import StageRequest, executed_copy, plan_stage
from dvnb.notebooks.variables import Variable
from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.params import load_params
from dvnb.pipeline.reasons import reasons
from dvnb.pipeline.stage import Stage
from dvnb.records import dataclass
from dvnb.repo.data import removal
from dvnb.repo.results import StageAddResult
from dvnb.repo.results.stagecells import CellStageRow, CellStagesResult, CellState
from dvnb.repo.running import defining
from dvnb.repo.session import Session


@dataclass(frozen=True, slots=True)
class CellRequest:
    """A `%%stage` cell. Paths are relative to the folder in which it runs, which becomes the stage's wdir.

    `setup` are the setup cells before it; `owner` the notebook it is in, relative to the root, "" where not known.
    """

    name: str
    body: str
    setup: tuple[str, ...] = ()
    owner: str = ""
    loads: tuple[Variable, ...] = ()
    saves: tuple[Variable, ...] = ()
    deps: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    outs: tuple[OutSpec, ...] = ()
    desc: str | None = None


def define(session: Session, request: CellRequest) -> StageAddResult:
    """Write the stage's notebook and its definition in the root's dvc.yaml; `to_stage` names both, if they are new.

    Raises: NotebookError, OwnershipError for a name or an out of others, GraphError; nothing is changed then.
    """
    project = session.project
    root = project.root
    check_name(request.name)
    _refuse_foreign(session, request.name)
    cell = StageCell(
        request.name,
        request.body,
        request.setup,
        loads=variables.load_source(request.loads),
        saves=variables.save_source(request.saves),
        parameters=injected_names(request.params, request.assignments),
    )
    path = notebook_path(request.name, root)
    if os.path.lexists(path):
        check_owner(path, request.name, root, request.owner)
    data = notebook_bytes(cell, request.owner)
    plan = plan_stage(_stage_request(session, request, path), parse(data, path), lambda file: _params(session, file))
    result = defining.add_spec(session, plan.name, plan.spec, force=True, folder=root)
    written = write_stage_notebook(cell, root, owner=request.owner, write=project.journal.write)
    if written.changed:
        notebook, staged = session.tell_git([path])
        result.to_stage = [*notebook, *result.to_stage]
        result.staged = staged
    return result


def _stage_request(session: Session, request: CellRequest, path: str) -> StageRequest:
    project = session.project
    shown = os.path.relpath(path, project.cwd).replace(os.sep, "/")
    given = {out.path for out in request.outs}
    wdir = os.path.relpath(project.cwd, project.root).replace(os.sep, "/")
    return StageRequest(
        shown,
        request.name,
        copy=executed_copy(shown),
        deps=[*request.deps, *(variable.path for variable in request.loads)],
        outs=[*request.outs, *(OutSpec(each.path) for each in request.saves if each.path not in given)],
        params=defining.parse_params(request.params),
        assignments=request.assignments,
        wdir=None if wdir == "." else wdir,
        desc=request.desc,
        propose=False,
    )


def _params(session: Session, file: str) -> Any:
    path = session.absolute(file)
    with open(path, "rb") as opened:
        return load_params(opened.read(), path)


def injected_names(params: Collection[str], assignments: Collection[str] = ()) -> list[str]:
    """The variables that a run injects for `-p lr,train.epochs -p other.yaml:key` and `--map size=batch-size`.

    Raises: NotebookError for a name that no variable can have.
    """
    found: dict[str, None] = {}
    mapped = {text.partition("=")[2].strip() for text in assignments}
    for file, keys in defining.parse_params(list(params)):
        for key in keys or [""]:
            if mapped.isdisjoint((key, f"{file}:{key}")):
                found[default_name(file, key)] = None
    for assignment in assignments:
        name = assignment.partition("=")[0].strip()
        if not name.isidentifier() or keyword.iskeyword(name):
            raise NotebookError(f"cannot read --map '{assignment}': '{name}' cannot be a variable's name")
        found[name] = None
    return list(found)


def _refuse_foreign(session: Session, name: str) -> None:
    """Refuse a name that dvc.yaml uses for a stage which no `%%stage` cell made."""
    for stage in session.index.in_file(os.path.join(session.project.root, PIPELINE_FILE)):
        if name in (stage.name, stage.generator) and f"{name}.ipynb" not in str(stage.cmd):
            raise OwnershipError(f"stage '{name}' of 'dvc.yaml' was not made by a %%stage cell: choose another name")


# ---- listing -----------------------------------------------------------------------------------------


def listed(session: Session, owner: str = "", gone: Collection[str] = ()) -> CellStagesResult:
    """All stages that run something, those of notebook `owner` first; `gone` are names whose cells it has no more."""
    stages = [stage for stage in session.index.stages if stage.cmd is not None]
    found = {stage: session.status.reasons(stage) for stage in stages}
    rows: list[CellStageRow] = []
    for stage in stages:
        # What never ran has nothing to differ from.
        ran = stage.name is None or stage.locked
        why = [" ".join(filter(None, reason)) for reason in reasons(found[stage])] if ran else []
        before = [other for other in session.graph.with_upstream([stage]) if other is not stage and found.get(other)]
        why += [f"after {session.index.address(other)}, which is stale" for other in before]
        notebook = written_by(session, stage)
        own = bool(owner) and notebook == owner
        lost = notebook is not None and stage.name in gone
        rows.append(
            CellStageRow(session.index.address(stage), _state(stage, why), why, notebook or "", own=own, gone=lost)
        )
    rows.sort(key=lambda row: not row.own)
    return CellStagesResult(rows, owner)


def _state(stage: Stage, why: list[str]) -> CellState:
    if stage.name is not None and not stage.locked:
        return "never run"
    if why:
        return "stale"
    return "frozen" if stage.frozen else "fresh"


def written_by(session: Session, stage: Stage) -> str | None:
    """The notebook whose `%%stage` cell made this stage, "" if that is not known; None: no such cell made it."""
    root = session.project.root
    if stage.name is None or stage.file != os.path.join(root, PIPELINE_FILE):
        return None
    path = notebook_path(stage.name, root)
    if all(dep.path != path for dep in stage.deps) or not os.path.isfile(path):
        return None
    try:
        noted = read_ownership(path)
    except NotebookError:
        return None
    return noted.owner if noted is not None and noted.stage == stage.name else None


# ---- removing ----------------------------------------------------------------------------------------


def remove(session: Session, name: str, owner: str = "") -> None:
    """Take a cell's stage out of dvc.yaml, and its notebooks with it; what it made stays.

    Raises: OwnershipError for a stage that is none, or of another notebook.
    """
    root = session.project.root
    found = [stage for stage in session.index.in_file(os.path.join(root, PIPELINE_FILE)) if stage.name == name]
    if not found or written_by(session, found[0]) is None:
        raise OwnershipError(f"there is no stage '{name}' that a %%stage cell made")
    path = notebook_path(name, root)
    check_owner(path, name, root, owner)
    target = os.path.relpath(os.path.join(root, PIPELINE_FILE), session.project.cwd)
    removal.remove(session, [f"{target}:{name}"])
    for each in (path, executed_copy(path)):
        if os.path.lexists(each):
            session.project.journal.move(each)
