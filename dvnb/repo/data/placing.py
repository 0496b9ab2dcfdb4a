"""Where copies from elsewhere go to: beside their place first, then into it, what was there into the trash.

Source: dvc's utils/__init__.py (`resolve_output`).
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

from dvnb.errors import NotARepoError, TargetError
from dvnb.objects.names import temporary_name
from dvnb.objects.removal import remove_path
from dvnb.objects.staging import sweep
from dvnb.objects.state import user_cache_dir
from dvnb.objects.undo.journal import Journal
from dvnb.project.discover import find_root
from dvnb.project.project import Project

EXISTS = "The {kind} '{path}' already exists locally. \nTo override it, re-run with '--force'."


def destination(cwd: str, source: str, out: str | None, *, force: bool) -> str:
    """The absolute path to write to: in an existing folder, or one named with "/" at its end, under its own name.

    Raises: TargetError if something is there, unless `force`.
    """
    from urllib.parse import urlsplit  # slow to load

    name = os.path.basename(os.path.normpath(urlsplit(source).path))
    shown = out or name
    if out and (out.endswith("/") or os.path.isdir(os.path.join(cwd, out))):
        shown = os.path.join(out, name)
    target = os.path.normpath(os.path.join(cwd, shown))
    if os.path.lexists(target) and not force:
        kind = "directory" if os.path.isdir(target) else "file"
        raise TargetError(EXISTS.format(kind=kind, path=shown))
    return target


def tracked_destination(cwd: str, source: str, out: str | None, *, force: bool) -> str:
    """`destination` of what will be tracked: only a folder named with "/" at its end is made, as dvc makes none.

    Raises: TargetError, also where there is no folder to lie in.
    """
    target = destination(cwd, source, out, force=force)
    folder = os.path.dirname(target)
    needed = os.path.dirname(folder) if out and out.endswith("/") else folder
    if not os.path.isdir(needed):
        raise TargetError(f"stage working dir '{needed}' does not exist")
    return target


@contextmanager
def beside(target: str) -> Generator[str]:
    """A free name in the target's folder; what is left there at the end is removed, and what was left by the killed."""
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    sweep(folder)
    temporary = os.path.join(folder, temporary_name())
    try:
        yield temporary
    finally:
        if os.path.lexists(temporary):
            remove_path(temporary)


def put(temporary: str, target: str, cwd: str) -> None:
    """Move a finished copy to its place."""
    if os.path.lexists(target):
        journal = _journal(cwd)
        journal.move(target)
        journal.close()
    os.replace(temporary, target)


def _journal(cwd: str) -> Journal:
    """A journal of the project around `cwd`, or of the user where there is none."""
    try:
        return Project(find_root(cwd), command="get").journal
    except NotARepoError:
        return Journal(os.path.join(user_cache_dir(), "trash"), "get")
