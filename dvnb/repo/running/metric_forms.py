"""`metrics modify`: how a metrics file is read; where dvc has no field for it, `meta.dvnb` says it."""

from __future__ import annotations

from typing import Any

from dvnb.errors import DvnbError, TargetError
from dvnb.events import FileWritten
from dvnb.formats import dvcyaml, single_stage
from dvnb.objects.files import read_if_there
from dvnb.pipeline.load import speller
from dvnb.repo.results import StageAddResult
from dvnb.repo.session import Session
from dvnb.reports.metric_forms import TYPES


def modify(session: Session, path: str, type: str | None, xpath: str | None) -> StageAddResult:
    """Set the type and the xpath of a metrics file that a stage makes; what is None stays as it was.

    Raises: TargetError for what is no metrics file of a stage; DvnbError for a generated stage.
    """
    if type is not None and type.lower() not in TYPES:
        raise TargetError(f"unknown type '{type}' of a metrics file: it is one of {', '.join(TYPES)}")
    index, project = session.index, session.project
    owner = index.owner(session.absolute(path))
    if owner is None or (owner[1].kind != "metrics" and not owner[0].cmd):
        raise TargetError(f"'{path}' is not a metrics file that a stage makes: list it in 'metrics' of its stage")
    stage, out = owner
    if stage.generator or stage.templated:
        raise DvnbError(f"cannot dump a parametrized {index.describe(stage)}")
    form: dict[str, Any] = {**single_stage.form_of(out.meta)}
    form |= {key: value for key, value in (("type", type and type.lower()), ("xpath", xpath)) if value is not None}
    form = {key: value for key, value in form.items() if value}
    old, shown = read_if_there(stage.file) or b"", index.shown(stage.file)
    if stage.name is None:
        new = single_stage.set_form(old, shown, out.text, form)
    else:
        meta, spell = single_stage.with_form(out.meta, form), speller(stage, project.root)
        new = dvcyaml.set_metric_meta(old, shown, stage.name, out.text, meta, spell)
    if new != old:
        project.journal.write(stage.file, new)
        project.emit(FileWritten(shown, "stage-modified", stage=index.address(stage)))
    to_stage, staged = session.tell_git([stage.file])
    return StageAddResult(
        index.address(stage), shown, {"metrics": [{path: form}]}, created=False, to_stage=to_stage, staged=staged
    )
