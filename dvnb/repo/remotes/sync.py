"""Between the cache and remotes: push, fetch, pull.

Source: dvc's repo/push.py, repo/fetch.py, repo/pull.py, data_cloud.py; SPEC 7.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from dvnb.errors import ConfigError, DvnbError, MissingObjectsError, RemoteError
from dvnb.events import Warned
from dvnb.git import command
from dvnb.git.trees import RevTree
from dvnb.objects.hashing import HashInfo
from dvnb.objects.remotes import transfer
from dvnb.pipeline.index import load_index
from dvnb.pipeline.stage import Out
from dvnb.records import dataclass, field
from dvnb.repo.remotes import narrowing
from dvnb.repo.results import TransferSummary
from dvnb.repo.session import Session

_TOLD = 10
"""How many failures of a transfer are told one by one."""
MISSING = "Some of the cache files do not exist neither locally nor on remote. Missing cache files:\n{listing}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which data a transfer is about; the names are those of dvc's flags."""

    targets: Sequence[str] = ()
    remote: str | None = None
    jobs: int | None = None
    all_branches: bool = False
    all_tags: bool = False
    all_commits: bool = False
    with_deps: bool = False
    recursive: bool = False
    run_cache: bool = False
    glob: bool = False
    max_size: int | None = None
    types: Sequence[str] = ()

    @property
    def over_revs(self) -> bool:
        """Whether revs are asked for beside the workspace."""
        return self.all_branches or self.all_tags or self.all_commits


@dataclass(slots=True)
class Wanted:
    """Objects by the remote they belong to (None: the default one); `partial`: only these members of a folder."""

    objects: dict[str | None, dict[HashInfo, set[str] | None]] = field(
        default_factory=dict[str | None, dict[HashInfo, "set[str] | None"]]
    )

    def add(self, remote: str | None, hash_info: HashInfo, prefix: str | None) -> None:
        """Want an object; `prefix`: of a folder only what is at or below this path."""
        known = self.objects.setdefault(remote, {})
        if prefix is None or known.get(hash_info, set()) is None:
            known[hash_info] = None
        else:
            prefixes = known.setdefault(hash_info, set())
            if prefixes is not None:
                prefixes.add(prefix)


def push(session: Session, scope: Scope) -> TransferSummary:
    """Copy what the project uses from the cache to its remotes.

    Raises: ConfigError without a remote; TargetError; RemoteError.
    """
    summary = TransferSummary()
    cache = session.project.cache
    wanted = _wanted(session, scope, pushing=True)
    for name, objects in (wanted.objects or {None: {}}).items():
        remote = session.project.remote(scope.remote or name)
        done = transfer.push(
            objects, cache, remote, state=session.project.state, jobs=scope.jobs, emit=session.project.emit
        )
        _add_up(session, summary, done)
        _tell_withheld(session, objects, done)
        if scope.run_cache and name is None:
            summary.transferred += transfer.copy_runs(cache, remote)
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
    wanted = _wanted(session, scope, pushing=False)
    for name, objects in (wanted.objects or {None: {}}).items():
        if not (scope.remote or name or session.project.config.get("core.remote")):
            session.project.emit(Warned("No remote provided and no default remote set.", plain=True))
            continue
        remote = session.project.remote(scope.remote or name)
        if scope.run_cache and name is None:
            summary.transferred += transfer.copy_runs(remote, cache)
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


def _wanted(session: Session, scope: Scope, *, pushing: bool) -> Wanted:
    wanted = Wanted()
    if not (scope.with_deps or scope.recursive or scope.glob):
        session.narrow(scope.targets)
    admits = narrowing.narrowed(session.index, scope.max_size, scope.types)
    for out, prefix in used_outs(session, scope):
        if not admits(out):
            continue
        if out.recorded is None or out.recorded.hash_info is None or (pushing and not out.push):
            continue
        if scope.remote and out.remote not in (None, scope.remote):
            continue  # what belongs to another remote is not this one's
        wanted.add(out.remote, out.recorded.hash_info, prefix)
    return wanted


def used_outs(session: Session, scope: Scope) -> Iterator[tuple[Out, str | None]]:
    """Cached outs in scope: of the workspace and of the revs asked for; imports are never transferred."""
    texts = scope_targets(session, scope)
    for target in session.targets.find(texts, with_deps=scope.with_deps, recursive=scope.recursive):
        if not any(dep.repo is not None for dep in target.stage.deps):
            for out in target.stage.outs:
                yield from _selected(out, target.path)
    if scope.over_revs:
        paths = [session.absolute(text) for text in texts]
        yield from _outs_of_revs(session, scope, paths)


def scope_targets(session: Session, scope: Scope) -> list[str]:
    """The targets of a transfer; with `glob` what their patterns match.

    Raises: TargetError for patterns that match nothing.
    """
    if not (scope.glob and scope.targets):
        return list(scope.targets)
    from dvnb.repo.data import globbing  # only for --glob

    return globbing.expand(session, scope.targets)


def _selected(out: Out, path: str | None) -> Iterator[tuple[Out, str | None]]:
    if not out.cache:
        return
    if path is None or path == out.path:
        yield out, None
    elif path.startswith(out.path + os.sep):
        yield out, os.path.relpath(path, out.path).replace(os.sep, "/")


def _outs_of_revs(session: Session, scope: Scope, paths: list[str]) -> Iterator[tuple[Out, str | None]]:
    git = session.project.git
    if git is None or git.head() is None:
        return
    names = [*(command.branches(git) if scope.all_branches else []), *(command.tags(git) if scope.all_tags else [])]
    commits = {command.resolve(git, name) for name in names}
    if scope.all_commits:
        commits.update(command.all_commits(git))
    for commit in sorted(commits):
        try:
            with RevTree(git, commit, session.project.root) as tree:
                index = load_index(session.project, tree)
        except DvnbError as exc:  # an old commit may hold files that are broken
            session.project.emit(Warned(f"failed to collect '{commit[:7]}', skipping: {exc}"))
            continue
        for stage in index.stages:
            for out in stage.outs:
                if not paths or any(path in (out.path, stage.file) for path in paths):
                    yield from _selected(out, None)


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
