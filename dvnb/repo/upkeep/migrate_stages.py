"""`migrate`: single-stage files of dvc's first years become stages of the dvc.yaml and dvc.lock beside them.

Nothing is run, no data is touched: what the files recorded of deps, params and outs is what dvc.lock says then.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dvnb.errors import OwnershipError
from dvnb.events import FileWritten
from dvnb.formats import dvcfile, dvcyaml, lockfile, single_stage, stagespec
from dvnb.formats.single_stage import SingleStage
from dvnb.objects.files import read_if_there
from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.stage import Stage
from dvnb.pipeline.stage_records import lock_entry
from dvnb.repo.results import MigratedStage, MigrateStagesResult
from dvnb.repo.running.single_stages import stage_name
from dvnb.repo.session import Session


def migrate(
    session: Session, targets: Sequence[str], *, pointers: bool = False, dry: bool = False
) -> MigrateStagesResult:
    """Turn old files (of targets, or all) into what dvc 3 reads; `pointers`: files of these names then stand for them.

    All are planned first, so that a name that is taken changes nothing.
    Raises: OwnershipError for a name that a stage has already; TargetError; FormatError.
    """
    stages = session.targets.stages(targets) if targets else session.index.stages
    old = [(stage, data) for stage in stages if (data := _old_data(stage)) is not None]
    names = _names(session, [stage for stage, _ in old if stage.cmd is not None])
    result = MigrateStagesResult(dry=dry)
    for stage, data in old:
        shown = session.index.shown(stage.file)
        found = single_stage.parse(data, shown)
        if not dry and stage.cmd is None:
            _write(session, stage.file, _data_file(found, data, shown))
        elif not dry:
            _move_to_pipeline(session, stage, names[stage], found, pointer=pointers)
        result.migrated.append(MigratedStage(shown, names.get(stage)))
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


def _data_file(found: SingleStage, data: bytes, shown: str) -> bytes:
    file = found.file
    if not file.deps:
        file.md5 = None
    elif found.is_as_recorded:
        file.md5 = dvcfile.import_md5(file)
    return dvcfile.render(file, data, shown)


def _old_data(stage: Stage) -> bytes | None:
    if stage.name is not None:
        return None
    data = read_if_there(stage.file)
    return data if data is not None and single_stage.looks_old(data) else None


def _names(session: Session, stages: list[Stage]) -> dict[Stage, str]:
    taken = {
        (os.path.dirname(stage.file), name) for stage in session.index.stages for name in (stage.name, stage.generator)
    }
    names: dict[Stage, str] = {}
    for stage in stages:
        name = stage_name(stage.file)
        folder = os.path.dirname(stage.file)
        if (folder, name) in taken:
            where = session.index.shown(os.path.join(folder, PIPELINE_FILE))
            raise OwnershipError(
                f"'{session.index.shown(stage.file)}' cannot become stage '{name}': '{where}' or another file has one "
                "of this name. Rename the file, and migrate again"
            )
        taken.add((folder, name))
        names[stage] = name
    return names


def _move_to_pipeline(session: Session, stage: Stage, name: str, found: SingleStage, *, pointer: bool) -> None:
    project = session.project
    folder = os.path.dirname(stage.file)
    file = os.path.join(folder, PIPELINE_FILE)
    shown = project.shown(file)
    old = read_if_there(file)
    definition = stagespec.definition(single_stage.stage_spec(found))
    _write(session, file, dvcyaml.put_stage(old, shown, name, definition))
    if stage.recorded_md5 is not None:
        lock = lock_path(file)
        new = lockfile.update(read_if_there(lock), project.shown(lock), name, lock_entry(stage), project.state)
        _write(session, lock, new)
    if pointer:
        _write(session, stage.file, single_stage.pointer(name))
    else:
        project.journal.move(stage.file)
        session.recorder.written.append(stage.file)
    project.emit(FileWritten(shown, "stage-added", created=old is None, stage=name))


def _write(session: Session, path: str, data: bytes) -> None:
    session.project.journal.write(path, data)
    if path not in session.recorder.written:
        session.recorder.written.append(path)
