"""Defining stages in dvc.yaml.

Source: dvc's repo/stage.py (add), stage/utils.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dvnb.errors import Hint, OwnershipError, TargetError
from dvnb.events import FileWritten
from dvnb.formats import dvcyaml, stagespec
from dvnb.formats.stagespec import OutSpec, StageSpec
from dvnb.objects.files import read_if_there
from dvnb.pipeline.graph import build_graph
from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.load import lock_path, pipeline_stage, pipeline_stages, read_lock, resolve_path, spelled
from dvnb.pipeline.stage import OutKind, Stage
from dvnb.records import dataclass
from dvnb.repo.results import StageAddResult
from dvnb.repo.session import Session, refuse_ignored, refuse_metafile

PUNCTUATION = frozenset("!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~")


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
    meta: dict[str, Any] | None = None


def add_stage(
    session: Session, name: str, cmd: Sequence[str] | str, options: StageOptions, *, force: bool = False
) -> StageAddResult:
    """Define a stage in the dvc.yaml of the current folder, and git-ignore its outs.

    Raises: TargetError for a bad name, command or wdir; OwnershipError for a stage that exists or outs of others;
    GraphError.
    """
    return add_spec(session, name, stage_spec(cmd, options), force=force, keep_notes=True)


def add_spec(
    session: Session,
    name: str,
    spec: StageSpec,
    *,
    force: bool = False,
    folder: str | None = None,
    matrix: dict[str, list[Any]] | None = None,
    keep_notes: bool = False,
) -> StageAddResult:
    """Like `add_stage`, of a stage that is spelled out already; its dvc.yaml lies in `folder` (absolute).

    `matrix`: `spec` is the template of one stage for each combination of these values. `keep_notes`: what no option
    of `stage add` can say of a stage stays as it was.
    """
    _refuse_bad_name(name)
    if not spec.cmd or not all(spec.cmd):
        raise TargetError("command is not specified")
    project = session.project
    folder = folder or project.cwd
    file = os.path.join(folder, PIPELINE_FILE)
    _refuse_bad_wdir(session, folder, spec.wdir)
    shown = project.shown(file)
    known = [stage for stage in session.index.in_file(file) if name in (stage.name, stage.generator)]
    if known and not force:
        raise OwnershipError(f"Stage '{name}' already exists in '{shown}'. Use '--force' to overwrite.")
    wdir = resolve_path(folder, spec.wdir or ".")
    spec = stagespec.respell(spec, lambda text: spelled(text, wdir, project.root))
    if keep_notes and known and known[0].name == name:
        _keep_notes(spec, known[0])
    definition = stagespec.definition(spec)
    if matrix:
        definition = {"matrix": matrix, **definition}
    old = read_if_there(file)
    new = dvcyaml.put_stage(old, shown, name, definition)
    if matrix:
        parsed = dvcyaml.parse(new, shown)
        stages = [each for each in pipeline_stages(project, project.tree(), file, parsed) if each.generator == name]
    else:
        entry = read_lock(project, project.tree(), lock_path(file)).get(name)
        stages = [pipeline_stage(file, name, spec, entry)]
    _check_new(session, stages, known)
    outs = [out for stage in stages for out in stage.outs]
    for out in outs:
        if project.git and out.cache and project.git.is_tracked(out.path):
            session.recorder.ignores.add(out)
    if new != old:
        project.journal.write(file, new)
        session.recorder.written.append(file)
    for out in outs:
        if os.path.isdir(os.path.dirname(out.path)):
            session.recorder.ignores.add(out)
    project.emit(FileWritten(shown, "stage-modified" if known else "stage-added", created=old is None, stage=name))
    to_stage, staged = session.tell_git(session.recorder.written)
    return StageAddResult(name, shown, definition, created=not known, to_stage=to_stage, staged=staged)


def _check_new(session: Session, stages: list[Stage], replaced: list[Stage]) -> None:
    """Refuse stages that contradict those that are there; the index then holds them instead of what they replace."""
    index = session.index
    outs = [out for stage in stages for out in stage.outs]
    outside = [out.text for out in outs if out.cache and not session.project.contains(out.path)]
    if outside:
        raise TargetError(
            f"Cached output(s) outside of DVC project: {', '.join(outside)}. See"
            " <https://dvc.org/doc/user-guide/pipelines/external-dependencies-and-outputs> for more info."
        )
    for stage in stages:
        _refuse_named_twice(session, stage)
    for out in outs:
        refuse_metafile(session.project, out.path)
        refuse_ignored(session.project, out.path, is_dir=False)
        owner = index.owner(out.path)
        if owner and owner[0] not in replaced:
            address = index.address(owner[0])
            raise OwnershipError(
                f"output '{index.shown(out.path)}' is already specified in stage: '{address}'.", Hint("remove", address)
            )
    kept = [other for other in index.stages if other not in replaced]
    index.replace([*kept, *stages])
    build_graph(index)


def _refuse_named_twice(session: Session, stage: Stage) -> None:
    # A dvc.yaml may say so and work; whoever defines a stage is told.
    for items in ([*stage.deps, *stage.params], stage.outs):
        paths = [item.path for item in items]
        twice = next((path for at, path in enumerate(paths) if path in paths[:at]), None)
        if twice is not None:
            raise TargetError(f"file '{session.project.shown(twice)}' is specified more than once.")


def stage_spec(cmd: Sequence[str] | str, options: StageOptions) -> StageSpec:
    """A stage as its options say."""
    # In the order of dvc's lines in .gitignore; dvc.yaml has the outs of each section sorted.
    buckets: tuple[tuple[OutKind, Sequence[str], bool, bool], ...] = (
        ("outs", options.outs_persist, True, True),
        ("outs", options.outs_persist_no_cache, False, True),
        ("metrics", options.metrics, True, False),
        ("metrics", options.metrics_no_cache, False, False),
        ("plots", options.plots, True, False),
        ("plots", options.plots_no_cache, False, False),
        ("outs", options.outs_no_cache, False, False),
        ("outs", options.outs, True, False),
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
        found.setdefault(file or stagespec.DEFAULT_PARAMS, []).extend(key for key in keys.split(",") if key)
    return list(found.items())


def _refuse_bad_name(name: str) -> None:
    # As in dvc, where blanks and other letters may stand in a name.
    if not name or any(char in PUNCTUATION for char in name):
        raise TargetError("Stage name cannot contain punctuation characters.")


def _keep_notes(spec: StageSpec, old: Stage) -> None:
    """Descriptions, labels, and which remote an out goes to, as far as the new stage says nothing of them.

    Source: dvc's stage/__init__.py (restore_fields), which prefers the old description to a new one.
    """
    spec.desc = spec.desc or old.desc
    spec.meta = spec.meta or old.meta
    outs = {out.text: out for out in old.outs}
    for out in spec.outs:
        before = outs.get(out.path)
        if before is not None:
            out.desc, out.type, out.labels, out.meta = before.desc, before.type, before.labels, before.meta
            out.remote, out.push = before.remote, before.push


def _refuse_bad_wdir(session: Session, folder: str, wdir: str | None) -> None:
    path = os.path.normpath(os.path.join(folder, wdir or "."))
    if not os.path.exists(path):
        raise TargetError(f"stage working dir '{wdir}' does not exist")
    if not os.path.isdir(path):
        raise TargetError(f"stage working dir '{wdir}' is not directory")
    if not session.project.contains(path):
        raise TargetError(f"stage working dir '{wdir}' is outside of DVC repo")
