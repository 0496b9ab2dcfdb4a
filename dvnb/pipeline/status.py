"""Whether a stage, dep or out changed, and in which of dvc's words.

Source: dvc's stage/__init__.py (status, changed), output.py (status), dependency/param.py; SPEC 4.11, 4.12.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dvnb.pipeline.index import Index
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.params import params_status
from dvnb.pipeline.stage import Dep, Out, ParamsDep, Stage
from dvnb.project.project import Project

Reasons = list[Any]


class StageStatus:
    """Answers for the stages of one index, by what the workspace holds when first asked."""

    def __init__(self, project: Project, index: Index, measure: Measure) -> None:
        self._project = project
        self._index = index
        self._measure = measure

    def reasons(self, stage: Stage, only: str | None = None) -> Reasons:
        """Why a stage is not up to date, as `status --json` has it; [] where it is. `only`: outs at or below a path."""
        found: Reasons = []
        deps = {} if stage.frozen else self.changed_deps(stage)
        if deps:
            found.append({"changed deps": deps})
        outs = self.changed_outs(stage, only)
        if outs:
            found.append({"changed outs": outs})
        if stage.is_callback or stage.always_changed:
            found.append("always changed")
        if self.definition_changed(stage):
            found.append("changed checksum" if stage.name is None else "changed command")
        return found

    def changed_deps(self, stage: Stage) -> dict[str, Any]:
        """Path as shown -> word, or for a params file key -> word."""
        found: dict[str, Any] = {}
        for dep in stage.deps:
            word = self.dep(dep)
            if word:
                found[self._shown(dep)] = word
        for params in stage.params:
            word = self.params(params)
            if word:
                found[self._shown(params)] = word
        return found

    def changed_outs(self, stage: Stage, only: str | None = None) -> dict[str, str]:
        """Path as shown -> word."""
        words = ((out, self.out(out)) for out in stage.outs if only is None or _related(out.path, only))
        return {self._shown(out): word for out, word in words if word}

    def definition_changed(self, stage: Stage) -> bool:
        """Whether the command (a .dvc file: its top checksum) differs from what was recorded."""
        if stage.name is None:
            return stage.recorded_md5 != stage.definition_md5
        return stage.locked and stage.recorded_cmd != stage.cmd

    def out(self, out: Out) -> str | None:
        """One of "not in cache", "deleted", "modified"; None where it is as recorded.

        What the cache lacks comes first, whatever the workspace holds; it is measured first all the same, since an
        unchanged folder then tells its members without reading its listing.
        """
        recorded = out.recorded.hash_info if out.recorded else None
        built = self._measure.out(out)
        if recorded and out.cache and not self._measure.is_cached(recorded):
            return "not in cache"
        if built is None:
            return "deleted"
        return None if built.fingerprint.hash_info == recorded else "modified"

    def dep(self, dep: Dep) -> str | None:
        """One of "deleted", "modified"; None where it is as recorded (or is an import's origin, which is not asked).

        Of a dataset it is one of "not in sync", "new", "modified".
        """
        if dep.path.startswith("ds://"):
            from dvnb.pipeline import datasets  # few stages read any

            recorded = dep.recorded.extra.get("dataset") if dep.recorded else None
            return datasets.status(self._project, self._index, dep.path, recorded)
        if dep.repo is not None or dep.db is not None or "://" in dep.path:
            return None
        built = self._measure.dep(dep)
        if built is None:
            return "deleted"
        return None if self._measure.dep_is_as_recorded(dep, built) else "modified"

    def params(self, params: ParamsDep) -> Any:
        """A word for the file, or key -> word; None where all is as recorded."""
        return params_status(params, self._project.state)

    def without_missing(self, stage: Stage, upstream: Iterable[Stage] = ()) -> Reasons:
        """Like `reasons`, but content that is merely absent does not count (`--allow-missing`).

        An absent dep counts after all where an upstream stage records other content for it.
        """
        if self.definition_changed(stage) or (not stage.frozen and (stage.is_callback or stage.always_changed)):
            return self.reasons(stage)
        outs = {
            path: word for path, word in self.changed_outs(stage).items() if word not in ("not in cache", "deleted")
        }
        deps = {} if stage.frozen else self.changed_deps(stage)
        elsewhere = {self._shown(out): out.recorded for source in upstream for out in source.outs}
        recorded = {self._shown(dep): dep.recorded for dep in stage.deps}
        absent = [path for path, word in deps.items() if word == "deleted" and path in recorded]
        for path in absent:
            made = elsewhere.get(path)
            expected = recorded[path]
            if made is None or (expected is not None and made.hash_info == expected.hash_info):
                del deps[path]
        return [{"changed deps": deps}] * bool(deps) + [{"changed outs": outs}] * bool(outs)

    def _shown(self, item: Dep | ParamsDep | Out) -> str:
        """As dvc names it: seen from the current folder, or absolute where it lies outside of the project."""
        path = item.path
        return path if "://" in path or not self._project.contains(path) else self._index.shown(path)


def _related(path: str, only: str) -> bool:
    return path == only or only.startswith(path + "/") or path.startswith(only + "/")
