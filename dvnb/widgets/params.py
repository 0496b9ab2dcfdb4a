"""`repo.params_widget(notebook)`: a form of a notebook's parameters that runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dvnb.display import html
from dvnb.display.html import Part
from dvnb.errors import NotebookError
from dvnb.events import CellFinished, CellOutput, CellStarted, CommandOutput, Event, StageStarted, Warned
from dvnb.notebooks.running.relay import Receiver, receiving
from dvnb.reports.render.table import table
from dvnb.reports.render.values import DEFAULT_PRECISION, format_value
from dvnb.widgets import fields
from dvnb.widgets.widget import Widget, script

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo
    from dvnb.repo.results import NotebookFormResult

_LINES = 8
_HEADERS = ["Parameter", "Value", "From", "Comment"]


class ParamsWidget(Widget):
    """The parameters of a notebook; the browser may run it as its stage, once, or as an experiment, and undo."""

    ACTIONS = ("run_stage", "run_once", "run_experiment", "undo", "reload")
    _esm = script("params.js")

    def __init__(self, repo: Repo, notebook: str, stage: str | None = None, **definition: Any) -> None:
        self._notebook = notebook
        self._stage = stage
        self._definition = definition
        self._errors: dict[str, str] = {}
        self._results: list[list[str]] = []
        self._output: list[str] = []
        self._form: NotebookFormResult | None = None
        self._receiver: Receiver
        super().__init__(repo)

    def load(self) -> dict[str, Any]:
        """The controls with the values of now, and what the last run changed."""
        self._form = form = self._repo.notebook_form(self._notebook, self._stage)
        return {
            "notebook": self._notebook,
            "stage": form.stage,
            "tagged": form.cell is not None,
            "fields": [
                {**fields.control(each), "error": self._errors.get(each.parameter.name, "")} for each in form.fields
            ],
            "results": self._results,
            "undoable": bool(self._repo.operations().rows),
            "git": self._has_commit(),
        }

    def still(self) -> tuple[Part, str]:
        """The table of parameters, and below it what the last run changed."""
        form = self._form or self._repo.notebook_form(self._notebook, self._stage)
        if not form.fields:
            told = f"'{self._notebook}' has no cell tagged 'parameters'."
            return html.note(told), told
        rows = [
            [
                each.parameter.name,
                fields.written(each.value, "list") if each.has_value else each.parameter.text,
                each.source or self._notebook,
                each.parameter.comment,
            ]
            for each in form.fields
        ]
        cells = [
            [html.code(name), html.code(value), html.code(source), comment] for name, value, source, comment in rows
        ]
        whose = html.note(html.join(["Parameters of ", html.code(self._notebook)]))
        parts: list[Part] = [whose, html.table(_HEADERS, cells)]
        texts = [table(_HEADERS, rows)]
        if self._results:
            headers = ["Metric", "Before", "After", "Change"]
            parts.append(html.table(headers, self._results, numbers=(1, 2, 3)))
            texts.append(table(headers, self._results))
        return html.join(parts), "\n\n".join(texts)

    # ---- what the browser may ask for

    def run_stage(self, values: dict[str, Any]) -> str:
        """Write the values into params.yaml, make the notebook a stage if it is none, and bring that up to date."""
        return self._tried(values, None)

    def run_experiment(self, values: dict[str, Any], experiment: str = "") -> str:
        """The same, and record the workspace as an experiment of HEAD."""
        return self._tried(values, experiment.strip())

    def run_once(self, values: dict[str, Any]) -> str:
        """Run the notebook into a copy that no stage owns; params files stay as they are."""
        wanted = self._read(values)
        form = {each.parameter.name: each for each in self._fields()}
        given = [
            fields.assignment(name, value)
            for name, value in wanted.items()
            if not form[name].parameter.has_default or value != form[name].parameter.default
        ]
        done = self._measured(lambda: self._repo.notebook_run(self._notebook, parameters=given))
        return f"ran {done.cells} cells in {done.seconds:g} s into '{done.output}'"

    def undo(self) -> str:
        """Take the last operation back."""
        self._errors, self._results = {}, []
        done = self._repo.undo()
        left = "; ".join(f"'{path}' {why}" for path, why in done.left.items())
        return f"took back: {done.command}" + (f"; left alone: {left}" if left else "")

    def reload(self) -> None:
        """Read everything again."""
        self._errors = {}

    # ---- how

    def _tried(self, values: dict[str, Any], experiment: str | None) -> str:
        wanted = self._read(values)
        with receiving(self._said, self._shown) as self._receiver:
            done = self._measured(
                lambda: self._repo.notebook_try(
                    self._notebook, wanted, stage=self._stage, experiment=experiment, **self._definition
                )
            )
        told = ", ".join(f"'{run.stage}' {run.outcome}" for run in done.run.stages if run.outcome != "skipped")
        told = told or f"'{done.stage}' did not change, so it was not run"
        return f"{told}; saved as experiment '{done.experiment.name}'" if done.experiment else told

    def _measured(self, run: Callable[[], Any]) -> Any:
        """Run, and compare the metrics with those before, also after a failure."""
        self._output, self._results = [], []
        before = self._metrics()
        try:
            return run()
        finally:
            self._results = _compared(before, self._metrics())

    def _metrics(self) -> dict[str, Any]:
        found = self._repo.metrics_show().table()
        return {
            name if len(found.rows) == 1 else f"{row[0]}:{name}": value
            for row in found.rows
            for name, value in zip(found.columns[1:], row[1:], strict=True)
            if value is not None
        }

    def _read(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values that texts stand for; those of untouched fields that have none are left out."""
        known = {each.parameter.name: each for each in self._fields()}
        self._errors, found = {}, {}
        for name, text in values.items():
            each = known.get(name)
            if each is None:
                self._errors[name] = "is not a parameter of the notebook"
            elif not each.fixed and not (text == "" and not each.has_value):
                try:
                    found[name] = fields.read(each, text)
                except fields.FieldError as error:
                    self._errors[name] = str(error)
        if self._errors:
            raise NotebookError("; ".join(f"'{name}' {message}" for name, message in self._errors.items()))
        return found

    def _fields(self) -> list[Any]:
        return self._repo.notebook_form(self._notebook, self._stage).fields

    def _has_commit(self) -> bool:
        git = self._repo.project.git
        return git is not None and git.head() is not None

    def _hear(self, event: Event) -> None:
        """Tell which cell runs: of a stage by the marks that its run puts into what it prints."""
        super()._hear(event)
        match event:
            case StageStarted():
                self._tell(f"'{event.stage}' runs", 0, None)
            case CellStarted():
                self._tell(f"'{event.notebook}' runs", event.index - 1, event.total)
            case CellFinished():
                self._tell(f"'{event.notebook}' runs", event.index, event.total)
            case CommandOutput() if event.stream == "stdout":
                for cells in self._receiver.feed(event.text):
                    self._tell(self.progress.get("task", "running"), cells.done, cells.total)
            case CommandOutput() | CellOutput():
                self._said(event.text)
            case Warned():
                self._said(f"{event.message}\n")
            case _:
                pass

    def _said(self, text: str) -> None:
        self._output = [*self._output, *text.splitlines()][-_LINES:]
        shown = self.progress
        self._tell(shown.get("task", "running"), shown.get("done", 0), shown.get("total"))

    def _shown(self, output: dict[str, Any]) -> None:
        self._said(CellOutput(self._notebook, 0, 0, output).text)

    def _tell(self, task: str, done: int, total: int | None) -> None:
        self.progress = {"task": task, "done": done, "total": total, "unit": "cell", "lines": self._output}


def _compared(before: dict[str, Any], after: dict[str, Any]) -> list[list[str]]:
    rows: list[list[str]] = []
    for name in sorted({**before, **after}):
        old, new = before.get(name), after.get(name)
        values = (old, new, _change(old, new))
        rows.append([name, *(format_value(value, DEFAULT_PRECISION) for value in values)])
    return rows


def _change(old: Any, new: Any) -> Any:
    return new - old if _is_number(old) and _is_number(new) and new != old else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
