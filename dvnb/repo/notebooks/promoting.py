"""`notebook promote`: a notebook that was run by hand becomes a stage if a clean run gives the same."""

from __future__ import annotations

import os
import shutil  # noqa: TID253  # imported with what runs notebooks
from collections.abc import Sequence
from dataclasses import replace

from dvnb.errors import NotebookError, OwnershipError
from dvnb.events import Listener
from dvnb.formats.stagespec import OutSpec
from dvnb.notebooks.review.outputs import compare_texts
from dvnb.notebooks.running.run import RunOptions
from dvnb.notebooks.source import load
from dvnb.notebooks.stages import StagePlan, StageRequest, unkept_copy
from dvnb.objects.removal import remove_path
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project
from dvnb.project.reach import Reach
from dvnb.repo.notebooks import tracememory
from dvnb.repo.notebooks.out_differences import compare_out
from dvnb.repo.notebooks.placing import place
from dvnb.repo.notebooks.scratch import Scratch, scratch_copy
from dvnb.repo.notebooks.tracing import found_paths
from dvnb.repo.notebooks.watched_run import Run, WatchedRun, calling_stages, injected_values, run_watched, stage_of_plan
from dvnb.repo.results import Difference, NotebookPromoteResult
from dvnb.repo.running import defining, notebooks
from dvnb.repo.session import Session

_KINDS = {"-o": ("outs", True), "-M": ("metrics", False), "--plots": ("plots", True)}


def promote(  # noqa: PLR0913 - the options of a command
    project: Project,
    cwd: str,
    request: StageRequest,
    *,
    tolerance: float = 0.0,
    accept: bool = False,
    force: bool = False,
    watcher: str | None = None,
    timeout: float | None = None,
    emit: Listener,
) -> NotebookPromoteResult:
    """Run a notebook clean in a copy of the project, compare, and record the stage with the clean run's results.

    Where something differs nothing is recorded unless `accept` or `force`, and the new results are kept aside. Deps
    and outs that the request does not name are those that the run read and wrote.
    Raises: NotebookError, OwnershipError for a stage that exists unless `force`; nothing of the workspace changed.
    """
    folder = os.path.normpath(os.path.join(cwd, request.wdir or "."))
    path = os.path.normpath(os.path.join(folder, request.notebook))
    plan = notebooks.plan(project, cwd, request)
    _refuse_existing(project, cwd, plan.name, force=force)
    stage = stage_of_plan(cwd, plan)
    values = injected_values(stage, calling_stages([stage], path)[0][1].params, load(path))
    output = unkept_copy(path, project.tmp_dir, "promote")
    wanted = Run(path, stage.wdir, output, values, RunOptions(kernel=request.kernel, timeout=timeout), watcher)
    with scratch_copy(project) as copy:
        run = run_watched(project, copy, wanted, emit)
        request = _completed(project, request, stage, run, copy)
        plan = notebooks.plan(project, cwd, request)
        stage = stage_of_plan(cwd, plan)
        executed = _executed_copy(stage, path)
        result = NotebookPromoteResult(request.notebook, plan.name, recorded=False, seconds=round(run.seconds, 3))
        result.notes = run.notes
        result.deps = [dep.text for dep in stage.deps]
        result.outs = [out.text for out in stage.outs]
        _compare(result, stage, executed, copy, tolerance)
        _compare_notebook(result, path, output, tolerance)
        if executed is not None:
            _bring(output, copy.inside(executed.path))
        if result.differences and not (accept or force):
            result.results = _keep(project, path, stage, copy, output)
            return result
        with project.lock():
            _record(project, cwd, plan, copy, result, force=force)
    tracememory.remember(project, path, run.traced)
    return result


def _refuse_existing(project: Project, cwd: str, name: str, *, force: bool) -> None:
    """Say so before the run, not after it."""
    file = os.path.join(cwd, "dvc.yaml")
    known = any(name in (stage.name, stage.generator) for stage in Session(project).index.in_file(file))
    if known and not force:
        raise OwnershipError(f"Stage '{name}' already exists in 'dvc.yaml'. Use '--force' to overwrite.")


