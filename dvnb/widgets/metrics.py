"""`repo.metrics_widget()`: metrics and params of many versions: sorted, filtered, compared, plotted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dvnb.display import html
from dvnb.display.html import Part
from dvnb.errors import TargetError
from dvnb.reports.render.table import table
from dvnb.widgets.runs import Runs, read_runs
from dvnb.widgets.widget import Widget, script

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo

ASKED = "asked"
_RECENT = 20
_MOST = 100
_SCOPES: dict[str, tuple[str, dict[str, Any]]] = {
    "recent": (f"last {_RECENT} commits, branches, tags", {"num": _RECENT, "all_branches": True, "all_tags": True}),
    "head": ("HEAD and its experiments", {}),
    "branches": ("branches", {"all_branches": True}),
    "tags": ("tags", {"all_tags": True}),
    "all": ("all commits", {"all_commits": True}),
}
_EMPTY = "No version has metrics or params yet."


class MetricsWidget(Widget):
    """Metrics and params of the workspace, of commits, and of the experiments derived from them."""

    ACTIONS = ("look_at", "reload")
    _esm = script("chart.js", "runs.js", "metrics.js")

    def __init__(self, repo: Repo, revs: Sequence[str] = (), **baselines: Any) -> None:
        asked = {name: value for name, value in baselines.items() if value not in (False, None)}
        self._scopes = dict(_SCOPES)
        if revs or asked:
            label = ", ".join([*revs, *(name.replace("_", " ") for name in asked)])
            self._scopes = {ASKED: (label, asked), **_SCOPES}
        self._revs = tuple(revs)
        self._scope = next(iter(self._scopes))
        self._runs = Runs()
        super().__init__(repo)

    def load(self) -> dict[str, Any]:
        """All rows; how they are sorted, filtered and compared is the browser's own."""
        revs = self._revs if self._scope == ASKED else ()
        options = self._scopes[self._scope][1]
        if self._scope == "recent":
            revs = ("HEAD",)
        self._runs = read_runs(self._repo, revs, options)
        return {
            "columns": self._runs.columns,
            "rows": self._runs.rows,
            "failed": self._runs.failed,
            "scopes": [[key, label] for key, (label, _) in self._scopes.items()],
            "scope": self._scope,
        }

    def still(self) -> tuple[Part, str]:
        """The table of the newest rows."""
        runs = self._runs
        if not runs.columns:
            return html.note(_EMPTY), _EMPTY
        headers = ["Version", "Commit", "Created", *(column["label"] for column in runs.columns)]
        rows = [[row["name"], row["rev"], row["created"], *row["texts"]] for row in runs.rows[:_MOST]]
        numbers = [at for at, column in enumerate(runs.columns, 3) if column["number"]]
        more = len(runs.rows) - len(rows)
        told = f"… and {more:,} more rows." if more else ""
        failed = [f"{entry['name']}: {entry['message']}" for entry in runs.failed]
        parts: list[Part] = [html.table(headers, rows, numbers=numbers), *(html.note(line, "bad") for line in failed)]
        if told:
            parts.append(html.note(told))
        text = "\n".join([table(headers, rows), *failed, *([told] if told else [])])
        return html.join(parts), text

    def look_at(self, scope: str) -> None:
        """Show other versions: "recent", "head", "branches", "tags", "all"."""
        if scope not in self._scopes:
            raise TargetError(f"there is no choice of versions '{scope}': choose from {', '.join(self._scopes)}")
        self._scope = scope

    def reload(self) -> None:
        """Read everything again."""
