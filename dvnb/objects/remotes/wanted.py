"""Which objects a push or fetch is about: files, and the members of folders, as their listings say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from dvnb.objects.hashing import HashInfo
from dvnb.objects.remotes.listings import read_listing
from dvnb.objects.remotes.remote import ObjectStore
from dvnb.objects.store import LocalStore
from dvnb.records import dataclass, field

# Objects, and for a folder's listing optionally the only relpaths that matter: members at or below them.
Wanted = Mapping[HashInfo, Iterable[str] | None] | Iterable[HashInfo]


@dataclass(slots=True)
class WantedFolder:
    """A wanted folder: values of all its members, and of those that shall be copied."""

    hash_info: HashInfo
    members: set[str]
    chosen: set[str]


@dataclass(slots=True)
class Selection:
    """What is wanted: values of files by algorithm, and folders; `missing` are listings that neither side has."""

    files: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    listings: list[WantedFolder] = field(default_factory=list[WantedFolder])
    missing: list[HashInfo] = field(default_factory=list[HashInfo])

    def values(self, *, all_members: bool) -> dict[str, set[str]]:
        """Values of all files and members; of partly wanted folders all members or only the chosen ones."""
        values = {algorithm: set(files) for algorithm, files in self.files.items()}
        for listing in self.listings:
            wanted = listing.members if all_members else listing.chosen
            values.setdefault(listing.hash_info.algorithm, set()).update(wanted)
        return values


def select(objects: Wanted, cache: LocalStore, remote: ObjectStore) -> Selection:
    """Sort out files and folders, whose listings are read. Raises: as `read_listing`."""
    found = Selection()
    for hash_info, paths in pairs(objects):
        if not hash_info.is_dir:
            found.files.setdefault(hash_info.algorithm, set()).add(hash_info.value)
            continue
        tree = read_listing(hash_info, cache, remote)
        if tree is None:
            found.missing.append(hash_info)
            continue
        parts = [tree] if paths is None else [tree.under(path) for path in paths]
        chosen = {value for part in parts for value in part.entries.values()}
        found.listings.append(WantedFolder(hash_info, set(tree.entries.values()), chosen))
    return found


def pairs(objects: Wanted) -> Iterable[tuple[HashInfo, Iterable[str] | None]]:
    """Each object once, with the relpaths that matter (None: all)."""
    if isinstance(objects, Mapping):
        return cast("Mapping[HashInfo, Iterable[str] | None]", objects).items()
    return ((hash_info, None) for hash_info in set(objects))
