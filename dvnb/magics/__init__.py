"""The IPython face: `%dvc VERB …`, `%%stage NAME …`, and results as rich output.

`dvc` holds the line magic, `stage` the cell magics, `arguments` what names in a line become, `complete` with `typed`
what the Tab key offers, `question` what `?` shows, `errors` how failures look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register the magics, as `%load_ext dvnb` does."""
    from dvnb.magics import complete, question  # the engine is loaded by the first magic that needs it
    from dvnb.magics.dvc import DvcMagics
    from dvnb.magics.stage import StageMagics, with_body

    shell.register_magics(DvcMagics, StageMagics)
    if with_body not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.insert(0, with_body)
    complete.register(shell)
    question.register(shell)
