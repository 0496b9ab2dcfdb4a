"""Reproducing: which stages, and what became of them.

Source: dvc's repo/reproduce.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.running.known_runs import Fetch
from dvnb.pipeline.running.repro import Reproduction
from dvnb.pipeline.running.treatment import ReproOptions
from dvnb.pipeline.stage import Stage
from dvnb.records import dataclass
from dvnb.repo.results import ReproResult, StageRun
from dvnb.repo.running import produced
from dvnb.repo.running.drawing import default_target
from dvnb.repo.session import Session


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
    steps = select(session, targets, selection)
    work = Reproduction(
        session.project, session.index, graph.active(), steps, options, fetch=fetch, bring=partial(_bring, session)
    )
    try:
        work.run()
    except BaseException:
        work.recorder.ignores.take_back()
        raise
    finally:
        written = session.tell_git([*work.recorder.written, *session.recorder.written])
    produced.note(session.project, [item.stage for item in work.outcomes if item.outcome == "ran"])
    runs = [
        StageRun(session.index.address(item.stage), item.outcome, item.reasons, round(item.seconds, 3), item.message)
        for item in work.outcomes
    ]
    return ReproResult(runs, *written)


def _bring(session: Session, stage: Stage) -> None:
    from dvnb.repo.elsewhere.updating import bring_again  # imports are frozen, as a rule

    bring_again(session, stage)


def select(session: Session, targets: Sequence[str], selection: Selection) -> list[Stage]:
    """The stages to deal with, each after what it reads; none where patterns match none, where dvc takes them all.

    Raises: TargetError, GraphError.
    """
    graph = session.graph.active()
    if selection.all_pipelines:
        return graph.plan(None)
    wanted = [target or PIPELINE_FILE for target in targets] or [default_target(session)]
    stages = session.targets.stages(wanted, recursive=selection.recursive, glob=selection.glob, empty_groups=True)
    if not stages or (selection.single_item and not selection.pipeline):
        return stages
    downstream = selection.downstream and not selection.pipeline
    return graph.plan(stages, pipeline=selection.pipeline, downstream=downstream)
