"""`Repo`, the part that tracks data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.repo.results import (
        AddResult,
        CheckoutResult,
        CommitResult,
        IgnoreResult,
        MoveResult,
        RemoveResult,
        UnprotectResult,
    )


class DataVerbs(Opened):
    """Tracking data and bringing it back: add, commit, checkout, check-ignore, remove, move, unprotect."""

    def add(
        self,
        *targets: str,
        glob: bool = False,
        out: str | None = None,
        no_commit: bool = False,
        force: bool = False,
        relink: bool = True,
        to_remote: bool = False,
        remote: str | None = None,
        remote_jobs: int | None = None,
    ) -> AddResult:
        """Track files and folders.

        `out`: the one target, a path or URL, is copied there first. `to_remote`: it goes to a remote and nowhere else.
        """
        if not (out or to_remote):
            from dvnb.repo.data import tracking as data

            with self._writing("add") as session:
                return data.add(session, targets, glob=glob, commit=not no_commit, relink=relink)
        from dvnb.repo.data import adding

        target = adding.only_target(targets)
        with self._writing("add") as session:
            if to_remote:
                return adding.add_to_remote(session, target, out, remote=remote, jobs=remote_jobs, force=force)
            return adding.add_from_elsewhere(session, target, out or "", force=force)

    def commit(
        self, *targets: str, force: bool = False, with_deps: bool = False, recursive: bool = False, relink: bool = True
    ) -> CommitResult:
        """Record what the workspace holds, without running anything."""
        from dvnb.repo.data import tracking as data

        with self._writing("commit") as session:
            return data.commit(session, targets, force=force, with_deps=with_deps, recursive=recursive, relink=relink)

    def checkout(
        self,
        *targets: str,
        rev: str | None = None,
        with_deps: bool = False,
        recursive: bool = False,
        force: bool = False,
        relink: bool = False,
        allow_missing: bool = False,
        verify: bool = False,
    ) -> CheckoutResult:
        """Bring recorded data into the workspace; with `rev` just the targets, as that rev has them.

        `verify`: read each object before a file is made of it.
        """
        from dvnb.repo.data import workspace

        with self._writing("checkout") as session:
            if rev is not None:
                return workspace.check_out_rev(session, rev, targets, force=force, verify=verify)
            return workspace.check_out(
                session,
                targets,
                with_deps=with_deps,
                recursive=recursive,
                force=force,
                relink=relink,
                allow_missing=allow_missing,
                verify=verify,
            )

    def check_ignore(self, *paths: str) -> IgnoreResult:
        """Which of these paths `.dvcignore` files leave out, and why."""
        from dvnb.repo.data import ignoring

        with self._reading() as session:
            return ignoring.check(session, paths)

    def remove(self, *targets: str, outs: bool = False) -> RemoveResult:
        """Forget stages and tracked data; the data stays, as writable copies, unless `outs`."""
        from dvnb.repo.data import removal

        with self._writing("remove") as session:
            return removal.remove(session, targets, outs=outs)

    def move(self, source: str, target: str) -> MoveResult:
        """Rename tracked data and its .dvc file."""
        from dvnb.repo.data import moving

        with self._writing("move") as session:
            return moving.move(session, source, target)

    def unprotect(self, *targets: str) -> UnprotectResult:
        """Turn links into the cache into writable copies."""
        from dvnb.repo.data import removal

        with self._writing("unprotect") as session:
            return removal.unprotect(session, targets)
