"""Which data a transfer is about: the outs that its options name, and their objects by remote."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dvnb.errors import DvnbError
from dvnb.events import Warned
from dvnb.git import command
from dvnb.git.trees import RevTree
from dvnb.objects.hashing import HashInfo
from dvnb.pipeline.index import load_index
from dvnb.pipeline.stage import Out
from dvnb.records import dataclass, field
from dvnb.repo.remotes import narrowing
from dvnb.repo.session import Session


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


def wanted_objects(session: Session, scope: Scope, *, pushing: bool) -> Wanted:
    """The objects in scope, by remote; `pushing`: without what its outs say shall not be pushed."""
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
