"""The stages of a project in lines of text.

Source: dvc's commands/stage.py, utils/humanize.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from dvnb.pipeline.graph import build_graph
from dvnb.pipeline.index import PIPELINE_FILE, load_index
from dvnb.pipeline.stage import Stage
from dvnb.pipeline.targets import Targets
from dvnb.repo.results import StageListResult, StageRow
from dvnb.repo.running.drawing import default_target
from dvnb.repo.session import Session

MAX_DESCRIPTION = 80


def list_stages(
    session: Session, targets: Sequence[str], *, all: bool = False, fail: bool = False, recursive: bool = False
) -> StageListResult:
    """The stages of the current folder's dvc.yaml, of targets, or all.

    Files that are broken are left out where they are not asked for by name, with `fail` they are an error.

    Raises: TargetError; FormatError.
    """
    project = session.project
    index = load_index(project, tolerant=not (fail and (all or recursive)))
    if all:
        stages = index.stages
    else:
        found = Targets(project, index, lambda: build_graph(index))
        wanted = [target or PIPELINE_FILE for target in targets] or [default_target(session)]
        stages = found.stages(wanted, recursive=recursive, empty_groups=True)
    if all or recursive:
        stages = [stage for stage in stages if stage.file not in index.broken]
    return StageListResult([StageRow(index.address(stage), _description(stage)) for stage in stages])


def _description(stage: Stage) -> str:
    first_line = next((line.strip() for line in (stage.desc or "").splitlines() if line.strip()), None)
    text = first_line or _summary(stage)
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…"


def _summary(stage: Stage) -> str:
    outs = ", ".join(out.text for out in stage.outs if out.kind == "outs")
    reports = ", ".join(out.text for out in stage.outs if out.kind != "outs")
    deps = ", ".join([dep.text for dep in stage.deps] + [params.text for params in stage.params])
    parts = [f"Outputs {outs}"] * bool(outs) + [f"Reports {reports}"] * bool(reports)
    if parts:
        return "; ".join(parts)
    return f"Depends on {deps}" if deps else "No outputs or dependencies"
