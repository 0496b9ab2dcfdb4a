"""Datasets: data elsewhere that stages read as `ds://NAME`, named in dvc.yaml and pinned in dvc.lock.

Source: dvc's repo/datasets.py, dependency/dataset.py.
"""

from __future__ import annotations

from typing import Any

from dvnb.errors import DvnbError, FormatError
from dvnb.formats import lockfile
from dvnb.pipeline.index import Index
from dvnb.pipeline.load import lock_path
from dvnb.project.project import Project
from dvnb.records import dataclass

SCHEME = "ds://"
TYPES = ("dvc", "dc", "url")
# The fields of each type in the order in which files have them; of a lock those of the definition come first.
_SPEC = {"dvc": ("name", "url", "type", "path", "rev"), "dc": ("name", "url", "type"), "url": ("name", "url", "type")}
_LOCK = {"dvc": ("rev_lock",), "dc": ("version", "created_at"), "url": ("meta", "files")}


class DatasetNotFoundError(DvnbError, KeyError):
    """No dvc.yaml defines a dataset of this name."""


@dataclass(slots=True)
class Dataset:
    """One dataset: `spec` as dvc.yaml defines it, `lock` as dvc.lock pins it, None where that is not in sync.

    `file` is the dvc.yaml, absolute. `invalidated`: there is a pin, but of another definition.
    """

    name: str
    file: str
    spec: dict[str, Any]
    lock: dict[str, Any] | None = None
    invalidated: bool = False


def is_dataset(path: str) -> bool:
    """Whether a dep is a dataset."""
    return path.startswith(SCHEME)


def find(project: Project, index: Index, path: str) -> Dataset:
    """The dataset that a dep (`ds://NAME`) means.

    Raises: DatasetNotFoundError; FormatError.
    """
    name = path.removeprefix(SCHEME).partition("/")[0]
    known = load(project, index)
    if name not in known:
        raise DatasetNotFoundError(f"dataset not found: '{name}'")
    return known[name]


def load(project: Project, index: Index) -> dict[str, Dataset]:
    """All datasets by name.

    Raises: FormatError for a definition that is none, or a template that cannot be resolved.
    """
    from dvnb.pipeline.sections import top_level  # few projects have datasets

    found: dict[str, Dataset] = {}
    for file, definitions in top_level(project, index, "datasets"):
        pins: dict[str, dict[str, Any]] | None = None
        for raw in definitions:
            dataset = Dataset(str(raw.get("name", "")), file, spec_of(raw, project.shown(file)))
            pins = _pins(project, index, file) if pins is None else pins
            pin = pins.get(dataset.name)
            if pin is not None and pin.get("type") in TYPES:
                dataset.lock = pin if spec_of(pin, project.shown(file)) == dataset.spec else None
                dataset.invalidated = dataset.lock is None
            found[dataset.name] = dataset
    return found


def _pins(project: Project, index: Index, file: str) -> dict[str, dict[str, Any]]:
    path = lock_path(file)
    try:
        data = index.tree.read(project.relpath(path))
    except FileNotFoundError:
        return {}
    listed = lockfile.datasets(data, project.shown(path), project.state, index.tree.rev)
    return {str(pin.get("name", "")): pin for pin in listed}


def spec_of(raw: dict[str, Any], shown: str) -> dict[str, Any]:
    """A definition with the fields that its type has, empty ones left out; also that of a lock entry.

    Raises: FormatError.
    """
    kind = raw.get("type")
    missing = [key for key in ("name", "url", "type") if not isinstance(raw.get(key), str)]
    if missing or kind not in TYPES:
        what = f"has no '{missing[0]}' that is a text" if missing else f"has the unknown type '{kind}'"
        name = raw.get("name")
        raise FormatError(f"'{shown}' validation failed: dataset '{name}' {what}.", shown)
    return {key: raw[key] for key in _SPEC[kind] if raw.get(key)}


def lock_of(spec: dict[str, Any], **pinned: Any) -> dict[str, Any]:
    """The lock entry of a definition."""
    return {**spec, **{key: pinned[key] for key in _LOCK[spec["type"]] if pinned.get(key)}}


def status(project: Project, index: Index, path: str, recorded: dict[str, Any] | None) -> str | None:
    """A word for a dataset that differs from what a stage recorded: "not in sync", "new", "modified".

    Raises: DatasetNotFoundError.
    """
    dataset = find(project, index, path)
    if dataset.lock is None:
        return "not in sync"
    if not recorded:
        return "new"
    return None if recorded == dataset.lock else "modified"


def current(project: Project, index: Index, path: str) -> dict[str, Any]:
    """What a stage that runs now records of a dataset.

    Raises: DvnbError where dvc.lock does not pin what dvc.yaml defines.
    """
    dataset = find(project, index, path)
    if dataset.lock is None:
        if dataset.invalidated:
            message = f"Dataset information is not in sync. Run 'dvnb ds update {dataset.name}' to sync."
            raise DvnbError(message)
        raise DvnbError("Dataset information missing from dvc.lock file")
    return dataset.lock
