"""How a face wants text: its name for commands, and colours or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvnb.errors import Hint

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36}


class Style:
    """`program` is what people type before a verb (`dvnb`, `%dvc`); `colours` says whether escape codes are wanted."""

    def __init__(self, program: str = "dvnb", *, colours: bool = False) -> None:
        self.program = program
        self.colours = colours

    def command(self, *words: str) -> str:
        """A command line for people: `command("pull", "a b")` is `dvnb pull 'a b'`."""
        return " ".join([self.program, *map(_quoted, words)])

    def hint(self, hint: Hint) -> str:
        """What would mend an error, as a command line."""
        return self.command(*hint.verb.split(), *hint.args)

    def paint(self, text: str, colour: str) -> str:
        """`text` in a colour, where colours are wanted."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colours and text else text


def _quoted(word: str) -> str:
    import shlex  # only advice needs it

    # A place to fill in, as in `remote default <name>`, is not meant for the shell.
    return word if word.startswith("<") and word.endswith(">") else shlex.quote(word)
