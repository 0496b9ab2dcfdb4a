"""From what a run opened to the deps and outs of a stage."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping

from dvnb.notebooks.review.watching import Access
from dvnb.records import dataclass, field

Stamps = Mapping[str, tuple[int, int]]
"""Size and mtime in ns of the project's files, by relpath."""

MANY = 3  # files of a folder from which on the folder is meant

_SKIPPED = {
    ".git", ".dvc", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints", ".cache", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".ipython", ".jupyter", ".matplotlib", ".config", ".local", "site-packages", "dist-packages",
    "node_modules", ".tox", ".nox",
}  # fmt: skip
_TEMPORARY = re.compile(r"(.*\.(tmp|swp|lock|part)|~.*|.*~|.*-journal|.*-wal|.*-shm|\.nfs.*|\.DS_Store|core(\.\d+)?)")
_METRICS = re.compile(r"(?:^|[/_.-])(metrics?|scores?)(?:[/_.-]|$)", re.IGNORECASE)
_METRIC_FILES = (".json", ".yaml", ".yml", ".toml")
_PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".gif")
_PLOT_FILES = (*_PICTURES, ".csv", ".tsv", ".json")
_PLOT_FOLDERS = {"plots", "figures", "charts"}


@dataclass(slots=True)
class Traced:
    """Relpaths of the project (POSIX) that a run read, wrote, and changed after it had read them; file by file."""

    reads: list[str] = field(default_factory=list[str])
    writes: list[str] = field(default_factory=list[str])
    updates: list[str] = field(default_factory=list[str])
    programs: list[str] = field(default_factory=list[str])


def traced(accesses: Iterable[Access], root: str, before: Stamps, after: Stamps, skip: set[str]) -> Traced:
    """What of a run belongs to the project at `root`; `skip` are relpaths that whoever ran it opened for itself."""
    found = Traced()
    first: dict[str, str] = {}
    written: set[str] = set()
    for access in accesses:
        if access.kind == "program":
            if access.path not in found.programs:
                found.programs.append(access.path)
            continue
        relpath = _ours(access.path, root)
        if relpath is None or relpath in skip:
            continue
        first.setdefault(relpath, access.kind)
        if access.kind == "write" or (access.kind == "update" and before.get(relpath) != after.get(relpath)):
            written.add(relpath)
    for relpath, kind in first.items():
        if relpath in written:
            if relpath in after:
                is_update = relpath in before and kind != "write"
                (found.updates if is_update else found.writes).append(relpath)
        elif relpath in before:
            found.reads.append(relpath)
    for paths in (found.reads, found.writes, found.updates):
        paths.sort()
    return found


def _ours(path: str, root: str) -> str | None:
    """The relpath of a file that may be data or code of the project; of a compiled module that of its source."""
    inside = root + os.sep
    if not path.startswith(inside):
        return None
    relpath = path[len(inside) :].replace(os.sep, "/")
    if relpath.endswith(".pyc"):
        folder, _, name = relpath.rpartition("/")
        stem = name.partition(".")[0] + ".py"
        relpath = "/".join(part for part in (folder.removesuffix("__pycache__").rstrip("/"), stem) if part)
    parts = relpath.split("/")
    if _SKIPPED.intersection(parts) or _TEMPORARY.fullmatch(parts[-1]):
        return None
    above = root
    for part in parts[:-1]:
        above = os.path.join(above, part)
        if os.path.exists(os.path.join(above, "pyvenv.cfg")) or os.path.isdir(os.path.join(above, "conda-meta")):
            return None
    return relpath


def collapsed(
    paths: Iterable[str], every: Iterable[str], closed: Iterable[str], *, plain: Callable[[str], bool] | None = None
) -> list[str]:
    """`paths` with folders in the place of many files; `every` are all files of the project.

    A folder stands for its files where more than `MANY` of them are meant, and at least half of all it holds, or
    where all of at least two are meant and each is `plain`. None holds anything of `closed`. The largest such folder
    is taken.
    """
    wanted = set(paths)
    held: dict[str, int] = {}
    meant: dict[str, int] = {}
    for path in set(every) | wanted:
        for folder in folders_above(path):
            held[folder] = held.get(folder, 0) + 1
            meant[folder] = meant.get(folder, 0) + (path in wanted)
    barred = {folder for path in closed for folder in [path, *folders_above(path)]}
    found: set[str] = set()
    for path in wanted:
        chosen = path
        for folder in folders_above(path):
            if folder in barred:
                continue
            inside = [one for one in wanted if one.startswith(f"{folder}/")] if plain else []
            whole = plain is not None and len(inside) == held[folder] > 1 and all(map(plain, inside))
            if whole or (meant[folder] > MANY and 2 * meant[folder] >= held[folder]):
                chosen = folder
        found.add(chosen)
    return sorted(one for one in found if not any(above in found for above in folders_above(one)))


def folders_above(path: str) -> list[str]:
    """The folders of a relpath, the nearest first, without the root."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def option_of(path: str, members: Iterable[str] = ()) -> str:
    """The option of `notebook stage` that an out is declared with; `members` are the files of a folder."""
    inside = list(members)
    if inside:
        return "--plots" if all(option_of(member) == "--plots" for member in inside) else "-o"
    name = path.lower()
    if name.endswith(_METRIC_FILES) and _METRICS.search(path):
        return "-M"
    pictured = name.endswith(_PICTURES) or bool(_PLOT_FOLDERS.intersection(name.split("/")[:-1]))
    return "--plots" if pictured and name.endswith(_PLOT_FILES) else "-o"
