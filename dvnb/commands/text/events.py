"""What happens while a verb works, line by line, as dvc tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb import events

if TYPE_CHECKING:
    from collections.abc import Callable

    from dvnb.commands.style import Style


class Narrator:
    """A listener that words events: `say` gets text for standard output, `warn` for standard error, newlines included.

    Stages are set apart by an empty line after one that did something.
    """

    def __init__(self, style: Style, *, say: Callable[[str], None], warn: Callable[[str], None]) -> None:
        self._style = style
        self._say = say
        self._warn = warn
        self._gap = False

    def __call__(self, event: events.Event) -> None:
        """Tell one event."""
        match event:
            case events.Warned():
                label = "" if event.plain else f"{self._style.paint('WARNING', 'yellow')}: "
                self._warn(f"{label}{event.message}\n")
            case events.CommandOutput():
                (self._warn if event.stream == "stderr" else self._say)(event.text)
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
                self._say(f"> {event.command}\n")
            case events.StageStarted():
                self._begin(f"Running stage '{event.stage}':")
            case events.StageSkipped():
                # dvc names a .dvc file without calling it a stage
                kind = "" if event.stage.endswith(".dvc") else "Stage "
                self._begin(f"{kind}'{event.stage}' didn't change, skipping")
            case events.StageRestored():
                self._begin(f"Stage '{event.stage}' is cached - skipping run, checking out outputs")
            case events.SourceVerified():
                what = "outputs in frozen stage" if event.frozen else "data sources in stage"
                self._begin(f"Verifying {what}: '{event.stage}'")
            case _:
                pass

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
