"""`repo.versions_widget(path)`: the versions of a file or folder."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from dvnb.commands.text.log import HEADERS, NOTHING, row_cells
from dvnb.display import html
from dvnb.display.html import Part
from dvnb.display.views import history as views_history
from dvnb.errors import DvnbError, WorkspaceConflictError
from dvnb.reports.render.table import table
from dvnb.widgets.widget import Widget, script

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo
    from dvnb.repo.results import LogRow

_MOST = 500
_WORKSPACE = "workspace"


class VersionsWidget(Widget):
    """The versions of `path`; the browser may show one, check it out, and undo."""

    ACTIONS = ("show", "check_out", "undo", "reload")
    _esm = script("versions.js")

    def __init__(self, repo: Repo, path: str) -> None:
        self._path = path
        self._shown: str | None = None
        self._forced: str | None = None
        super().__init__(repo)

    def load(self) -> dict[str, Any]:
        """The versions, newest first, and what differs between the chosen one and the workspace."""
        rows = self._repo.log(self._path, limit=_MOST).rows
        keys = [row.commit or _WORKSPACE for row in rows]
        if self._shown not in keys:
            self._shown = keys[0] if keys else None
        now = rows[0].hash if rows else None
        return {
            "path": self._path,
            # The first row is what the workspace has; older versions may have the same content.
            "versions": [_version(row, here=row is rows[0] or (now is not None and row.hash == now)) for row in rows],
            "shown": self._shown,
            "forced": self._forced,
            "preview": self._preview(),
            "undoable": bool(self._repo.operations().rows),
        }

    def still(self) -> tuple[Part, str]:
        """The table of versions."""
        rows = self._repo.log(self._path, limit=_MOST).rows
        if not rows:
            return html.note(NOTHING), NOTHING
        cells = [row_cells(row) for row in rows]
        shown = html.table(HEADERS, [[html.code(line[0]), *line[1:]] for line in cells], numbers=(4, 5))
        return html.join([html.note(html.join(["Versions of ", html.code(self._path)])), shown]), table(HEADERS, cells)

    def show(self, rev: str) -> None:
        """Choose a version."""
        self._shown = rev

    def check_out(self, rev: str, *, force: bool = False) -> str:
        """Bring a version into the workspace; content that nothing else holds makes it ask first."""
        self._forced = None
        try:
            self._repo.checkout(self._path, rev=rev, force=force)
        except WorkspaceConflictError:
            self._forced = rev
            raise
        return f"'{self._path}' is as {rev[:7]} has it"

    def undo(self) -> str:
        """Take the last operation back."""
        done = self._repo.undo()
        self._shown = None
        return f"took back: {done.command}"

    def reload(self) -> None:
        """Read everything again."""

    def _preview(self) -> str:
        if self._shown in {None, _WORKSPACE}:
            return ""
        try:
            found = self._repo.diff_content(self._path, str(self._shown))
        except DvnbError as error:
            return str(html.note(str(error), "warn"))
        return str(html.block(views_history.diff(found, Namespace())))


def _version(row: LogRow, *, here: bool) -> dict[str, Any]:
    cells = row_cells(row)
    return {
        "key": row.commit or _WORKSPACE,
        "rev": row.rev,
        "commit": row.commit,
        "refs": row.refs,
        "date": cells[2],
        "size": cells[4],
        "files": cells[5],
        "added": row.added,
        "modified": row.modified,
        "deleted": row.deleted,
        "subject": cells[7],
        "here": here,
    }
