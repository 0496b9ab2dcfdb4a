"""What must hold before a notebook is run as an experiment, so that no run is in vain."""

from __future__ import annotations

from dvnb.errors import TargetError
from dvnb.git import command
from dvnb.repo.experiments import refs, save
from dvnb.repo.experiments.refs import Experiment
from dvnb.repo.session import Session


def check_name(session: Session, name: str) -> None:
    """Make sure that HEAD can have an experiment of this name; "" stands for one that is made up.

    Raises: ProjectError without git; GitError before the first commit, or where nobody can commit; TargetError.
    """
    git, baseline = save.require_commit(session)
    command.run(git, "var", "GIT_COMMITTER_IDENT")  # fails where git does not know who commits
    if name:
        experiment = Experiment(baseline, name)
        refs.check_name(git, experiment)
        if git.ref(experiment.ref) is not None:
            raise TargetError(f"there is an experiment '{name}' of this commit already: give it another name")
