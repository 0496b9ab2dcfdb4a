"""How files of the workspace hang on the cache, noted before it changes, so that it can be brought back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from dvnb.errors import DvnbError
from dvnb.objects.hashing import LEGACY, MD5, hash_file
from dvnb.objects.links import link, unprotect
from dvnb.objects.relocate import files_below
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.journal import Journal

COPY = "copy"

Hanging = dict[str, tuple[str, str]]
"""By relpath ("" for the path itself): the link type, and what it leads to (absolute; "" for a copy)."""


def hanging(path: str, rels: Iterable[str], store: LocalStore, state: State) -> Hanging:
    """How members of a path hang on what; those whose hard links lead to nothing in the store are left out."""
    found = ((rel, _kind(member_path(path, rel), store, state)) for rel in rels)
    return {rel: kind for rel, kind in found if kind is not None}


def unprotect_noted(path: str, store: LocalStore, state: State, journal: Journal) -> None:
    """`links.unprotect`, which an undo takes back: files become the links again that they were."""
    rels = [file[len(path) + 1 :] for file in files_below(path)]
    was = {rel: kind for rel, kind in hanging(path, rels, store, state).items() if kind[0] != COPY}
    journal.relink(path, was)
    unprotect(path, state)


def hang(path: str, was: Mapping[str, tuple[str, str]], store: LocalStore, state: State, journal: Journal) -> list[str]:
    """Let members hang as they did once, as far as their content is the same; the paths of those where it is not."""
    left: list[str] = []
    coming: Hanging = {}
    for rel, (kind, source) in was.items():
        member = member_path(path, rel)
        if not os.path.isfile(member) or (kind != COPY and not _is_same(member, source, state)):
            left.append(member)
        else:
            coming[rel] = kind, source
    journal.relink(path, hanging(path, coming, store, state))
    for rel, (kind, source) in coming.items():
        member = member_path(path, rel)
        if kind == COPY:
            unprotect(member, state)
        else:
            try:
                link(source, member, [kind])
            except DvnbError:  # the cache went to another filesystem, say
                left.append(member)
    return left


def _kind(file: str, store: LocalStore, state: State) -> tuple[str, str] | None:
    if os.path.islink(file):
        return "symlink", os.readlink(file)
    status = os.stat(file)
    if status.st_nlink == 1:
        return COPY, ""
    for algorithm in (MD5, LEGACY):
        value = state.hash_of(file, status, algorithm)
        if value is None and (algorithm == MD5 or store.has_legacy()):
            value = hash_file(file, algorithm)
        source = value and store.value_path(value, algorithm)
        if source and os.path.exists(source) and os.path.samestat(status, os.stat(source)):
            return "hardlink", source
    return None


def _is_same(file: str, source: str, state: State) -> bool:
    source = os.path.join(os.path.dirname(file), source)  # as a symlink is read
    if not os.path.isfile(source):
        return False
    status, other = os.stat(file), os.stat(source)
    if os.path.samestat(status, other):
        return True
    if status.st_size != other.st_size:
        return False
    return (state.hash_of(file, status) or hash_file(file)) == hash_file(source)


def member_path(path: str, rel: str) -> str:
    """Where a member lies, by its relpath ("" for the path itself)."""
    return f"{path}{os.sep}{rel}" if rel else path
