"""`run -f FILE`, `run` without a name: stages that are known by a file of their own, as in dvc's first years.

They are stages of the dvc.yaml beside that file, which only points to them (`formats.single_stage`), so that dvc 3
reads the project, and `git add load.dvc` and `repro load.dvc` still mean something.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from dvnb.errors import OwnershipError, TargetError
from dvnb.formats import single_stage, stagespec
from dvnb.pipeline.index import DATA_SUFFIX, OLD_FILE, PIPELINE_FILE
from dvnb.repo.results import StageAddResult
from dvnb.repo.running.defining import StageOptions, add_spec, stage_spec
from dvnb.repo.session import Session


def add_with_pointer(
    session: Session, file: str | None, cmd: Sequence[str] | str, options: StageOptions, *, force: bool = False
) -> StageAddResult:
    """Define a stage and the file that stands for it; `file` is by default named after the first out.

    Raises: TargetError for a file name that no stage can have; OwnershipError for a file that is something else, and
    as `defining.add_stage`.
    """
    project = session.project
    path = session.absolute(file or _default_file(options))
    shown = project.shown(path)
    if not (path.endswith(DATA_SUFFIX) or os.path.basename(path) == OLD_FILE):
        raise TargetError(
            f"bad DVC file name '{shown}'. DVC files should be named '{OLD_FILE}' or have a '.dvc' suffix"
        )
    if not os.path.isdir(os.path.dirname(path)):
        raise TargetError(f"'{shown}' cannot be written: its folder does not exist")
    known = session.index.pointers.get(path)
    if known is None and os.path.lexists(path):
        raise OwnershipError(
            f"'{shown}' exists already, and stands for something else. Remove it by 'dvnb remove {shown}', or choose "
            "another name for the stage"
        )
    name = known or stage_name(path)
    folder = os.path.dirname(path)
    spec = stage_spec(cmd, options)
    wdir = os.path.relpath(session.absolute(spec.wdir or "."), folder).replace(os.sep, "/")
    spec.wdir = None if wdir == "." else wdir
    parsed = session.index.files.get(os.path.join(folder, PIPELINE_FILE))
    same = parsed is not None and parsed.stages.get(name) == stagespec.definition(spec)
    result = add_spec(session, name, spec, force=force or same, folder=folder)
    if known is None:
        project.journal.write(path, single_stage.pointer(name))
        session.recorder.written.append(path)
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


def _default_file(options: StageOptions) -> str:
    outs = [
        *options.outs,
        *options.outs_no_cache,
        *options.metrics,
        *options.metrics_no_cache,
        *options.plots,
        *options.plots_no_cache,
        *options.outs_persist,
        *options.outs_persist_no_cache,
    ]
    return os.path.basename(outs[0].rstrip("/")) + DATA_SUFFIX if outs else OLD_FILE


def stage_name(path: str) -> str:
    """The name of the stage that a file of this path stands for."""
    name = os.path.basename(path).removesuffix(DATA_SUFFIX)
    return re.sub(r"[^\w-]+", "_", name).strip("_") or "stage"
