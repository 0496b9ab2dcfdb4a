"""Which pickles stages made on this machine: unpickling what came from elsewhere could run anything.

The list lies in the user's cache folder, where no clone and no pull can write. Losing it costs a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from dvnb.errors import OwnershipError
from dvnb.objects.hashing import md5_bytes
from dvnb.objects.state import user_cache_dir
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project
from dvnb.repo.session import Session

_SUFFIXES = (".pkl", ".pickle")


def note(project: Project, stages: Iterable[Stage]) -> None:
    """Remember the pickles that stages made just now."""
    made = [out for stage in stages for out in stage.outs if out.path.endswith(_SUFFIXES)]
    values = {out.recorded.hash_info.value for out in made if out.recorded and out.recorded.hash_info}
    new = values - _known(project)
    if not new:
        return
    path = _path(project)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a", encoding="ascii") as file:
        file.writelines(f"{value}\n" for value in sorted(new))


def pickle_bytes(session: Session, path: str) -> bytes:
    """The content of a pickle (absolute path) that a stage of this project made on this machine.

    Raises: OwnershipError for any other.
    """
    shown = session.project.shown(path)
    found: tuple[Stage, Out] | None = session.index.owner(path)
    if found is None or found[0].cmd is None:
        raise OwnershipError(f"'{shown}' is not loaded: no stage makes it, and a pickle of others could run anything")
    stage, out = found
    with open(path, "rb") as file:
        data = file.read()
    value = md5_bytes(data)
    recorded = out.recorded.hash_info.value if out.recorded and out.recorded.hash_info else None
    if value != recorded:
        raise OwnershipError(f"'{shown}' is not loaded: it is not what stage '{session.index.address(stage)}' made")
    if value not in _known(session.project):
        raise OwnershipError(
            f"'{shown}' is not loaded: it was not made on this machine, and a pickle of others could run anything;"
            f" run the stage here ('-f'), or load it yourself if you trust who made it"
        )
    return data


def _known(project: Project) -> set[str]:
    try:
        with open(_path(project), encoding="ascii") as file:
            return set(file.read().split())
    except FileNotFoundError:
        return set()


def _path(project: Project) -> str:
    return os.path.join(user_cache_dir(), "pickles", md5_bytes(os.fsencode(project.root)))
