"""The run cache: what a stage made when it last ran on the same inputs.

Files are dvc's own (SPEC 5), so both tools find each other's runs. Source: dvc's stage/cache.py.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from dvnb.errors import FormatError
from dvnb.events import Warned
from dvnb.formats import lockfile, yamlio
from dvnb.formats.lockfile import LockEntry
from dvnb.objects.files import write_atomic
from dvnb.pipeline.record import Recorder
from dvnb.pipeline.stage import Stage
from dvnb.pipeline.stage_records import lock_entry
from dvnb.project.project import Project

UNHASHED = ("size", "nfiles")


def is_eligible(project: Project, stage: Stage) -> bool:
    """Whether a stage's runs can be remembered at all; its deps must have been taken (SPEC 5.3)."""
    if stage.is_callback or stage.always_changed or not (stage.cmd and (stage.deps or stage.params) and stage.outs):
        return False
    if any(dep.recorded is None or dep.recorded.hash_info is None or "://" in dep.path for dep in stage.deps):
        return False
    if not all(params.recorded for params in stage.params):  # an empty file is no key
        return False
    return not any(out.persist or os.path.isabs(out.text) or not project.contains(out.path) for out in stage.outs)


def load_run(project: Project, stage: Stage) -> LockEntry | None:
    """What the newest run on the same command, deps and params recorded."""
    folder = _folder(project, _key(lockfile.entry_dict(lock_entry(stage))))
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return None
    runs = [os.path.join(folder, name) for name in names if len(name) == 64]  # noqa: PLR2004 - others are temporary files
    for path in sorted(runs, key=os.path.getmtime, reverse=True)[:1]:
        return _load(project, path)
    return None


def remember(project: Project, recorder: Recorder, stage: Stage) -> None:
    """Save a stage's recorded run, if such runs can be restored; copies of uncached metrics and plots are kept too."""
    uncached = [out for out in stage.outs if not out.cache]
    if any(out.kind == "outs" for out in uncached) or not is_eligible(project, stage):
        return
    recorder.cache_copies(uncached)
    save_run(project, stage)


def save_run(project: Project, stage: Stage) -> None:
    """Save a run whose outs are all recorded and in the cache."""
    entry = lockfile.entry_dict(lock_entry(stage))
    path = os.path.join(_folder(project, _key(entry)), _digest(entry))
    if os.path.exists(path):
        return
    project.cache.make_folder(os.path.dirname(path))
    write_atomic(path, yamlio.dumps(entry).encode())


def _load(project: Project, path: str) -> LockEntry | None:
    try:
        with open(path, "rb") as file:
            return lockfile.parse_entry(yamlio.load(file.read(), path, project.state))
    except (FormatError, KeyError, TypeError, AttributeError, ValueError):
        project.emit(Warned(f"corrupted cache file '{project.shown(path)}'."))
        return None


def _folder(project: Project, key: str) -> str:
    return os.path.join(project.cache_dir, "runs", key[:2], key)


def _key(entry: dict[str, Any]) -> str:
    """Where a run is found: what is known before it (SPEC 5.2)."""
    return _digest({**entry, "outs": [out["path"] for out in entry.get("outs", [])]})


def _digest(entry: dict[str, Any]) -> str:
    # Params may be dates, over which stock dvc fails.
    return hashlib.sha256(json.dumps(_without_sizes(entry), sort_keys=True, default=str).encode()).hexdigest()


def _without_sizes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_sizes(item) for key, item in value.items() if key not in UNHASHED}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_without_sizes(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value
