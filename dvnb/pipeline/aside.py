"""Outputs put aside while a stage makes new ones, so that a failure costs nothing."""

from __future__ import annotations

import itertools
import os

from dvnb.objects.links import unprotect
from dvnb.objects.removal import remove_path
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project

_numbers = itertools.count(1)


class Aside:
    """The old outs of one stage: `take` them away, then `discard` them or `bring_back`.

    Source: dvc's Stage.remove_outs, which deletes instead.
    """

    def __init__(self, project: Project, measure: Measure, stage: Stage) -> None:
        self._project = project
        self._measure = measure
        self._stage = stage
        self._folder = os.path.join(project.tmp_dir, "dvnb", "aside", f"{os.getpid()}-{next(_numbers)}")
        self._moved: list[tuple[Out, str, bool]] = []

    def take(self) -> None:
        """Move every out away; one that persists stays, as a copy that can be written."""
        for number, out in enumerate(self._stage.outs):
            if not os.path.lexists(out.path):
                continue
            if out.persist:
                unprotect(out.path, self._project.state)
                continue
            safe = self._is_safe(out)
            os.makedirs(self._folder, exist_ok=True)
            place = os.path.join(self._folder, str(number))
            _move(out.path, place)
            self._moved.append((out, place, safe))
            self._measure.forget(out.path)

    def discard(self) -> None:
        """The new outs are recorded: remove the old ones, those that the cache does not hold into the trash."""
        for out, place, safe in self._moved:
            if safe:
                remove_path(place)
            else:
                self._project.trash.move(place, was=out.path)
        self._finish()

    def bring_back(self) -> None:
        """The stage failed: put the old outs back, and what it left in their places into the trash."""
        for out, place, _safe in self._moved:
            if os.path.lexists(out.path):
                self._project.trash.move(out.path)
            _move(place, out.path)
            self._measure.forget(out.path)
        self._finish()

    def _is_safe(self, out: Out) -> bool:
        """Whether the cache holds just what is in the workspace."""
        if out.recorded is None or out.recorded.hash_info is None or os.path.islink(out.path):
            return os.path.islink(out.path)
        built = self._measure.out(out)
        if built is None or built.fingerprint.hash_info != out.recorded.hash_info:
            return False
        return self._measure.is_cached(out.recorded.hash_info)

    def _finish(self) -> None:
        self._moved.clear()
        if os.path.isdir(self._folder):
            os.rmdir(self._folder)


def _move(source: str, target: str) -> None:
    try:
        os.rename(source, target)
    except OSError:
        import shutil  # across filesystems, where an out is a mount or the project's tmp is

        shutil.move(source, target)
