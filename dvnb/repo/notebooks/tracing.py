"""`notebook trace`: one watched run, and the stage that would declare what it read and wrote."""

from __future__ import annotations

import os

from dvnb.events import Listener
from dvnb.notebooks.owner import NotebookCommand
from dvnb.notebooks.review.declared import Declared
from dvnb.notebooks.review.suggest import collapsed, option_of
from dvnb.notebooks.running.run import RunOptions
from dvnb.notebooks.source import load
from dvnb.notebooks.stages import StageRequest, unkept_copy
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project
from dvnb.repo.notebooks import tracememory
from dvnb.repo.notebooks.placing import place
from dvnb.repo.notebooks.scratch import Scratch, scratch_copy
from dvnb.repo.notebooks.watched_run import Run, WatchedRun, calling_stages, injected_values, run_watched, stage_of_plan
from dvnb.repo.results import NotebookTraceResult
from dvnb.repo.running import notebooks
from dvnb.repo.session import Session

_OPTIONS = {
    ("outs", True): "-o", ("outs", False): "-O", ("metrics", True): "-m", ("metrics", False): "-M",
    ("plots", True): "--plots", ("plots", False): "--plots-no-cache",
}  # fmt: skip


def trace(
    project: Project,
    cwd: str,
    request: StageRequest,
    *,
    watcher: str | None = None,
    scratch: bool = False,
    timeout: float | None = None,
    emit: Listener,
) -> NotebookTraceResult:
    """Run a notebook once in a copy of the project, watched, and say which deps and outs its stage should have.

    What the run made is brought into the workspace, what was there goes to the trash; with `scratch` it is dropped.
    Raises: NotebookError, and nothing of the workspace changed.
    """
    folder = os.path.normpath(os.path.join(cwd, request.wdir or "."))
    path = os.path.normpath(os.path.join(folder, request.notebook))
    calls = calling_stages(Session(project).index.stages, path)
    if calls:
        stage, call = calls[0]
        assignments = [*call.params, *request.assignments]
    else:
        stage = stage_of_plan(cwd, notebooks.plan(project, cwd, request))
        call = calling_stages([stage], path)[0][1]
        assignments = call.params
    values = injected_values(stage, assignments, load(path), call.program)
    output = unkept_copy(path, project.tmp_dir, "trace")
    wanted = Run(path, stage.wdir, output, values, RunOptions(kernel=request.kernel, timeout=timeout), watcher)
    with scratch_copy(project) as copy:
        run = run_watched(project, copy, wanted, emit)
        result = NotebookTraceResult(
            request.notebook,
            run.watcher,
            round(run.seconds, 3),
            project.shown(output),
            reads=run.traced.reads,
            writes=run.traced.writes,
            updates=run.traced.updates,
            notes=run.notes,
        )
        deps, outs = found_paths(project, stage, run, copy)
        if calls:
            _for_stage(project, result, calls[0], path, deps, outs)
        else:
            _for_new(result, request, stage.wdir, deps, outs)
        if not scratch and [*run.traced.writes, *run.traced.updates]:
            with project.lock():
                placed = place(project, copy, [*run.traced.writes, *run.traced.updates])
            result.placed = list(placed)
            result.kept = {path: os.path.relpath(kept, cwd) for path, kept in placed.items() if kept}
    tracememory.remember(project, path, run.traced)
    return result


def found_paths(
    project: Project, stage: Stage, run: WatchedRun, copy: Scratch
) -> tuple[list[str], list[tuple[str, str]]]:
    """The deps (absolute) and outs (option of `notebook stage`, absolute path) that a run asks for.

    Folders stand for many files, but hold no out that the stage declares; params files that it declares are no deps.
    """
    found = run.traced
    own = [_text(dep.path, project.root) for dep in stage.deps[:1]]
    params = {_text(dep.path, project.root) for dep in stage.params}
    reads = [path for path in found.reads if path not in params]
    deps = collapsed(reads, copy.before, [*found.writes, *found.updates, *own])
    closed = [*found.reads, *found.updates, *own, *(_text(out.path, project.root) for out in stage.outs)]
    outs = collapsed(found.writes, run.after, closed, plain=lambda path: option_of(path) == "-o")
    members = {out: [path for path in found.writes if path.startswith(f"{out}/")] for out in outs}
    return (
        [os.path.join(project.root, path) for path in deps],
        [(option_of(out, members[out]), os.path.join(project.root, out)) for out in outs],
    )


