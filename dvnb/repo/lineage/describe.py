"""What is known of each place on the way: hashes, params, notebooks, state, and the commit that brought it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from dvnb.errors import DvnbError, MissingObjectsError
from dvnb.objects.hashing import Fingerprint, HashInfo
from dvnb.pipeline.index import Index
from dvnb.pipeline.load import lock_path, read_lock
from dvnb.pipeline.params import load_params, select
from dvnb.pipeline.stage import Out, ParamsDep, Stage
from dvnb.project.project import Project
from dvnb.repo.lineage.changes import LastChanges, entry_of
from dvnb.repo.lineage.notebooks import notebook_run
from dvnb.repo.lineage.trace import Place, Trace
from dvnb.repo.results.lineage import Kind, LineageNode
from dvnb.repo.session import Session

_NOTEBOOK = ".ipynb"


class Describer:
    """Makes the nodes of a trace; `session` is None where a rev is asked about: then the workspace does not count."""

    def __init__(self, project: Project, index: Index, trace: Trace, session: Session | None) -> None:
        self._project = project
        self._index = index
        self._trace = trace
        self._session = session
        self._names = _names(index, trace.roles)
        self._locks: dict[str, dict[str, Any]] = {}

    def nodes(self) -> list[LineageNode]:
        """All, in the order in which they were met."""
        stages = [place for place in self._trace.roles if isinstance(place, Stage)]
        values = {stage: {self._shown(dep.path): self._values(dep) for dep in stage.params} for stage in stages}
        with LastChanges(self._project, self._watched(), self._index.tree.rev) as changes:
            return [
                self._stage(place, values[place], changes)
                if isinstance(place, Stage)
                else self._path(place, values.values(), changes)
                for place in self._trace.roles
            ]

    def edges(self) -> list[tuple[str, str]]:
        """By the nodes' names."""
        return [(self._names[above], self._names[below]) for above, below in self._trace.edges]

    def _watched(self) -> Iterator[str]:
        """The paths in git that tell what changed when."""
        for place in self._trace.roles:
            stage = place if isinstance(place, Stage) else (self._index.containing(place) or (None,))[0]
            if stage is not None:
                yield stage.file
                if stage.name is not None:
                    yield lock_path(stage.file)
            if isinstance(place, str):
                yield place

    # ---- stages

    def _stage(self, stage: Stage, params: dict[str, dict[str, Any]], changes: LastChanges) -> LineageNode:
        name, role = self._names[stage], self._trace.roles[stage]
        address = self._index.address(stage)
        if stage.is_data_source:
            dep = stage.deps[0]
            node = LineageNode(name, _origin(stage), "origin", role, tracked_by=address)
            repo = dep.repo or {}
            node.hash = repo.get("rev_lock") or _hash(dep.recorded)
            node.commit = changes.of_file(stage.file)
            return node
        node = LineageNode(name, address, "stage", role, cmd=stage.cmd, params=params)
        node.notebook = notebook_run(stage, self._project, self._index.tree)
        if stage.name is None:
            node.commit = changes.of_file(stage.file)
        elif stage.locked:
            node.commit = changes.of_stage(lock_path(stage.file), stage.name, self._locked(stage).get("entry"))
        if self._session is not None:
            node.state = "changed" if self._session.status.reasons(stage) else None
        return node

    def _values(self, dep: ParamsDep) -> dict[str, Any]:
        """What the last run read, else what the file says."""
        if dep.recorded:
            return dict(dep.recorded)
        try:
            data = self._index.tree.read(self._project.relpath(dep.path))
            return select(load_params(data, dep.path, self._project.state), dep.keys)
        except (OSError, DvnbError):  # a stage that cannot run is shown nevertheless
            return {}

    def _locked(self, stage: Stage) -> dict[str, Any]:
        lock = lock_path(stage.file)
        if lock not in self._locks:
            entries = read_lock(self._project, self._index.tree, lock)
            self._locks[lock] = {name: entry_of(entry) for name, entry in entries.items()}
        return self._locks[lock].get(stage.name or "", {})

    # ---- paths

    def _path(self, path: str, values: Iterable[dict[str, dict[str, Any]]], changes: LastChanges) -> LineageNode:
        node = LineageNode(self._names[path], self._shown(path), "file", self._trace.roles[path])
        owner = self._index.containing(path)
        if owner is not None:
            self._made(node, path, *owner, changes)
        else:
            self._read(node, path, changes)
        for params in values:
            if node.path in params:
                node.params.setdefault(node.path, {}).update(params[node.path])
        return node

    def _made(self, node: LineageNode, path: str, stage: Stage, out: Out, changes: LastChanges) -> None:
        node.kind = "data"
        node.type = None if out.kind == "outs" else out.kind
        node.tracked_by = self._index.address(stage)
        hash_info = out.recorded.hash_info if out.recorded else None
        if out.path == path:
            _record(node, out.recorded)
        else:
            node.part_of = self._shown(out.path)
            node.hash = self._member(hash_info, os.path.relpath(path, out.path))
        if self._session is not None:
            node.state = self._session.status.out(out)
        if stage.name is None and stage.cmd is not None:
            node.commit = changes.of_file(stage.file)
        elif hash_info is not None:
            file = stage.file if stage.name is None else lock_path(stage.file)
            node.commit = changes.of_out(file, stage.name, out.text, hash_info.value)

    def _member(self, folder: HashInfo | None, inner: str) -> str | None:
        """The hash of a file in a folder, None where the listing is not in the cache."""
        if folder is None or not folder.is_dir:
            return None
        try:
            return self._project.cache.read_tree(folder).entries.get(inner.replace(os.sep, "/"))
        except MissingObjectsError:
            return None

    def _read(self, node: LineageNode, path: str, changes: LastChanges) -> None:
        found = [dep for stage in self._index.stages for dep in stage.deps if dep.path == path]
        node.kind = self._kind(path)
        if found:
            _record(node, next((dep.recorded for dep in found if dep.recorded), None))
            if self._session is not None:
                node.state = next(filter(None, map(self._session.status.dep, found)), None)
        elif self._session is not None and any(map(self._session.status.params, self._params_at(path))):
            node.state = "modified"
        if "://" not in path:
            node.commit = changes.of_file(path)

    def _params_at(self, path: str) -> list[ParamsDep]:
        return [dep for stage in self._index.stages for dep in stage.params if dep.path == path]

    def _kind(self, path: str) -> Kind:
        if "://" in path:
            return "url"
        if path.endswith(_NOTEBOOK):
            return "notebook"
        return "params" if self._params_at(path) else "file"

    def _shown(self, path: str) -> str:
        return path if "://" in path else self._index.shown(path).replace(os.sep, "/")


