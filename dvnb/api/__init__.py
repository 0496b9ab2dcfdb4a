"""Data, params, metrics and artifacts of any repo at any rev, for Python: the names and signatures of `dvc.api`.

`repo` is a path or a git URL, by default the project around the current folder; `rev` a branch, tag or commit, by
default the workspace of a path and the default branch of a URL. Errors are of `dvnb.errors.DvnbError`'s family.
`DVCFileSystem` is `DvnbFileSystem`, the fsspec filesystem behind `dvnb://` URLs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.api.artifacts import artifacts_show
from dvnb.api.data import get_url, open, read  # noqa: A004 - dvc's name
from dvnb.api.datasets import get_dataset
from dvnb.api.experiments import exp_save, exp_show
from dvnb.api.revs import all_branches, all_commits, all_tags
from dvnb.api.show import metrics_show, params_show

if TYPE_CHECKING:
    from dvnb.api.filesystem import DvnbFileSystem

    DVCFileSystem = DvnbFileSystem

__all__ = [
    "DVCFileSystem",
    "DvnbFileSystem",
    "all_branches",
    "all_commits",
    "all_tags",
    "artifacts_show",
    "exp_save",
    "exp_show",
    "get_dataset",
    "get_url",
    "metrics_show",
    "open",
    "params_show",
    "read",
]


def __getattr__(name: str) -> object:
    # Lazily: fsspec is slow to load, and `read` needs none of it.
    if name in ("DVCFileSystem", "DvnbFileSystem"):
        from dvnb.api.filesystem import DvnbFileSystem

        return DvnbFileSystem
    raise AttributeError(f"module 'dvnb.api' has no attribute '{name}'")
