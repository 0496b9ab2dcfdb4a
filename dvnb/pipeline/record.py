"""Writing down what stages made: cache, .gitignore, dvc.lock and .dvc files.

Source: dvc's stage/__init__.py (save, commit), dvcfile.py (dump), scm_context.py.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from dvnb.errors import DvnbError, StageFailedError
from dvnb.events import FileWritten, Warned
from dvnb.formats import lockfile, single_stage
from dvnb.objects.build import Built
from dvnb.objects.files import read_if_there
from dvnb.objects.hashing import MD5, Fingerprint
from dvnb.objects.links import plain_files
from dvnb.objects.save import add, save
from dvnb.pipeline.ignored_outs import IgnoredOuts
from dvnb.pipeline.index import Index
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.params import current_values
from dvnb.pipeline.stage import Out, Stage
from dvnb.pipeline.stage_records import data_file, listed, lock_entry, old_file
from dvnb.project.project import Project


class Recorder:
    """Records stages of one index; `written` are the metafiles (absolute) that changed and git should be told of."""

    def __init__(
        self, project: Project, index: Index, measure: Measure, position: Callable[[Stage], int] = lambda _stage: 0
    ) -> None:
        """`position`: where a stage stands among those that are recorded, in whichever order that is done."""
        self._project = project
        self._index = index
        self.measure = measure
        self.written: list[str] = []
        self._position = position
        self.ignores = IgnoredOuts(project, self.written)

    def take_deps(self, stage: Stage, *, allow_missing: bool = False) -> None:
        """Note on the stage what its deps and params are now.

        Raises: StageFailedError for one that is missing.
        """
        for dep in stage.deps:
            if dep.path.startswith("ds://"):
                from dvnb.pipeline import datasets  # few stages read any

                pinned = datasets.current(self._project, self._index, dep.path)
                dep.recorded = Fingerprint(None, extra={"dataset": pinned})
            if dep.repo is not None or dep.db is not None or "://" in dep.path:
                continue
            built = _whole(self.measure.dep(dep))
            if built is not None and not self.measure.holds_recorded_bytes(dep, built):
                # Entries of dvc 2 keep their algorithm only while the content stays the same (SPEC 2.9).
                new = self.measure.dep(dep, MD5)
                dep.recorded = (new or built).fingerprint
            elif built is None and not allow_missing:
                raise StageFailedError(f"[Errno 2] No such file or directory: '{dep.path}'")
        for params in stage.params:
            values = current_values(
                params, self._project.state, self._index.shown(params.path), strict=not allow_missing
            )
            if values is not None:
                params.recorded = values

    def take_outs(
        self,
        stage: Stage,
        *,
        commit: bool = True,
        allow_missing: bool = False,
        relink: bool = True,
        only: str | None = None,
    ) -> None:
        """Note on the stage what its outs are now, ignore them in git, and put the cached ones into the cache.

        `commit`: False only hashes. `only`: just the out at this path.

        Raises: StageFailedError for an out that is missing; OwnershipError for one that git tracks.
        """
        position = self._position(stage)
        for out in stage.outs:
            if only is None or out.path == only:
                self._take_out(out, position, commit=commit, allow_missing=allow_missing, relink=relink)

    def _take_out(self, out: Out, position: int, *, commit: bool, allow_missing: bool, relink: bool) -> None:
        shown = self._index.shown(out.path)
        if not self.measure.exists(out):
            if allow_missing:
                return
            raise StageFailedError(f"output '{shown}' does not exist")
        self.ignores.refuse_tracked(out)
        algorithm = self._algorithm(out)
        built = (
            self._add(out, algorithm, relink=relink)
            if out.cache and commit
            else _whole(self.measure.out(out, algorithm))
        )
        if built is None:
            raise StageFailedError(f"output '{shown}' does not exist")
        if not built.fingerprint.size and not built.fingerprint.nfiles:
            self._project.emit(Warned(f"'{shown}' is empty."))
        self.ignores.add(out, position)
        out.recorded = listed(built.fingerprint, built.tree, out)

    def _algorithm(self, out: Out) -> str:
        """Entries of dvc 2 keep their algorithm for as long as the content stays the same (SPEC 2.9)."""
        recorded = out.recorded.hash_info if out.recorded else None
        if recorded is None or recorded.algorithm == MD5:
            return MD5
        built = self.measure.out(out, recorded.algorithm)
        return recorded.algorithm if built and built.fingerprint.hash_info == recorded else MD5

    def _add(self, out: Out, algorithm: str, *, relink: bool) -> Built | None:
        """Hash an out and put it into the cache, reading what is new only once."""
        project = self._project
        if relink and any(kind in ("hardlink", "symlink") for kind in project.link_types):
            project.journal.link(out.path, plain_files(out.path))
        if algorithm == MD5 and not self.measure.knows(out.path):
            built = add(
                out.path,
                project.cache,
                link_types=project.link_types,
                relink=relink,
                state=project.state,
                ignore=project.ignore,
                emit=project.emit,
            )
        else:
            built = _whole(self.measure.out(out, algorithm))
            if built is not None:
                save(
                    built,
                    out.path,
                    project.cache,
                    link_types=project.link_types,
                    relink=relink,
                    state=project.state,
                    emit=project.emit,
                )
        self.measure.forget(out.path)
        project.state.record_links([out.path])
        return built

    def cache_copies(self, outs: list[Out]) -> None:
        """Keep a copy of uncached outs too, so that the run cache can restore them; the workspace stays as it is."""
        project = self._project
        for out in outs:
            built = self.measure.out(out)
            if built is not None:
                save(
                    built,
                    out.path,
                    project.cache,
                    link_types=["copy"],
                    relink=False,
                    state=project.state,
                    emit=project.emit,
                )

    def write(self, stage: Stage, *, before: str | None = None) -> None:
        """Write a stage's record: its dvc.lock entry, or the hashes in its .dvc file.

        `before`: the stage that a new entry comes before; without it, new entries come last.
        """
        if stage.name is None:
            self._write_dvcfile(stage)
        else:
            self._write_lock(stage, before)

    def _write_lock(self, stage: Stage, before: str | None) -> None:
        path = lock_path(stage.file)
        old = read_if_there(path)
        entry = lock_entry(stage)
        assert stage.name is not None  # noqa: S101 - checked by `write`
        new = lockfile.update(old, self._index.shown(path), stage.name, entry, self._project.state, before=before)
        stage.locked, stage.recorded_cmd = True, stage.cmd
        if new != old:
            self._write(path, new)
            self._project.emit(FileWritten(self._index.shown(path), "lock", created=old is None, stage=stage.name))

    def _write_dvcfile(self, stage: Stage) -> None:
        old = read_if_there(stage.file)
        if old is None:
            raise DvnbError(f"'{self._index.shown(stage.file)}' does not exist")
        shown = self._index.shown(stage.file)
        new = old_file(stage, old, shown) if single_stage.looks_old(old) else data_file(stage, old, shown)
        if new != old:
            self._write(stage.file, new)

    def _write(self, path: str, data: bytes) -> None:
        self._project.journal.write(path, data)
        if path not in self.written:
            self.written.append(path)


def _whole(built: Built | None) -> Built | None:
    """What was measured, where no link in it leads nowhere: nobody knows what such stood for.

    Raises: FileNotFoundError.
    """
    if built is not None and built.broken:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), built.broken[0])
    return built