def _names(index: Index, places: Iterable[Place]) -> dict[Place, str]:
    """A name for each; a stage's says that it is one where a path has the same."""
    places = list(places)
    paths = {place: place if "://" in place else index.shown(place) for place in places if isinstance(place, str)}
    taken = set(paths.values())
    names: dict[Place, str] = {}
    for place in places:
        if not isinstance(place, Stage):
            names[place] = paths[place]
            continue
        name = _origin(place) if place.is_data_source else index.address(place)
        while name in taken:
            name = f"{name} ({'origin' if place.is_data_source else 'stage'})"
        taken.add(name)
        names[place] = name
    return names


def _origin(stage: Stage) -> str:
    """Where imported data came from: `URL:path@rev`."""
    dep = stage.deps[0]
    if dep.repo is None:
        return dep.text
    rev = dep.repo.get("rev")
    return f"{dep.repo.get('url', '')}:{dep.text}" + (f"@{rev}" if rev else "")


def _record(node: LineageNode, recorded: Fingerprint | None) -> None:
    if recorded is not None:
        node.hash, node.size, node.nfiles = _hash(recorded), recorded.size, recorded.nfiles


def _hash(recorded: Fingerprint | None) -> str | None:
    return recorded.hash_info.value if recorded and recorded.hash_info else None
