"""`%stages` and `repo.stages_widget()`: the stages of a notebook, fresh or stale and why, and buttons that run them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from dvnb.commands.style import Style
from dvnb.commands.text import stagecells as text
from dvnb.commands.text.words import duration
from dvnb.display.html import Part
from dvnb.display.views import stagecells as views
from dvnb.widgets.widget import Widget, script

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo
    from dvnb.repo.results import ReproResult
    from dvnb.repo.results.stagecells import CellStagesResult


class StagesWidget(Widget):
    """The stages of the project, those of notebook `owner` (from the root) first; `gone` names those without a cell."""

    ACTIONS = ("run", "run_all", "remove", "undo", "reload")
    _esm = script("stages.js")

    def __init__(self, repo: Repo, owner: str = "", gone: Callable[[], Collection[str]] = tuple) -> None:
        self._owner = owner
        self._gone = gone
        super().__init__(repo)

    @property
    def result(self) -> CellStagesResult:
        """The stages as they are now."""
        return self._repo.cell_stages(self._owner, self._gone())

    def load(self) -> dict[str, Any]:
        """The stages, and whether something can be undone."""
        rows = self.result.stages
        return {
            "owner": self._owner,
            "stages": [
                {
                    "key": row.stage,
                    "state": row.state,
                    "tone": views.TONES[row.state],
                    "why": row.why,
                    "notebook": row.notebook,
                    "own": row.own,
                    "gone": row.gone,
                }
                for row in rows
            ],
            "undoable": bool(self._repo.operations().rows),
        }

    def still(self) -> tuple[Part, str]:
        """The table of stages."""
        result = self.result
        return views.stages(result, Namespace()), text.stages(result, Namespace(), Style("%dvc"))

    def run(self, stage: str) -> str:
        """Bring a stage up to date, and what it needs before."""
        return _told(self._repo.repro(stage))

    def run_all(self) -> str:
        """Bring the notebook's stages up to date; all of the project where the notebook is not known."""
        own = [row.stage for row in self.result.stages if row.own and not row.gone]
        return _told(self._repo.repro(*own) if own else self._repo.repro(all_pipelines=True))

    def remove(self, stage: str) -> str:
        """Remove a stage whose cell is gone."""
        self._repo.remove_cell_stage(stage.rpartition(":")[2], self._owner)
        return f"stage '{stage}' is removed; what it made stays"

    def undo(self) -> str:
        """Take the last operation back."""
        return f"took back: {self._repo.undo().command}"

    def reload(self) -> None:
        """Read everything again."""


def _told(result: ReproResult) -> str:
    if not result.changed:
        return "nothing changed: all is up to date"
    done = [f"{run.stage} {run.outcome} in {duration(run.seconds)}" for run in result.stages if run.outcome == "ran"]
    done += [f"{run.stage} restored" for run in result.stages if run.outcome == "restored"]
    return ", ".join(done) or "up to date"
