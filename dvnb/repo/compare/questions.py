"""Questions over revs: metrics and params.

Source: dvc's repo/brancher.py, repo/metrics/show.py, repo/metrics/diff.py, repo/params/.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from dvnb.errors import DvnbError, ProjectError, TargetError
from dvnb.events import Warned
from dvnb.formats import single_stage
from dvnb.git import command
from dvnb.git.trees import FileTree, RevTree
from dvnb.git.worktree import Git
from dvnb.pipeline.index import Index, load_index
from dvnb.pipeline.params import DEFAULT_PARAMS_FILE
from dvnb.pipeline.sections import top_level
from dvnb.project.project import Project
from dvnb.repo.compare.rev_files import RevFiles
from dvnb.repo.results import DiffResult, MetricsShowResult
from dvnb.repo.session import Session
from dvnb.reports import metrics, params
from dvnb.reports.render.values import PARAM
from dvnb.reports.sources import WORKSPACE, Source, errored, merge_keys, seen_from


def show_metrics(
    session: Session,
    targets: Sequence[str],
    *,
    all_branches: bool = False,
    all_tags: bool = False,
    all_commits: bool = False,
) -> MetricsShowResult:
    """Metrics of the workspace, and of the revs asked for, of which there are none without git."""
    project = session.project
    wanted = all_branches or all_tags or all_commits
    with ExitStack() as stack:
        sources = [_metrics_source(session, None, targets, stack, shown=WORKSPACE if wanted else "")]
        if wanted and project.git:
            for shown, rev in _revs(project.git, branches=all_branches, tags=all_tags, commits=all_commits):
                sources.append(_metrics_source(session, rev, targets, stack, shown=shown))
        branch = project.git.branch() if wanted and project.git else None
        found = metrics.show(sources, branch=branch)
    _warn(session, "metrics", sources, errored(found))
    return MetricsShowResult(seen_from(found, project.relpath(project.cwd)), project.cwd)


def diff_metrics(
    session: Session, a: str | None, b: str | None, *, targets: Sequence[str] = (), all: bool = False
) -> DiffResult:
    """How metrics changed from rev `a` (HEAD) to rev `b` (the workspace).

    Raises: GitError for an unknown rev.
    """
    project = session.project
    old, new = a or "HEAD", b or WORKSPACE
    if not _has_commits(project):
        return DiffResult({}, old, new)
    with ExitStack() as stack:
        pair = [_metrics_source(session, _rev(rev), targets, stack, shown=rev) for rev in (old, new)]
        compared = metrics.diff(*pair, unchanged=all)
    _warn(session, "metrics", pair, compared.errored)
    compared = compared.seen_from(project.relpath(project.cwd))
    return DiffResult(dict(compared.changes), old, new, compared.errored)


def diff_params(
    session: Session,
    a: str | None,
    b: str | None,
    *,
    targets: Sequence[str] = (),
    all: bool = False,
    deps: bool = False,
) -> DiffResult:
    """How params changed from rev `a` (HEAD) to rev `b` (the workspace); `deps`: only those that stages declare.

    Raises: GitError for an unknown rev.
    """
    project = session.project
    old, new = a or "HEAD", b or WORKSPACE
    if not _has_commits(project):
        return DiffResult({}, old, new, what=PARAM)
    with ExitStack() as stack:
        pair = [_params_source(session, _rev(rev), targets, stack, deps=deps, shown=rev) for rev in (old, new)]
        compared = params.diff(*pair, unchanged=all)
    _warn(session, "params", pair, compared.errored)
    compared = compared.seen_from(project.relpath(project.cwd))
    return DiffResult(dict(compared.changes), old, new, compared.errored, PARAM)


def _warn(session: Session, what: str, sources: Sequence[Source], failed: Sequence[str]) -> None:
    """Say what could not be read: the result holds the rest."""
    for source in sources:
        if source.error is not None:
            session.project.emit(Warned(f"failed to load {what} in revision '{source.rev}', {source.error}"))
    if failed:
        session.project.emit(Warned(f"failed to load some {what} for following revisions: '{', '.join(failed)}'."))


def _rev(rev: str) -> str | None:
    return None if rev == WORKSPACE else rev


def _has_commits(project: Project) -> bool:
    if project.git is None:
        raise ProjectError("revs can only be compared in a git repository")
    return project.git.head() is not None


def _revs(git: Git, *, branches: bool, tags: bool, commits: bool) -> Iterator[tuple[str, str]]:
    """(name shown, commit) of every rev asked for, each commit once: `main,v1`; all commits go by their hashes."""
    if git.head() is None:
        return
    if commits:  # among which are those of branches and tags
        yield from ((commit, commit) for commit in command.all_commits(git))
        return
    names = [*(command.branches(git) if branches else []), *(command.tags(git) if tags else [])]
    by_commit: dict[str, list[str]] = {}
    for name in names:
        by_commit.setdefault(command.resolve(git, name), []).append(name)
    for commit, known in by_commit.items():
        yield ",".join(dict.fromkeys(known)), commit


def _metrics_source(
    session: Session, rev: str | None, targets: Sequence[str], stack: ExitStack, *, shown: str
) -> Source:
    project = session.project
    tree = _open(session, rev, stack)
    try:
        index = _index(session, tree, targets)
        listed = [] if targets else list(top_level(project, index, "metrics"))
    except DvnbError as exc:
        return Source(shown, tree.read, error=exc)
    paths = [_relpath(session, target) for target in targets]
    if not paths:
        outs = [out.path for stage in index.stages for out in stage.outs if out.kind == "metrics"]
        beside = [os.path.join(os.path.dirname(file), path) for file, files in listed for path in files]
        paths = [project.relpath(os.path.normpath(path)) for path in [*outs, *beside]]
    files = RevFiles(project, tree, index)
    wanted = [inner for path in dict.fromkeys(paths) for inner in files.expand(path)]
    forms = {
        project.relpath(out.path): single_stage.form_of(out.meta)
        for stage in index.stages
        for out in stage.outs
        if out.meta and out.kind == "metrics"
    }
    return Source(shown, files.read, dict.fromkeys(wanted), cache=project.state, forms=forms)


def _params_source(
    session: Session, rev: str | None, targets: Sequence[str], stack: ExitStack, *, deps: bool, shown: str
) -> Source:
    project = session.project
    tree = _open(session, rev, stack)
    try:
        index = _index(session, tree, targets)
        listed = {} if targets else dict(top_level(project, index, "params"))
    except DvnbError as exc:
        return Source(shown, tree.read, error=exc)
    if targets:
        wanted = [(_from_root(session, target), None) for target in targets]
    else:
        wanted = [] if deps else list(_top_level_params(project, tree, index, listed))
        wanted += [(project.relpath(item.path), item.keys or None) for stage in index.stages for item in stage.params]
    known = {} if targets else params.variables(index.stages, project.relpath)
    return Source(shown, RevFiles(project, tree, index).read, merge_keys(wanted), known, cache=project.state)


def _top_level_params(
    project: Project, tree: FileTree, index: Index, listed: Mapping[str, list[str]]
) -> Iterator[tuple[str, list[str] | None]]:
    if tree.exists(DEFAULT_PARAMS_FILE):
        yield DEFAULT_PARAMS_FILE, None
    for file in index.files:
        beside = os.path.join(os.path.dirname(file), DEFAULT_PARAMS_FILE)
        if tree.exists(project.relpath(beside)):
            yield project.relpath(beside), None
        for path in listed.get(file, []):
            yield project.relpath(os.path.normpath(os.path.join(os.path.dirname(file), path))), None


def _index(session: Session, tree: FileTree, targets: Sequence[str]) -> Index:
    """The stages of a rev; where files are asked for by name, those that are broken do not matter."""
    if targets:
        return load_index(session.project, tree, tolerant=True)
    return load_index(session.project, tree) if tree.rev else session.index


def _open(session: Session, rev: str | None, stack: ExitStack) -> FileTree:
    tree = session.project.tree(rev)
    if isinstance(tree, RevTree):
        stack.enter_context(tree)
    return tree


def _from_root(session: Session, target: str) -> str:
    """A target of `params diff`, which dvc reads from the project's root wherever it is called, and never above it."""
    return _relpath(session, session.project.root + os.path.normpath(os.path.join("/", target)))


def _relpath(session: Session, target: str) -> str:
    path = session.absolute(target)
    if not session.project.contains(path):
        raise TargetError(f"'{target}' is outside of the project")
    return session.project.relpath(path)
