"""Which paths `.dvcignore` files leave out. Source: dvc's commands/check_ignore.py; SPEC 1.17."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dvnb.repo.results import IgnoreMatch, IgnoreResult
from dvnb.repo.session import Session


def check(session: Session, paths: Sequence[str], *, all: bool = False) -> IgnoreResult:
    """One match for each path, the last that decides; `all`: every pattern that matches it."""
    rules = session.project.ignore
    result = IgnoreResult()
    for text in paths:
        path = session.absolute(text)
        is_dir = os.path.isdir(path)
        ignored = rules.is_ignored(path, is_dir)
        if all:
            found = rules.explain_all(path, is_dir)
        else:
            last = rules.explain(path, is_dir)
            found = [last] if last else []
        result.matches += [IgnoreMatch(text, ignored, *match) for match in found] or [IgnoreMatch(text, ignored)]
    return result
