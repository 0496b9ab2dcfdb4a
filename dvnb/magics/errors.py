"""Failures in a cell: one red line, one line that says what mends it, no traceback."""

from __future__ import annotations

import traceback

_RED, _BOLD, _YELLOW, _RESET = "\x1b[31m", "\x1b[1m", "\x1b[33m", "\x1b[0m"


class DvcFailed(Exception):  # noqa: N818 - people read this name
    """A magic failed; raised so that the cell fails too. `hint` is the line that may mend it."""

    def __init__(self, message: str, hint: str = "", *, code: int = 255, verbose: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.verbose = verbose

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        lines: list[str] = []
        if self.verbose and self.__cause__ is not None:
            lines += "".join(traceback.format_exception(self.__cause__)).splitlines()
        lines.append(f"{_BOLD}{_RED}ERROR:{_RESET} {_RED}{self.message}{_RESET}")
        if self.hint:
            lines.append(f"{_YELLOW}HINT:{_RESET} {self.hint}")
        return lines
