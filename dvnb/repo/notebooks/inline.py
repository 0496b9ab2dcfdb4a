"""A stage's cell run in the notebook's own kernel: what it gets, and where its old outs are meanwhile.

What it makes is not recorded, since it may depend on anything that the kernel holds: the stage stays as stale as it is.
"""

from __future__ import annotations

import os
from typing import Any

from dvnb.notebooks import parameters
from dvnb.notebooks.command_lines import notebook_calls
from dvnb.notebooks.stages import executed_copy
from dvnb.objects.hashing import MD5
from dvnb.pipeline.params import load_params
from dvnb.pipeline.stage import Stage
from dvnb.records import dataclass, field
from dvnb.repo.session import Session


@dataclass(slots=True)
class InlineRun:
    """A run that began: `values` are its params; `moved` says where in the trash each old out (absolute) is."""

    name: str
    operation: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    moved: dict[str, str] = field(default_factory=dict[str, str])


def begin(session: Session, name: str) -> InlineRun:
    """Put the old outs into the trash, so that the cell writes into none that the cache shares.

    Raises: NotebookError for params that cannot be injected.
    """
    stage = _stage(session, name)
    assignments = [text for line in stage.commands() for call in notebook_calls(line) for text in call.params]
    values = parameters.bind(parameters.stage_sources(stage, _load_params), assignments)
    journal = session.project.journal
    run = InlineRun(name, journal.operation, values)
    session.project.path_locks.check(out.path for out in stage.outs)
    for path in _outs(stage):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            run.moved[path] = journal.move(path)
    return run


def end(session: Session, run: InlineRun, *, worked: bool) -> None:
    """Note what the cell made, or bring the old outs back."""
    journal = session.project.journal
    if not worked:
        for path, stored in run.moved.items():
            if os.path.lexists(path):
                journal.leave(path)
            journal.put_back(stored, path)
        return
    stage = _stage(session, run.name)
    for out in stage.outs:
        if out.path in _outs(stage) and os.path.exists(out.path):
            built = session.measure.out(out, MD5)
            if built is not None and built.fingerprint.hash_info is not None:
                journal.make(out.path, MD5, built.fingerprint.hash_info.value)


def _stage(session: Session, name: str) -> Stage:
    return session.index.named(os.path.join(session.project.root, "dvc.yaml"), name)[0]


def _outs(stage: Stage) -> list[str]:
    """The outs that the cell makes: the executed copy is not its own."""
    copies = {executed_copy(dep.path) for dep in stage.deps if dep.path.endswith(".ipynb")}
    return [out.path for out in stage.outs if out.path not in copies]


def _load_params(path: str) -> Any:
    with open(path, "rb") as file:
        return load_params(file.read(), path)
