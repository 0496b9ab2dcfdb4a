"""`Repo`: every verb as one method, by family. Each call opens the project anew, so that an answer is never stale.

Each method imports what it needs: `status` must not load what `repro` or `push` are made of.
"""

from __future__ import annotations

from dvnb.repo.facade.data import DataVerbs
from dvnb.repo.facade.elsewhere import ElsewhereVerbs
from dvnb.repo.facade.experiments import ExperimentVerbs
from dvnb.repo.facade.notebook_files import NotebookFileVerbs
from dvnb.repo.facade.notebook_forms import NotebookFormVerbs
from dvnb.repo.facade.notebook_review import NotebookReviewVerbs
from dvnb.repo.facade.notebooks import NotebookVerbs
from dvnb.repo.facade.plots import PlotVerbs
from dvnb.repo.facade.plugins import Canonical
from dvnb.repo.facade.remotes import RemoteVerbs
from dvnb.repo.facade.reports import ReportVerbs
from dvnb.repo.facade.upkeep import UpkeepVerbs

__all__ = ["Canonical", "Repo"]


class Repo(
    DataVerbs,
    ReportVerbs,
    PlotVerbs,
    NotebookFormVerbs,
    NotebookVerbs,
    NotebookFileVerbs,
    NotebookReviewVerbs,
    RemoteVerbs,
    ElsewhereVerbs,
    ExperimentVerbs,
    UpkeepVerbs,
):
    """The project around a folder. Targets and paths in results are relative to that folder.

    `listener` is told what happens meanwhile. `capture`: what stages' commands write arrives there too, instead of
    going where this process writes. `wait`: seconds to wait for a lock, None for ever.

    Raises: NotARepoError, ProjectError, ConfigError.
    """
