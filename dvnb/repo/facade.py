"""`Repo`: every verb as one method. Each call opens the project anew, so that an answer is never stale."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from dvnb.events import Listener, ignore_events
from dvnb.project.lock import WAIT_SECONDS
from dvnb.project.project import Project
from dvnb.repo.session import Session

if TYPE_CHECKING:
    from dvnb.formats.config import Config
    from dvnb.pipeline.repro import OnError
    from dvnb.pipeline.stage import Out
    from dvnb.repo.imports import Mode
    from dvnb.repo.results import (
        AddResult,
        CheckoutResult,
        CloudStatusResult,
        CommitResult,
        ConfigResult,
        DagResult,
        DataDiffResult,
        DataStatusResult,
        DestroyResult,
        DiffResult,
        GcResult,
        GetResult,
        IgnoreResult,
        ImportResult,
        InitResult,
        InstallResult,
        MergeResult,
        MetricsShowResult,
        MigrateResult,
        MoveResult,
        NotebookCleanResult,
        NotebookRunResult,
        PullResult,
        RemoteListResult,
        RemoveResult,
        ReproResult,
        StageAddResult,
        StageListResult,
        StatusResult,
        TransferSummary,
        UnprotectResult,
        UrlListResult,
    )

# Each method imports what it needs: `status` must not load what `repro` or `push` are made of.


class Canonical:
    """Canonical hashes of notebooks; their module is imported when the first notebook is met."""

    def applies(self, path: str) -> bool:
        """Whether a file is a notebook."""
        return path.endswith(".ipynb")

    def hash(self, path: str) -> tuple[str, int]:
        """MD5 and size of a notebook's canonical form."""
        from dvnb.notebooks.source import NotebookCanonical

        return NotebookCanonical().hash(path)


