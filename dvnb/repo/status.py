"""What changed in the workspace.

Source: dvc's repo/status.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from dvnb.errors import GraphError
from dvnb.events import Warned
from dvnb.pipeline.stage import Stage
from dvnb.repo.results import StatusResult
from dvnb.repo.session import Session


def status(
    session: Session,
    targets: Sequence[str],
    *,
    with_deps: bool = False,
    recursive: bool = False,
    check_updates: bool = False,
) -> StatusResult:
    """What changed since it was recorded.

    A graph that contradicts itself stops what would run it, not this question: it is a warning.

    Raises: TargetError, FormatError.
    """
    result = StatusResult(empty=not session.index.stages)
    if not targets:
        _warn_of_graph(session)
    found = session.targets.find(targets, with_deps=with_deps, recursive=recursive)
    session.project.path_locks.check(
        path for stage, _ in found for path in [*(d.path for d in stage.deps), *(o.path for o in stage.outs)]
    )
    for stage, path in found:
        moved = _moved_source(session, stage) if check_updates else {}
        if stage.frozen and not any(dep.repo for dep in stage.deps):
            session.project.emit(
                Warned(
                    f"{session.index.describe(stage)} is frozen. "
                    "Its dependencies are not going to be shown in the status output."
                )
            )
        reasons = session.status.reasons(stage, path)
        if moved:
            reasons.insert(0, {"changed deps": moved})
        if reasons:
            result.stages.setdefault(session.index.address(stage), []).extend(reasons)
    return result


def _warn_of_graph(session: Session) -> None:
    try:
        _ = session.graph
    except GraphError as exc:
        session.project.emit(Warned(str(exc)))


def _moved_source(session: Session, stage: Stage) -> dict[str, str]:
    """What to say of an import whose source moved on; only then another repo has to be opened."""
    if not any(dep.repo for dep in stage.deps):
        return {}
    from dvnb.repo import imports  # brings git's program and remotes, which few projects need here

    return imports.changed_source(session, stage)
