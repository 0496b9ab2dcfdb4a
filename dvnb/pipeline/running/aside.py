"""Outputs put aside while a stage makes new ones, so that a failure costs nothing, and undo can bring them back."""

from __future__ import annotations

import os

from dvnb.objects.hashing import MD5, HashInfo
from dvnb.objects.links import unprotect
from dvnb.objects.removal import remove_path
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project


class Aside:
    """The old outs of one stage: `take` them away, then `discard` them or `bring_back`.

    They lie in the trash meanwhile: if this process is killed, `undo` finds them there.
    Source: dvc's Stage.remove_outs, which deletes instead.
    """

    def __init__(self, project: Project, measure: Measure, stage: Stage) -> None:
        self._project = project
        self._measure = measure
        self._stage = stage
        self._moved: list[tuple[Out, str, HashInfo | None]] = []
        self._absent: list[Out] = []

    def take(self) -> None:
        """Move every out away; one that persists stays, as a copy that can be written."""
        for out in self._stage.outs:
            if not os.path.lexists(out.path):
                self._absent.append(out)
                continue
            if out.persist:
                unprotect(out.path, self._project.state)
                continue
            saved = self._saved(out)
            self._moved.append((out, self._project.journal.move(out.path), saved))
            self._measure.forget(out.path)

    def discard(self) -> None:
        """The new outs are recorded: the old ones go if the cache holds them, else they stay in the trash."""
        journal = self._project.journal
        for out in self._stage.outs:
            made = out.recorded.hash_info if out.recorded and not out.persist else None
            if made is not None and os.path.lexists(out.path):
                journal.make(out.path, made.algorithm, made.value)
        for out, stored, saved in self._moved:
            if saved is not None:
                journal.drop(stored, out.path, saved.algorithm, saved.value)
                remove_path(os.path.dirname(stored))
        self._moved.clear()

    def bring_back(self) -> None:
        """The stage failed: put the old outs back, and what it left in their places into the trash.

        What was not there before stays where it is.
        """
        journal = self._project.journal
        for out, stored, _saved in self._moved:
            if os.path.lexists(out.path):
                journal.leave(out.path)
            journal.put_back(stored, out.path)
            self._measure.forget(out.path)
        self._moved.clear()
        for out in self._absent:  # what the stage made first stays, to be looked at
            self._measure.forget(out.path)
            built = self._measure.out(out, MD5) if os.path.exists(out.path) else None
            if built and built.fingerprint.hash_info:
                journal.make(out.path, MD5, built.fingerprint.hash_info.value)

    def _saved(self, out: Out) -> HashInfo | None:
        """What the cache holds of an out, if that is just what is in the workspace."""
        recorded = out.recorded.hash_info if out.recorded else None
        if recorded is None or not os.path.exists(out.path):
            return None
        built = self._measure.out(out, recorded.algorithm)
        if built is None or built.fingerprint.hash_info != recorded or built.broken:
            return None
        if built.tree is not None and len(built.tree.entries) != _count(out.path):
            return None  # ignored files are in no object
        return recorded if self._measure.is_cached(recorded) else None


def _count(folder: str) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))
