"""`dataset add` and `dataset update`: data of other repos, of DataChain or of storages that stages read as `ds://NAME`.

Source: dvc's repo/datasets.py, commands/dataset.py.
"""

from __future__ import annotations

import os
from typing import Any

from dvnb.errors import DvnbError, OwnershipError, TargetError
from dvnb.formats import dvcyaml, lockfile
from dvnb.formats.dvcfile import DepEntry
from dvnb.formats.dvcyaml import ParametrizedError
from dvnb.objects.files import read_if_there
from dvnb.pipeline import datasets
from dvnb.pipeline.datasets import Dataset
from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.pipeline.load import lock_path
from dvnb.repo.elsewhere import origins
from dvnb.repo.results import DatasetResult
from dvnb.repo.session import Session


def add(
    session: Session,
    name: str,
    url: str,
    kind: str,
    *,
    path: str | None = None,
    rev: str | None = None,
    force: bool = False,
) -> DatasetResult:
    """Define a dataset in the dvc.yaml of the current folder, and pin what it is now in dvc.lock.

    `kind`: "dvc" (`url` is a repo, `path` lies in it), "dc" (a name in DataChain) or "url" (a storage with versions).
    Raises: OwnershipError for a name that is taken; GitError; RemoteError; FormatError.
    """
    project = session.project
    for value, option in ((rev, "--rev"), (path, "--path")):
        if value and kind != "dvc":
            raise TargetError(f"{option} can't be used without --dvc")
    known = datasets.load(project, session.index).get(name)
    if known is not None and not force:
        raise OwnershipError(f"{name} already exists in {project.shown(known.file)}, use the --force to overwrite")
    raw = {"name": name, "url": url, "type": kind, "path": path, "rev": rev}
    spec = datasets.spec_of(raw, PIPELINE_FILE)
    new = Dataset(name, os.path.join(project.cwd, PIPELINE_FILE), spec, _pin(session, spec, None))
    _write(session, new, None)
    return _result(session, "added", None, new)


def update(session: Session, name: str, rev: str | None = None) -> DatasetResult:
    """Pin what a dataset is now; `rev`: from now on of this rev, of DataChain of this version.

    Raises: DatasetNotFoundError; TargetError for a rev where there are none; GitError; RemoteError.
    """
    known = datasets.load(session.project, session.index)
    if name not in known:
        raise datasets.DatasetNotFoundError(f"dataset not found: '{name}'", close_to(name, known))
    old = known[name]
    if old.spec["type"] == "url" and rev:
        raise TargetError("cannot update version/revision for a url")
    spec = {**old.spec, "rev": rev} if rev and old.spec["type"] == "dvc" else old.spec
    new = Dataset(name, old.file, spec, _pin(session, spec, rev))
    _write(session, new, old)
    same = old.lock == new.lock and old.spec == new.spec
    return _result(session, "unchanged" if same else "updated", old, new)


def close_to(name: str, known: Any) -> Any:
    """A hint at the name that may have been meant."""
    from difflib import get_close_matches

    from dvnb.errors import Hint

    found = get_close_matches(name, list(known), 1)
    return Hint("dataset", "update", found[0]) if found else None


def _pin(session: Session, spec: dict[str, Any], version: str | None) -> dict[str, Any]:
    kind = spec["type"]
    if kind == "dvc":
        entry = DepEntry(
            spec.get("path", ""), repo={"url": spec["url"]} | ({"rev": spec["rev"]} if "rev" in spec else {})
        )
        commit = origins.commit_of(session, session.project.cwd, entry, locked=False)
        return datasets.lock_of(spec, rev_lock=commit)
    if kind == "dc":
        return _pin_datachain(spec, version)
    scheme = spec["url"].partition("://")[0]
    raise TargetError(
        f"versions that {scheme}:// keeps cannot be recorded: track the data by import-url"
        if "://" in spec["url"]
        else f"'{spec['url']}' is no URL of a storage that keeps versions"
    )


def _pin_datachain(spec: dict[str, Any], version: str | None) -> dict[str, Any]:
    try:
        from importlib import import_module

        get_catalog: Any = import_module("datachain.catalog").get_catalog
    except ImportError as exc:
        raise DvnbError(f"datachain is not installed: {exc}") from exc
    name, _, fixed = spec["url"].removeprefix("dc://").removeprefix("ds://").partition("@v")
    wanted = (version or "").lstrip("v") or fixed
    if wanted and not wanted.isdigit():
        raise TargetError(f"DataChain dataset version has to be an integer, got '{wanted}'")
    record: Any = get_catalog().get_remote_dataset(name)
    found: Any = record.get_version(int(wanted) if wanted else record.latest_version)
    return datasets.lock_of(spec, version=found.version, created_at=found.created_at.isoformat())


def _write(session: Session, new: Dataset, old: Dataset | None) -> None:
    project, written = session.project, session.recorder.written
    if old is None or old.spec != new.spec:
        shown = project.shown(new.file)
        parsed = session.index.files.get(new.file)
        listed = [raw.get("name") for raw in parsed.datasets] if parsed else []
        if old is not None and new.name not in listed:
            raise ParametrizedError("cannot update a parametrized dataset entry")
        project.journal.write(new.file, dvcyaml.put_dataset(read_if_there(new.file), shown, new.spec))
        written.append(new.file)
    if new.lock is not None and (old is None or old.lock != new.lock):
        lock = lock_path(new.file)
        project.journal.write(lock, lockfile.put_dataset(read_if_there(lock), project.shown(lock), new.lock))
        written.append(lock)


def _result(session: Session, action: str, old: Dataset | None, new: Dataset) -> DatasetResult:
    to_stage, staged = session.tell_git(session.recorder.written)
    return DatasetResult(new.name, action, new.lock or {}, old.lock if old else None, to_stage, staged)
