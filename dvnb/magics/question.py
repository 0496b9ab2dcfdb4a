"""`%dvc add?`: the help of a verb, where IPython would look for an object called `add`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.inputtransformer2 import TokenTransformBase

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_QUESTION = re.compile(r"\s*(%%(?:dvc_)?stage|%dvc)\b([^?]*)\?{1,2}\s*")


class Question(TokenTransformBase):
    """Turns `%dvc add?` into `%dvc add --help`, `%dvc?` into `%dvc --help`, and `%%stage?` likewise."""

    priority = 4  # IPython's own help comes with 5

    def __init__(self, start: Any, magic: str, words: str) -> None:
        super().__init__(start)
        self._magic = magic
        self._words = words

    @classmethod
    def find(cls, tokens_by_line: Any) -> Question | None:
        """The first such line of a cell; not one inside a string."""
        for tokens in tokens_by_line:
            first = next((token for token in tokens if token.string.strip()), None)
            found = _QUESTION.fullmatch(first.line) if first is not None and first.string == "%" else None
            if first is not None and found is not None:
                return cls(first.start, found[1], found[2])
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """The cell with a call in place of the question."""
        words = [*_verb(self._words), "--help"]
        cell = self._magic.startswith("%%")
        name = self._magic.lstrip("%")
        call = (
            f"run_cell_magic({name!r}, '--help', '\\n')" if cell else f"run_line_magic({name!r}, {' '.join(words)!r})"
        )
        at = self.start_line
        return [*lines[:at], f"{lines[at][: self.start_col]}get_ipython().{call}\n", *lines[at + 1 :]]


def _verb(words: str) -> list[str]:
    """The words before the first option: what comes then may be half of something."""
    found = words.split()
    return found[: next((at for at, word in enumerate(found) if word.startswith("-")), len(found))]


def register(shell: InteractiveShell) -> None:
    """Let the shell turn questions into calls."""
    transformers = shell.input_transformer_manager.token_transformers
    if Question not in transformers:
        transformers.append(Question)
