"""The .gitignore lines of outs, so that git holds none of what the cache holds.

Source: dvc's scm_context.py.
"""

from __future__ import annotations

import os

from dvnb.errors import OwnershipError
from dvnb.formats.gitignore import add_entry, gitignore_entry
from dvnb.objects.files import read_if_there
from dvnb.pipeline.stage import Out
from dvnb.project.project import Project


class IgnoredOuts:
    """Adds outs to the .gitignore beside them; the files that change are added to `written`."""

    def __init__(self, project: Project, written: list[str]) -> None:
        self._project = project
        self._written = written
        self._before: dict[str, bytes | None] = {}
        self._added: dict[str, dict[str, int]] = {}
        """The lines that were added to each .gitignore, and for which position."""

    def add(self, out: Out, position: int = 0) -> None:
        """Add a cached out, unless git ignores it already, before those that were added for later positions.

        Raises: OwnershipError where git tracks it.
        """
        self.refuse_tracked(out)
        project = self._project
        if project.git is None or not out.cache or not project.contains(out.path):
            return
        rules = project.gitignore
        if rules is not None and rules.is_ignored(out.path, os.path.isdir(out.path)):
            return
        path = os.path.join(os.path.dirname(out.path), ".gitignore")
        before = read_if_there(path)
        self._before.setdefault(path, before)
        text = (before or b"").decode("utf-8", "surrogateescape")
        name = os.path.basename(out.path)
        added = self._added.setdefault(path, {})
        new = add_entry(text, name, lambda line: added.get(line, position) > position)
        added[gitignore_entry(name)] = position
        project.journal.write(path, new.encode("utf-8", "surrogateescape"))
        if path not in self._written:
            self._written.append(path)
        project.forget_git()

    def refuse_tracked(self, out: Out) -> None:
        """Make sure that git does not track a cached out. Raises: OwnershipError."""
        git = self._project.git
        if git is not None and out.cache and self._project.contains(out.path) and git.is_tracked(out.path):
            raise OwnershipError(tracked_by_git(self._project.shown(out.path)))

    def take_back(self, project: Project | None = None) -> None:
        """Undo what was added: dvc does so when a command fails (SPEC 11.1).

        `project`: the same one, opened again; else that in which they were added is still open.
        """
        journal = (project or self._project).journal
        for path, before in self._before.items():
            if before is None:
                journal.move(path)
            else:
                journal.write(path, before)
            if path in self._written:
                self._written.remove(path)
        self._before.clear()


def tracked_by_git(shown: str) -> str:
    """The message for an output that git tracks already, in dvc's words."""
    return (
        f" output '{shown}' is already tracked by SCM (e.g. Git).\n"
        "    You can remove it from Git, then add to DVC.\n"
        "        To stop tracking from Git:\n"
        f"            git rm -r --cached '{shown}'\n"
        f'            git commit -m "stop tracking {shown}" '
    )
