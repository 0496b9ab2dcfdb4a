"""What the workspace holds now, measured once per path until it is forgotten."""

from __future__ import annotations

import os
from collections.abc import Collection

from dvnb.errors import NotebookError
from dvnb.events import Warned
from dvnb.objects.build import Built, build
from dvnb.objects.hashing import MD5, Fingerprint, HashInfo
from dvnb.pipeline.index import Index
from dvnb.pipeline.stage import Dep, Out
from dvnb.project.project import Project

NOTEBOOK = ".ipynb"


class Measure:
    """Hashes of deps and outs as they are in the workspace.

    A notebook that is read (a dep or a member of one) and made by no stage counts by its canonical form, so that
    saved outputs do not make it stale; one that is made counts by its bytes.
    """

    def __init__(self, project: Project, index: Index) -> None:
        self._project = project
        self._index = index
        self._built: dict[tuple[str, str, bool], Built | None] = {}
        self._cached: dict[HashInfo, bool] = {}

    def applies(self, path: str) -> bool:
        """Whether the canonical form of this file counts (the `Canonical` protocol)."""
        return path.endswith(NOTEBOOK) and self._index.containing(path) is None

    def hash(self, path: str) -> tuple[str, int]:
        """MD5 and size of a notebook's canonical form."""
        assert self._project.canonical is not None  # noqa: S101 - only asked where `applies` said yes
        return self._project.canonical.hash(path)

    def exists(self, out: Out) -> bool:
        """Whether something that counts is at an out's path."""
        return os.path.exists(out.path) and not (self._project.contains(out.path) and self._is_ignored(out.path))

    def knows(self, path: str) -> bool:
        """Whether an out at this path was measured already."""
        return (path, MD5, False) in self._built

    def out(self, out: Out, algorithm: str | None = None) -> Built | None:
        """What is at an out's path; None where nothing is."""
        if not self.exists(out):
            return None
        built = self._build(out.path, algorithm or _algorithm(out.recorded), canonical=False)
        hash_info = built.fingerprint.hash_info if built else None
        if built and built.tree is not None and hash_info and out.recorded and out.recorded.hash_info == hash_info:
            self._project.cache.know_tree(hash_info, built.tree)
        return built

    def dep(self, dep: Dep, algorithm: str | None = None) -> Built | None:
        """What is at a dep's path, hashed as what is recorded unless told otherwise; None where nothing is."""
        algorithm = algorithm or _algorithm(dep.recorded)
        return self._build(dep.path, algorithm, canonical=self._may_hold_notebooks(dep.path))

    def dep_is_as_recorded(self, dep: Dep, built: Built) -> bool:
        """Whether a dep's content counts as what was recorded.

        Stock dvc records a notebook's plain bytes: they count too, and so does whatever has the same canonical form.
        """
        same = self._is_as_recorded(dep, built)
        other = self._other_side(dep.path)
        return same if other is None else self._pair_is_as_recorded(dep, other, same=same)

    def _is_as_recorded(self, dep: Dep, built: Built) -> bool:
        recorded = dep.recorded.hash_info if dep.recorded else None
        if recorded == built.fingerprint.hash_info:
            return True
        if recorded is None or built.fingerprint.hash_info is None or not self._may_hold_notebooks(dep.path):
            return False
        canonical = built.fingerprint.hash_info.value
        if self._project.state.alias(recorded.value) == canonical:
            return True
        plain = self._build(dep.path, recorded.algorithm, canonical=False)
        if plain is None or plain.fingerprint.hash_info != recorded:
            return False
        self._project.state.add_alias(recorded.value, canonical)
        return True

    def _other_side(self, path: str) -> str | None:
        """The other file of a pair that is one notebook, both made by hand."""
        canonical = self._project.canonical
        other = canonical.other_side(path) if canonical else None
        made = other is None or self._index.containing(path) or self._index.containing(other)
        return None if made else other

    def _pair_is_as_recorded(self, dep: Dep, other: str, *, same: bool) -> bool:
        """Whether the newer side of a pair says what was recorded; `same`: this side does."""
        project, recorded = self._project, dep.recorded.hash_info if dep.recorded else None
        assert project.canonical is not None  # noqa: S101 - who else said that there is another side
        if recorded is None:
            return same
        try:
            here, there = self._contents(dep.path, other)
        except NotebookError:  # nobody can tell what the other side says
            return same
        known = f"pair {recorded.value}"
        if same and project.state.alias(known) != here:
            project.state.add_alias(known, here)
        said = here if same else project.state.alias(known)
        if here != there and os.stat(other).st_mtime_ns > os.stat(dep.path).st_mtime_ns:
            project.emit(Warned(project.canonical.unsynchronized(project.shown(dep.path), project.shown(other))))
            return said == there
        return said == here

    def _contents(self, path: str, other: str) -> tuple[str, str]:
        """What both sides of a pair say, remembered by their bytes."""
        assert self._project.canonical is not None  # noqa: S101
        sides = [self._build(each, MD5, canonical=False) for each in (path, other)]
        hashes = [side.fingerprint.hash_info.value for side in sides if side and side.fingerprint.hash_info]
        digest = f"pair:{'-'.join(hashes)}"
        known = self._project.state.get(digest)
        if known is None:
            known = self._project.canonical.contents(path, other)
            self._project.state.put(digest, known)
        return known[0], known[1]

    def holds_recorded_bytes(self, dep: Dep, built: Built) -> bool:
        """Whether a dep is recorded with its canonical content, or with just the bytes that it has.

        Bytes that were recorded once, and have another form by now, are worth nothing to stock dvc.
        """
        recorded = dep.recorded.hash_info if dep.recorded else None
        if recorded is None or recorded == built.fingerprint.hash_info or not self._may_hold_notebooks(dep.path):
            return recorded is not None and recorded == built.fingerprint.hash_info
        plain = self._build(dep.path, recorded.algorithm, canonical=False)
        return plain is not None and plain.fingerprint.hash_info == recorded

    def bytes_of(self, dep: Dep) -> HashInfo | None:
        """The hash of a dep's bytes, notebooks too: what stock dvc sees."""
        built = self._build(dep.path, MD5, canonical=False)
        return built.fingerprint.hash_info if built else None

    def is_cached(self, hash_info: HashInfo) -> bool:
        """Whether the cache holds an object, and for a folder all its members."""
        if hash_info not in self._cached:
            self._cached[hash_info] = self._look_up(hash_info)
        return self._cached[hash_info]

    def forget(self, path: str | None = None) -> None:
        """Measure again what lies at, above or below a path (all: everything), and ask the cache again."""
        self._cached.clear()
        if path is None:
            self._built.clear()
            return
        for key in [key for key in self._built if _overlap(key[0], path)]:
            del self._built[key]

    def _build(self, path: str, algorithm: str, *, canonical: bool) -> Built | None:
        key = (path, algorithm, canonical)
        if key not in self._built:
            self._built[key] = self._build_now(path, algorithm, canonical=canonical)
        return self._built[key]

    def _build_now(self, path: str, algorithm: str, *, canonical: bool) -> Built | None:
        if not os.path.exists(path):
            return None
        project = self._project
        return build(
            path,
            state=project.state,
            ignore=project.ignore,
            canonical=self if canonical else None,
            algorithm=algorithm,
            emit=project.emit,
            # A link into a cache that is gone is a changed out, no reason to stop.
            tolerate_broken=self._index.containing(path) is not None,
        )

    def _may_hold_notebooks(self, path: str) -> bool:
        if self._project.canonical is None:
            return False
        return self.applies(path) or (os.path.isdir(path) and self._index.containing(path) is None)

    def _is_ignored(self, path: str) -> bool:
        return self._project.ignore.is_ignored(path, os.path.isdir(path))

    def _look_up(self, hash_info: HashInfo) -> bool:
        cache = self._project.cache
        if not cache.has(hash_info):
            return False
        if not hash_info.is_dir:
            return True

        def members() -> Collection[str]:
            return cache.read_tree(hash_info).entries.values()

        return not cache.missing_members(hash_info, members, self._project.state)


def _algorithm(recorded: Fingerprint | None) -> str:
    return recorded.hash_info.algorithm if recorded and recorded.hash_info else MD5


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(other + os.sep) or other.startswith(one + os.sep)
