"""`Repo`, the part that looks after the project itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dvnb.project.discover import DVC_DIR
from dvnb.repo.elsewhere import anywhere
from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.repo.results import (
        ConfigResult,
        DestroyResult,
        FsckResult,
        GcResult,
        InstallResult,
        MergeResult,
        MigrateResult,
        OperationsResult,
        TrashEmptyResult,
        UndoResult,
    )


OWN = "dvnb."


class UpkeepVerbs(Opened):
    """The project itself: its settings, its cache, its place in git."""

    init = staticmethod(anywhere.init)

    def destroy(self) -> DestroyResult:
        """End the project; the data stays, all else goes into the trash."""
        from dvnb.repo.data import removal

        with self._writing("destroy") as session:
            return removal.destroy(session)

    def gc(self, *, force: bool = False, dry: bool = False, purge: bool = False, **scope: Any) -> GcResult:
        """Remove objects that nothing in scope uses; `scope` is that of `gc_scope.GcScope`."""
        from dvnb.repo.upkeep import gc, gc_scope

        with self._writing("gc") as session:
            return gc.collect_garbage(session, gc_scope.GcScope(**scope), force=force, dry=dry, purge=purge)

    def undo(self, operation: str | None = None) -> UndoResult:
        """Take an operation back, by its id (default: the last one), as far as its paths did not change since.

        After `destroy` it brings the project back.
        """
        from dvnb.repo.upkeep import gone, undo

        words = f"undo {operation}" if operation else "undo"
        if not os.path.isdir(os.path.join(self.root, DVC_DIR)):
            return gone.undo(self.cwd, operation, listener=self._listener, command=self._command or words)
        with self._writing(words) as session:
            return undo.undo(session.project, operation)

    def operations(self) -> OperationsResult:
        """What was done, the latest first, as far as it can be undone or something is kept of it."""
        from dvnb.repo.upkeep import undo

        with self._reading() as session:
            return undo.operations(session.project)

    def trash_empty(self, *operations: str, older_than: float | None = None) -> TrashEmptyResult:
        """Remove for good what is kept of these operations (default: of all); `older_than` is in days."""
        from dvnb.repo.upkeep import undo

        with self._writing("trash empty") as session:
            return undo.empty(session.project, operations, older_than=older_than)

    def fsck(self, *, remote: str | bool = False, repair: bool = False, jobs: int | None = None) -> FsckResult:
        """Read all objects of the cache again, or those of a remote (its name, or True for the default one)."""
        from dvnb.repo.upkeep import fsck

        with self._writing("fsck") as session:
            if remote:
                return fsck.fsck_remote(session, remote if isinstance(remote, str) else None, repair=repair, jobs=jobs)
            return fsck.fsck(session, repair=repair, jobs=jobs)

    def config(
        self,
        name: str | None = None,
        value: str | None = None,
        *,
        level: str | None = None,
        unset: bool = False,
        list: bool = False,  # noqa: A002 - dvc's flag
        show_origin: bool = False,
    ) -> ConfigResult:
        """Ask for an option, set it (`value`), remove it (`unset`), or list all."""
        from dvnb.repo.results import ConfigResult
        from dvnb.repo.upkeep import settings

        if name is not None and name.startswith(OWN):
            return self._own_setting(name.removeprefix(OWN), value, level, unset=unset)
        config = self._config()
        if list or name is None:
            return settings.list_all(config, level)
        if value is None and not unset:
            return settings.ask(config, name, level, show_origin=show_origin)
        with self._setting("config", lock=False) as editor:
            if unset or value is None:
                editor.unset(level, name)
            else:
                editor.set(level, name, value)
        return ConfigResult()

    def _own_setting(self, name: str, value: str | None, level: str | None, *, unset: bool) -> ConfigResult:
        from dvnb.formats.settings import Settings
        from dvnb.repo.results import ConfigResult

        project = self._open("config")
        if value is None and not unset:
            found = project.settings.get(name, level)
            return ConfigResult(value=None if found is None else f"{found:g}")
        try:
            with project.settling():
                Settings(project.dvc_dir, project.journal.write).set(level, name, None if unset else value)
        finally:
            project.close()
        return ConfigResult()

    def cache_dir(self, value: str | None = None, *, level: str | None = None, unset: bool = False) -> ConfigResult:
        """The cache folder; with `value` or `unset` it is changed instead."""
        from dvnb.repo.results import ConfigResult

        if value is None and not unset:
            return ConfigResult(self._config().cache_dir(level) if level else self._open().cache_dir)
        with self._setting("cache dir", lock=False) as editor:
            editor.set_cache_dir(level, value)
        return ConfigResult()

    def cache_migrate(self, *, dvc_files: bool = False, dry: bool = False) -> MigrateResult:
        """Give objects of dvc 2 the place and hash of dvc 3; `dvc_files`: and record these in metafiles."""
        from dvnb.repo.upkeep import migrate

        with self._writing("cache migrate") as session:
            return migrate.migrate(session, dvc_files=dvc_files, dry=dry)

    def install(self, *, use_pre_commit_tool: bool = False) -> InstallResult:
        """Let git call dvnb: hooks and the merge driver."""
        from dvnb.repo.upkeep import hooks

        project = self._open("install")
        try:
            return hooks.install(project, use_pre_commit_tool=use_pre_commit_tool)
        finally:
            project.close()

    def wants_checkout(self, arguments: Sequence[str]) -> bool:
        """Whether git's hook `post-checkout`, called with these arguments, asks for a checkout."""
        from dvnb.repo.upkeep import hooks

        return hooks.wants_checkout(self._open(), arguments)

    def merge_metafile(self, ancestor: str, our: str, their: str, path: str | None = None) -> MergeResult:
        """Merge three versions of a metafile into the file `our`; `path` is its name in the project.

        No lock is taken: whoever runs git may hold it, and objects are only added.
        """
        from dvnb.repo.upkeep import merge

        project = self._open()
        try:
            base, mine, yours = (os.path.join(self.cwd, version) for version in (ancestor, our, their))
            return merge.merge(project, base, mine, yours, path or our)
        finally:
            project.close()
