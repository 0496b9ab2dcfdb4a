"""From parsed metafiles to stages as meant."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from dvnb.errors import DvnbError, FormatError
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DepEntry, DvcFile, OutEntry
from dvnb.git.trees import FileTree
from dvnb.pipeline.stage import Dep, Out, ParamsDep, Stage
from dvnb.project.project import Project

if TYPE_CHECKING:
    from dvnb.formats.dvcyaml import DvcYaml
    from dvnb.formats.lockfile import LockEntry
    from dvnb.formats.single_stage import SingleStage
    from dvnb.formats.stagespec import OutSpec, StageSpec


def data_stage(file: str, parsed: DvcFile) -> Stage:
    """The stage of a .dvc file (`file` absolute)."""
    wdir = resolve_path(os.path.dirname(file), parsed.wdir or ".")
    return Stage(
        file=file,
        name=None,
        wdir=wdir,
        deps=[_import_dep(wdir, entry) for entry in parsed.deps],
        outs=[_data_out(wdir, entry) for entry in parsed.outs],
        frozen=parsed.frozen,
        always_changed=parsed.always_changed,
        desc=parsed.desc,
        meta=parsed.meta,
        recorded_md5=parsed.md5,
        definition_md5=dvcfile.import_md5(parsed) if parsed.md5 or parsed.deps else None,
    )


def single_stage(file: str, found: SingleStage) -> Stage:
    """The stage that has an old file of its own (`file` absolute), with what that file recorded."""
    from dvnb.formats.lockfile import LockEntry, LockItem
    from dvnb.formats.single_stage import stage_spec  # old files are seldom met

    parsed = found.file
    if found.cmd is None:
        stage = data_stage(file, parsed)
        for out in stage.outs:
            out.kind = found.kinds.get(out.text, "outs")
        # What was recorded by old rules cannot be checked by the new ones; without an origin it says nothing anyway.
        if found.is_as_recorded or not parsed.deps:
            stage.definition_md5 = parsed.md5
        return stage
    deps = [LockItem(dep.path, dep.fingerprint) for dep in parsed.deps if dep.fingerprint.hash_info]
    outs = [LockItem(out.path, out.fingerprint) for out in parsed.outs if out.fingerprint.hash_info]
    entry = LockEntry(found.cmd, deps, found.params, outs) if parsed.md5 else None
    stage = pipeline_stage(file, None, stage_spec(found), entry)
    stage.recorded_md5 = parsed.md5
    stage.definition_md5 = parsed.md5 if found.is_as_recorded else "edited"
    return stage


def pipeline_stages(
    project: Project, tree: FileTree, file: str, parsed: DvcYaml, unresolved: dict[str, DvnbError] | None = None
) -> list[Stage]:
    """The stages of a dvc.yaml (`file` absolute), with what its dvc.lock recorded.

    `unresolved` takes in, by name, the stages whose templates cannot be resolved, and why.

    Raises: FormatError where a template cannot be resolved (without `unresolved`) or the lock file is broken.
    """
    from dvnb.formats.stagespec import stage_spec  # a project of data alone has no use for these
    from dvnb.pipeline.templating.template import resolve_file

    folder = project.relpath(os.path.dirname(file))
    read = _reader(tree, folder)
    entries = read_lock(project, tree, lock_path(file))
    parsing = {"bool": project.config.get("parsing.bool"), "list": project.config.get("parsing.list")}
    shown = project.shown(file)
    resolved = resolve_file(parsed, shown, read, parsing, cache=project.state, emit=project.emit, broken=unresolved)
    stages: list[Stage] = []
    for name, item in resolved.items():
        spec = stage_spec(item.definition)
        stage = pipeline_stage(
            file, name, spec, entries.get(name), item.generator, templated=item.templated, root=project.root
        )
        # Templates name files as their user would write them.
        stage.used = {os.path.normpath(os.path.join(project.cwd, path)): used for path, used in item.used.items()}
        stages.append(stage)
    return stages


def pipeline_stage(
    file: str,
    name: str | None,
    spec: StageSpec,
    entry: LockEntry | None,
    generator: str | None = None,
    *,
    templated: bool = False,
    root: str = "",
) -> Stage:
    """One stage of a dvc.yaml of the project at `root`, its paths made absolute, with what `entry` recorded.

    Raises: FormatError for a dep or out that is a file of stages itself.
    """
    if name is not None:
        _refuse_stage_files(spec.deps, "a dependency", "DependencyIsStageFileError")
        _refuse_stage_files([out.path for out in spec.outs], "an output", "OutputIsStageFileError")
    wdir = resolve_path(os.path.dirname(file), spec.wdir or ".")
    stage = Stage(
        file=file,
        name=name,
        wdir=wdir,
        cmd=spec.cmd,
        deps=[Dep(resolve_path(wdir, path), spelled(path, wdir, root)) for path in spec.deps],
        params=[
            ParamsDep(resolve_path(wdir, path), spelled(path, wdir, root), list(keys)) for path, keys in spec.params
        ],
        outs=[_spec_out(wdir, out, root) for out in spec.outs],
        frozen=spec.frozen,
        always_changed=spec.always_changed,
        desc=spec.desc,
        meta=spec.meta,
        generator=generator,
        templated=templated,
    )
    if entry is not None:
        fill_from_lock(stage, entry)
    return stage


def _refuse_stage_files(paths: Iterable[str], role: str, kind: str) -> None:
    for path in paths:
        if path.endswith(".dvc") or os.path.basename(path) == "dvc.yaml":
            raise FormatError(f"DVC file '{path}' cannot be {role}.", kind=kind)


def fill_from_lock(stage: Stage, entry: LockEntry) -> None:
    """Note on the stage what the lock file recorded of it."""
    stage.locked = True
    stage.recorded_cmd = entry.cmd
    deps = {item.path: item.fingerprint for item in entry.deps}
    outs = {item.path: item.fingerprint for item in entry.outs}
    for dep in stage.deps:
        dep.recorded = deps.get(dep.text)
    for out in stage.outs:
        out.recorded = outs.get(out.text)
    for params in stage.params:
        params.recorded = entry.params.get(params.text)


def lock_path(file: str) -> str:
    """The lock file that belongs to a dvc.yaml."""
    return os.path.splitext(file)[0] + ".lock"


def read_lock(project: Project, tree: FileTree, path: str) -> dict[str, LockEntry]:
    """The entries of a dvc.lock (absolute path), none where there is no such file."""
    try:
        data = tree.read(project.relpath(path))
    except FileNotFoundError:
        return {}
    except IsADirectoryError:
        raise FormatError(f"'{project.shown(path)}' is not a .dvc file", path) from None
    from dvnb.formats import lockfile  # where there is one

    return lockfile.parse(data, project.shown(path), project.state, rev=tree.rev)


def resolve_path(folder: str, text: str) -> str:
    """`text` as written in a file whose paths are relative to `folder`, absolute; URLs stay as they are."""
    if "://" in text:
        return text
    return os.path.normpath(os.path.join(folder, text))


def spelled(text: str, wdir: str, root: str) -> str:
    """A path as dvc's files have it: seen from the stage's folder, unless it is absolute and outside of the project."""
    inside = root and text.startswith(root + os.sep)
    return os.path.relpath(text, wdir).replace(os.sep, "/") if inside else text


def speller(stage: Stage, root: str) -> Callable[[str], str]:
    """How the paths of a stage of the project at `root` are spelled when its dvc.yaml is written."""
    return lambda text: spelled(text, stage.wdir, root)


def _reader(tree: FileTree, folder: str) -> Callable[[str], bytes]:
    def read(relpath: str) -> bytes:
        joined = os.path.normpath(os.path.join(folder, relpath)).replace(os.sep, "/")
        return tree.read(joined)

    return read


def _import_dep(wdir: str, entry: DepEntry) -> Dep:
    path = entry.path or ""
    return Dep(
        resolve_path(wdir, path), path, entry.fingerprint, repo=entry.repo, db=entry.db, fs_config=entry.fs_config
    )


def _data_out(wdir: str, entry: OutEntry) -> Out:
    return Out(
        resolve_path(wdir, entry.path),
        entry.path,
        cache=entry.cache,
        persist=entry.persist,
        push=entry.push,
        remote=entry.remote,
        desc=entry.desc,
        type=entry.type,
        labels=list(entry.labels or []),
        meta=entry.meta,
        recorded=entry.fingerprint if entry.fingerprint.hash_info else None,
    )


def _spec_out(wdir: str, spec: OutSpec, root: str) -> Out:
    return Out(
        resolve_path(wdir, spec.path),
        spelled(spec.path, wdir, root),
        kind=spec.kind,
        cache=spec.cache,
        persist=spec.persist,
        push=spec.push,
        remote=spec.remote,
        desc=spec.desc,
        type=spec.type,
        labels=list(spec.labels or []),
        meta=spec.meta,
        plot=spec.plot,
    )
