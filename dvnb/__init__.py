"""dvnb: versioned data and reproducible notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.facade import Repo

__all__ = ["Repo", "__version__"]


def __getattr__(name: str) -> object:
    # Lazily, so that `dvnb --version` and `import dvnb` in a kernel cost next to nothing.
    if name == "Repo":
        from dvnb.repo.facade import Repo

        return Repo
    raise AttributeError(f"module 'dvnb' has no attribute '{name}'")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext dvnb`: the magics `%dvc` and `%%stage`."""
    from dvnb.magics import load  # a kernel that only imports dvnb needs no magics

    load(shell)
