"""Freezing stages: `repro` then leaves them alone.

Source: dvc's repo/freeze.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dvnb.errors import DvnbError, TargetError
from dvnb.events import FileWritten
from dvnb.formats import dvcyaml
from dvnb.objects.files import read_if_there
from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.load import speller
from dvnb.pipeline.stage import Stage
from dvnb.repo.results import StageAddResult
from dvnb.repo.session import Session


def set_frozen(session: Session, targets: Sequence[str], *, frozen: bool) -> list[StageAddResult]:
    """Freeze or unfreeze stages: a frozen one is not run when what it reads changes.

    Raises: TargetError; DvnbError for a generated stage.
    """
    for target in targets:
        if os.path.basename(target) == PIPELINE_FILE:
            name = f"Please specify the name as: `{target}:stage_name`"
            raise TargetError(f"Stage name not provided.{name}")
    session.narrow(targets)
    stages = session.targets.stages(targets)
    for stage in stages:
        if stage.generator or stage.templated:
            raise DvnbError(f"cannot dump a parametrized {session.index.describe(stage)}")
    return [_freeze(session, stage, frozen=frozen) for stage in stages]


def _freeze(session: Session, stage: Stage, *, frozen: bool) -> StageAddResult:
    project = session.project
    shown = project.shown(stage.file)
    old = read_if_there(stage.file) or b""
    if stage.name is None:
        project.journal.write(stage.file, _with_frozen(old, shown, frozen=frozen))
        definition: dict[str, Any] = {}
    else:
        spell = speller(stage, project.root)
        new = dvcyaml.set_fields(old, shown, stage.name, {"frozen": True if frozen else None}, spell)
        project.journal.write(stage.file, new)
        definition = {"frozen": frozen}
        project.emit(FileWritten(shown, "stage-modified", stage=stage.name))
    stage.frozen = frozen
    # dvc leaves staging to its user here, whatever core.autostage says.
    return StageAddResult(session.index.address(stage), shown, definition, created=False, to_stage=[], staged=False)


def _with_frozen(old: bytes, shown: str, *, frozen: bool) -> bytes:
    from dvnb.formats import dvcfile, single_stage  # data sources are seldom frozen

    if single_stage.looks_old(old):
        return single_stage.set_frozen(old, shown, frozen=frozen)
    parsed = dvcfile.parse(old, shown)
    parsed.frozen = frozen
    return dvcfile.render(parsed, old, shown)
