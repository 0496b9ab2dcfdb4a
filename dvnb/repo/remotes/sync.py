"""Between the cache and remotes: push, fetch, pull.

Source: dvc's repo/push.py, repo/fetch.py, repo/pull.py, data_cloud.py; SPEC 7.
"""

from __future__ import annotations

from collections.abc import Iterable

from dvnb.errors import ConfigError, DvnbError, MissingObjectsError, RemoteError
from dvnb.events import Warned
from dvnb.objects.hashing import HashInfo
from dvnb.objects.remotes import transfer
from dvnb.pipeline.stage import Out
from dvnb.repo.remotes import narrowing
from dvnb.repo.remotes.scope import Scope, Wanted, scope_targets, wanted_objects
from dvnb.repo.results import TransferSummary
from dvnb.repo.session import Session

_TOLD = 10
"""How many failures of a transfer are told one by one."""
MISSING = "Some of the cache files do not exist neither locally nor on remote. Missing cache files:\n{listing}"


def push(session: Session, scope: Scope) -> TransferSummary:
    """Copy what the project uses from the cache to its remotes.

    Raises: ConfigError without a remote; TargetError; RemoteError.
    """
    summary = TransferSummary()
    cache = session.project.cache
    wanted = wanted_objects(session, scope, pushing=True)
    for name, objects in (wanted.objects or {None: {}}).items():
        remote = session.project.remote(scope.remote or name, action="push")
        done = transfer.push(
            objects, cache, remote, state=session.project.state, jobs=scope.jobs, emit=session.project.emit
        )
        _add_up(session, summary, done)
        _tell_withheld(session, objects, done)
        if scope.run_cache and name is None:
            transfer.copy_runs(cache, remote)
            summary.transferred += transfer.count_runs(cache)  # dvc counts those that the remote has, too
    _raise_failed(summary, "upload")
    return summary


def _tell_withheld(session: Session, objects: dict[HashInfo, set[str] | None], done: transfer.TransferResult) -> None:
    """Say which folders were pushed in part only: stock dvc believes that a remote's listing has all its members."""
    for hash_info in done.withheld:
        if objects.get(hash_info) is not None:
            owners = [out for stage in session.index.stages for out in stage.outs if _records(out, hash_info)]
            name = session.project.shown(owners[0].path) if owners else hash_info.value
            session.project.emit(
                Warned(f"the remote lacks other members of '{name}': nobody can pull this part before they are pushed")
            )


def _records(out: Out, hash_info: HashInfo) -> bool:
    return out.recorded is not None and out.recorded.hash_info == hash_info


def fetch(session: Session, scope: Scope, *, allow_missing: bool = False) -> TransferSummary:
    """Copy what the project uses, and the cache lacks, from its remotes; without a remote only a warning is emitted.

    `allow_missing`: members of folders that a remote should have and lacks are no failures.

    Raises: ConfigError for an unknown remote; TargetError; RemoteError.
    """
    summary = TransferSummary()
    cache = session.project.cache
    wanted = wanted_objects(session, scope, pushing=False)
    for name, objects in (wanted.objects or {None: {}}).items():
        if not (scope.remote or name or session.project.config.get("core.remote")):
            session.project.emit(Warned("No remote provided and no default remote set.", plain=True))
            continue
        remote = session.project.remote(scope.remote or name)
        if scope.run_cache and name is None:
            transfer.copy_runs(remote, cache)  # dvc does not count them here
        done = transfer.fetch(objects, remote, cache, jobs=scope.jobs, emit=session.project.emit, lenient=allow_missing)
        _add_up(session, summary, done)
    _fetch_imports(session, scope, summary)
    _raise_failed(summary, "download")
    return summary


def _fetch_imports(session: Session, scope: Scope, summary: TransferSummary) -> None:
    """Imports come from their repos, and from URLs what never came; one that cannot be reached stops nothing else."""
    admits = narrowing.narrowed(session.index, scope.max_size, scope.types)
    texts = scope_targets(session, scope)
    found = session.targets.find(texts, with_deps=scope.with_deps, recursive=scope.recursive)
    for stage in dict.fromkeys(target.stage for target in found):
        if not (stage.is_import and admits(stage.outs[0])):
            continue
        from dvnb.repo.elsewhere import absent  # few projects have any

        if stage.deps[0].repo is None and not absent.is_undownloaded(stage):
            continue
        try:
            summary.transferred += absent.fetch_import(session, stage, scope.jobs)
        except DvnbError as exc:
            session.project.emit(Warned(f"{session.index.describe(stage)} could not be fetched: {exc}"))


def fetch_outs(session: Session, outs: Iterable[Out]) -> None:
    """Bring the content of these outs into the cache (`repro --pull`).

    Raises: ConfigError, RemoteError; MissingObjectsError where the remote lacks some.
    """
    wanted = Wanted()
    for out in outs:
        if out.recorded and out.recorded.hash_info:
            wanted.add(out.remote, out.recorded.hash_info, None)
    for name, objects in wanted.objects.items():
        remote = session.project.remote(name)
        done = transfer.fetch(objects, remote, session.project.cache, jobs=None, emit=session.project.emit)
        if done.missing or done.failed:
            raise MissingObjectsError("some objects are not in the remote")


def fetch_runs(session: Session) -> None:
    """Bring the run cache of the default remote, if there is one (`repro --pull`)."""
    try:
        remote = session.project.remote(None)
    except ConfigError as exc:
        session.project.emit(Warned(f"Failed to pull run cache: {exc}"))
        return
    transfer.copy_runs(remote, session.project.cache)


def missing_text(hashes: Iterable[HashInfo]) -> str:
    """That nobody has these objects."""
    return MISSING.format(listing="\n".join(f"{hash_info.algorithm}: {hash_info.value}" for hash_info in hashes))


def _add_up(session: Session, summary: TransferSummary, done: transfer.TransferResult) -> None:
    summary.transferred += done.transferred
    summary.failed += [str(failure) for failure in done.failed]
    summary.missing += [hash_info.value for hash_info in done.missing]
    if done.missing:
        session.project.emit(Warned(missing_text(done.missing)))
    for failure in done.failed[:_TOLD]:
        session.project.emit(Warned(f"failed to transfer {failure}"))


def _raise_failed(summary: TransferSummary, done: str) -> None:
    """Once all remotes had their turn: what failed is an error."""
    if summary.failed:
        raise RemoteError(f"{len(summary.failed)} files failed to {done}")
