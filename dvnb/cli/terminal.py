"""Standard output, standard error and the person in front of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dvnb.commands.style import Style
from dvnb.commands.text.events import Narrator
from dvnb.events import Progress

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.command import Command
    from dvnb.commands.progress import Bars
    from dvnb.errors import Hint
    from dvnb.events import Event


class Terminal:
    """Shows results, events and errors; as a listener it may be called from several threads.

    `quiet` shows nothing but errors; `as_json` keeps standard output for one line of JSON; `verbose` also tells why
    stages run.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._as_json = as_json
        self._out = Style(colours=_wants_colours(sys.stdout))
        self._err = Style(colours=_wants_colours(sys.stderr))
        self._bars: Bars | None = None
        self._shows_bars = not quiet and sys.stderr.isatty()
        self._narrator = Narrator(
            self._out, say=self._say, warn=self._warn, tells_cells=not self._shows_bars, verbose=verbose
        )

    def __call__(self, event: Event) -> None:
        """Tell an event."""
        if isinstance(event, Progress):
            if self._shows_bars:
                self._progress(event)
        else:
            self._narrator(event)

    def _progress(self, event: Progress) -> None:
        if self._bars is None:
            from dvnb.commands.progress import Bars  # only where somebody may watch

            self._bars = Bars()
        self._bars.update(event)

    def _say(self, text: str) -> None:
        if not self._quiet:
            # What is said meanwhile does not belong into JSON.
            self._write(sys.stderr if self._as_json else sys.stdout, text)

    def _warn(self, text: str) -> None:
        if not self._quiet:
            self._write(sys.stderr, text)

    def _write(self, stream: Any, text: str) -> None:
        if self._bars is not None:
            self._bars.clear()
        stream.write(text)
        # Commands of stages write to the same place by themselves: keep the order.
        stream.flush()

    def show(self, result: Any, command: Command, args: Namespace) -> None:
        """Print a result, as JSON if that is asked for."""
        if self._quiet:
            return
        if self._as_json:
            import json  # few results are shown so

            self._write(sys.stdout, json.dumps(result.to_json(), default=str) + "\n")
        else:
            text = command.told(result, args, self._out)
            if text:
                self._write(sys.stdout, f"{text}\n")
            aside = command.aside and command.aside(result, self._err)
            if aside:
                self._write(sys.stderr, f"{aside}\n")

    def fail(self, message: str, hint: Hint | None, error: Exception | None) -> None:
        """Print an error; given the exception, where it comes from too."""
        if error is not None:
            import traceback  # with -v

            self._write(sys.stderr, "".join(traceback.format_exception(error)))
        self._write(sys.stderr, f"{self._err.paint('ERROR', 'red')}: {message}\n")
        if hint is not None and not self._quiet:
            self._write(sys.stderr, f"{self._err.paint('HINT', 'yellow')}: {self._err.hint(hint)}\n")

    def confirm(self, question: str) -> bool:
        """Ask; the end of standard input is a no."""
        self._write(sys.stdout, f"{question} [y/n]: ")
        for line in sys.stdin:
            answer = line.strip().lower()
            if answer in ("y", "yes", "n", "no"):
                return answer in ("y", "yes")
            self._write(sys.stdout, "Your response must be one of: y, yes, n, no. Please try again.\n")
        return False

    def close(self) -> None:
        """Leave no bars behind."""
        if self._bars is not None:
            self._bars.close()


def _wants_colours(stream: Any) -> bool:
    import os

    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
