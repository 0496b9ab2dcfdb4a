"""Stages: defining, listing, freezing, reproducing, drawing.

Source: dvc's repo/stage.py, repo/freeze.py, repo/reproduce.py, commands/stage.py, commands/dag.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dvnb.errors import DvnbError, OwnershipError, TargetError
from dvnb.events import FileWritten
from dvnb.formats import dvcyaml
from dvnb.formats.dvcyaml import OutSpec, StageSpec
from dvnb.objects.files import write_atomic
from dvnb.pipeline.graph import build_graph
from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.load import lock_path, pipeline_stage, read_lock
from dvnb.pipeline.repro import Fetch, Reproduction, ReproOptions
from dvnb.pipeline.stage import OutKind, Stage
from dvnb.repo.results import DagResult, ReproResult, StageAddResult, StageListResult, StageRow, StageRun
from dvnb.repo.session import Session

MAX_DESCRIPTION = 80


@dataclass(slots=True)
class StageOptions:
    """What `stage add` and its kin take; paths are relative to `wdir`. `params`: `key`, `a,b`, `file:key`, `file:`."""

    deps: Sequence[str] = ()
    params: Sequence[str] = ()
    outs: Sequence[str] = ()
    outs_no_cache: Sequence[str] = ()
    outs_persist: Sequence[str] = ()
    outs_persist_no_cache: Sequence[str] = ()
    metrics: Sequence[str] = ()
    metrics_no_cache: Sequence[str] = ()
    plots: Sequence[str] = ()
    plots_no_cache: Sequence[str] = ()
    wdir: str | None = None
    always_changed: bool = False
    desc: str | None = None
    meta: dict[str, Any] | None = field(default=None)


def add_stage(
    session: Session, name: str, cmd: Sequence[str] | str, options: StageOptions, *, force: bool = False
) -> StageAddResult:
    """Define a stage in the dvc.yaml of the current folder, and git-ignore its outs.

    Raises: TargetError for a bad name, command or wdir; OwnershipError for a stage that exists or outs of others;
    GraphError.
    """
    return add_spec(session, name, _spec(cmd, options), force=force)


def add_spec(session: Session, name: str, spec: StageSpec, *, force: bool = False) -> StageAddResult:
    """Like `add_stage`, of a stage that is spelled out already."""
    _refuse_bad_name(name)
    if not spec.cmd or not all(spec.cmd):
        raise TargetError("command is not specified")
    project = session.project
    file = os.path.join(project.cwd, PIPELINE_FILE)
    _refuse_bad_wdir(session, spec.wdir)
    shown = project.shown(file)
    known = [stage for stage in session.index.in_file(file) if name in (stage.name, stage.generator)]
    if known and not force:
        raise OwnershipError(f"Stage '{name}' already exists in '{shown}'. Use '--force' to overwrite.")
    entry = read_lock(project, project.tree(), lock_path(file)).get(name)
    stage = pipeline_stage(file, name, spec, entry)
    _check_new(session, stage, known)
    definition = dvcyaml.definition(spec)
    old = _read(file)
    for out in stage.outs:
        if project.git and out.cache and project.git.is_tracked(out.path):
            session.recorder.ignore_in_git(out)
    new = dvcyaml.put_stage(old, shown, name, definition)
    if new != old:
        write_atomic(file, new)
        session.recorder.written.append(file)
    for out in stage.outs:
        if os.path.isdir(os.path.dirname(out.path)):
            session.recorder.ignore_in_git(out)
    project.emit(FileWritten(shown, "stage-modified" if known else "stage-added", created=old is None, stage=name))
    to_stage, staged = session.tell_git(session.recorder.written)
    return StageAddResult(name, shown, definition, created=not known, to_stage=to_stage, staged=staged)


def _check_new(session: Session, stage: Stage, replaced: list[Stage]) -> None:
    """Refuse a stage that contradicts those that are there; the index then holds it instead of what it replaces."""
    index = session.index
    outside = [out.text for out in stage.outs if out.cache and not session.project.contains(out.path)]
    if outside:
        raise TargetError(
            f"Cached output(s) outside of DVC project: {', '.join(outside)}. See"
            " <https://dvc.org/doc/user-guide/pipelines/external-dependencies-and-outputs> for more info."
        )
    for out in stage.outs:
        owner = index.owner(out.path)
        if owner and owner[0] not in replaced:
            raise OwnershipError(
                f"output '{index.shown(out.path)}' is already specified in {index.describe(owner[0])}."
            )
    kept = [other for other in index.stages if other not in replaced]
    index.replace([*kept, stage])
    build_graph(index)


def _spec(cmd: Sequence[str] | str, options: StageOptions) -> StageSpec:
    buckets: tuple[tuple[OutKind, Sequence[str], bool, bool], ...] = (
        ("outs", options.outs, True, False),
        ("outs", options.outs_no_cache, False, False),
        ("outs", options.outs_persist, True, True),
        ("outs", options.outs_persist_no_cache, False, True),
        ("metrics", options.metrics, True, False),
        ("metrics", options.metrics_no_cache, False, False),
        ("plots", options.plots, True, False),
        ("plots", options.plots_no_cache, False, False),
    )
    outs = [
        OutSpec(path, kind, cache=cache, persist=persist) for kind, paths, cache, persist in buckets for path in paths
    ]
    return StageSpec(
        cmd=cmd if isinstance(cmd, str) else list(cmd),
        wdir=options.wdir,
        deps=list(dict.fromkeys(options.deps)),
        params=parse_params(options.params),
        outs=outs,
        always_changed=options.always_changed,
        desc=options.desc,
        meta=options.meta,
    )


def parse_params(texts: Sequence[str]) -> list[tuple[str, list[str]]]:
    """`lr,train.epochs` and `other.json:key` as (file, keys); `file:` is the whole file."""
    found: dict[str, list[str]] = {}
    for text in texts:
        file, _, keys = text.rpartition(":")
        found.setdefault(file or dvcyaml.DEFAULT_PARAMS, []).extend(key for key in keys.split(",") if key)
    return list(found.items())


def _refuse_bad_name(name: str) -> None:
    if not name or any(not (char.isalnum() or char in "-_") and char.isascii() for char in name):
        raise TargetError("Stage name cannot contain punctuation characters.")


def _refuse_bad_wdir(session: Session, wdir: str | None) -> None:
    path = session.absolute(wdir or ".")
    if not os.path.exists(path):
        raise TargetError(f"stage working dir '{wdir}' does not exist")
    if not os.path.isdir(path):
        raise TargetError(f"stage working dir '{wdir}' is not directory")
    if not session.project.contains(path):
        raise TargetError(f"stage working dir '{wdir}' is outside of DVC repo")


def list_stages(
    session: Session, targets: Sequence[str], *, all: bool = False, recursive: bool = False
) -> StageListResult:
    """The stages of the current folder's dvc.yaml, of targets, or all."""
    if all:
        stages = session.index.stages
    else:
        stages = session.targets.stages(targets or [PIPELINE_FILE], recursive=recursive)
    return StageListResult([StageRow(session.index.address(stage), _description(stage)) for stage in stages])


