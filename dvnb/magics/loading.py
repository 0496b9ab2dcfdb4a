"""`--out` variables, back in the notebook: the very source that stages load them with, run here."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dvnb.errors import DvnbError
from dvnb.magics.errors import DvcFailed
from dvnb.notebooks.variables import Variable, load_source

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.facade import Repo


def load_back(variables: Iterable[Variable], repo: Repo, shell: InteractiveShell) -> None:
    """Give the notebook what its stage made.

    Raises: DvcFailed, after all others are loaded; the stage itself went well.
    """
    problems: list[str] = []
    for variable in variables:
        try:
            shell.user_ns[variable.name] = loaded(variable, repo)
        except DvnbError as error:
            problems.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever the libraries that read it may raise
            problems.append(f"'{variable.path}' cannot be loaded as '{variable.name}': {type(error).__name__}: {error}")
    if problems:
        raise DvcFailed("the stage is up to date, but " + "; ".join(problems))


def loaded(variable: Variable, repo: Repo) -> Any:
    """The value that a file holds.

    Raises: OwnershipError for a pickle that was not made here; what its library raises.
    """
    if variable.is_pickle:
        return pickle.loads(repo.own_pickle(variable.path))  # noqa: S301 - made by a stage on this machine
    return values([variable])[variable.name]


def values(variables: list[Variable]) -> dict[str, Any]:
    """The values that files hold, by name; modules that reading takes do not come along."""
    names: dict[str, Any] = {"__name__": "__dvnb__"}
    exec(load_source(variables), names)  # noqa: S102 - source of ours
    return {variable.name: names[variable.name] for variable in variables}
