"""`Repo`, the part that shares data."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dvnb.errors import MissingObjectsError
from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.formats.remote_settings import RemoteSettings
    from dvnb.repo.results import PullResult, RemoteListResult, TransferSummary


class RemoteVerbs(Opened):
    """Sharing data: push, fetch, pull, and the remotes themselves."""

    def push(self, *targets: str, **options: Any) -> TransferSummary:
        """Copy used objects to the remote; `options` are those of `remotes.scope.Scope`."""
        from dvnb.repo.remotes import sync
        from dvnb.repo.remotes.scope import Scope

        with self._writing("push") as session:
            return sync.push(session, Scope(targets, **options))

    def fetch(self, *targets: str, **options: Any) -> TransferSummary:
        """Copy missing objects from the remote into the cache; `options` are those of `remotes.scope.Scope`."""
        from dvnb.repo.remotes import sync
        from dvnb.repo.remotes.scope import Scope

        with self._writing("fetch") as session:
            return sync.fetch(session, Scope(targets, **options))

    def pull(self, *targets: str, force: bool = False, allow_missing: bool = False, **options: Any) -> PullResult:
        """`fetch`, then `checkout`."""
        from dvnb.repo.data import workspace
        from dvnb.repo.remotes import sync
        from dvnb.repo.remotes.scope import Scope, scope_targets
        from dvnb.repo.results import PullResult

        with self._writing("pull") as session:
            scope = Scope(targets, **options)
            fetched = sync.fetch(session, scope, allow_missing=allow_missing)
            try:
                checked_out = workspace.check_out(
                    session,
                    scope_targets(session, scope),
                    with_deps=scope.with_deps,
                    recursive=scope.recursive,
                    force=force,
                    allow_missing=allow_missing,
                )
            except MissingObjectsError as error:
                error.result = PullResult(fetched, error.result)
                raise
        return PullResult(fetched, checked_out)

    @contextmanager
    def _remote_setting(self, verb: str) -> Generator[RemoteSettings]:
        from dvnb.formats.remote_settings import RemoteSettings

        with self._setting(verb) as editor:
            yield RemoteSettings(editor)

    def remote_add(
        self, name: str, url: str, *, default: bool = False, force: bool = False, level: str | None = None
    ) -> None:
        """Add a remote."""
        with self._remote_setting("remote add") as remotes:
            remotes.add(level, name, url, force=force, default=default)

    def remote_remove(self, name: str, *, level: str | None = None) -> None:
        """Remove a remote from the configuration; its content stays."""
        with self._remote_setting("remote remove") as remotes:
            remotes.remove(level, name)

    def remote_modify(self, name: str, option: str, value: str | None, *, level: str | None = None) -> None:
        """Set an option of a remote; None removes it."""
        with self._remote_setting("remote modify") as remotes:
            remotes.modify(level, name, option, value)

    def remote_rename(self, name: str, new: str, *, level: str | None = None) -> None:
        """Rename a remote."""
        with self._remote_setting("remote rename") as remotes:
            remotes.rename(level, name, new)

    def remote_default(self, name: str | None = None, *, unset: bool = False, level: str | None = None) -> str | None:
        """The default remote; with `name` or `unset` it is changed first."""
        if name or unset:
            with self._remote_setting("remote default") as remotes:
                remotes.set_default(level, None if unset else name)
        return self._config().default_remote(level)

    def remote_list(self, level: str | None = None) -> RemoteListResult:
        """The remotes."""
        from dvnb.repo.upkeep import settings

        return settings.list_remotes(self._config(), level)