def _completed(project: Project, request: StageRequest, stage: Stage, run: WatchedRun, copy: Scratch) -> StageRequest:
    """The request with what the run read and wrote, as far as it does not name it."""
    deps, outs = found_paths(project, stage, run, copy)
    known_deps = [dep.path for dep in stage.deps]
    known_outs = [out.path for out in stage.outs]
    new_deps = [path for path in deps if not _covered(path, known_deps)]
    new_outs = [pair for pair in outs if not _covered(pair[1], known_outs)]
    if run.traced.updates:
        raise NotebookError(
            f"'{run.traced.updates[0]}' is read and then changed by '{request.notebook}', so that a run cannot be "
            f"repeated; write to another file"
        )
    specs = [
        OutSpec(os.path.relpath(path, stage.wdir).replace(os.sep, "/"), _KINDS[option][0], cache=_KINDS[option][1])  # type: ignore[arg-type]
        for option, path in new_outs
    ]
    return replace(
        request,
        deps=[*request.deps, *(os.path.relpath(path, stage.wdir).replace(os.sep, "/") for path in new_deps)],
        outs=[*request.outs, *specs],
    )


def _covered(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(folder + os.sep) for folder in folders)


def _executed_copy(stage: Stage, notebook: str) -> Out | None:
    """The out that is the executed copy."""
    output = calling_stages([stage], notebook)[0][1].output
    return stage.find_out(os.path.normpath(os.path.join(stage.wdir, output))) if output else None


def _compare(
    result: NotebookPromoteResult, stage: Stage, executed: Out | None, copy: Scratch, tolerance: float
) -> None:
    for out in stage.outs:
        if out is executed:
            continue
        new = copy.inside(out.path)
        if not os.path.lexists(new):
            raise NotebookError(f"the clean run of '{result.notebook}' did not make '{out.text}'")
        if not os.path.exists(out.path):
            result.only_new.append(out.text)
            continue
        found = compare_out(out.text, out.path, new, tolerance)
        result.differences += found
        if not found:
            result.same.append(out.text)


def _compare_notebook(result: NotebookPromoteResult, notebook: str, output: str, tolerance: float) -> None:
    texts = compare_texts(load(notebook), load(output), tolerance)
    if not texts.was_run:
        result.notes.append(f"'{result.notebook}' holds no outputs, so that there are none to compare")
    result.same += [f"cell {number}" for number in texts.same]
    result.differences += [
        Difference("text", f"cell {one.cell}", cell=one.cell, lines=one.lines) for one in texts.different
    ]


def _keep(project: Project, notebook: str, stage: Stage, copy: Scratch, output: str) -> str:
    """Put the results of a run that is not recorded where their user can look at them; the folder, as shown."""
    home = f"{unkept_copy(notebook, project.tmp_dir, 'promoted').removesuffix('.ipynb')}.results"
    remove_path(home)
    os.makedirs(home)
    for out in stage.outs:
        source = copy.inside(out.path)
        if os.path.lexists(source):
            target = os.path.join(home, os.path.relpath(out.path, project.root))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.move(source, target)
    _bring(output, os.path.join(home, os.path.basename(notebook)))
    return project.shown(home)


def _bring(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)


def _record(
    project: Project, cwd: str, plan: StagePlan, copy: Scratch, result: NotebookPromoteResult, *, force: bool
) -> None:
    """Bring the clean run's results into the workspace, define the stage and record what it holds."""
    session = Session(project)
    added = defining.add_spec(session, plan.name, plan.spec, force=force)
    stage = next(one for one in session.index.in_file(os.path.join(cwd, "dvc.yaml")) if one.name == plan.name)
    Reach(project).require(out.path for out in stage.outs if out.cache)
    for out in stage.outs:
        relpath = os.path.relpath(out.path, project.root)
        inside = os.path.join(copy.root, relpath)
        place(project, copy, _below(inside, relpath))
        if os.path.isdir(inside):
            _remove_extra(project, out.path, inside)
        session.measure.forget(out.path)
    session.recorder.take_deps(stage)
    session.recorder.take_outs(stage)
    session.recorder.write(stage)
    result.recorded = True
    result.file = added.file
    result.to_stage, result.staged = session.tell_git(session.recorder.written)


def _below(path: str, relpath: str) -> list[str]:
    if not os.path.isdir(path):
        return [relpath]
    return [
        os.path.join(relpath, os.path.relpath(os.path.join(folder, name), path))
        for folder, _, files in os.walk(path)
        for name in files
    ]


def _remove_extra(project: Project, folder: str, made: str) -> None:
    """Files of an old run that the clean one did not make go to the trash: the folder is the stage's out now."""
    for above, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(above, name)
            if not os.path.lexists(os.path.join(made, os.path.relpath(path, folder))):
                project.journal.move(path)
