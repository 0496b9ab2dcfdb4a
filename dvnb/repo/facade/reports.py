"""`Repo`, the part that tells what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvnb.repo.facade.opening import Opened
from dvnb.repo.facade.remembered import remembered

if TYPE_CHECKING:
    from dvnb.repo.results import (
        CloudStatusResult,
        ContentDiffResult,
        DataDiffResult,
        DataStatusResult,
        DiffResult,
        LogResult,
        MetricsShowResult,
        StatusResult,
    )


class ReportVerbs(Opened):
    """What changed: status, diff, log, params and metrics."""

    @remembered(elsewhere=True)
    def status(
        self, *targets: str, with_deps: bool = False, recursive: bool = False, check_updates: bool = True
    ) -> StatusResult:
        """What changed since it was recorded; `check_updates`: ask where imports came from, too."""
        from dvnb.repo.compare import status

        with self._reading(lock=True) as session:
            return status.status(
                session, targets, with_deps=with_deps, recursive=recursive, check_updates=check_updates
            )

    def cloud_status(
        self,
        *targets: str,
        remote: str | None = None,
        all_branches: bool = False,
        all_tags: bool = False,
        all_commits: bool = False,
        with_deps: bool = False,
        recursive: bool = False,
        jobs: int | None = None,
    ) -> CloudStatusResult:
        """What is only in the cache, only in the remote, or in neither."""
        from dvnb.repo.compare import cloud_status
        from dvnb.repo.remotes.scope import Scope

        scope = Scope(targets, remote, jobs, all_branches, all_tags, all_commits, with_deps, recursive)
        with self._reading(lock=True) as session:
            return cloud_status.cloud_status(session, scope)

    def data_status(
        self,
        *targets: str,
        granular: bool = False,
        unchanged: bool = False,
        untracked_files: str = "no",
        not_in_remote: bool = False,
        remote: str | None = None,
    ) -> DataStatusResult:
        """What changed in tracked data since the last git commit, and since it was recorded."""
        from dvnb.repo.compare import data_status

        with self._reading() as session:
            return data_status.data_status(
                session,
                targets,
                granular=granular,
                unchanged=unchanged,
                untracked=untracked_files == "all",
                not_in_remote=not_in_remote,
                remote=remote,
            )

    def diff(
        self,
        a_rev: str = "HEAD",
        b_rev: str | None = None,
        *,
        targets: Sequence[str] = (),
        show_hash: bool = False,
        hide_missing: bool = False,
    ) -> DataDiffResult:
        """How tracked data differs between two revs, or a rev and the workspace."""
        from dvnb.repo.compare import diff

        with self._reading() as session:
            result = diff.diff(session, a_rev, b_rev, targets)
        if b_rev is not None or hide_missing:
            result.groups.pop(diff.MISSING, None)
        if not show_hash:
            for changes in result.groups.values():
                for change in changes:
                    del change["hash"]
        return result

    def diff_content(
        self,
        path: str,
        a_rev: str = "HEAD",
        b_rev: str | None = None,
        *,
        key: Sequence[str] = (),
        limit: int = 20,
        header: bool = True,
    ) -> ContentDiffResult:
        """What changed inside a file, or each file of a folder, between two revs, or a rev and the workspace.

        `key`: columns that identify a row of a table; `limit`: how many rows or values that differ to return;
        `header`: whether the first line of csv and tsv files names the columns.
        """
        from dvnb.repo.compare import content_diff
        from dvnb.reports.content.tables import Wanted

        with self._reading() as session:
            revs = content_diff.Revs(a_rev, b_rev)
            return content_diff.diff_content(session, path, revs, Wanted(tuple(key), max(limit, 0), header))

    def log(
        self,
        *targets: str,
        limit: int | None = None,
        all_branches: bool = False,
        since: str | None = None,
        files: bool = False,
    ) -> LogResult:
        """The versions of tracked data in git's history, newest first; `files`: with the names of what changed."""
        from dvnb.repo.compare import log

        with self._reading() as session:
            span = log.Span(since=since, all_branches=all_branches, limit=limit)
            return log.log(session, targets, span, files=files)

    @remembered()
    def params_diff(
        self,
        a: str | None = None,
        b: str | None = None,
        *,
        targets: Sequence[str] = (),
        all: bool = False,
        deps: bool = False,
    ) -> DiffResult:
        """How params changed from rev `a` (HEAD) to rev `b` (the workspace)."""
        from dvnb.repo.compare import questions

        with self._reading() as session:
            return questions.diff_params(session, a, b, targets=targets, all=all, deps=deps)

    @remembered()
    def metrics_show(
        self,
        *targets: str,
        all_branches: bool = False,
        all_tags: bool = False,
        all_commits: bool = False,
        recursive: bool = False,
    ) -> MetricsShowResult:
        """Metrics of the workspace and of revs."""
        from dvnb.repo.compare import questions

        with self._reading() as session:
            return questions.show_metrics(
                session, targets, all_branches=all_branches, all_tags=all_tags, all_commits=all_commits
            )

    @remembered()
    def metrics_diff(
        self,
        a: str | None = None,
        b: str | None = None,
        *,
        targets: Sequence[str] = (),
        all: bool = False,
        recursive: bool = False,
    ) -> DiffResult:
        """How metrics changed from rev `a` (HEAD) to rev `b` (the workspace)."""
        from dvnb.repo.compare import questions

        with self._reading() as session:
            return questions.diff_metrics(session, a, b, targets=targets, all=all)
