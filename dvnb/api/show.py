"""Params and metrics of a repo, in one dict. Source: dvc's api/show.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dvnb.repo.elsewhere.opening import open_files


def params_show(
    *targets: str,
    repo: str | None = None,
    stages: str | Iterable[str] | None = None,
    rev: str | None = None,
    deps: bool = False,
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Params of all files that declare them; of the files `targets`, or of `stages` alone.

    `deps`: only those that stages declare. Keys that several files have are named `file:key`.
    Raises: FileNotFoundError, FormatError for the first file that cannot be read; TargetError for an unknown stage;
    GitError; ConfigError.
    """
    from dvnb.repo.elsewhere import shown  # `read` does without

    names = [stages] if isinstance(stages, str) else list(stages or ())
    files = open_files(repo, rev, config=config)
    try:
        return shown.show_params(files, targets, stages=names, deps=deps)
    finally:
        files.close()


def metrics_show(
    *targets: str, repo: str | None = None, rev: str | None = None, config: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Metrics of all files that declare them, or of the files `targets`. Raises: as `params_show`."""
    from dvnb.repo.elsewhere import shown  # `read` does without

    files = open_files(repo, rev, config=config)
    try:
        return shown.show_metrics(files, targets)
    finally:
        files.close()
