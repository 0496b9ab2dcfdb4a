"""`why`: what made a stage stale, how much of it, and since when.

What changed is what `status` says; here it is told in detail: hashes, numbers of files, rows and lines, commits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from dvnb.errors import DvnbError, MissingObjectsError, TargetError
from dvnb.objects.hashing import Fingerprint, HashInfo, md5_bytes
from dvnb.objects.tree import Tree
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.params import load_params, select
from dvnb.pipeline.stage import Dep, Out, ParamsDep, Stage
from dvnb.repo.results import Cause, WhyResult
from dvnb.repo.running.since import Since, told
from dvnb.repo.session import Session

_LARGEST_COMPARED = 256 << 20


def why(session: Session, target: str) -> WhyResult:
    """What changed of a stage since its last run.

    Raises: TargetError for what is not one stage; FormatError.
    """
    stage = _one_stage(session, target)
    with Since(session, stage) as since:
        causes = list(_Causes(session, stage, since).found())
        recorded = stage.recorded_md5 is not None if stage.name is None else stage.locked
        ran = told(since.ran) if since.ran and recorded else None
    return WhyResult(session.index.address(stage), causes, recorded, stage.frozen, ran)


def _one_stage(session: Session, target: str) -> Stage:
    stages = session.targets.stages([target])
    if len(stages) != 1:
        names = ", ".join(f"'{session.index.address(stage)}'" for stage in stages)
        raise TargetError(
            f"'{target}' is not one stage but {len(stages)}: {names}" if stages else f"no stage: '{target}'"
        )
    return stages[0]


class _Causes:
    """Finds them; content is compared in the temporary folder that `_compared` makes."""

    def __init__(self, session: Session, stage: Stage, since: Since) -> None:
        self._session = session
        self._stage = stage
        self._since = since

    def found(self) -> Iterator[Cause]:
        """All, in the order of `status`."""
        stage, status = self._stage, self._session.status
        if not stage.frozen:
            for dep in stage.deps:
                state = status.dep(dep)
                if state:
                    yield self._dep(dep, state)
            for params in stage.params:
                state = status.params(params)
                if state:
                    yield from self._params(params, state)
        for out in stage.outs:
            state = status.out(out)
            if state:
                yield self._out(out, state)
        if stage.is_callback or stage.always_changed:
            yield Cause("always", self._shown(stage.file), "always changed")
        if status.definition_changed(stage):
            yield self._definition()

    def _shown(self, path: str) -> str:
        return path if "://" in path else self._session.index.shown(path)

    def _dep(self, dep: Dep, state: str) -> Cause:
        built = None if "://" in dep.path else self._session.measure.dep(dep)
        recorded = dep.recorded
        old = recorded.hash_info if recorded else None
        now = built.fingerprint.hash_info if built else None
        cause = Cause("dep", self._shown(dep.path), state, old=_value(old), new=_value(now))
        if "://" in dep.path:
            return cause
        if old and recorded and now:
            self._count(cause, dep.path, recorded, now, built.tree if built else None)
        cause.since = self._since_of(dep.path, old)
        return cause

    def _since_of(self, path: str, old: HashInfo | None) -> dict[str, str] | None:
        """The commit since which a path has other content: of its metafile where it is tracked, else its own."""
        owner = self._session.index.containing(path)
        if owner is None:
            return self._since.first_change(path)
        stage, out = owner
        if out.recorded is None or out.recorded.hash_info == old:
            return None  # other than recorded only in the workspace
        file = stage.file if stage.name is None else lock_path(stage.file)
        return self._since.first_change(file, lambda data: not old or old.value.encode() not in data)

    def _out(self, out: Out, state: str) -> Cause:
        built = self._session.measure.out(out)
        recorded = out.recorded
        old = recorded.hash_info if recorded else None
        now = built.fingerprint.hash_info if built else None
        cause = Cause("out", self._shown(out.path), state, old=_value(old), new=_value(now))
        if old and recorded and now and old != now:
            self._count(cause, out.path, recorded, now, built.tree if built else None)
        return cause

    def _params(self, params: ParamsDep, state: Any) -> Iterator[Cause]:
        path, project = self._shown(params.path), self._session.project
        if isinstance(state, str):
            yield Cause("param", path, state, since=self._since.first_change(params.path))
            return
        with open(params.path, "rb") as file:
            now = select(load_params(file.read(), path, project.state), params.keys)
        recorded = params.recorded or {}
        for key, word in state.items():
            cause = Cause("param", path, word, key, recorded.get(key), now.get(key))

            def differs(data: bytes, key: str = key) -> bool:
                with suppress(DvnbError):
                    return select(load_params(data, path), [key]).get(key) != recorded.get(key)
                return False

            cause.since = self._since.first_change(params.path, differs)
            yield cause

    def _definition(self) -> Cause:
        stage = self._stage
        shown = self._shown(stage.file)
        since = self._since.first_change(stage.file)
        if stage.name is None:
            return Cause("definition", shown, "changed checksum", since=since)
        return Cause("command", shown, "changed command", old=stage.recorded_cmd, new=stage.cmd, since=since)

    # ---- how much

    def _count(self, cause: Cause, path: str, recorded: Fingerprint, now: HashInfo, tree: Tree | None) -> None:
        """Count files of a folder, rows or lines of a file, where the old content is still to be had."""
        old = recorded.hash_info
        assert old is not None  # noqa: S101 - checked by the callers
        cache = self._session.project.cache
        if old.is_dir != now.is_dir:
            return
        if old.is_dir:
            with suppress(MissingObjectsError):
                before = cache.read_tree(old).entries
                cause.files = _tree_counts(before, tree.entries if tree else {})
            return
        with suppress(DvnbError, OSError):
            self._compare(cause, path, old)

    def _compare(self, cause: Cause, path: str, old: HashInfo) -> None:
        from tempfile import TemporaryDirectory

        from dvnb.reports.content.compare import compare_file
        from dvnb.reports.content.found import Side, TableDiff, TextDiff, TreeDiff
        from dvnb.reports.content.tables import Wanted

        with TemporaryDirectory(prefix="dvnb-") as folder:
            before = self._old_content(path, old, folder)
            if before is None or max(os.path.getsize(before), os.path.getsize(path)) > _LARGEST_COMPARED:
                return
            sides = (Side("recorded", before, os.path.getsize(before)), Side("workspace", path, os.path.getsize(path)))
            detail = compare_file(cause.path, *sides, Wanted((), 0)).detail
        if isinstance(detail, TableDiff):
            cause.rows = {"added": detail.added, "removed": detail.removed, "changed": detail.changed}
        elif isinstance(detail, TreeDiff):
            cause.values = {"added": detail.added, "removed": detail.removed, "changed": detail.changed}
        elif isinstance(detail, TextDiff):
            cause.lines = {"added": detail.added, "removed": detail.removed}

    def _old_content(self, path: str, old: HashInfo, folder: str) -> str | None:
        """A file with the content that was recorded: the cache's, or one of git's."""
        project = self._session.project
        if project.cache.has(old):
            return project.cache.path(old)
        if self._since.ran is None or not project.contains(path):
            return None
        data = self._since.read(self._since.ran, project.relpath(path))
        if data is None or (md5_bytes(data) != old.value and old.algorithm == "md5"):
            return None
        place = os.path.join(folder, "old")
        with open(place, "wb") as file:
            file.write(data)
        return place


def _tree_counts(old: dict[str, str], new: dict[str, str]) -> dict[str, int]:
    return {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "changed": sum(1 for name in old.keys() & new.keys() if old[name] != new[name]),
    }


def _value(hash_info: HashInfo | None) -> str | None:
    return hash_info.value if hash_info else None
