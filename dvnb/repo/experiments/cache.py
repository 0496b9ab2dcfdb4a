"""What commits hold, remembered in `.dvc/tmp/exps/cache`: a JSON file for each commit, shared with dvc.

Source: dvc's repo/experiments/cache.py and serialize.py.
"""

from __future__ import annotations

import json
import os
from typing import Any, cast

from dvnb.objects.files import write_atomic
from dvnb.repo.results.experiments import Recorded

_FIELDS = frozenset({"rev", "timestamp", "params", "metrics", "deps", "outs", "meta"})


class RecordedCache:
    """`folder` None: nothing is remembered."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder

    def get(self, commit: str) -> Recorded | None:
        """What a commit holds, None if that is not known."""
        if self._folder is None:
            return None
        try:
            with open(self._path(self._folder, commit), encoding="utf-8") as file:
                value: Any = json.load(file)
        except (OSError, ValueError):
            return None
        if not isinstance(value, dict) or cast("dict[str, Any]", value).keys() != _FIELDS:
            return None
        return Recorded(**cast("dict[str, Any]", value))

    def put(self, recorded: Recorded) -> None:
        """Remember what a commit holds, unless something of it could not be read, or is no JSON."""
        if self._folder is None:
            return
        if any("error" in entry for entry in (*recorded.params.values(), *recorded.metrics.values())):
            return
        try:
            data = json.dumps(recorded.to_json()).encode()
            path = self._path(self._folder, recorded.rev)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_atomic(path, data)
        except (TypeError, OSError):  # dates have no JSON; a read-only checkout can be read nevertheless
            return

    @staticmethod
    def _path(folder: str, commit: str) -> str:
        return os.path.join(folder, commit[:2], commit[2:])
