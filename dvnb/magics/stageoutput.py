"""What a stage shows in the cell that runs it: text, pictures and progress as they come, and how it failed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from IPython.display import display

from dvnb.errors import DvnbError
from dvnb.events import CommandOutput, CommandStarted, Event, FileWritten, StageFinished, StageSkipped, StageStarted
from dvnb.magics.cell import Cell
from dvnb.notebooks.cells import notebook_path
from dvnb.notebooks.running.relay import is_rich, receiving, shown_data
from dvnb.notebooks.source import cell_source, cell_tags, cells_of, load
from dvnb.notebooks.stages import executed_copy, unkept_copy

# What the summary tells anyway.
_UNTOLD = (StageStarted, StageFinished, StageSkipped, CommandStarted, FileWritten)


class StageOutput(Cell):
    """A listener for one run; pictures arrive by a folder, as `notebooks.running.relay` says."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._is_quiet = quiet

    def __enter__(self) -> Self:
        """Have the stage's run tell of pictures and progress."""
        self._receiving = receiving(_say, show)
        self._receiver = self._receiving.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave nothing behind."""
        self._receiving.__exit__(kind, error, at)
        self.close()

    def __call__(self, event: Event) -> None:
        """Tell an event."""
        if isinstance(event, CommandOutput) and event.stream == "stdout":
            if not self._is_quiet:
                for progress in self._receiver.feed(event.text):
                    super().__call__(progress)
        elif not isinstance(event, _UNTOLD):
            super().__call__(event)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def show(output: dict[str, Any]) -> None:
    """Show an output of a notebook as if this cell had made it."""
    if output.get("output_type") == "stream":
        stream = sys.stderr if output.get("name") == "stderr" else sys.stdout
        stream.write("".join(output.get("text", "")))
        stream.flush()
        return
    data = shown_data(output)
    if is_rich(output):
        display(data, raw=True, metadata=output.get("metadata", {}))
    elif data:
        _say(f"{data.get('text/plain', '')}\n")


def replay(root: str, name: str) -> None:
    """Show what the stage showed when it ran, so that a notebook that is run again keeps its pictures."""
    for _, output in _outputs(executed_copy(notebook_path(name, root))):
        show(output)


def copies(root: str, name: str) -> dict[str, tuple[int, int] | None]:
    """The executed copies that a run of the stage leaves, that of a failure first, and when each was written."""
    notebook = notebook_path(name, root)
    places = (unkept_copy(notebook, os.path.join(root, ".dvc", "tmp"), name), executed_copy(notebook))
    return {place: _stamp(place) for place in places}


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def failures(root: str, name: str, before: dict[str, tuple[int, int] | None]) -> list[tuple[bool, dict[str, Any]]]:
    """The errors of the run that failed just now, and whether they came up when `--out` variables were written.

    `before` are the copies that there were when it began.
    """
    new = next((place for place, stamp in copies(root, name).items() if stamp and stamp != before[place]), None)
    return [each for each in _outputs(new) if each[1].get("output_type") == "error"] if new else []


def show_traceback(error: dict[str, Any]) -> None:
    """Show the traceback of the cell that failed."""
    sys.stderr.write("\n".join(error.get("traceback", [])) + "\n")


def _outputs(path: str) -> Iterator[tuple[bool, dict[str, Any]]]:
    """The outputs of an executed copy that are the cell's own, not its setup's; whether it was writing variables."""
    try:
        copy = load(path)
    except (DvnbError, OSError):
        return
    for cell in cells_of(copy):
        if cell.get("cell_type") == "code" and "setup" not in cell_tags(cell):
            yield from (("save" in cell_tags(cell), output) for output in cell.get("outputs", []))


def body_of(root: str, name: str) -> str | None:
    """The body of a stage's cell, as its notebook has it."""
    return next(iter(_sources(root, name, "stage")), None)


def warn_of_missing_setup(root: str, name: str, setup: tuple[str, ...]) -> None:
    """Say so where a stage began with setup cells that this kernel knows nothing of."""
    if not setup and _sources(root, name, "setup"):
        sys.stderr.write(
            f"stage '{name}' began with setup cells that were not run in this kernel, and begins without them now:"
            " run the cells with `%%stage --setup` first, if they are still wanted\n"
        )


def _sources(root: str, name: str, tag: str) -> list[str]:
    try:
        cells = cells_of(load(notebook_path(name, root)))
    except (DvnbError, OSError):
        return []
    return [cell_source(cell) for cell in cells if tag in cell_tags(cell)]
