"""What `pull` does beyond `fetch` and `checkout`: imports whose content was never downloaded.

Source: dvc's repo/fetch.py (partial imports), repo/index.py (`partial_imports`).
"""

from __future__ import annotations

from dvnb.errors import DvnbError
from dvnb.events import Warned
from dvnb.pipeline.stage import Out, Stage
from dvnb.repo.remotes.sync import Scope, scope_targets
from dvnb.repo.results import CheckoutResult
from dvnb.repo.session import Session


def bring_undownloaded(session: Session, scope: Scope) -> list[Out]:
    """Bring what `--no-download` left at its source, and note it on the outs, for a checkout to find them as recorded.

    One that cannot be reached stops nothing else. Returns those that were not here.
    """
    texts = scope_targets(session, scope)
    found = session.targets.find(texts, with_deps=scope.with_deps, recursive=scope.recursive)
    came: list[Out] = []
    for stage in dict.fromkeys(target.stage for target in found):
        if not _is_undownloaded(stage):
            continue
        from dvnb.repo.elsewhere import imports  # few projects have any

        try:
            if imports.bring_undownloaded(session, stage):
                came.append(stage.outs[0])
        except DvnbError as exc:
            session.project.emit(Warned(f"{session.index.describe(stage)} could not be downloaded: {exc}"))
    return came


def tell(session: Session, came: list[Out], checked_out: CheckoutResult) -> None:
    """Count them with what the checkout did."""
    for out in came:
        nfiles = out.recorded.nfiles if out.recorded else None
        checked_out.added.append(session.project.shown(out.path) + "/" * (nfiles is not None))
        checked_out.files_added += 1 if nfiles is None else nfiles


def _is_undownloaded(stage: Stage) -> bool:
    """Whether it is an import whose source was looked at, but whose content never came here."""
    if not stage.is_import or stage.recorded_md5 is None or stage.deps[0].db is not None:
        return False
    recorded = stage.outs[0].recorded
    return recorded is None or recorded.hash_info is None
