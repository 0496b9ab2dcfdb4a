"""Which commits are meant: those of revs, with the ones before them, of branches, of tags, or all.

Source: dvc's scm.py (`iter_revs`, `_get_n_commits`, `resolve_rev`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from dvnb.errors import GitError
from dvnb.git import command
from dvnb.git.blobs import BlobReader
from dvnb.git.commits import first_parents
from dvnb.git.worktree import Git
from dvnb.records import dataclass
from dvnb.repo.experiments import refs


@dataclass(slots=True)
class Baselines:
    """Revs (none: HEAD, unless something else is asked for), each with the `num` - 1 commits before it.

    `num`: 0 leaves the revs out, a negative one goes back to the first commit.
    """

    revs: tuple[str, ...] = ()
    num: int = 1
    all_branches: bool = False
    all_tags: bool = False
    all_commits: bool = False

    def commits(self, git: Git) -> list[str]:
        """Their full hashes, each once. Raises: GitError for an unknown rev."""
        with BlobReader(git) as reader:
            return list(dict.fromkeys(self._commits(git, reader)))

    def _commits(self, git: Git, reader: BlobReader) -> Iterator[str]:
        others = self.all_branches or self.all_tags or self.all_commits
        for rev in self.revs or (() if others else ("HEAD",)):
            yield from self._back_from(reader, resolve(git, rev))
        if self.all_commits:
            yield from command.all_commits(git)
            return
        if self.all_branches:
            for branch in command.branches(git):
                yield from self._back_from(reader, command.resolve(git, branch))
        if self.all_tags:
            for tag in command.tags(git):
                yield command.resolve(git, tag)

    def _back_from(self, reader: BlobReader, commit: str) -> Iterator[str]:
        return islice(first_parents(reader, commit), None if self.num < 0 else self.num)


def resolve(git: Git, rev: str) -> str:
    """The commit of a rev, which may be the name of an experiment.

    Raises: GitError; AmbiguousExperimentError.
    """
    try:
        return command.resolve(git, rev)
    except GitError:
        found = refs.find(git, rev)
        if found is None or found.commit is None:
            raise
        return found.commit
