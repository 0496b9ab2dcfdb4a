"""`log`: the versions of tracked data that git's history has recorded.

One `git log` tells which commits changed metafiles, one `cat-file` reads these; no commit is checked out or listed.
Of each commit only the metafiles that it changed are read: what else was tracked is what its parent had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dvnb.errors import DvnbError, GitError, ProjectError, TargetError
from dvnb.git import command, history
from dvnb.git.blobs import BlobReader
from dvnb.git.worktree import Git
from dvnb.pipeline.index import DATA_SUFFIX, PIPELINE_FILE, Index, load_file, load_index
from dvnb.pipeline.stage import Out
from dvnb.records import dataclass
from dvnb.repo.compare.versions import Changes, Scope, Version, Versions, identity, total
from dvnb.repo.results import LogResult, LogRow
from dvnb.repo.session import Session

WORKSPACE = "workspace"
LOCK_FILE = "dvc.lock"

Held = dict[str, dict[str, Version]]
"""What one commit records of the data asked about: metafile -> path -> version."""


@dataclass(slots=True)
class Span:
    """Which commits are shown: all that are reachable, or those of one range; of them the first `limit` versions."""

    since: str | None = None
    all_branches: bool = False
    limit: int | None = None

    def tips(self) -> list[str]:
        """Where `git log` starts."""
        if self.all_branches:
            return ["--branches", "--tags", "--remotes", "HEAD"]
        end = self.since.partition("..")[2].lstrip(".") if self.since else ""
        return [end or "HEAD"]

    def commits(self, git: Git) -> set[str] | None:
        """The commits of the range, None for all. Raises: GitError for an unknown rev."""
        if not self.since:
            return None
        start = self.since.partition("..")[0]
        if start:
            command.resolve(git, start)
        command.resolve(git, self.tips()[-1])
        return history.commits_in(git, self.since if ".." in self.since else f"{self.since}..{self.tips()[-1]}")


def log(session: Session, targets: Sequence[str], span: Span, *, files: bool = False) -> LogResult:
    """Every version of the data at `targets` (none: of all tracked data), newest first.

    Raises: ProjectError without git; GitError for an unknown rev; TargetError for what no version knows.
    """
    git = session.project.git
    if git is None:
        raise ProjectError("only a project in git has a history")
    for target in targets:
        if not session.project.contains(session.absolute(target)):
            raise TargetError(f"'{target}' is outside of the project")
    scope = Scope(session, targets)
    shown = span.commits(git)
    rows: list[LogRow] = []
    if git.head() is not None:
        walk = _Walk(session, scope, git)
        rows = [row for row in walk.rows(span.tips(), files=files) if shown is None or row.commit in shown]
    workspace = _workspace_row(session, scope, files=files) if not _ends_elsewhere(span) else None
    rows = [*([workspace] if workspace else []), *rows]
    unfound = [target for target in targets if target in scope.unfound or not (rows or shown is not None)]
    if unfound:
        names = ", ".join(f"'{target}'" for target in unfound)
        raise TargetError(f"no version of {names} is recorded, neither in the workspace nor in git's history")
    return LogResult(rows if span.limit is None or span.limit < 0 else rows[: span.limit])


def _ends_elsewhere(span: Span) -> bool:
    """Whether the range ends before what is checked out: then the workspace is no part of it."""
    return not span.all_branches and span.tips() != ["HEAD"]


class _Walk:
    """From git's commits to versions."""

    def __init__(self, session: Session, scope: Scope, git: Git) -> None:
        self._session = session
        self._scope = scope
        self._git = git
        self._versions = Versions(session)
        self._prefix = git.relpath(session.project.root) or ""

    def rows(self, tips: Sequence[str], *, files: bool) -> list[LogRow]:
        """The versions, newest first."""
        commits = history.log(self._git, tips, self._patterns())
        held: dict[str, Held] = {}
        found: list[LogRow] = []
        with BlobReader(self._git) as reader:
            for commit in reversed(commits):
                tree = history.CommitFiles(reader, commit.name, self._session.project.root, self._prefix)
                parents = [held.get(name, {}) for name in commit.parents]
                held[commit.name] = now = self._held(commit, parents, tree)
                changes = self._changes(parents, now, commit)
                if changes is not None:
                    found.append(_row(self._session, commit, changes, _flat(now), self._versions, files=files))
        return found[::-1]

    def _patterns(self) -> Iterator[str]:
        base = f"{history.quoted(self._prefix)}/" if self._prefix else ""
        # Stages may make outs anywhere, so each pipeline counts; a .dvc file lies beside its data or above it.
        yield from (f"{base}**/{name}" for name in (PIPELINE_FILE, LOCK_FILE))
        for folder in self._scope.folders():
            yield base + (f"{history.quoted(folder)}/" if folder else "") + f"*{DATA_SUFFIX}"
        for folder in self._scope.subtrees():
            yield base + (f"{history.quoted(folder)}/" if folder else "") + f"**/*{DATA_SUFFIX}"

    def _held(self, commit: history.Commit, parents: list[Held], tree: history.CommitFiles) -> Held:
        start = len(self._prefix) + 1 if self._prefix else 0
        changed = {_metafile(path[start:]) for path in commit.files}
        first = parents[0] if parents else {}
        for other in parents[1:]:
            # Of what the sides of a merge have differently, git does not say which one was taken.
            changed.update(name for name in {*first, *other} if first.get(name) != other.get(name))
        if not changed:
            return first
        now = dict(first)
        for name in changed:
            entries = self._entries(tree, name)
            if entries is None:
                continue  # broken in this commit (a conflict that was committed, say): what it says is not known
            now.pop(name, None)
            if entries:
                now[name] = entries
        return now

    def _entries(self, tree: history.CommitFiles, metafile: str) -> dict[str, Version] | None:
        try:
            index = Index(tree, self._session.project.cwd)
            load_file(self._session.project, index, metafile)
        except FileNotFoundError:
            return {}
        except DvnbError:
            return None
        return dict(self._scope.versions(index.stages))

    def _changes(self, parents: list[Held], now: Held, commit: history.Commit) -> Changes | None:
        """Against the first parent; None where any parent has the same."""
        if not parents:
            parents = [{}]
        if any(parent is now for parent in parents):
            return None
        after = _flat(now)
        for parent in parents[1:]:
            if self._versions.compare(_flat(parent), after) is None:
                return None
        return self._versions.compare(_flat(parents[0]), after)


