"""Projects that `destroy` ended, or of which an undo took back the `init`: their trash is still there.

It lies in git's folder, or without git beside the state. Nothing in dvc corresponds to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dvnb.errors import NotARepoError
from dvnb.events import Listener, ignore_events
from dvnb.git.worktree import Git
from dvnb.objects.state import state_path
from dvnb.objects.undo.journal_file import Record
from dvnb.objects.undo.trash import Operation, Trash
from dvnb.project.discover import DVC_DIR, find_root
from dvnb.project.project import Project
from dvnb.repo.results.undo import UndoResult
from dvnb.repo.upkeep import undo as undoing


def outer_trash(root: str) -> str:
    """Where the trash of a project without git lies when its `.dvc` goes."""
    return state_path(root).removesuffix(".db") + "-trash"


def find(start: str, *, listener: Listener = ignore_events, command: str = "") -> tuple[Project, Operation]:
    """The project that was around `start` (absolute), and the operation that took its `.dvc`.

    Raises: NotARepoError if there was none.
    """
    cwd = os.path.realpath(start)
    for folder in _trashes(cwd):
        for operation in reversed(Trash(folder).operations()):
            record = _settings(operation)
            root = "" if record is None else os.path.dirname(record["path"])
            if root and (cwd == root or cwd.startswith(root + os.sep)):
                return Project(root, cwd=cwd, listener=listener, command=command, trash=folder), operation
    find_root(cwd)  # says in its words that there is none
    raise NotARepoError(f"there is no project around '{cwd}'")


def undo(start: str, name: str | None = None, *, listener: Listener = ignore_events, command: str = "") -> UndoResult:
    """Bring back a project: by the operation that ended it (default), or another one of the same trash.

    Raises: NotARepoError; as `undo.undo`.
    """
    project, operation = find(start, listener=listener, command=command)
    chosen = project.trash.operation(name) if name else operation
    record = _settings(chosen)
    try:
        if record is not None:  # first of all, since it says where the cache is
            project.journal.undoes = chosen.id
            project.journal.bring(chosen.stored(record), record["path"])
        with project.lock():
            result = undoing.undo(project, chosen.id)
    finally:
        project.close()
    if record is not None:
        result.restored.insert(0, project.shown(record["path"]))
    return result


def _trashes(cwd: str) -> Iterator[str]:
    git = Git.find(cwd)
    if git is not None:
        yield os.path.join(git.common_dir, "dvnb", "trash")
    folder = cwd
    while True:
        yield outer_trash(folder)
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _settings(operation: Operation) -> Record | None:
    """What the operation's journal says of the `.dvc` that lies in its trash and is nowhere else."""
    for record in operation.records:
        is_settings = record["do"] == "moved" and os.path.basename(record["path"]) == DVC_DIR
        if is_settings and os.path.isdir(operation.stored(record)) and not os.path.lexists(record["path"]):
            return record
    return None
