"""Which revs keep their objects when garbage is collected.

Source: dvc's repo/gc.py (_validate_args), repo/brancher.py, scm.py (iter_revs); SPEC 7.8.
"""

from __future__ import annotations

from dvnb.errors import DvnbError
from dvnb.git import command
from dvnb.git.worktree import Git
from dvnb.records import dataclass

NO_SCOPE = (
    "Either of `-w|--workspace`, `-a|--all-branches`, `-T|--all-tags` `--all-experiments`, `--all-commits`,"
    " `--date` or `--rev` needs to be set."
)


@dataclass(frozen=True, slots=True)
class GcScope:
    """Whose objects stay; the names are those of dvc's flags. The workspace's always do."""

    workspace: bool = False
    rev: str | None = None
    num: int | None = None
    all_branches: bool = False
    all_tags: bool = False
    all_commits: bool = False
    date: str | None = None
    all_experiments: bool = False
    not_in_remote: bool = False
    cloud: bool = False
    remote: str | None = None
    skip_failed: bool = False
    jobs: int | None = None
    projects: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse flags that contradict each other. Raises: DvnbError."""
        if self.remote and not (self.cloud or self.not_in_remote):
            raise DvnbError("`--remote` requires `--cloud` or `--not-in-remote`")
        if self.not_in_remote and self.cloud:
            raise DvnbError("`--not-in-remote` and `--cloud` are mutually exclusive")
        revs = (self.all_branches, self.all_tags, self.all_commits, self.all_experiments, self.date, self.rev)
        if not (self.workspace or any(revs)):
            raise DvnbError(NO_SCOPE)
        if self.num and not (self.rev or self.all_branches):
            raise DvnbError("`--num` can only be used alongside `--rev` or `--all-branches`")
        self.since()

    def since(self) -> float | None:
        """`date` as seconds since the epoch. Raises: DvnbError if it is none."""
        if self.date is None:
            return None
        from datetime import datetime

        try:
            return datetime.strptime(self.date, "%Y-%m-%d").timestamp()  # noqa: DTZ007 - local time, as dvc has it
        except ValueError as exc:
            raise DvnbError(f"'{self.date}' is not a date of the form yyyy-mm-dd") from exc


def commits_in(git: Git, scope: GcScope) -> list[str]:
    """The commits in scope, each once. Raises: GitError for an unknown rev."""
    num = scope.num or 1
    found = _last(git, scope.rev, num) if scope.rev else []
    if scope.all_commits:
        found += command.all_commits(git)
    else:
        for branch in command.branches(git) if scope.all_branches else []:
            found += _last(git, f"refs/heads/{branch}", num)
        found += [command.resolve(git, f"refs/tags/{tag}") for tag in (command.tags(git) if scope.all_tags else [])]
        since = scope.since()
        if since is not None:
            stamped = command.run(git, "log", "--format=%ct %H", "--branches", "--tags", "--remotes").decode()
            found += [sha for at, sha in map(str.split, stamped.splitlines()) if int(at) >= since]
    if scope.all_experiments:
        refs = command.run(git, "for-each-ref", "--format=%(objectname)", "refs/exps/").decode()
        found += refs.split()
    return list(dict.fromkeys(found))


def _last(git: Git, rev: str, num: int) -> list[str]:
    commit = command.resolve(git, rev)
    limit = [f"--max-count={num}"] if num > 0 else []
    return command.run(git, "rev-list", "--first-parent", *limit, commit).decode().split()
