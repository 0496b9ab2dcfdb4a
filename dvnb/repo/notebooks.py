"""Notebooks of a project: running them with their stage's params, making stages of them, cleaning them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dvnb.errors import NotARepoError, NotebookError
from dvnb.events import CommandOutput, Listener
from dvnb.formats.dvcyaml import OutSpec
from dvnb.notebooks import parameters as notebook_parameters
from dvnb.notebooks.execute import RunOptions, execute
from dvnb.notebooks.owner import NotebookCommand, find_owner, named_stage
from dvnb.notebooks.source import clean, load
from dvnb.notebooks.stages import StagePlan, StageRequest, plan_stage, unkept_copy
from dvnb.pipeline.params import load_params
from dvnb.pipeline.stage import OutKind, Stage
from dvnb.project.project import Project
from dvnb.repo.results import NotebookCleanResult, NotebookRunResult
from dvnb.repo.session import Session


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
    source = os.path.join(cwd, notebook)
    parsed = load(source)
    owner = _owner(project, cwd, NotebookCommand(notebook, output, list(parameters)), stage) if project else None
    sources = notebook_parameters.stage_sources(owner, _load_params) if owner else []
    if not owner:
        sources = []
    values = notebook_parameters.bind(sources, list(parameters), notebook_parameters.assigned_names(parsed))
    target = os.path.join(cwd, output) if output else _unkept(project, source, owner)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    label = owner.name if owner and owner.name else notebook
    done = execute(
        source,
        target,
        values,
        options or RunOptions(cwd=cwd),
        on_output=lambda _cell, found: _tell(emit, label, found),
        emit=emit,
    )
    return NotebookRunResult(
        notebook, os.path.relpath(done.output_path, cwd), done.cells, round(done.seconds, 3), values
    )


def _owner(project: Project, cwd: str, command: NotebookCommand, stage: str | None) -> Stage | None:
    stages = Session(project).index.stages
    if stage is not None:
        return named_stage(stages, stage, cwd)
    return find_owner(stages, command, cwd, hint=os.environ.get("DVC_STAGE"))


def _unkept(project: Project | None, source: str, owner: Stage | None) -> str:
    if project is None:
        return source.removesuffix(".ipynb") + ".run.ipynb"
    return unkept_copy(source, project.tmp_dir, (owner.name or "") if owner else "")


def _load_params(path: str) -> Any:
    with open(path, "rb") as file:
        return load_params(file.read(), path)


def _tell(emit: Listener, label: str, output: dict[str, Any]) -> None:
    """Text that a cell printed, as it comes."""
    if output.get("output_type") == "stream":
        emit(CommandOutput(label, str(output.get("text", "")), str(output.get("name", "stdout"))))
    elif output.get("output_type") in ("execute_result", "display_data"):
        text = output.get("data", {}).get("text/plain")
        if text:
            emit(CommandOutput(label, "".join(text) + "\n"))


def plan(project: Project, cwd: str, request: StageRequest) -> StagePlan:
    """The stage that would run a notebook.

    Raises: NotebookError for a file that is missing or no notebook.
    """
    folder = os.path.normpath(os.path.join(cwd, request.wdir or "."))
    path = os.path.join(folder, request.notebook)
    if not os.path.isfile(path):
        raise NotebookError(f"notebook '{request.notebook}' does not exist")
    if not project.contains(path):
        raise NotebookError(f"notebook '{request.notebook}' is outside of the project '{project.root}'")
    return plan_stage(request, load(path), lambda file: _load_params(os.path.join(folder, file)))


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


def clean_all(cwd: str, notebooks: Sequence[str]) -> NotebookCleanResult:
    """Write notebooks in canonical form; all are read before the first is written.

    Raises: NotebookError.
    """
    result = NotebookCleanResult()
    for notebook in notebooks:
        load(os.path.join(cwd, notebook))
    for notebook in notebooks:
        changed = clean(os.path.join(cwd, notebook))
        (result.cleaned if changed else result.unchanged).append(notebook)
    return result


def open_project(start: str, **options: Any) -> Project | None:
    """The project around a folder, if there is one: notebooks also run outside."""
    try:
        return Project.open(start, **options)
    except NotARepoError:
        return None