class Repo:
    """The project around a folder. Targets and paths in results are relative to that folder.

    `listener` is told what happens meanwhile. `capture`: what stages' commands write arrives there too, instead of
    going where this process writes. `wait`: seconds to wait for a lock, None for ever.

    Raises: NotARepoError, ProjectError, ConfigError.
    """

    def __init__(
        self,
        start: str | os.PathLike[str] = ".",
        *,
        listener: Listener = ignore_events,
        capture: bool = False,
        wait: float | None = WAIT_SECONDS,
    ) -> None:
        self.cwd = os.path.realpath(start)
        self._listener = listener
        self._capture = capture
        self._wait = wait
        self.root = self._open().root

    def _open(self) -> Project:
        return Project.open(self.cwd, listener=self._listener, canonical=Canonical(), wait=self._wait)

    @property
    def project(self) -> Project:
        """The project, opened anew: its root, config, git, cache."""
        return self._open()

    @contextmanager
    def _writing(self) -> Generator[Session]:
        project = self._open()
        try:
            with project.lock():
                yield Session(project)
        finally:
            project.close()

    @contextmanager
    def _reading(self, *, lock: bool = False) -> Generator[Session]:
        """For verbs that only read; dvc takes the lock for `status` alone, so that the others never wait."""
        project = self._open()
        try:
            with project.reading() if lock else nullcontext():
                yield Session(project)
        finally:
            project.close()

    @classmethod
    def init(
        cls, directory: str | os.PathLike[str] = ".", *, no_scm: bool = False, force: bool = False, subdir: bool = False
    ) -> InitResult:
        """Make a folder a project.

        Raises: InitError.
        """
        from dvnb.repo import start

        return start.init(os.path.abspath(directory), no_scm=no_scm, force=force, subdir=subdir)

    # ---- data

    def add(
        self,
        *targets: str,
        glob: bool = False,
        out: str | None = None,
        no_commit: bool = False,
        force: bool = False,
        relink: bool = True,
    ) -> AddResult:
        """Track files and folders."""
        from dvnb.repo import data

        with self._writing() as session:
            return data.add(session, targets, glob=glob, out=out, commit=not no_commit, force=force, relink=relink)

    def commit(
        self, *targets: str, force: bool = False, with_deps: bool = False, recursive: bool = False, relink: bool = True
    ) -> CommitResult:
        """Record what the workspace holds, without running anything."""
        from dvnb.repo import data

        with self._writing() as session:
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
    ) -> CheckoutResult:
        """Bring recorded data into the workspace; with `rev` just the targets, as that rev has them."""
        from dvnb.repo import workspace

        with self._writing() as session:
            if rev is not None:
                return workspace.check_out_rev(session, rev, targets, force=force)
            return workspace.check_out(
                session,
                targets,
                with_deps=with_deps,
                recursive=recursive,
                force=force,
                relink=relink,
                allow_missing=allow_missing,
            )

    def status(
        self, *targets: str, with_deps: bool = False, recursive: bool = False, check_updates: bool = True
    ) -> StatusResult:
        """What changed since it was recorded; `check_updates`: ask where imports came from, too."""
        from dvnb.repo import status

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
        from dvnb.repo import sync

        scope = sync.Scope(targets, remote, jobs, all_branches, all_tags, all_commits, with_deps, recursive)
        with self._reading(lock=True) as session:
            return sync.cloud_status(session, scope)

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
        from dvnb.repo import data_status

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
        from dvnb.repo import diff

        with self._reading() as session:
            result = diff.diff(session, a_rev, b_rev, targets)
        if b_rev is not None or hide_missing:
            result.groups.pop(diff.MISSING, None)
        if not show_hash:
            for changes in result.groups.values():
                for change in changes:
                    del change["hash"]
        return result

    def check_ignore(self, *paths: str, all: bool = False) -> IgnoreResult:
        """Which of these paths `.dvcignore` files leave out, and why."""
        from dvnb.repo import ignoring

        with self._reading() as session:
            return ignoring.check(session, paths, all=all)

    def remove(self, *targets: str, outs: bool = False) -> RemoveResult:
        """Forget stages and tracked data; the data stays, as writable copies, unless `outs`."""
        from dvnb.repo import removal

        with self._writing() as session:
            return removal.remove(session, targets, outs=outs)

    def move(self, source: str, target: str) -> MoveResult:
        """Rename tracked data and its .dvc file."""
        from dvnb.repo import moving

        with self._writing() as session:
            return moving.move(session, source, target)

    def unprotect(self, *targets: str) -> UnprotectResult:
        """Turn links into the cache into writable copies."""
        from dvnb.repo import removal

        with self._writing() as session:
            return removal.unprotect(session, targets)

    def destroy(self) -> DestroyResult:
        """End the project; the data stays, all else goes into the trash."""
        from dvnb.repo import removal

        with self._writing() as session:
            return removal.destroy(session)

    def gc(self, *, force: bool = False, dry: bool = False, purge: bool = False, **scope: Any) -> GcResult:
        """Remove objects that nothing in scope uses; `scope` is that of `gc.GcScope`."""
        from dvnb.repo import gc

        with self._writing() as session:
            return gc.collect_garbage(session, gc.GcScope(**scope), force=force, dry=dry, purge=purge)

    # ---- pipelines

    def stage_add(
        self, name: str, cmd: Sequence[str] | str, *, force: bool = False, run: bool = False, **options: Any
    ) -> StageAddResult:
        """Define a stage; `options` are those of `pipelines.StageOptions`. `run`: and run it."""
        from dvnb.repo import pipelines

        with self._writing() as session:
            result = pipelines.add_stage(session, name, cmd, pipelines.StageOptions(**options), force=force)
        if run:
            self._run_new(result)
        return result

    def run(self, name: str, cmd: Sequence[str] | str, **options: Any) -> StageAddResult:
        """Define a stage and run it."""
        return self.stage_add(name, cmd, run=True, **options)

    def _run_new(self, result: StageAddResult) -> None:
        result.run = self.repro(result.stage, single_item=True)
        result.to_stage = list(dict.fromkeys([*result.run.to_stage, *result.to_stage]))

    def stage_list(
        self, *targets: str, all: bool = False, fail: bool = False, recursive: bool = False
    ) -> StageListResult:
        """The stages of this folder's dvc.yaml, of targets, or all."""
        from dvnb.repo import pipelines

        with self._reading() as session:
            return pipelines.list_stages(session, targets, all=all, recursive=recursive)

    def freeze(self, *targets: str) -> list[StageAddResult]:
        """Stop stages from running when what they read changes."""
        from dvnb.repo import pipelines

        with self._writing() as session:
            return pipelines.set_frozen(session, targets, frozen=True)

    def unfreeze(self, *targets: str) -> list[StageAddResult]:
        """Let stages run again."""
        from dvnb.repo import pipelines

        with self._writing() as session:
            return pipelines.set_frozen(session, targets, frozen=False)

    def repro(
        self,
        *targets: str,
        force: bool = False,
        single_item: bool = False,
        pipeline: bool = False,
        all_pipelines: bool = False,
        recursive: bool = False,
        downstream: bool = False,
        force_downstream: bool = False,
        pull: bool = False,
        allow_missing: bool = False,
        dry: bool = False,
        on_error: OnError = "fail",
        glob: bool = False,
        no_commit: bool = False,
        no_run_cache: bool = False,
        interactive: Callable[[str], bool] | None = None,
    ) -> ReproResult:
        """Bring stages up to date, running those that changed."""
        from dvnb.pipeline.repro import ReproOptions
        from dvnb.repo import pipelines

        selection = pipelines.Selection(single_item, pipeline, all_pipelines, recursive, downstream, glob)
        options = ReproOptions(
            force=force,
            force_downstream=force_downstream,
            allow_missing=allow_missing,
            dry=dry,
            on_error=on_error,
            commit=not no_commit,
            run_cache=not no_run_cache,
            capture=self._capture,
            confirm=interactive,
        )
        with self._writing() as session:
            fetch = _fetcher(session, runs=not no_run_cache) if pull else None
            return pipelines.reproduce(session, targets, selection, options, fetch)

    def dag(
        self, target: str | None = None, *, outs: bool = False, full: bool = False, collapse: bool = False
    ) -> DagResult:
        """The graph of stages (or of outputs)."""
        from dvnb.repo import pipelines

        with self._reading() as session:
            return pipelines.draw(session, target, outs=outs, full=full, collapse=collapse)

    # ---- questions over revs

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
        from dvnb.repo import questions

        with self._reading() as session:
            return questions.diff_params(session, a, b, targets=targets, all=all, deps=deps)

    def metrics_show(
        self,
        *targets: str,
        all_branches: bool = False,
        all_tags: bool = False,
        all_commits: bool = False,
        recursive: bool = False,
    ) -> MetricsShowResult:
        """Metrics of the workspace and of revs."""
        from dvnb.repo import questions

        with self._reading() as session:
            return questions.show_metrics(
                session, targets, all_branches=all_branches, all_tags=all_tags, all_commits=all_commits
            )

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
        from dvnb.repo import questions

        with self._reading() as session:
            return questions.diff_metrics(session, a, b, targets=targets, all=all)

    # ---- remotes

    def push(self, *targets: str, **options: Any) -> TransferSummary:
        """Copy used objects to the remote; `options` are those of `sync.Scope`."""
        from dvnb.repo import sync

        with self._writing() as session:
            return sync.push(session, sync.Scope(targets, **options))

    def fetch(self, *targets: str, **options: Any) -> TransferSummary:
        """Copy missing objects from the remote into the cache; `options` are those of `sync.Scope`."""
        from dvnb.repo import sync

        with self._writing() as session:
            return sync.fetch(session, sync.Scope(targets, **options))

    def pull(self, *targets: str, force: bool = False, allow_missing: bool = False, **options: Any) -> PullResult:
        """`fetch`, then `checkout`."""
        from dvnb.repo import sync, workspace
        from dvnb.repo.results import PullResult

        with self._writing() as session:
            scope = sync.Scope(targets, **options)
            fetched = sync.fetch(session, scope)
            checked_out = workspace.check_out(
                session,
                sync.expand(session, targets) if scope.glob else targets,
                with_deps=scope.with_deps,
                recursive=scope.recursive,
                force=force,
                allow_missing=allow_missing,
            )
        return PullResult(fetched, checked_out)

    # ---- content from elsewhere

    @staticmethod
    def get(
        url: str,
        path: str,
        out: str | None = None,
        *,
        rev: str | None = None,
        force: bool = False,
        show_url: bool = False,
        start: str | os.PathLike[str] = ".",
        listener: Listener = ignore_events,
    ) -> GetResult:
        """Copy a path of another repo here, untracked; `show_url`: only say where its remote has it."""
        from dvnb.repo import fetching

        cwd = os.path.abspath(start)
        if show_url:
            return fetching.show_url(cwd, url, path, rev=rev, listener=listener)
        return fetching.get(cwd, url, path, out, rev=rev, force=force, listener=listener)

    @staticmethod
    def get_url(
        url: str, out: str | None = None, *, force: bool = False, start: str | os.PathLike[str] = "."
    ) -> GetResult:
        """Copy what is at a path or URL here, untracked."""
        from dvnb.repo import fetching

        return fetching.get_url(os.path.abspath(start), url, out, force=force)

    @staticmethod
    def list_url(
        url: str, *, recursive: bool = False, level: int | None = None, start: str | os.PathLike[str] = "."
    ) -> UrlListResult:
        """What is in a folder at a path or URL."""
        from dvnb.repo import fetching

        return fetching.list_url(os.path.abspath(start), url, recursive=recursive, level=level)

    def import_(
        self,
        url: str,
        path: str,
        out: str | None = None,
        *,
        rev: str | None = None,
        force: bool = False,
        mode: Mode = "download",
    ) -> ImportResult:
        """Bring a path of another repo here and track it."""
        from dvnb.repo import imports

        with self._writing() as session:
            return imports.import_repo(session, url, path, out, rev=rev, force=force, mode=mode)

    def import_url(
        self, url: str, out: str | None = None, *, force: bool = False, mode: Mode = "download"
    ) -> ImportResult:
        """Bring what is at a path or URL here and track it."""
        from dvnb.repo import imports

        with self._writing() as session:
            return imports.import_url(session, url, out, force=force, mode=mode)

    def update(
        self, *targets: str, rev: str | None = None, recursive: bool = False, no_download: bool = False
    ) -> ImportResult:
        """Bring imports to what their sources hold now."""
        from dvnb.repo import imports

        with self._writing() as session:
            return imports.update(session, targets, rev=rev, recursive=recursive, download=not no_download)

    # ---- settings

    def _config(self) -> Config:
        from dvnb.repo import settings

        return settings.open_config(self.cwd)

    def remote_add(
        self, name: str, url: str, *, default: bool = False, force: bool = False, level: str | None = None
    ) -> None:
        """Add a remote."""
        with self._writing():
            self._config().remote_add(level, name, url, force=force, default=default)

    def remote_remove(self, name: str, *, level: str | None = None) -> None:
        """Remove a remote from the configuration; its content stays."""
        with self._writing():
            self._config().remote_remove(level, name)

    def remote_modify(self, name: str, option: str, value: str | None, *, level: str | None = None) -> None:
        """Set an option of a remote; None removes it."""
        with self._writing():
            self._config().remote_modify(level, name, option, value)

    def remote_rename(self, name: str, new: str, *, level: str | None = None) -> None:
        """Rename a remote."""
        with self._writing():
            self._config().remote_rename(level, name, new)

    def remote_default(self, name: str | None = None, *, unset: bool = False, level: str | None = None) -> str | None:
        """The default remote; with `name` or `unset` it is changed first."""
        config = self._config()
        if name or unset:
            with self._writing():
                config.remote_default(level, None if unset else name)
        return config.default_remote(level)

    def remote_list(self, level: str | None = None) -> RemoteListResult:
        """The remotes."""
        from dvnb.repo import settings

        return settings.list_remotes(self._config(), level)

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
        from dvnb.repo import settings
        from dvnb.repo.results import ConfigResult

        config = self._config()
        if list or name is None:
            return settings.list_all(config, level)
        if unset:
            config.unset(level, name)
        elif value is not None:
            config.set(level, name, value)
        else:
            return settings.ask(config, name, level, show_origin=show_origin)
        return ConfigResult()

    def cache_dir(self, value: str | None = None, *, level: str | None = None, unset: bool = False) -> ConfigResult:
        """The cache folder; with `value` or `unset` it is changed instead."""
        from dvnb.repo.results import ConfigResult

        if value is None and not unset:
            return ConfigResult(self._open().cache_dir)
        self._config().set_cache_dir(level, value)
        return ConfigResult()

    def cache_migrate(self, *, dvc_files: bool = False, dry: bool = False) -> MigrateResult:
        """Give objects of dvc 2 the place and hash of dvc 3; `dvc_files`: and record these in metafiles."""
        from dvnb.repo import migrate

        with self._writing() as session:
            return migrate.migrate(session, dvc_files=dvc_files, dry=dry)

    # ---- git

    def install(self, *, use_pre_commit_tool: bool = False) -> InstallResult:
        """Let git call dvnb: hooks and the merge driver."""
        from dvnb.repo import hooks

        return hooks.install(self._open(), use_pre_commit_tool=use_pre_commit_tool)

    def wants_checkout(self, arguments: Sequence[str]) -> bool:
        """Whether git's hook `post-checkout`, called with these arguments, asks for a checkout."""
        from dvnb.repo import hooks

        return hooks.wants_checkout(self._open(), arguments)

    def merge_metafile(self, ancestor: str, our: str, their: str, path: str | None = None) -> MergeResult:
        """Merge three versions of a metafile into the file `our`; `path` is its name in the project.

        No lock is taken: whoever runs git may hold it, and objects are only added.
        """
        from dvnb.repo import merge

        project = self._open()
        try:
            base, mine, yours = (os.path.join(self.cwd, version) for version in (ancestor, our, their))
            return merge.merge(project, base, mine, yours, path or our)
        finally:
            project.close()

    # ---- notebooks

    def notebook_run(
        self,
        notebook: str,
        output: str | None = None,
        *,
        parameters: Sequence[str] = (),
        kernel: str | None = None,
        timeout: float | None = None,
        stage: str | None = None,
    ) -> NotebookRunResult:
        """Run a notebook into its executed copy, with the params of the stage this belongs to."""
        from dvnb.notebooks.execute import RunOptions
        from dvnb.repo import notebooks

        return notebooks.run(
            self._open(),
            self.cwd,
            notebook,
            output,
            parameters=parameters,
            options=RunOptions(cwd=self.cwd, kernel=kernel, timeout=timeout),
            stage=stage,
            emit=self._listener,
        )

    def notebook_stage(
        self,
        notebook: str,
        name: str | None = None,
        *,
        deps: Sequence[str] = (),
        params: Sequence[str] = (),
        outs: Sequence[str] = (),
        outs_no_cache: Sequence[str] = (),
        metrics: Sequence[str] = (),
        metrics_no_cache: Sequence[str] = (),
        plots: Sequence[str] = (),
        plots_no_cache: Sequence[str] = (),
        copy: str | None = None,
        no_copy: bool = False,
        parameters: Sequence[str] = (),
        kernel: str | None = None,
        wdir: str | None = None,
        desc: str | None = None,
        force: bool = False,
        run: bool = False,
    ) -> StageAddResult:
        """Make a notebook a stage; params that its tagged cell asks for are proposed by params.yaml."""
        from dvnb.notebooks.stages import StageRequest
        from dvnb.repo import notebooks, pipelines

        request = StageRequest(
            notebook,
            name,
            copy="" if no_copy else copy,
            deps=deps,
            outs=notebooks.out_specs(outs, outs_no_cache, metrics, metrics_no_cache, plots, plots_no_cache),
            params=pipelines.parse_params(params),
            assignments=parameters,
            kernel=kernel,
            wdir=wdir,
            desc=desc,
            propose=not params,
        )
        with self._writing() as session:
            plan = notebooks.plan(session.project, self.cwd, request)
            result = pipelines.add_spec(session, plan.name, plan.spec, force=force)
        if run:
            self._run_new(result)
        return result

    def notebook_clean(self, *notebooks: str) -> NotebookCleanResult:
        """Write notebooks without outputs and run-time metadata; as they were, they are in the trash."""
        from dvnb.repo import notebooks as work

        return work.clean_all(self._open(), self.cwd, notebooks)


def _fetcher(session: Session, *, runs: bool) -> Callable[[Iterable[Out]], None]:
    """What `repro --pull` brings missing content with; `runs`: the run cache comes first."""
    from dvnb.repo import sync

    if runs:
        sync.fetch_runs(session)
    return lambda outs: sync.fetch_outs(session, outs)
