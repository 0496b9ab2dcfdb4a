"""dvnb: versioned data and reproducible notebooks.

`Repo` is a project, each verb a method of it. The verbs that need no project are functions too: `init`, `root`,
`doctor`, `get`, `get_url`, `ls`, `list_url`, `du`. Every one returns a result with `to_json()`, and raises a
`dvnb.errors.DvnbError` where it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.elsewhere.anywhere import doctor, du, get, get_url, init, list_url, ls, root
    from dvnb.widgets.repo import Repo

__all__ = ["Repo", "__version__", "doctor", "du", "get", "get_url", "init", "list_url", "ls", "root"]


def __getattr__(name: str) -> object:
    # Lazily, so that `dvnb --version` and `import dvnb` in a kernel cost next to nothing.
    if name not in __all__:
        raise AttributeError(f"module 'dvnb' has no attribute '{name}'")
    if name == "Repo":
        from dvnb.widgets.repo import Repo

        return Repo
    from dvnb.repo.elsewhere import anywhere

    return getattr(anywhere, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext dvnb`: the magics `%dvc` and `%%stage`."""
    from dvnb.magics import load  # a kernel that only imports dvnb needs no magics

    load(shell)
