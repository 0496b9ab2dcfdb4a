"""Which paths `.dvcignore` files leave out. Source: dvc's commands/check_ignore.py; SPEC 1.17."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dvnb.repo.results import IgnoreMatch, IgnoreResult
from dvnb.repo.session import Session


def check(session: Session, paths: Sequence[str]) -> IgnoreResult:
    """One match for each path: the pattern that decides."""
    rules = session.project.ignore
    result = IgnoreResult()
    for text in paths:
        path = session.absolute(text)
        is_dir = os.path.isdir(path)
        ignored = rules.is_ignored(path, is_dir)
        found = rules.explain(path, is_dir)
        result.matches.append(IgnoreMatch(text, ignored, *found) if found else IgnoreMatch(text, ignored))
    return result
