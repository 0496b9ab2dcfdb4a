"""The stages of a project in lines of text.

Source: dvc's commands/stage.py, utils/humanize.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.stage import Stage
from dvnb.repo.results import StageListResult, StageRow
from dvnb.repo.session import Session

MAX_DESCRIPTION = 80


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
