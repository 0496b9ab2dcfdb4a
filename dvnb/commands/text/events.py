"""What happens while a verb works, line by line, as dvc tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb import events
from dvnb.commands.text import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from dvnb.commands.style import Style

_PATIENCE = 1.0  # seconds between two lines about cells


class Narrator:
    """A listener that words events: `say` gets text for standard output, `warn` for standard error, newlines included.

    Stages are set apart by an empty line after one that did something. `tells_cells`: that a notebook's cell ended is
    worth a line, since no bar shows it. `verbose`: so is why a stage is not up to date.
    """

    def __init__(
        self,
        style: Style,
        *,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        tells_cells: bool = False,
        verbose: bool = False,
    ) -> None:
        self._style = style
        self._say = say
        self._warn = warn
        self._gap = False
        self._tells_cells = tells_cells
        self._verbose = verbose
        self._told_at = 0.0  # seconds since the notebook's start

    def __call__(self, event: events.Event) -> None:
        """Tell one event."""
        match event:
            case events.Warned():
                label = "" if event.plain else f"{self._style.paint('WARNING', 'yellow')}: "
                self._warn(f"{label}{event.message}\n")
            case events.CommandOutput():
                text = _prefixed(event.stage, event.text) if event.beside else event.text
                (self._warn if event.stream == "stderr" else self._say)(text)
            case events.CellOutput():
                (self._warn if event.output.get("name") == "stderr" else self._say)(event.text)
            case events.CellFinished():
                self._cell_finished(event)
            case events.FileWritten():
                self._file_written(event)
            case events.StageFinished():
                self._gap = event.changed
            case events.StageEvent():
                self._stage(event)
            case _:
                pass

    def _stage(self, event: events.StageEvent) -> None:
        match event:
            case events.CommandStarted():
                whose = f"[{event.stage}] " if event.beside else ""
                self._say(f"{whose}> {event.command}\n")
            case events.StageChanged():
                self._changed(event)
            case events.StageStarted():
                self._begin(f"Running stage '{event.stage}':")
            case events.StageSkipped():
                # dvc names a .dvc file without calling it a stage
                kind = "" if event.stage.endswith(".dvc") else "Stage "
                self._begin(f"{kind}'{event.stage}' didn't change, skipping")
            case events.StageRestored():
                self._begin(f"Stage '{event.stage}' is cached - skipping run, checking out outputs")
            case events.SourceImported():
                self._begin(f"Importing '{event.source}' -> '{event.path}'")
            case events.SourceVerified():
                what = "outputs in frozen stage" if event.frozen else "data sources in stage"
                self._begin(f"Verifying {what}: '{event.stage}'")
            case _:
                pass

    def _changed(self, event: events.StageChanged) -> None:
        if not self._verbose:
            return
        from dvnb.pipeline.reasons import reasons  # with -v

        whose = f"of stage: '{event.stage}'"
        for kind, name, state in reasons(event.reasons):
            if name:
                what = "Output" if kind == "outs" else "Dependency"
                self._begin(f"{what} '{name}' {whose} changed because it is '{state}'.")
            elif kind in ("command", "checksum"):
                self._begin(f"'{'cmd' if kind == 'command' else 'md5'}' {whose} has changed.")
        self._begin(f"stage: '{event.stage}' changed.")

    def _cell_finished(self, event: events.CellFinished) -> None:
        if event.elapsed < self._told_at:  # another notebook
            self._told_at = 0.0
        if not self._tells_cells or event.elapsed - self._told_at < _PATIENCE:
            return
        self._told_at = event.elapsed
        left = "" if event.remaining is None else f", about {words.duration(event.remaining)} left"
        ended = "failed after" if event.failed else "done in"
        self._warn(
            f"cell {event.index}/{event.total} {ended} {words.duration(event.seconds)} "
            f"({words.duration(event.elapsed)} so far{left})\n"
        )

    def _begin(self, line: str) -> None:
        if self._gap:
            self._say("\n")
            self._gap = False
        self._say(f"{line}\n")

    def _file_written(self, event: events.FileWritten) -> None:
        if event.kind == "lock":
            if event.created:
                self._say(f"Generating lock file '{event.path}'\n")
            self._say(f"Updating lock file '{event.path}'\n")
        elif event.kind == "stage-added":
            self._say(f"Added stage '{event.stage}' in '{event.path}'\n")
        elif event.kind == "stage-modified":
            self._say(f"Modifying stage '{event.stage}' in '{event.path}'\n")


def _prefixed(name: str, text: str) -> str:
    return "".join(f"[{name}] {line}\n" for line in text.removesuffix("\n").split("\n"))
