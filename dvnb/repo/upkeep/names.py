"""The names a project knows, for completion: of remotes, revs, stages, tracked data, params, settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, cast

from dvnb.errors import DvnbError
from dvnb.project.project import Project


def remotes(start: str) -> list[str]:
    """The remotes of every configuration file."""
    from dvnb.repo.upkeep import settings

    return list(settings.open_config(start).listed_remotes())


def revs(start: str) -> list[str]:
    """Git's branches and tags."""
    from dvnb.git import command
    from dvnb.git.worktree import Git

    git = Git.find(os.path.realpath(start))
    return [*command.branches(git), *command.tags(git)] if git else []


def stages(start: str) -> list[str]:
    """The stages that run something, as they are addressed from here."""
    return _listed(start, with_data=False)


def targets(start: str) -> list[str]:
    """Stages, .dvc files, and the data of both, as seen from here."""
    return _listed(start, with_data=True)


def _listed(start: str, *, with_data: bool) -> list[str]:
    from dvnb.pipeline.index import load_index
    from dvnb.pipeline.stage import address

    project = Project.open(start)
    try:
        found: list[str] = []
        for stage in load_index(project).stages:
            if with_data or not stage.is_data_source:
                found.append(address(stage, project.cwd))
            if with_data:
                found += [os.path.relpath(out.path, project.cwd) for out in stage.outs if project.contains(out.path)]
        return found
    finally:
        project.close()


def settings(start: str) -> list[str]:
    """Every option that a configuration may hold; those of remotes by the remotes that there are."""
    from dvnb.formats.config_schema import SECTIONS

    named = [f"remote.{name}.url" for name in remotes(start)]
    return [*(f"{section}.{option}" for section, options in SECTIONS.items() for option in options), *named]


def remote_options(_start: str) -> list[str]:
    """Every option that some remote may have."""
    from dvnb.formats.config_schema import REMOTES

    return sorted({option for options in REMOTES.values() for option in options})


def lineage(start: str) -> list[str]:
    """What has a lineage: stages, their data, and what they read."""
    from dvnb.pipeline.index import load_index
    from dvnb.pipeline.stage import address

    project = Project.open(start)
    try:
        paths: dict[str, None] = {}
        found: list[str] = []
        for stage in load_index(project).stages:
            found.append(address(stage, project.cwd))
            read = (*stage.deps, *stage.params) if stage.cmd is not None else ()
            paths.update(dict.fromkeys(item.path for item in (*stage.outs, *read) if project.contains(item.path)))
        return [*found, *(os.path.relpath(path, project.cwd) for path in paths)]
    finally:
        project.close()


def params(start: str) -> list[str]:
    """The keys of params.yaml, and those of the other params files that stages read, as `file:key`."""
    from dvnb.pipeline.index import load_index
    from dvnb.pipeline.params import DEFAULT_PARAMS_FILE

    project = Project.open(start)
    try:
        default = os.path.join(project.cwd, DEFAULT_PARAMS_FILE)
        found = _keys_of(default)
        others = {params.path for stage in load_index(project).stages for params in stage.params} - {default}
        for path in sorted(others):
            shown = os.path.relpath(path, project.cwd)
            found += [f"{shown}:{key}" for key in _keys_of(path)]
        return found
    finally:
        project.close()


def _keys_of(path: str) -> list[str]:
    from dvnb.pipeline.params import load_params

    try:
        with open(path, "rb") as file:
            return list(_dotted(load_params(file.read(), path)))
    except (DvnbError, OSError):  # whoever uses it says what is wrong with it
        return []


def _dotted(values: Any, before: str = "") -> Iterator[str]:
    if not isinstance(values, dict):
        return
    for key, value in cast("dict[Any, Any]", values).items():
        yield f"{before}{key}"
        yield from _dotted(value, f"{before}{key}.")


def datasets(start: str) -> list[str]:
    """The datasets that some dvc.yaml defines."""
    from dvnb.pipeline.datasets import load
    from dvnb.pipeline.index import load_index

    project = Project.open(start)
    try:
        return list(load(project, load_index(project)))
    finally:
        project.close()


def templates(_start: str) -> list[str]:
    """The templates of plots that come with dvc."""
    from dvnb.reports.plots.vega import template_names

    return template_names()


def kernels(_start: str) -> list[str]:
    """The kernels that Jupyter finds here."""
    from dvnb.notebooks.running.kernels import installed_kernels

    return list(installed_kernels())


def operations(start: str) -> list[str]:
    """The operations that are kept, latest first."""
    return Project.open(start).trash.ids()[::-1]


KINDS: dict[str, Callable[[str], list[str]]] = {
    "remotes": remotes,
    "revs": revs,
    "stages": stages,
    "targets": targets,
    "lineage": lineage,
    "settings": settings,
    "remote options": remote_options,
    "operations": operations,
    "params": params,
    "datasets": datasets,
    "templates": templates,
    "kernels": kernels,
}
# Their order says something.
ORDERED = frozenset({"operations", "params"})
