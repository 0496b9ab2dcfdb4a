"""One watched run of a notebook in a scratch copy, and what it opened: the beginning of trace and of promote."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dvnb.errors import NotebookError
from dvnb.events import Listener
from dvnb.notebooks import parameters
from dvnb.notebooks.owner import NotebookCommand, notebook_calls
from dvnb.notebooks.review.suggest import Traced, traced
from dvnb.notebooks.review.watching import choose_watcher, read_log, watched_command
from dvnb.notebooks.running.execute import execute
from dvnb.notebooks.running.run import RunOptions
from dvnb.notebooks.source import cell_source, cells_of, load
from dvnb.notebooks.stages import StagePlan
from dvnb.pipeline.load import pipeline_stage
from dvnb.pipeline.params import load_params
from dvnb.pipeline.stage import Stage
from dvnb.project.project import Project
from dvnb.records import dataclass
from dvnb.repo.notebooks.scratch import Scratch

_UNWATCHED = (
    "without strace, files that libraries open by themselves (pyarrow, hdf5 and other C code) and files of other "
    "programs were not watched"
)


@dataclass(slots=True)
class WatchedRun:
    """What a run in a copy did: `copy` is its executed copy, `after` the copy's files by relpath, stamped."""

    traced: Traced
    watcher: str
    notes: list[str]
    seconds: float
    copy: str
    after: dict[str, tuple[int, int]]


def stage_of_plan(cwd: str, plan: StagePlan) -> Stage:
    """A planned stage, with absolute paths."""
    return pipeline_stage(os.path.join(cwd, "dvc.yaml"), plan.name, plan.spec, None)


def calling_stages(stages: Iterable[Stage], notebook: str) -> list[tuple[Stage, NotebookCommand]]:
    """The stages that run the notebook at this absolute path, and how."""
    return [
        (stage, call)
        for stage in stages
        if stage.cmd is not None
        for line in stage.commands()
        for call in notebook_calls(line)
        if os.path.normpath(os.path.join(stage.wdir, call.source)) == notebook
    ]


def injected_values(
    stage: Stage, assignments: list[str], notebook: dict[str, Any], program: str = "dvnb"
) -> dict[str, Any]:
    """What a run of this stage by `program` sets. Raises: NotebookError."""
    # papermill knows nothing of the stage's params
    sources = parameters.stage_sources(stage, _load_params) if program == "dvnb" else []
    return parameters.bind(sources, assignments, parameters.assigned_names(notebook))


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be run: paths are absolute, `output` is the executed copy's place, `watcher` None takes the best."""

    notebook: str
    wdir: str
    output: str
    values: dict[str, Any]
    options: RunOptions
    watcher: str | None = None


def run_watched(project: Project, scratch: Scratch, run: Run, emit: Listener) -> WatchedRun:
    """Run a notebook in the copy, watched.

    Raises: NotebookError.
    """
    notebook, output, options = run.notebook, run.output, run.options
    parsed = load(notebook)
    _refuse_own_root(project, parsed, notebook)
    kernel_python = (parameters.language_of(parsed) or "python") == "python" and not options.kernel
    chosen = choose_watcher(run.watcher, python=kernel_python or _is_python(options.kernel))
    inside = scratch.inside(run.wdir)
    os.makedirs(inside, exist_ok=True)
    log = os.path.join(os.path.dirname(scratch.root), "opened.log")

    def launch(argv: list[str]) -> list[str]:
        return watched_command(argv, chosen, log, scratch.root)

    options = replace(options, cwd=inside, launch=launch)
    # The source is only read; errors are to name it, and the executed copy, as their user knows them.
    done = execute(_short(notebook), _short(output), run.values, options, emit=emit)
    after = scratch.files()
    relpath = os.path.relpath(notebook, project.root).replace(os.sep, "/")
    found = traced(read_log(log, chosen, inside), scratch.root, scratch.before, after, {relpath})
    notes: list[str] = []
    if chosen == "python":
        programs = f" (it started {', '.join(found.programs)})" if found.programs else ""
        notes.append(_UNWATCHED + programs)
    notes += [f"'{path}' was read and then changed: a stage cannot have it as dep and out" for path in found.updates]
    return WatchedRun(found, chosen, notes, done.seconds, output, after)


def _short(path: str) -> str:
    """A path that opens here and is no longer than it must be."""
    relpath = os.path.relpath(path)
    return path if relpath.startswith("..") else relpath


def _is_python(kernel: str | None) -> bool:
    if kernel is None:
        return False
    from dvnb.notebooks.running.kernels import choose_kernel

    return any("ipykernel" in word for word in choose_kernel({}, "", kernel).spec.argv)


def _refuse_own_root(project: Project, notebook: dict[str, Any], path: str) -> None:
    """The run is to leave the workspace alone: a notebook that names it would reach out of the copy."""
    for number, cell in enumerate(cells_of(notebook), 1):
        if cell.get("cell_type") == "code" and project.root in cell_source(cell):
            raise NotebookError(
                f"cell {number} of '{os.path.relpath(path, project.cwd)}' names the project's own folder by its "
                f"absolute path, so that it cannot be run in a copy of the project; make the path relative"
            )


def _load_params(path: str) -> Any:
    with open(path, "rb") as file:
        return load_params(file.read(), path)