def _description(stage: Stage) -> str:
    first_line = next((line.strip() for line in (stage.desc or "").splitlines() if line.strip()), None)
    text = first_line or _summary(stage)
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 3] + "..."


def _summary(stage: Stage) -> str:
    outs = ", ".join(out.text for out in stage.outs if out.kind == "outs")
    reports = ", ".join(out.text for out in stage.outs if out.kind != "outs")
    deps = ", ".join([dep.text for dep in stage.deps] + [params.text for params in stage.params])
    parts = [f"Outputs {outs}"] * bool(outs) + [f"Reports {reports}"] * bool(reports)
    if parts:
        return "; ".join(parts)
    return f"Depends on {deps}" if deps else "No outputs or dependencies"


def set_frozen(session: Session, targets: Sequence[str], *, frozen: bool) -> list[StageAddResult]:
    """Freeze or unfreeze stages: a frozen one is not run when what it reads changes.

    Raises: TargetError; DvnbError for a generated stage.
    """
    stages = session.targets.stages(targets)
    for stage in stages:
        if stage.generator or stage.templated:
            raise DvnbError(f"cannot dump a parametrized {session.index.describe(stage)}")
    return [_freeze(session, stage, frozen=frozen) for stage in stages]


def _freeze(session: Session, stage: Stage, *, frozen: bool) -> StageAddResult:
    project = session.project
    shown = project.shown(stage.file)
    old = _read(stage.file) or b""
    if stage.name is None:
        from dvnb.formats import dvcfile  # data sources are seldom frozen

        parsed = dvcfile.parse(old, shown)
        parsed.frozen = frozen
        write_atomic(stage.file, dvcfile.render(parsed, old, shown))
        definition: dict[str, Any] = {}
    else:
        write_atomic(stage.file, dvcyaml.set_fields(old, shown, stage.name, {"frozen": True if frozen else None}))
        definition = {"frozen": frozen}
        project.emit(FileWritten(shown, "stage-modified", stage=stage.name))
    stage.frozen = frozen
    to_stage, staged = session.tell_git([stage.file])
    return StageAddResult(
        session.index.address(stage), shown, definition, created=False, to_stage=to_stage, staged=staged
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which stages `repro` deals with; the names are those of dvc's flags."""

    single_item: bool = False
    pipeline: bool = False
    all_pipelines: bool = False
    recursive: bool = False
    downstream: bool = False
    glob: bool = False


def reproduce(
    session: Session, targets: Sequence[str], selection: Selection, options: ReproOptions, fetch: Fetch | None = None
) -> ReproResult:
    """Bring stages up to date.

    Raises: TargetError, GraphError, StageFailedError.
    """
    graph = session.graph
    stages = _selected(session, targets, selection)
    if not (selection.single_item and not selection.pipeline) and not (selection.all_pipelines and not stages):
        downstream = selection.downstream and not selection.pipeline
        steps = graph.active().plan(stages, pipeline=selection.pipeline, downstream=downstream) if stages else []
    else:
        steps = stages or graph.active().plan(None)
    work = Reproduction(session.project, session.index, graph.active(), options, fetch)
    try:
        work.run(steps)
    except BaseException:
        work.recorder.take_back_ignores()
        raise
    finally:
        written = session.tell_git(work.recorder.written)
    runs = [
        StageRun(session.index.address(item.stage), item.outcome, item.reasons, round(item.seconds, 3), item.message)
        for item in work.outcomes
    ]
    return ReproResult(runs, *written)


def _selected(session: Session, targets: Sequence[str], selection: Selection) -> list[Stage]:
    if selection.all_pipelines:
        return []
    return session.targets.stages(targets or [PIPELINE_FILE], recursive=selection.recursive, glob=selection.glob)


def draw(
    session: Session, target: str | None, *, outs: bool = False, full: bool = False, collapse: bool = False
) -> DagResult:
    """The graph of all stages, or of those that `target` depends on (`full`: of its whole pipeline).

    `outs`: outputs are the nodes. `collapse`: a foreach or matrix is one node.
    """
    graph = session.graph
    stages = graph.stages
    if target is not None:
        found = [item.stage for item in session.targets.find([target])]
        chosen = set(graph.plan(found, pipeline=True) if full else graph.with_upstream(found))
        stages = [stage for stage in graph.stages if stage in chosen]
    address = session.index.address

    def names(stage: Stage) -> list[str]:
        if outs:
            return [session.index.shown(out.path) for out in stage.outs]
        if collapse and stage.generator:
            return [address(stage).rpartition("@")[0]]
        return [address(stage)]

    nodes = list(dict.fromkeys(name for stage in stages for name in names(stage)))
    if outs:
        edges = _out_edges(session, stages)
    else:
        known = set(stages)
        edges = [
            (above, below)
            for stage in stages
            for source in graph.upstream[stage]
            if source in known
            for above in names(source)
            for below in names(stage)
            if above != below
        ]
    return DagResult(nodes, list(dict.fromkeys(edges)))


def _out_edges(session: Session, stages: list[Stage]) -> list[tuple[str, str]]:
    """Output to output: what a stage reads to what it makes."""
    index = session.index
    edges: list[tuple[str, str]] = []
    for stage in stages:
        for path in [dep.path for dep in stage.deps if dep.repo is None]:
            owner = index.containing(path)
            read = [owner[1]] if owner else [out for _, out in index.below(path)]
            edges += [(index.shown(above.path), index.shown(out.path)) for above in read for out in stage.outs]
    return edges


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
