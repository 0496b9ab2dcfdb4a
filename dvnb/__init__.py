"""dvnb: versioned data and reproducible notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo

__all__ = ["Repo", "__version__"]


def __getattr__(name: str) -> object:
    # Lazily, so that `dvnb --version` and `import dvnb` in a kernel cost next to nothing.
    if name == "Repo":
        from dvnb.repo.facade import Repo

        return Repo
    raise AttributeError(f"module 'dvnb' has no attribute '{name}'")
