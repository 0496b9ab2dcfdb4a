"""`repo.lineage_widget()`: stages, notebooks, data and params as a graph that can be walked, asked, and run."""

from __future__ import annotations

import time
from argparse import Namespace
from collections import deque
from typing import TYPE_CHECKING, Any

from dvnb.display import html
from dvnb.display.html import Html, Part
from dvnb.display.views import history as views_history
from dvnb.display.views import lineage as views_lineage
from dvnb.display.views import why as views_why
from dvnb.events import (
    CellOutput,
    CommandOutput,
    Event,
    StageFinished,
    StageRestored,
    StageSkipped,
    StageStarted,
    Warned,
)
from dvnb.notebooks.running.relay import Receiver, receiving
from dvnb.pipeline.reasons import reasons
from dvnb.reports.render.table import table
from dvnb.widgets.ancestry import downstream, upstream
from dvnb.widgets.nodes import node_facts, places
from dvnb.widgets.widget import Widget, script

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo
    from dvnb.repo.results.lineage import LineageResult

_NOTHING = "There is no stage and no tracked data yet."
_MOST_LINES = 200
_MOST_VERSIONS = 100
_UNFOLDED = 40
_SECONDS_BETWEEN = 0.1


class LineageWidget(Widget):
    """The graph around `path`, or of the whole project; stages can be run from it."""

    ACTIONS = ("run", "run_all", "why", "versions", "reload")
    _esm = script("lineage.js")

    def __init__(self, repo: Repo, path: str | None = None) -> None:
        self._path = path
        self._told: dict[str, Any] = {}
        self._output: deque[str] = deque(maxlen=_MOST_LINES)
        self._running = self._cell = ""
        self._receiver: Receiver
        self._wanted: set[str] = set()
        self._done = 0
        self._sent = 0.0
        self._found: LineageResult | None = None
        self._stale: dict[str, list[str]] = {}
        self._picture: dict[str, Any] = {}
        super().__init__(repo)

    def load(self) -> dict[str, Any]:
        """The nodes with their places and what is known of them, the lines, and what was asked last."""
        found = self._look()
        waiting = downstream(found.edges, [node.name for node in found.nodes if node.kind == "stage" and node.state])
        nodes: list[dict[str, Any]] = []
        for node in found.nodes:
            stale = self._stale.get(node.path, [node.state] if node.state else []) if node.kind == "stage" else []
            nodes.append(
                {
                    "name": node.name,
                    "path": node.path,
                    "kind": node.kind,
                    "target": self._path is not None and node.role == "target",
                    "state": node.state or "",
                    "why": stale or ([node.state] if node.state else []),
                    "waits": node.state is None and node.name in waiting,
                    "facts": node_facts(node),
                }
            )
        return {
            "path": self._path or "",
            "rev": found.rev or "",
            "nodes": nodes,
            "edges": found.edges,
            **self._picture,
            "told": self._told,
            "output": list(self._output),
        }

    def still(self) -> tuple[Part, str]:
        """The picture, stale places standing out, and a row for each place."""
        found = self._look()
        if not found.nodes:
            return html.note(_NOTHING), _NOTHING
        title = html.join(["Lineage of ", html.code(self._path) if self._path else "the project"])
        stale = [node.name for node in found.nodes if node.state]
        rows = views_lineage.rows(found)
        parts: list[Part] = [html.note(title), Html(views_lineage.picture(found, stale))]
        parts.append(rows if len(found.nodes) <= _UNFOLDED else html.folded(f"{len(found.nodes)} nodes", rows))
        return html.join(parts), table(["", "What", "State"], [[n.kind, n.name, n.state or ""] for n in found.nodes])

    # ---- actions

    def run(self, stage: str) -> str:
        """Bring a stage, and what it depends on, up to date."""
        return self._reproduce(stage)

    def run_all(self) -> str:
        """Bring all stages up to date."""
        return self._reproduce(None)

    def why(self, stage: str) -> None:
        """Tell why a stage is stale."""
        self._tell(stage, f"Why {stage} is stale", views_why.why(self._repo.why(stage), Namespace()))

    def versions(self, path: str) -> None:
        """Tell which versions of data there are."""
        rows = self._repo.log(path, limit=_MOST_VERSIONS)
        self._tell(path, f"Versions of {path}", views_history.log(rows, Namespace()))

    def reload(self) -> None:
        """Read everything again."""
        self._again()
        self._told = {}

    def _tell(self, about: str, title: str, part: Part) -> None:
        self._told = {"about": about, "title": title, "html": str(html.block(part))}

    def _reproduce(self, stage: str | None) -> str:
        found = self._look()
        names = {node.path: node.name for node in found.nodes if node.kind == "stage"}
        above = upstream(found.edges, [names[stage]]) | {names[stage]} if stage in names else set(names.values())
        self._wanted, self._done = {path for path, name in names.items() if name in above}, 0
        self._told = {}
        self._output.clear()
        try:
            with receiving(self._said, self._shown) as self._receiver:
                done = self._repo.repro(stage) if stage else self._repo.repro(all_pipelines=True)
        finally:
            self._running = self._cell = ""
            self._again()
        worked = [run for run in done.stages if run.outcome in ("ran", "restored", "verified")]
        told = ", ".join(f"'{run.stage}' {run.outcome}" for run in worked)
        return told or "nothing has changed: all is up to date"

    # ---- progress

    def _hear(self, event: Event) -> None:
        """Tell which stage runs, how many are dealt with, and what commands print."""
        super()._hear(event)
        match event:
            case StageStarted():
                self._running, self._cell = event.stage, ""
                self._step()
            case StageFinished() | StageSkipped() | StageRestored() if event.stage in self._wanted:
                self._done += 1
                self._step()
            case CommandOutput() if event.stream == "stdout":
                for cells in self._receiver.feed(event.text):
                    self._cell = f", {cells.done} of {cells.total} cells"
                    self._step()
            case CommandOutput():
                self._said(event.text)
            case Warned():
                self._output.append(event.message)
            case _:
                pass

    def _said(self, text: str) -> None:
        self._output.extend(text.splitlines())
        self._step(chatty=True)

    def _shown(self, output: dict[str, Any]) -> None:
        self._said(CellOutput("", 0, 0, output).text)

    def _step(self, *, chatty: bool = False) -> None:
        """A chatty command is shown some times a second, not line by line."""
        now = time.monotonic()
        if chatty and now - self._sent < _SECONDS_BETWEEN:
            return
        self._sent = now
        task = f"running '{self._running}'{self._cell}" if self._running else "looking"
        total = len(self._wanted)
        self.progress = {"task": task, "done": self._done, "total": total, "unit": "stage", "lines": list(self._output)}

    # ---- what is there

    def _again(self) -> None:
        """Read anew; where that fails, what was known stays."""
        before, self._found = self._found, None
        try:
            self._look()
        finally:
            self._found = self._found or before

    def _look(self) -> LineageResult:
        if self._found is None:
            found = self._repo.lineage(self._path)
            # Only the workspace can be stale.
            status = {} if found.rev else self._repo.status(check_updates=False).stages
            self._stale = {
                stage: [f"{what} {item} {state}" if item else f"{what} {state}" for what, item, state in reasons(why)]
                for stage, why in status.items()
            }
            self._picture = places(found)
            self._found = found
        return self._found
