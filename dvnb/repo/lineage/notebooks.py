"""Which notebook a stage runs, into which copy, with which parameters."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dvnb.errors import DvnbError
from dvnb.git.trees import FileTree
from dvnb.notebooks import parameters
from dvnb.notebooks.owner import NotebookCommand, notebook_calls
from dvnb.notebooks.parameters import ParamSource
from dvnb.pipeline.params import load_params
from dvnb.pipeline.stage import ParamsDep, Stage
from dvnb.project.project import Project


def notebook_run(stage: Stage, project: Project, tree: FileTree) -> dict[str, Any] | None:
    """{"path", "output", "parameters"} of the first notebook that a stage's command runs; None without one."""
    call = next((call for line in stage.commands() for call in notebook_calls(line)), None)
    if call is None:
        return None
    shown = [
        None if path is None else project.shown(os.path.normpath(os.path.join(stage.wdir, path)))
        for path in (call.source, call.output)
    ]
    return {"path": shown[0], "output": shown[1], "parameters": _parameters(stage, call, project, tree)}


def _parameters(stage: Stage, call: NotebookCommand, project: Project, tree: FileTree) -> dict[str, Any]:
    """What is set in the notebook: as recorded by the last run, else as the files are."""
    try:
        own = stage.params if call.program == "dvnb" else []  # papermill knows nothing of them
        sources = [ParamSource(dep.text, list(dep.keys), _data(dep, project, tree)) for dep in own]
        return parameters.bind(sources, call.params)
    except (OSError, DvnbError):  # this stage cannot run like this, but it can be shown
        return {}


def _data(dep: ParamsDep, project: Project, tree: FileTree) -> Any:
    if dep.recorded is not None:
        return _nested(dep.recorded)
    return load_params(tree.read(project.relpath(dep.path)), dep.path, project.state)


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """`{"train.lr": 1}` as `{"train": {"lr": 1}}`."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *folders, last = key.split(".")
        place = nested
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return nested
