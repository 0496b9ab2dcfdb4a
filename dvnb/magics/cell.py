"""The output of the running cell: events as text, progress as bars."""

from __future__ import annotations

import sys
from typing import Any

from dvnb.commands.progress import Bars
from dvnb.commands.style import Style
from dvnb.commands.text.events import Narrator
from dvnb.commands.text.kept import Kept
from dvnb.events import CellOutput, CommandOutput, Event, Progress
from dvnb.notebooks.running.relay import is_rich, shown_data


class Cell:
    """A listener that tells events in the cell; `quiet` tells none, `verbose` tells why stages run."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._narrator = Narrator(Style("%dvc"), say=_out, warn=_err, verbose=verbose)
        self._kept = Kept()
        self._bars = Bars(notebook="ipykernel" in sys.modules and _in_kernel())

    def __call__(self, event: Event) -> None:
        """Tell an event."""
        self._kept(event)
        if self._quiet:
            return
        if isinstance(event, Progress):
            self._bars.update(event)
            return
        if isinstance(event, CellOutput) and is_rich(event.output):
            _display(event.output)
            return
        self._narrator(event)
        if isinstance(event, (CommandOutput, CellOutput)):
            # What runs for minutes should be seen running.
            sys.stdout.flush()

    def confirm(self, question: str) -> bool:
        """Ask the person in front of the notebook; where nobody can be asked, the answer is no."""
        try:
            return input(f"{question} [y/n]: ").strip().lower() in ("y", "yes")
        except (EOFError, _no_input()):
            sys.stderr.write(f"{question} Nobody can be asked here, so the answer is no.\n")
            return False

    def kept(self, verb: str) -> str:
        """What stays of a verb that is interrupted."""
        return self._kept.words(verb)

    def close(self) -> None:
        """Leave no bars behind."""
        self._bars.close()


def _display(output: dict[str, Any]) -> None:
    from IPython.display import display  # loaded already

    display(shown_data(output), raw=True, metadata=output.get("metadata", {}))


def _out(text: str) -> None:
    sys.stdout.write(text)


def _err(text: str) -> None:
    sys.stderr.write(text)


def _in_kernel() -> bool:
    from IPython import get_ipython  # loaded already: a kernel runs

    return hasattr(get_ipython(), "kernel")


def _no_input() -> Any:
    if "ipykernel" in sys.modules:
        from IPython.core.error import StdinNotImplementedError  # loaded already: a kernel runs

        return StdinNotImplementedError
    return EOFError
