"""Where the output of stages goes: on as it is, on with the stage's name before each line, or into events."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from dvnb.events import CommandOutput, CommandStarted, Event, Listener
from dvnb.pipeline.running.executor import Output

DESCRIPTORS = {"stdout": 1, "stderr": 2}
LONGEST_LINE = 1 << 16
"""Bytes of an unfinished line that are kept back for its end."""


class Straight:
    """Passes everything on to where dvnb itself writes, at once and unchanged."""

    def __init__(self, name: str, emit: Listener) -> None:
        self._name = name
        self._emit = emit

    def started(self, command: str) -> None:
        """Tell the command."""
        self._emit(CommandStarted(self._name, command))

    def write(self, data: bytes, stream: str) -> None:
        """Pass on what a command wrote."""
        _write_all(DESCRIPTORS[stream], data)


class Prefixed:
    """Passes whole lines on, each with `[name] ` before it; of a line that was redrawn, as it was at last."""

    def __init__(self, name: str, emit: Listener) -> None:
        self._name = name
        self._prefix = f"[{name}] ".encode()
        self._emit = emit
        self._unfinished = {"stdout": b"", "stderr": b""}

    def started(self, command: str) -> None:
        """Tell the command; what the one before it left unfinished comes first."""
        self.ended()
        self._emit(CommandStarted(self._name, command, beside=True))

    def write(self, data: bytes, stream: str) -> None:
        """Pass on the lines that are complete."""
        lines = (self._unfinished[stream] + data).split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            lines.append(rest)
            rest = b""
        self._unfinished[stream] = rest
        self._pass_on(lines, stream)

    def ended(self) -> None:
        """Pass on lines that have no end."""
        for stream, rest in self._unfinished.items():
            self._unfinished[stream] = b""
            self._pass_on([rest] if rest else [], stream)

    def _pass_on(self, lines: list[bytes], stream: str) -> None:
        shown = (line.removesuffix(b"\r").rpartition(b"\r")[2] for line in lines)
        # In one call, so that lines of different stages do not meet.
        _write_all(DESCRIPTORS[stream], b"".join(self._prefix + line + b"\n" for line in shown))


class Told:
    """Makes events of everything, given to `tell`."""

    def __init__(self, name: str, tell: Callable[[Event], object]) -> None:
        import codecs  # a chunk may end within a character

        decoder = codecs.getincrementaldecoder("utf-8")
        self._name = name
        self._tell = tell
        self._decoders = {stream: decoder("replace") for stream in DESCRIPTORS}

    def started(self, command: str) -> None:
        """Tell the command."""
        self._tell(CommandStarted(self._name, command))

    def write(self, data: bytes, stream: str) -> None:
        """Tell what a command wrote."""
        text = self._decoders[stream].decode(data)
        if text:
            self._tell(CommandOutput(self._name, text, stream))


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


def _write_all(descriptor: int, data: bytes) -> None:
    """Write to one of dvnb's own streams; where nobody reads any more, the command may go on all the same."""
    with suppress(OSError):
        while data:
            data = data[os.write(descriptor, data) :]
