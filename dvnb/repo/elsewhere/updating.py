"""`update`: imports brought to what their sources hold now.

Source: dvc's repo/update.py, stage/imports.py (`update_import`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dvnb.errors import DvnbError, TargetError
from dvnb.events import Warned
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DvcFile
from dvnb.pipeline.stage import Stage
from dvnb.project.reach import Reach
from dvnb.repo.data.removal import delete_out
from dvnb.repo.elsewhere import origins
from dvnb.repo.results import ImportResult
from dvnb.repo.session import Session


class UpdateOptions(NamedTuple):
    """How to update: to which rev, and where content goes to."""

    rev: str | None = None
    download: bool = True
    to_remote: bool = False
    remote: str | None = None
    jobs: int | None = None


def update(session: Session, targets: Sequence[str], options: UpdateOptions, *, recursive: bool) -> ImportResult:
    """Bring imports to what their sources hold now; what the workspace alone holds goes to the trash.

    What is no import is left alone, with a warning unless it was only found (`recursive`). Without a download, the old
    content goes from the workspace: it is not what the .dvc file stands for any more.

    As with dvc, staging is left to its user, whatever `core.autostage` says.

    Raises: TargetError before anything changes, or for an option that means nothing to what is no import, once all
    imports are updated; DvnbError for a source that cannot be reached, once all are tried.
    """
    if options.to_remote and not options.download:
        raise TargetError("--to-remote can't be used with --no-download")
    if options.remote and not options.to_remote:
        raise TargetError("--remote can't be used without --to-remote")
    found = session.targets.find(targets, recursive=recursive)
    named = list(dict.fromkeys(target.stage for target in found))
    stages = [stage for stage in named if _can_update(session, stage, recursive)]
    others = [stage for stage in named if not stage.is_import and stage.cmd is None]
    for stage in stages:
        if options.to_remote and stage.deps[0].repo is not None:
            raise TargetError("Data imported from other DVC or Git repositories can't be updated with --to-remote")
        if options.rev and stage.deps[0].repo is None and not recursive:
            raise TargetError(f"--rev: {session.index.describe(stage)} is not imported from a repo")
    result = ImportResult()
    failures: list[DvnbError] = []
    for stage in stages:
        try:
            _update(session, stage, options, result)
        except DvnbError as exc:
            if len(stages) == 1:
                raise
            failures.append(DvnbError(f"{session.index.describe(stage)}: {exc}"))
    if failures:
        for failure in failures[:-1]:
            session.project.emit(Warned(str(failure)))
        raise failures[-1]
    _refuse_others(session, others, options)
    return result


def bring_again(session: Session, stage: Stage) -> None:
    """Bring one import to what its source holds now (`repro` of one that is not frozen)."""
    _update(session, stage, UpdateOptions(), ImportResult())


def _refuse_others(session: Session, others: Sequence[Stage], options: UpdateOptions) -> None:
    """Say which options mean nothing to stages that are no imports; what is imported is up to date by then."""
    given = {"--rev": options.rev, "--no-download": not options.download, "--to-remote": options.to_remote}
    for name, value in given.items():
        if value and others:
            raise TargetError(f"{name} can't be used with what is no import: '{session.index.shown(others[0].file)}'")


def _can_update(session: Session, stage: Stage, recursive: bool) -> bool:
    if not stage.is_import and not recursive:
        session.project.emit(Warned(f"{session.index.describe(stage)} is not an import: it has no source to ask"))
    return stage.is_import


def _update(session: Session, stage: Stage, options: UpdateOptions, result: ImportResult) -> None:
    with open(stage.file, "rb") as file:
        old = file.read()
    parsed = dvcfile.parse(old, session.index.shown(stage.file))
    unchanged = _look_again(session, stage, parsed, options.rev)
    out = stage.outs[0]
    if options.to_remote:
        origins.bring_to_remote(session, parsed, out, remote=options.remote, jobs=options.jobs, result=result)
    elif unchanged and not (options.download and session.status.changed_outs(stage)):
        result.unchanged.append(session.index.shown(stage.file))
        return
    else:
        before = parsed.outs[0].fingerprint
        if not options.download:
            Reach(session.project).require([out.path])
        origins.bring(session, parsed, out, download=options.download, jobs=options.jobs, result=result)
        if not options.download:
            # As dvc: the old content goes, and the checksum is of the definition with the old hash.
            delete_out(session.project, out)
            parsed.outs[0].fingerprint = before
        parsed.md5 = dvcfile.import_md5(parsed)  # dvc leaves it as it was where content went to a remote
        if not options.download:
            parsed.outs[0].fingerprint = origins.NOTHING
    origins.write_import(session, stage.file, parsed, old)


def _look_again(session: Session, stage: Stage, parsed: DvcFile, rev: str | None) -> bool:
    """Note on the dep what its source holds now; whether that is what is recorded."""
    before = dvcfile.import_md5(parsed)
    dep = parsed.deps[0]
    if dep.repo is not None:
        if rev:
            dep.repo = {**dep.repo, "rev": rev}
        commit = origins.commit_of(session, stage.wdir, dep, locked=False)
        dep.repo = {**dep.repo, "rev_lock": commit}
    else:
        dep.fingerprint = origins.look(session, origins.open_dep(session, stage.wdir, dep))
    return parsed.md5 == before == dvcfile.import_md5(parsed)
