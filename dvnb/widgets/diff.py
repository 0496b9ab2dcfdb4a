"""`repo.diff_widget(a, b, path)`: what differs between two versions, from a folder's files down to a table's cells."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from dvnb.commands.text import content as words
from dvnb.display import html
from dvnb.display.html import Part
from dvnb.display.result import STYLE
from dvnb.display.views import history as views_history
from dvnb.display.views import notebook_files as views_notebooks
from dvnb.errors import MissingObjectsError, NotebookError
from dvnb.repo.results import ContentDiffResult
from dvnb.reports.content.found import FileDiff, Side
from dvnb.widgets.differences import file_data
from dvnb.widgets.versions_known import Known, known_versions
from dvnb.widgets.widget import Widget, script

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo

WORKSPACE = "workspace"
PAGE = 20
_FILES = 100
_STATES = {"added": "added", "deleted": "deleted", "modified": "modified", "renamed": "renamed"}


class DiffWidget(Widget):
    """What differs between versions `a` and `b` of `path`; the browser chooses all three, and looks inside of files."""

    ACTIONS = ("compare", "look_inside", "go_back", "turn_to", "match_by", "reload")
    _esm = script("diff.js")

    def __init__(self, repo: Repo, a: str | None = None, b: str | None = None, path: str | None = None) -> None:
        self._a = a or "HEAD"
        self._b = b or WORKSPACE
        # The whole project, wherever in it the notebook is.
        self._path = path or os.path.relpath(repo.root, repo.cwd)
        self._inside = ""
        self._key: list[str] = []
        self._start = 0
        self._known: Known | None = None
        self._files: ContentDiffResult | None = None
        self._file: FileDiff | None = None
        self._cells: Part = ""
        self._note = ""
        super().__init__(repo)

    def load(self) -> dict[str, Any]:
        """The versions to choose from, the files that differ, and what differs in the one that is looked at."""
        found = self._found()
        self._known = self._known or known_versions(self._repo.project, self._path)
        summary = found.folder and not self._inside
        return {
            "a": self._a,
            "b": self._b,
            "path": self._path,
            "versions": self._known.groups,
            "paths": self._known.paths,
            "folder": found.folder,
            "inside": self._inside,
            "note": self._note,
            "unchanged": found.unchanged,
            "counts": {state: sum(file.state == state for file in found.files) for state in _STATES},
            "start": self._start,
            "page": _FILES if summary else PAGE,
            "total": len(found.files),
            "files": [_line(file) for file in found.files[self._start :][:_FILES]] if summary else [],
            "file": None if self._file is None else file_data(self._file, self._start, PAGE, self._cells),
        }

    def still(self) -> tuple[Part, str]:
        """The files that differ, and what differs in the one that is looked at."""
        self._found()
        args = Namespace(markdown=False)
        parts: list[Part] = [
            html.note(html.join([html.code(self._path), f": {self._a} → {self._b}"])),
            html.note(self._note, "warn") if self._note else "",
        ]
        texts: list[str] = [f"{self._path}: {self._a} -> {self._b}"]
        for found in filter(None, (self._files, self._alone())):
            parts.append(views_history.diff(found, args))
            texts.append(words.content(found, args, STYLE))
        return html.join(part for part in [*parts, self._cells] if part), "\n".join(texts)

    # ---- actions

    def compare(self, a: str, b: str, path: str) -> None:
        """Choose both versions and the path."""
        self._try(_a=a, _b=b, _path=path.strip() or ".", _inside="", _key=[], _start=0, _known=None)

    def look_inside(self, path: str) -> None:
        """Look at one file of the folder."""
        self._try(_inside=path, _key=[], _start=0)

    def go_back(self) -> None:
        """Back to the folder's files."""
        self._try(_inside="", _key=[], _start=0)

    def turn_to(self, start: int) -> None:
        """Show the rows, values or files from a number on."""
        self._try(_start=max(0, int(start)))

    def match_by(self, columns: list[str]) -> None:
        """Choose the columns that identify a table's rows; none: found out."""
        self._try(_key=[str(column) for column in columns], _start=0)

    def reload(self) -> None:
        """Read everything again."""
        self._try(_known=None)

    def _try(self, **wanted: Any) -> None:
        """Go there, or stay where nothing was wrong."""
        before = {name: getattr(self, name) for name in (*wanted, "_files", "_file", "_cells", "_note")}
        try:
            for name, value in wanted.items():
                setattr(self, name, value)
            if "_known" in wanted:
                self._compare()
            self._look()
        except BaseException:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    # ---- what is there

    def _found(self) -> ContentDiffResult:
        if self._files is None:
            self._compare()
            self._look()
        assert self._files is not None  # noqa: S101 - just compared
        return self._files

    def _compare(self) -> None:
        self._note = ""
        try:
            self._files = self._read(self._path)
        except MissingObjectsError as error:
            # Which files differ is known nevertheless.
            self._files = self._by_hash()
            hint = f" ({STYLE.hint(error.hint)})" if error.hint else ""
            self._note = f"{error}{hint}"

    def _look(self) -> None:
        """Read the file that is looked at: the one inside of the folder, or the path itself."""
        found = self._files
        self._file, self._cells = None, ""
        if found is None or (found.folder and not self._inside):
            return
        if self._inside or self._start or self._key:
            found = self._read(self._inside or self._path)
        if found.files:
            self._file = found.files[0]
            self._cells = self._notebook_cells(self._file)

    def _read(self, path: str) -> ContentDiffResult:
        b = None if self._b == WORKSPACE else self._b
        return self._repo.diff_content(path, self._a, b, key=self._key, limit=self._start + PAGE)

    def _by_hash(self) -> ContentDiffResult:
        b = None if self._b == WORKSPACE else self._b
        targets = [] if os.path.realpath(os.path.join(self._repo.cwd, self._path)) == self._repo.root else [self._path]
        found = ContentDiffResult(self._a, self._b, self._path, folder=True)
        for state, changes in self._repo.diff(self._a, b, targets=targets).groups.items():
            for change in changes if state in _STATES else ():
                place = change["path"]
                path = str(place["new"] if isinstance(place, dict) else place)
                if not path.endswith("/"):
                    shown = os.path.relpath(os.path.join(self._repo.root, path), self._repo.cwd)
                    found.files.append(FileDiff(shown, state, "binary", Side(self._a), Side(self._b)))
        found.files.sort(key=lambda file: file.path)
        return found

    def _alone(self) -> ContentDiffResult | None:
        """The file inside of a folder, as a result of its own."""
        if self._file is None or not self._inside:
            return None
        return ContentDiffResult(self._a, self._b, self._inside, files=[self._file])

    def _notebook_cells(self, file: FileDiff) -> Part:
        """The cells of a notebook that differ; nothing for other files."""
        if not file.path.endswith(".ipynb") or file.state != "modified":
            return ""
        try:
            found = self._repo.notebook_diff(file.path, self._a, self._b)
        except NotebookError as error:
            return html.note(str(error), "warn")
        return views_notebooks.diff(found, Namespace())


def _line(file: FileDiff) -> dict[str, Any]:
    """A file among others."""
    told = [*words.facts(file), *([file.note] if file.note else [])]
    return {"path": file.path, "state": file.state, "kind": file.kind, "what": "; ".join(told)}
