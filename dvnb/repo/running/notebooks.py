"""Notebooks of a project: running them with their stage's params, making stages of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dvnb.errors import NotARepoError, NotebookError
from dvnb.events import CellFinished, CellRunning, Event, Listener, Progress, Warned
from dvnb.formats.stagespec import OutSpec
from dvnb.notebooks import parameters as notebook_parameters
from dvnb.notebooks.owner import NotebookCommand, find_owner, named_stage
from dvnb.notebooks.running import failures
from dvnb.notebooks.running.execute import execute
from dvnb.notebooks.running.kept_copy import keep_copy
from dvnb.notebooks.running.relay import relayed
from dvnb.notebooks.running.run import RunOptions
from dvnb.notebooks.source import cells_of, load, openable
from dvnb.notebooks.stages import StagePlan, StageRequest, executed_copy, plan_stage, unkept_copy
from dvnb.notebooks.suffixes import may_be_paired
from dvnb.notebooks.warm.command import simple_words
from dvnb.pipeline.params import load_params
from dvnb.pipeline.stage import OutKind, Stage
from dvnb.project.project import Project
from dvnb.repo.results import NotebookRunResult
from dvnb.repo.session import Session

_TASK = "run"


def run(
    project: Project | None,
    cwd: str,
    notebook: str,
    output: str | None,
    *,
    parameters: Sequence[str] = (),
    options: RunOptions | None = None,
    stage: str | None = None,
    emit: Listener,
) -> NotebookRunResult:
    """Run a notebook into its executed copy, with the params of the stage that this command belongs to.

    Outside of a stage (and of a project) only `parameters` are injected.

    Raises: NotebookError; the partly executed copy is kept.
    """
    emit = relayed(emit)
    source = openable(cwd, notebook)
    parsed = load(source)
    if may_be_paired(source):
        from dvnb.notebooks.versions import pairs  # few notebooks are

        pairs.refuse_older(source)
    if project is not None:
        project.stage_files()
    owner = _owner(project, cwd, NotebookCommand(notebook, output, list(parameters)), stage) if project else None
    sources = notebook_parameters.stage_sources(owner, _load_params) if owner else []
    values = notebook_parameters.bind(sources, list(parameters), notebook_parameters.assigned_names(parsed))
    if values and notebook_parameters.tagged_cell(parsed) is None:
        tag = notebook_parameters.TAG
        emit(Warned(f"'{notebook}' has no cell tagged '{tag}': {', '.join(values)} is set before its first cell"))
    unkept = _unkept(project, cwd, notebook, owner)
    options = options or RunOptions(cwd=cwd)
    if owner and output:
        # Whoever runs the stage may put its outs away after a failure.
        options = replace(options, kept=unkept)
    total = len(cells_of(parsed))
    emit(Progress(_TASK, 0, total, "cell"))
    try:
        done = execute(source, openable(cwd, output) if output else unkept, values, options, emit=_with_progress(emit))
    finally:
        emit(Progress(_TASK, total, total, "cell"))
    if owner is not None:
        _require_outs(owner, notebook, done.output_path, options.kept)
    shown = os.path.relpath(os.path.join(cwd, done.output_path), cwd)
    return NotebookRunResult(notebook, shown, done.cells, round(done.seconds, 3), values)


def _require_outs(stage: Stage, notebook: str, output: str, kept: str | None) -> None:
    """Make sure that a stage which is nothing but this run has its outs, while the executed copy is still known.

    By hand, a run may be one of several, and stages of several commands have outs when the last has ended.
    Raises: NotebookError.
    """
    commands = list(stage.commands())
    if "DVC_STAGE" not in os.environ or len(commands) != 1 or simple_words(commands[0]) is None:
        return
    missing = [out.text for out in stage.outs if not os.path.lexists(out.path)]
    if missing:
        raise failures.outs_not_made(notebook, keep_copy(output, kept), stage.name or "", missing)


def _with_progress(emit: Listener) -> Listener:
    """A listener that tells `emit` about the progress too."""

    def tell(event: Event) -> None:
        emit(event)
        if isinstance(event, CellFinished):
            emit(Progress(_TASK, event.index, event.total, "cell"))
        elif isinstance(event, CellRunning):  # time goes by
            emit(Progress(_TASK, max(event.index - 1, 0), event.total, "cell"))

    return tell


def _owner(project: Project, cwd: str, command: NotebookCommand, stage: str | None) -> Stage | None:
    stages = Session(project).index.stages
    if stage is not None:
        return named_stage(stages, stage, cwd)
    return find_owner(stages, command, cwd, hint=os.environ.get("DVC_STAGE"))


def _unkept(project: Project | None, cwd: str, notebook: str, owner: Stage | None) -> str:
    if project is None:
        return openable(cwd, executed_copy(notebook))
    path = unkept_copy(os.path.join(cwd, notebook), project.tmp_dir, (owner.name or "") if owner else "")
    return openable(cwd, os.path.relpath(path, cwd))


def _load_params(path: str) -> Any:
    with open(path, "rb") as file:
        return load_params(file.read(), path)


def plan(project: Project, cwd: str, request: StageRequest) -> StagePlan:
    """The stage that would run a notebook.

    Raises: NotebookError for a file that is missing or no notebook.
    """
    folder = os.path.normpath(os.path.join(cwd, request.wdir or "."))
    if not project.contains(os.path.normpath(os.path.join(folder, request.notebook))):
        raise NotebookError(f"notebook '{request.notebook}' is outside of the project '{project.root}'")
    path = openable(cwd, os.path.join(request.wdir or "", request.notebook))
    return plan_stage(request, load(path), lambda file: _load_params(os.path.join(folder, file)))


def environment_deps(file: str | None) -> list[str]:
    """The dep that a lock or requirements file becomes.

    Raises: NotebookError for a file of no known kind.
    """
    from dvnb.notebooks import lockfiles

    if file is None:
        return []
    lockfiles.check_known(file)
    return [file]


def out_specs(
    outs: Sequence[str],
    outs_no_cache: Sequence[str],
    metrics: Sequence[str],
    metrics_no_cache: Sequence[str],
    plots: Sequence[str],
    plots_no_cache: Sequence[str],
) -> list[OutSpec]:
    """The outs that options name."""
    buckets: tuple[tuple[OutKind, Sequence[str], bool], ...] = (
        ("outs", outs, True),
        ("outs", outs_no_cache, False),
        ("metrics", metrics, True),
        ("metrics", metrics_no_cache, False),
        ("plots", plots, True),
        ("plots", plots_no_cache, False),
    )
    return [OutSpec(path, kind, cache=cache) for kind, paths, cache in buckets for path in paths]


def open_project(start: str, **options: Any) -> Project | None:
    """The project around a folder, if there is one: notebooks also run outside."""
    try:
        return Project.open(start, **options)
    except NotARepoError:
        return None
