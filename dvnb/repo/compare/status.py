"""What changed in the workspace.

Source: dvc's repo/status.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from dvnb.errors import DvnbError, GraphError
from dvnb.events import Warned
from dvnb.pipeline.stage import Stage
from dvnb.pipeline.status import Reasons
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
    if not (with_deps or recursive):
        session.narrow(targets)
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
            _merge(result.stages.setdefault(session.index.address(stage), []), reasons)
    return result


def _merge(known: Reasons, more: Reasons) -> None:
    """Add reasons to those of the same stage, where several targets named outs of it."""
    for reason in more:
        same = next((other for other in known if _is_same_kind(other, reason)), None)
        if same is None:
            known.append(reason)
        elif isinstance(reason, dict):
            for name, words in cast("dict[str, dict[str, Any]]", reason).items():
                same[name] = {**same[name], **words}


def _is_same_kind(one: Any, other: Any) -> bool:
    # A dict here has one key, which names the group.
    return one == other or (isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other))  # pyright: ignore[reportUnknownArgumentType]


def _warn_of_graph(session: Session) -> None:
    try:
        _ = session.graph
    except GraphError as exc:
        session.project.emit(Warned(str(exc)))


def _moved_source(session: Session, stage: Stage) -> dict[str, str]:
    """What to say of an import whose source moved on; one that cannot be reached is a warning, and no more."""
    if not stage.is_import:
        return {}
    from dvnb.repo.elsewhere import imports  # brings git's program and remotes, which few projects need here

    if not imports.asks_elsewhere(stage):
        return {}
    try:
        return imports.changed_source(session, stage)
    except DvnbError as exc:
        session.project.emit(Warned(f"{session.index.describe(stage)}: its source cannot be asked for updates: {exc}"))
        return {}
