"""Taking operations back, and what is kept for that.

Nothing in dvc corresponds to it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from dvnb.errors import DvnbError, Hint, TargetError
from dvnb.objects.undo.revert import Reverter
from dvnb.objects.undo.trash import DAY, Operation
from dvnb.pipeline.running import orphans
from dvnb.project.project import Project
from dvnb.repo.results.undo import OperationRow, OperationsResult, TrashEmptyResult, UndoResult

CAUTIONS = {
    "repro": "What the commands did elsewhere than in their outputs stays as it is.",
    "run": "What the command did elsewhere than in its outputs stays as it is.",
    "pull": "What was downloaded into the cache stays there.",
}
"""What of an operation stays, by its verb."""


def undo(project: Project, name: str | None = None) -> UndoResult:
    """Take an operation back (default: the last that was not), as far as nobody changed its paths since.

    The undo is an operation too: undoing it repeats what it took back.

    Raises: TargetError for an unknown operation, or if there is none; DvnbError for one that still runs, or that was
    undone; BusyPathError while a command that it started still writes, or a stage runs that is about the same paths.
    """
    operation = project.trash.operation(name) if name else _last(project)
    if operation.undone_by is not None:
        raise DvnbError(
            f"operation '{operation.id}' was undone; to repeat it, undo the undo", Hint("undo", operation.undone_by)
        )
    if state(operation) == "running":
        raise DvnbError(f"operation '{operation.id}' still runs (PID {operation.pid})")
    orphans.refuse_left_by(project, operation.pid)
    all_of_them = project.trash.operations()
    parts = [operation, *_finished_by(operation, all_of_them)]
    project.path_locks.check([], dict.fromkeys(path for part in parts for path in part.paths()))
    journal = project.journal
    journal.undoes = operation.id
    before = [each for each in all_of_them if each.undoes == operation.id]
    restored: list[str] = []
    left: dict[str, str] = {}
    for part in parts:
        reverted = Reverter(project.cache, project.state, project.link_types, journal, project.ignore).revert(
            part, before
        )
        restored += reverted.restored
        left |= reverted.left
    if not left:
        journal.undone(operation.id)
    return UndoResult(
        operation.id,
        operation.command,
        [project.shown(path) for path in dict.fromkeys(restored)],
        {project.shown(path): reason for path, reason in left.items()},
        CAUTIONS.get(operation.command.split(" ")[0]),
    )


def _finished_by(operation: Operation, operations: Sequence[Operation]) -> list[Operation]:
    """Undos that were killed, and whose rest this one did, the last first: they are taken back with it."""
    done = operation.undid
    earlier = [each for each in operations if done and each.undoes == done and each.begun < operation.begun]
    return [each for each in reversed(earlier) if each.undid is None and each.changed_anything]


def operations(project: Project) -> OperationsResult:
    """All operations that can be looked at, the latest first."""
    found = reversed(project.trash.operations())
    return OperationsResult([_row(operation) for operation in found if operation.id != project.journal.operation])


def empty(project: Project, names: Sequence[str] = (), *, older_than: float | None = None) -> TrashEmptyResult:
    """Remove for good what is kept for operations (default: all), or for those begun so many days ago.

    Raises: TargetError for an unknown operation, before anything is removed.
    """
    chosen = [project.trash.operation(name) for name in names] if names else project.trash.operations()
    limit = time.time() - older_than * DAY if older_than is not None else None
    gone = [each.id for each in chosen if (limit is None or each.begun < limit) and state(each) != "running"]
    return TrashEmptyResult(gone, project.trash.empty(gone))


def state(operation: Operation) -> str:
    """How an operation ended, as `OperationRow` names it."""
    if operation.undone_by is not None:
        return "undone"
    if operation.ended is not None:
        return "done"
    return "running" if operation.runs else "killed"


def _last(project: Project) -> Operation:
    for name in reversed(project.trash.ids()):
        operation = project.trash.operation(name)
        how = state(operation)
        if operation.undone_by is not None or operation.undid is not None or not operation.changed_anything:
            continue
        if how == "running" or (how == "killed" and operation.undoes is not None):
            continue  # what it did not get to is still to be taken back
        return operation
    raise TargetError("there is nothing to undo", Hint("undo", "--list"))


def _row(operation: Operation) -> OperationRow:
    when = datetime.fromtimestamp(operation.begun).astimezone().isoformat(timespec="seconds")
    return OperationRow(operation.id, operation.command, when, operation.size(), state(operation))
