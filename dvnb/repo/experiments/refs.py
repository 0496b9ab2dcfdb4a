"""Where experiments are: `refs/exps/<first 2 digits of the baseline>/<the rest>/<name>` (SPEC 8.1, 8.2).

Source: dvc's repo/experiments/refs.py and utils.py.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import NamedTuple

from dvnb.errors import TargetError
from dvnb.git import refs
from dvnb.git.worktree import Git

NAMESPACE = "refs/exps"
# Also below the namespace, and no experiments: stashes of queues, what is being run or was applied.
_EXPERIMENT = re.compile(rf"{NAMESPACE}/([0-9a-f]{{2}})/([0-9a-f]{{38}}(?:[0-9a-f]{{24}})?)/([^/]+)")


class Experiment(NamedTuple):
    """One experiment: the commit it derives from, its name, and its newest commit (None: in another repository)."""

    baseline: str
    name: str
    commit: str | None = None

    @property
    def ref(self) -> str:
        """Its full ref name."""
        return f"{NAMESPACE}/{self.baseline[:2]}/{self.baseline[2:]}/{self.name}"


class ExperimentExistsError(TargetError):
    """The baseline has an experiment of this name."""


class AmbiguousExperimentError(TargetError):
    """Several baselines have an experiment of this name, and none of them is HEAD."""


def listed(git: Git, baselines: Container[str] | None = None) -> list[Experiment]:
    """The experiments of these baselines (None: all), by ref."""
    found = (_parsed(name, commit) for name, commit in refs.listed(git, NAMESPACE).items())
    return [one for one in found if one is not None and (baselines is None or one.baseline in baselines)]


def listed_at(git: Git, remote: str, baselines: Container[str] | None = None) -> list[Experiment]:
    """The experiments that another git repository has. Raises: GitError where it cannot be reached."""
    found = (_parsed(name, None) for name in refs.listed_at(git, remote, NAMESPACE))
    return [one for one in found if one is not None and (baselines is None or one.baseline in baselines)]


def find(git: Git, name: str) -> Experiment | None:
    """The experiment of a name, or of a full ref; of several that of HEAD.

    Raises: AmbiguousExperimentError.
    """
    found = [one for one in listed(git) if name in (one.name, one.ref)]
    if len(found) < 2:  # noqa: PLR2004 - it is unambiguous
        return next(iter(found), None)
    head = git.head()
    for one in found:
        if one.baseline == head:
            return one
    names = "\n".join(f"\t{one.ref}" for one in found)
    raise AmbiguousExperimentError(
        f"Ambiguous name '{name}' refers to multiple experiments."
        f" Use one of the following full refnames instead:\n\n{names}"
    )


def check_name(git: Git, experiment: Experiment) -> None:
    """Make sure that an experiment can have its name. Raises: TargetError."""
    if "/" in experiment.name or not refs.is_valid(git, experiment.ref):
        raise TargetError(
            f"Invalid exp name {experiment.name}, the exp name must follow rules in "
            "https://git-scm.com/docs/git-check-ref-format"
        )


def check_free(git: Git, experiment: Experiment, verb: str) -> None:
    """Make sure that there is no such experiment; `verb` is the one that would replace it by force.

    Raises: ExperimentExistsError.
    """
    if git.ref(experiment.ref) is not None:
        raise ExperimentExistsError(
            f"Experiment conflicts with existing experiment '{experiment.name}'."
            f" To overwrite the existing experiment run:\n\n\tdvc exp {verb} -f ...\n"
        )


def describe(git: Git, commits: Iterable[str]) -> dict[str, str | None]:
    """A name for each commit: the branch that is checked out, else its first tag, else its first branch."""
    head, branch = git.head(), git.branch()
    names: dict[str, str] = {}
    for prefix in ("refs/tags/", "refs/heads/"):
        for name, commit in refs.listed(git, prefix).items():
            names.setdefault(commit, name.removeprefix(prefix))
    if head and branch:
        names[head] = branch
    return {commit: names.get(commit) for commit in commits}


def _parsed(ref: str, commit: str | None) -> Experiment | None:
    matched = _EXPERIMENT.fullmatch(ref)
    return Experiment(matched[1] + matched[2], matched[3], commit) if matched else None