def _metafile(path: str) -> str:
    """The file that defines stages: a lock file speaks for the dvc.yaml beside it."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{PIPELINE_FILE}".lstrip("/") if name == LOCK_FILE else path


def _flat(held: Held) -> dict[str, Version]:
    return {path: version for entries in held.values() for path, version in entries.items()}


def _row(
    session: Session,
    commit: history.Commit | None,
    changes: Changes,
    after: Mapping[str, Version],
    versions: Versions,
    *,
    files: bool,
) -> LogRow:
    size, nfiles = total(versions, after.values())
    row = LogRow(WORKSPACE, size=size, nfiles=nfiles, hash=identity(versions, after.values()))
    if commit is not None:
        row.rev, row.commit, row.refs = commit.short, commit.name, commit.refs
        row.date, row.author, row.subject = commit.date, commit.author, commit.subject
    row.added, row.modified, row.deleted = changes.counts()
    if files:
        row.files = changes.shown(session.project)
    return row


def _workspace_row(session: Session, scope: Scope, *, files: bool) -> LogRow | None:
    """What the workspace holds, if it is not what HEAD records; data that is not here counts as recorded."""
    versions = Versions(session)
    before = dict(scope.versions(_at_head(session).stages))
    after = dict(scope.versions(session.index.stages, lambda out: _measured(session, out)))
    changes = versions.compare(before, after)
    return _row(session, None, changes, after, versions, files=files) if changes else None


def _at_head(session: Session) -> Index:
    project = session.project
    if project.git is None or project.git.head() is None:
        return Index(session.index.tree, project.cwd)
    from dvnb.git.trees import RevTree

    with RevTree(project.git, "HEAD", project.root) as tree:
        try:
            return load_index(project, tree)
        except GitError:
            raise
        except DvnbError:  # HEAD is broken, and the workspace is what will mend it
            return Index(tree, project.cwd)


def _measured(session: Session, out: Out) -> Version | None:
    built = session.measure.out(out)
    return Version(out.path, built.fingerprint, built.tree) if built else None
