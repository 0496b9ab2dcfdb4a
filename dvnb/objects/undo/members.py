"""Members of a tracked path that are replaced by others, which the cache has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from dvnb.objects.hashing import hash_file
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.hanging import member_path
from dvnb.objects.undo.journal import Journal
from dvnb.objects.workspace.restore import Restorer


class Members:
    """Looks at members and replaces them, noted in `journal`; relpaths are below a path, "" for a single file."""

    def __init__(self, store: LocalStore, state: State, link_types: list[str], journal: Journal) -> None:
        self._store = store
        self._state = state
        self._link_types = link_types
        self._journal = journal

    def current(self, path: str, rels: Iterable[str], algorithm: str) -> dict[str, str]:
        """Hashes of the members that are there; "" for what is no file."""
        now: dict[str, str] = {}
        for rel in rels:
            member = member_path(path, rel)
            if os.path.isfile(member):
                known = self._state.hash_of(member, os.stat(member), algorithm)
                now[rel] = known or hash_file(member, algorithm)
            elif os.path.islink(member) or (rel and os.path.lexists(member)):
                now[rel] = ""
        return now

    def replace(
        self,
        path: str,
        algorithm: str,
        going: Mapping[str, str],
        coming: Mapping[str, str],
        *,
        made: Sequence[str] = (),
        folder: bool = False,
    ) -> bool:
        """Replace members by others from the cache; False, and nothing is touched, where the cache lacks one.

        `made` are folders to remove, if they are empty then; `folder`: there shall be one at the path.
        """
        if self._store.missing_values(set(coming.values()), algorithm):
            return False
        unsaved = self._store.missing_values(set(going.values()), algorithm)
        for rel in [rel for rel, value in going.items() if value in unsaved]:
            self._journal.move(member_path(path, rel))
        saved = {rel: value for rel, value in going.items() if value not in unsaved}
        self._journal.place(path, algorithm, old=saved, new=coming, folder=folder)
        for rel in [rel for rel in saved if rel not in coming]:
            os.unlink(member_path(path, rel))
        self.remove_folders(made)
        if folder:
            os.makedirs(path, exist_ok=True)
        restorer = Restorer(self._store, algorithm, self._link_types, self._state, self._journal)
        restorer.restore(path, coming)
        return True

    def remove_folders(self, paths: Sequence[str]) -> None:
        """Remove those of the folders that are empty now."""
        gone: list[str] = []
        for path in sorted(paths, key=len, reverse=True):
            with suppress(OSError):  # it is in use
                os.rmdir(path)
                gone.append(path)
        self._journal.remove_folders(gone)
