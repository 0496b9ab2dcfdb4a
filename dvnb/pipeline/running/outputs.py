"""Where the output of stages goes: on as it is, on with the stage's name before each line, or into events.

Commands write in threads of their own; the listener is told in the one that asked for the run: what comes there by
`later` keeps its order.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Protocol

from dvnb.events import CommandOutput, CommandStarted, Listener
from dvnb.pipeline.running.executor import Output
from dvnb.pipeline.running.ownstreams import DESCRIPTORS, Act, Write

LONGEST_LINE = 1 << 16
"""Bytes of an unfinished line that are kept back for its end."""


class Shown(Output, Protocol):
    """An output that people see."""

    def ended(self) -> None:
        """No more comes."""
        ...


class Straight(Shown):
    """Passes everything on to where dvnb itself writes, at once and unchanged."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def started(self, command: str) -> None:
        """Nothing: `Announced` tells it."""

    def write(self, data: bytes, stream: str) -> None:
        """Pass on what a command wrote."""
        self._write(stream, data)

    def ended(self) -> None:
        """Nothing was kept back."""


class WholeLines(Shown):
    """Passes whole lines on, since others write beside; of a line that was redrawn, as it was at last."""

    def __init__(self) -> None:
        self._unfinished = dict.fromkeys(DESCRIPTORS, b"")

    def started(self, command: str) -> None:
        """What the command before left unfinished comes first."""
        self.ended()

    def write(self, data: bytes, stream: str) -> None:
        """Pass on the lines that are complete."""
        lines = (self._unfinished[stream] + data).split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            lines.append(rest)
            rest = b""
        self._unfinished[stream] = rest
        self._show(lines, stream)

    def ended(self) -> None:
        """Pass on lines that have no end."""
        for stream, rest in self._unfinished.items():
            self._unfinished[stream] = b""
            self._show([rest] if rest else [], stream)

    def _show(self, lines: list[bytes], stream: str) -> None:
        if lines:
            self._pass_on([line.removesuffix(b"\r").rpartition(b"\r")[2] for line in lines], stream)

    @abstractmethod
    def _pass_on(self, lines: list[bytes], stream: str) -> None: ...


class Prefixed(WholeLines):
    """Writes lines to where dvnb itself writes, each with `[name] ` before it."""

    def __init__(self, name: str, write: Write) -> None:
        super().__init__()
        self._write = write
        self._prefix = f"[{name}] ".encode()

    def _pass_on(self, lines: list[bytes], stream: str) -> None:
        # In one call, so that lines of different stages do not meet.
        self._write(stream, b"".join(self._prefix + line + b"\n" for line in lines))


class ToldLines(WholeLines):
    """Makes events of lines, which say that there are others beside."""

    def __init__(self, name: str, later: Listener) -> None:
        super().__init__()
        self._name = name
        self._later = later

    def started(self, command: str) -> None:
        """Tell the command."""
        super().started(command)
        self._later(CommandStarted(self._name, command, beside=True))

    def _pass_on(self, lines: list[bytes], stream: str) -> None:
        text = b"".join(line + b"\n" for line in lines).decode("utf-8", "replace")
        self._later(CommandOutput(self._name, text, stream, beside=True))


class Told(Shown):
    """Makes events of everything, as it comes."""

    def __init__(self, name: str, later: Listener) -> None:
        import codecs  # a chunk may end within a character

        decoder = codecs.getincrementaldecoder("utf-8")
        self._name = name
        self._later = later
        self._decoders = {stream: decoder("replace") for stream in DESCRIPTORS}

    def started(self, command: str) -> None:
        """Tell the command."""
        self._later(CommandStarted(self._name, command))

    def write(self, data: bytes, stream: str) -> None:
        """Tell what a command wrote."""
        text = self._decoders[stream].decode(data)
        if text:
            self._later(CommandOutput(self._name, text, stream))

    def ended(self) -> None:
        """Nothing but a part of a character was kept back."""


class Announced(Shown):
    """Has each command told before what it writes is shown, which is kept back until then.

    `later` has a function called in the thread that tells; no command waits for that.
    """

    def __init__(
        self, name: str, shown: Shown, later: Callable[[Act], object], emit: Listener, *, beside: bool
    ) -> None:
        self._name = name
        self._shown = shown
        self._later = later
        self._emit = emit
        self._beside = beside
        self._guard = threading.RLock()  # a command's two streams come in two threads
        self._pending: list[Act] = []

    def started(self, command: str) -> None:
        """Have the command told."""
        with self._guard:
            self._pending.append(partial(self._announce, command))
        self._later(self._catch_up)

    def write(self, data: bytes, stream: str) -> None:
        """Pass on what a command wrote."""
        self._in_turn(partial(self._shown.write, data, stream))

    def ended(self) -> None:
        """Pass that on."""
        self._in_turn(self._shown.ended)

    def _in_turn(self, act: Act) -> None:
        with self._guard:
            if self._pending:
                self._pending.append(act)
            else:
                act()

    def _announce(self, command: str) -> None:
        self._shown.started(command)
        self._emit(CommandStarted(self._name, command, beside=self._beside))

    def _catch_up(self) -> None:
        with self._guard:
            pending, self._pending = self._pending, []
            for act in pending:
                act()


class Both:
    """What one output gets, another gets too."""

    def __init__(self, first: Output, second: Output) -> None:
        self._outputs = (first, second)

    def started(self, command: str) -> None:
        """Tell both."""
        for output in self._outputs:
            output.started(command)

    def write(self, data: bytes, stream: str) -> None:
        """Write to both."""
        for output in self._outputs:
            output.write(data, stream)
