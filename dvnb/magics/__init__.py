"""The IPython face: `%dvc VERB …`, `%%stage NAME …`, and results as rich output.

`dvc` holds the line magic, `stage` the cell magics, `arguments` what names in a line become, `display` and `html` how
results look, `errors` how failures do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register the magics, as `%load_ext dvnb` does."""
    from dvnb.magics import complete  # the engine is loaded by the first magic that needs it
    from dvnb.magics.dvc import DvcMagics
    from dvnb.magics.stage import StageMagics

    shell.register_magics(DvcMagics, StageMagics)
    complete.register(shell)
