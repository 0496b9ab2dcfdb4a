"""Where a project is, and how paths in it are written."""

from __future__ import annotations

import os

from dvnb.project.discover import DVC_DIR


class Paths:
    """Those of one project: its `root`, dvc's folder in there, and `cwd`, from which its user looks at it (absolute).

    Targets and messages are relative to `cwd`.
    """

    def __init__(self, root: str, cwd: str) -> None:
        self.root = root
        self.cwd = cwd
        self.dvc_dir = os.path.join(root, DVC_DIR)
        self.tmp_dir = os.path.join(self.dvc_dir, "tmp")

    def relpath(self, path: str) -> str:
        """`path` (absolute) relative to the root, POSIX; "" is the root itself."""
        relpath = os.path.relpath(path, self.root).replace(os.sep, "/")
        return "" if relpath == "." else relpath

    def shown(self, path: str) -> str:
        """`path` (absolute) as its user would write it, relative to `cwd`."""
        return os.path.relpath(path, self.cwd)

    def contains(self, path: str) -> bool:
        """Whether `path` (absolute) is the root or lies below it."""
        return path == self.root or path.startswith(self.root.rstrip(os.sep) + os.sep)
