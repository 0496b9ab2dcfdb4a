"""What a stage read, as it was when its commands started: what is edited meanwhile may not be what its outs are of.

As in dvc, what is there at the end is recorded, since stages may rewrite their own deps. Nobody can tell the two apart,
so it is told of.
"""

from __future__ import annotations

import os
from typing import Any

from dvnb.events import Listener, Warned
from dvnb.objects.build import Built
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.stage import Dep, Stage


class Inputs:
    """Deps and params of a stage, whose current state its records hold when this is made."""

    def __init__(self, measure: Measure, stage: Stage) -> None:
        self._measure = measure
        self._stage = stage
        local = [dep for dep in stage.deps if dep.recorded and dep.recorded.hash_info and "://" not in dep.path]
        self._deps: list[tuple[Dep, Built | None]] = [
            (dep, measure.dep(dep)) for dep in local if dep.repo is None and dep.db is None
        ]
        self._params: list[tuple[Any, Any]] = [(params, params.recorded) for params in stage.params]

    def warn_of_changes(self, name: str, emit: Listener) -> None:
        """Tell of what is recorded by now and is not what was there; files that only came into a folder are no news."""
        changed = [dep.text for dep, before in self._deps if before is not None and self._is_other(dep, before)]
        changed += [each.text for each, recorded in self._params if recorded is not None and each.recorded != recorded]
        for text in changed:
            message = f"'{text}' changed while stage '{name}' ran, and is recorded as it is now"
            emit(Warned(f"{message}: unless the stage itself changed it, repeat the stage with --force"))

    def _is_other(self, dep: Dep, before: Built) -> bool:
        now = self._measure.dep(dep, before.fingerprint.hash_info.algorithm if before.fingerprint.hash_info else None)
        if now is None or now.fingerprint.hash_info == before.fingerprint.hash_info:
            return False
        if before.tree is None or now.tree is None:
            return True
        if any(out.path.startswith(dep.path + os.sep) for out in self._stage.outs):
            return False  # the stage itself writes there
        entries = now.tree.entries
        return any(entries.get(rel) != value for rel, value in before.tree.entries.items())
