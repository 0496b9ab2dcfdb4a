"""Recording notebooks by their clean bytes where they were recorded with outputs, so that stock dvc sees no change.

Stock dvc's `repro` writes down the hash of the file as it is. dvnb knows that outputs do not count, and stays
up to date when they are cleared; stock dvc, which knows bytes alone, would run the stage again.
"""

from __future__ import annotations

import os

from dvnb.formats import lockfile
from dvnb.objects.files import read_if_there
from dvnb.objects.hashing import MD5, Fingerprint
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.stage import Dep, Stage
from dvnb.repo.session import Session


class CleanRecords:
    """The deps that hold some notebooks (absolute paths) and are as recorded; made before the notebooks are cleaned."""

    def __init__(self, session: Session, notebooks: list[str]) -> None:
        self._session = session
        self._found = [
            (stage, dep)
            for stage in session.index.stages
            if stage.name is not None and stage.locked
            for dep in stage.deps
            if any(path == dep.path or path.startswith(dep.path + os.sep) for path in notebooks)
            and session.status.dep(dep) is None
        ]

    def write(self) -> list[str]:
        """Write down what those deps are by now; the stages whose entry in dvc.lock was brought up to date."""
        session = self._session
        session.measure.forget()
        changed: dict[str, None] = {}
        for stage, dep in self._found:
            built = session.measure.dep(dep)
            hash_info = built.fingerprint.hash_info if built else None
            recorded = dep.recorded.hash_info if dep.recorded else None
            if built is None or recorded is None or recorded.algorithm != MD5 or recorded == hash_info:
                continue
            if session.measure.bytes_of(dep) != hash_info:  # outputs that stay: no record would suit both tools
                continue
            self._write(stage, dep, built.fingerprint)
            changed[session.index.address(stage)] = None
        return list(changed)

    def _write(self, stage: Stage, dep: Dep, fingerprint: Fingerprint) -> None:
        """Put one hash into an entry of dvc.lock; its command, params and outs stay those of the last run."""
        project = self._session.project
        path = lock_path(stage.file)
        old = read_if_there(path)
        if old is None or stage.name is None:
            return
        shown = project.shown(path)
        entry = lockfile.parse(old, shown)[stage.name]
        for item in entry.deps:
            if item.path == dep.text:
                item.fingerprint = fingerprint
        project.journal.write(path, lockfile.update(old, shown, stage.name, entry, project.state))
        if path not in self._session.recorder.written:
            self._session.recorder.written.append(path)
