"""`diff --content`: what changed inside a file, or inside each file of a folder, between two revs or a rev and now."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from dvnb.errors import MissingObjectsError, ProjectError, TargetError
from dvnb.project.project import Project
from dvnb.records import dataclass
from dvnb.repo.compare.content_sides import WORKSPACE, File, at_rev, fetch_hint, in_workspace
from dvnb.repo.results import ContentDiffResult
from dvnb.repo.session import Session
from dvnb.reports.content import tables
from dvnb.reports.content.compare import BINARY, compare_file, state
from dvnb.reports.content.found import FileDiff, ImageDiff, Side

_MOST_DETAILED = 50
_LARGEST_DETAILED = 32 << 20
_ROWS_IN_FOLDERS = 5


@dataclass(frozen=True, slots=True)
class Revs:
    """The two versions: `new` is None for the workspace."""

    old: str = "HEAD"
    new: str | None = None


def diff_content(session: Session, path: str, revs: Revs, wanted: tables.Wanted) -> ContentDiffResult:
    """What changed inside the file or folder at `path`, be it git's or tracked data, a member or a folder of it.

    Raises: GitError for an unknown rev; TargetError for what neither version has; MissingObjectsError where the cache
    lacks a version; DvnbError where tables cannot be compared.
    """
    project = session.project
    absolute = session.absolute(path)
    if not project.contains(absolute):
        raise TargetError(f"'{path}' is outside of the project")
    if project.git is None:
        raise ProjectError("versions can only be compared in a git repository")
    with _temporary() as folder:
        old = at_rev(session, revs.old, absolute, folder)
        new = in_workspace(session, absolute) if revs.new is None else at_rev(session, revs.new, absolute, folder)
        shown_new = revs.new or WORKSPACE
        if not old and not new:
            raise TargetError(f"'{path}' exists neither in '{revs.old}' nor in '{shown_new}'")
        changed = [name for name in sorted({*old, *new}) if not _same(old.get(name), new.get(name))]
        _require(project, path, revs, [file for name in changed for file in (old.get(name), new.get(name)) if file])
        is_folder = set(old) | set(new) != {""}
        result = ContentDiffResult(revs.old, shown_new, path, folder=is_folder)
        result.unchanged = len({*old, *new}) - len(changed)
        for name in changed:
            shown = project.shown(os.path.join(absolute, *name.split("/")) if name else absolute)
            sides = _sides(old.get(name), new.get(name), revs.old, shown_new)
            if is_folder:
                result.files.append(_summary(shown, *sides, wanted, detailed=len(result.files) < _MOST_DETAILED))
            else:
                result.files.append(compare_file(shown, *sides, wanted))
        return result


@contextmanager
def _temporary() -> Generator[str]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="dvnb-") as folder:
        yield folder


def _same(old: File | None, new: File | None) -> bool:
    return old is not None and new is not None and old.hash_info is not None and old.hash_info == new.hash_info


def _sides(old: File | None, new: File | None, a: str, b: str) -> tuple[Side, Side]:
    before, after = (_side(file, where) for file, where in ((old, a), (new, b)))
    if old and new and old.hash_info and new.hash_info and old.hash_info.algorithm != new.hash_info.algorithm:
        # A hash of dvc 2 says nothing about another one: the bytes decide.
        before, after = replace(before, md5=None), replace(after, md5=None)
    return before, after


def _side(file: File | None, where: str) -> Side:
    if file is None:
        return Side(where)
    path = file.obtain()
    return Side(where, path, os.path.getsize(path), file.hash_info.value if file.hash_info else None)


def _summary(path: str, old: Side, new: Side, wanted: tables.Wanted, *, detailed: bool) -> FileDiff:
    """One file among many: some rows as examples, no pictures; only the size where it is large, or one of very many."""
    if not detailed or max(old.size or 0, new.size or 0) > _LARGEST_DETAILED:
        note = "look at it alone to see what changed inside"
        return FileDiff(path, state(old, new), BINARY, old, new, note=note)
    few = replace(wanted, limit=min(wanted.limit, _ROWS_IN_FOLDERS))
    try:
        found = compare_file(path, old, new, few)
    except tables.NoKeyError as error:
        found = compare_file(path, old, new, replace(few, key=()))
        found.note = str(error)
    if isinstance(found.detail, ImageDiff):
        found.detail.uris = []
    return found


def _require(project: Project, path: str, revs: Revs, files: list[File]) -> None:
    """Refuse where objects are missing, and say what brings them."""
    missing = [file for file in files if file.missing]
    if not missing:
        return
    rev = next(rev for rev in (revs.old, revs.new) if rev == missing[0].where)
    names = sorted({project.shown(file.path) for file in missing})
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    raise MissingObjectsError(
        f"the content of '{names[0]}'{more} in '{rev}' is not in the cache", names, fetch_hint(project, rev or "", path)
    )
