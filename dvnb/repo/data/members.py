"""One path inside a tracked folder, recorded without the rest of the folder being here.

Source: dvc's output.py (apply, unstage, get_dir_cache).
"""

from __future__ import annotations

import os

from dvnb.errors import Hint, MissingObjectsError, TargetError
from dvnb.objects.build import Built, build
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.save import save
from dvnb.objects.tree import Tree
from dvnb.pipeline.stage import Out
from dvnb.pipeline.stage_records import listed
from dvnb.repo.session import Session


def listing(session: Session, out: Out) -> Tree:
    """What a tracked folder consists of: from the cache, else from its remote, which is asked for nothing more.

    Raises: MissingObjectsError if neither has it.
    """
    recorded = out.recorded.hash_info if out.recorded else None
    if recorded is None or not recorded.is_dir:
        raise TargetError(f"'{session.project.shown(out.path)}' is not recorded as a folder")
    cache = session.project.cache
    try:
        return cache.read_tree(recorded)
    except MissingObjectsError:
        tree = _listing_of_remote(session, out)
    if tree is None:
        shown = session.project.shown(out.path)
        raise MissingObjectsError(
            f"neither the cache nor a remote says what '{shown}' consists of", [shown], Hint("fetch", shown)
        )
    cache.put_tree(tree)
    return tree


def _listing_of_remote(session: Session, out: Out) -> Tree | None:
    project = session.project
    if out.recorded is None or out.recorded.hash_info is None or not (out.remote or project.config.get("core.remote")):
        return None
    from dvnb.objects.remotes.listings import read_listing  # only where the cache lacks a listing

    return read_listing(out.recorded.hash_info, project.cache, project.remote(out.remote))


def take(session: Session, path: str, out: Out, *, commit: bool, relink: bool, whole: bool = False) -> None:
    """Record on an out what is at a path inside its folder now, new, changed or gone; the rest need not be there.

    `whole`: as dvc's `commit` does it, which measures the folder and so knows its size if all of it is there, and
    stores no listing of a part; its `add` does neither.

    Raises: TargetError for a path that is neither there nor recorded; MissingObjectsError.
    """
    cache = session.project.cache
    old = listing(session, out)
    prefix = relpath(path, out)
    built = _built(session, path, old)
    tree = _replaced(old, prefix, built)
    if len(tree.entries) == len(old.entries) and built is None:
        raise TargetError(f"'{session.project.shown(path)}' does not exist")
    hash_info = tree.hash_info()
    if commit and built is not None:
        _save(session, path, built, relink=relink, listing=not whole)
    if out.recorded is None or hash_info == out.recorded.hash_info:
        return
    found = _built(session, out.path, tree, tolerate_broken=True) if whole or not commit else None
    is_here = found is not None and found.tree == tree and not found.broken
    if commit or not is_here:
        cache.put_tree(tree)
    cache.know_tree(hash_info, tree)  # the next member's old listing
    if found is not None and is_here and whole:
        total = found.fingerprint.size
    else:
        total = _grown(out, prefix, old, built)
    out.recorded = listed(Fingerprint(hash_info, size=total, nfiles=len(tree.entries)), tree, out)


def _grown(out: Out, prefix: str, old: Tree, built: Built | None) -> int | None:
    """The size of the folder with what is at `prefix`, where that is new; of what is replaced no size is known."""
    size = built.fingerprint.size if built else None
    is_new = not any(rel == prefix or rel.startswith(prefix + "/") for rel in old.entries)
    before = out.recorded.size if out.recorded else None
    return before + size if is_new and size is not None and before else None


def is_changed(session: Session, path: str, out: Out) -> bool:
    """Whether what is at a path inside a tracked folder differs from what is recorded of it."""
    old = listing(session, out)
    return _replaced(old, relpath(path, out), _built(session, path, old)) != old


def relpath(path: str, out: Out) -> str:
    """A member's path (absolute) as listings have it."""
    return os.path.relpath(path, out.path).replace(os.sep, "/")


def _built(session: Session, path: str, old: Tree, *, tolerate_broken: bool = False) -> Built | None:
    """What is there, hashed as the rest of the folder is: a listing has members of one algorithm only.

    Raises: FileNotFoundError for a link that leads nowhere, which is not the same as nothing.
    """
    project = session.project
    if not os.path.lexists(path):
        return None
    return build(
        path,
        state=project.state,
        ignore=project.ignore,
        algorithm=old.algorithm,
        emit=project.emit,
        tolerate_broken=tolerate_broken,
    )


def _save(session: Session, path: str, built: Built, *, relink: bool, listing: bool) -> None:
    project = session.project
    save(
        built,
        path,
        project.cache,
        link_types=project.link_types,
        relink=relink,
        listing=listing,
        state=project.state,
        emit=project.emit,
    )


def _replaced(old: Tree, prefix: str, built: Built | None) -> Tree:
    if built is None:
        return old.merge(prefix, Tree({}, old.algorithm))
    if built.tree is not None:
        new = {f"{prefix}/{rel}": value for rel, value in built.tree.entries.items()}
    else:
        assert built.fingerprint.hash_info is not None  # noqa: S101 - what is there has a hash
        new = {prefix: built.fingerprint.hash_info.value}
    # A file above the path cannot be there any more.
    kept = {rel: value for rel, value in old.entries.items() if not prefix.startswith(rel + "/")}
    return Tree(kept, old.algorithm).merge(prefix, Tree(new, old.algorithm))