def _for_new(
    result: NotebookTraceResult, request: StageRequest, wdir: str, deps: list[str], outs: list[tuple[str, str]]
) -> None:
    result.deps = [_text(path, wdir) for path in deps]
    result.outs = [[option, _text(path, wdir)] for option, path in outs]
    words = ["notebook", "stage", request.notebook]
    for option, value in (("-n", request.name), ("-w", request.wdir), ("-k", request.kernel)):
        words += [option, value] if value else []
    words += [word for path in result.deps for word in ("-d", path)]
    words += [word for pair in result.outs for word in pair]
    words += [word for assignment in request.assignments for word in ("--map", assignment)]
    result.command = words


def _for_stage(
    project: Project,
    result: NotebookTraceResult,
    call: tuple[Stage, NotebookCommand],
    notebook: str,
    deps: list[str],
    outs: list[tuple[str, str]],
) -> None:
    """Compare with what a stage declares, and offer the command that declares what is missing as well."""
    stage = call[0]
    result.stage = stage.name
    declared = Declared(
        stage.name or "",
        project.root,
        stage.wdir,
        notebook,
        [dep.path for dep in [*stage.deps, *stage.params]],
        [out.path for out in stage.outs],
    )
    new_deps = [_text(path, stage.wdir) for path in deps if declared.wants_read(path)]
    new_outs = [[option, _text(path, stage.wdir)] for option, path in outs if declared.wants_write(path)]
    result.deps = [*(dep.text for dep in stage.deps), *new_deps]
    result.outs = [[_option(out), out.text] for out in stage.outs] + new_outs
    result.missing = [*new_deps, *(path for _, path in new_outs)]
    result.unused = _unused(project, result, call, notebook)
    commands = list(stage.commands())
    if result.missing and len(commands) == 1 and not stage.templated and not stage.generator:
        result.command = _stage_add(stage, result, commands[0])


def _unused(
    project: Project, result: NotebookTraceResult, call: tuple[Stage, NotebookCommand], notebook: str
) -> list[str]:
    """Deps and outs that the run did not touch; files that say which packages are wanted are not read by it."""
    from dvnb.notebooks import lockfiles

    stage, command = call
    copy = os.path.normpath(os.path.join(stage.wdir, command.output)) if command.output else ""
    touched = [os.path.join(project.root, path) for path in [*result.reads, *result.writes, *result.updates]]
    own = {notebook, copy}
    declared = [*stage.deps, *stage.outs]
    return [
        one.text
        for one in declared
        if one.path not in own and "://" not in one.path and not lockfiles.is_known(one.path)
        if not any(path == one.path or path.startswith(one.path + os.sep) for path in touched)
    ]


def _stage_add(stage: Stage, result: NotebookTraceResult, command: str) -> list[str]:
    words = ["stage", "add", "--force", "-n", stage.name or ""]
    wdir = os.path.relpath(stage.wdir, os.path.dirname(stage.file))
    words += ["-w", wdir] if wdir != "." else []
    words += [word for path in result.deps for word in ("-d", path)]
    for dep in stage.params:
        prefix = "" if dep.text == "params.yaml" and dep.keys else f"{dep.text}:"
        words += ["-p", prefix + ",".join(dep.keys)]
    words += [word for pair in result.outs for word in pair]
    words += ["--desc", stage.desc] if stage.desc else []
    words += ["--always-changed"] if stage.always_changed else []
    return [*words, command]


def _option(out: Out) -> str:
    if out.persist:
        return "--outs-persist" if out.cache else "--outs-persist-no-cache"
    return _OPTIONS[out.kind, out.cache]


def _text(path: str, wdir: str) -> str:
    return os.path.relpath(path, wdir).replace(os.sep, "/")
