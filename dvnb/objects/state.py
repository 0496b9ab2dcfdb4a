"""What earlier runs learned of this project's files: hashes by stamp, parsed files, links, aliases.

One SQLite file per project in the user's cache folder. Losing it costs time, never a wrong hash: a hash counts only
for the stamp it was stored with (stamp.py says why that is enough). Hashes are kept one row per folder, as columns,
since a folder of 10,000 files loads five times faster that way than from 10,000 rows.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from dvnb.objects.database import Database
from dvnb.objects.hashing import MD5, md5_bytes
from dvnb.objects.listing import Columns, Entry, Listing, columns_of, listing_of, pack, unpack
from dvnb.objects.stamp import is_settled, stamp_of

NOTEBOOK = "notebook"
"""Kind of the hashes of canonical notebooks; their values are "<md5> <size>"."""

MAX_PARSED = 5000

_SCHEMA = """
CREATE TABLE listing (kind TEXT, folder BLOB, names BLOB, stamps BLOB, hashes BLOB, PRIMARY KEY (kind, folder));
CREATE TABLE parsed (digest TEXT PRIMARY KEY, value TEXT);
CREATE TABLE link (path TEXT PRIMARY KEY, inode INTEGER, mtime INTEGER, noted INTEGER);
CREATE TABLE alias (source TEXT PRIMARY KEY, target TEXT);
"""
_SCHEMA_VERSION = 1


class State:
    """The state of the project at `root`, opened when first asked, written by `flush` and `close`.

    Several processes may use one state: whoever writes a folder last wins. Where the file cannot be read or
    written, everything stays in memory.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._database = Database(state_path(root), _SCHEMA, _SCHEMA_VERSION)
        self._listings: dict[tuple[str, str], Listing] = {}
        # As they were loaded, until somebody asks for single names.
        self._columns: dict[tuple[str, str], Columns] = {}
        self._loaded_below: set[tuple[str, str]] = set()
        self._changed: set[tuple[str, str]] = set()
        self._parsed: dict[str, str] = {}
        self._aliases: dict[str, str] = {}
        self._links: dict[str, tuple[int, int, int] | None] = {}

    def hash_of(self, path: str, status: os.stat_result, kind: str = MD5) -> str | None:
        """The hash of the file at `path` (absolute) if it was stored for this very stamp."""
        folder, name = os.path.split(path)
        entry = self.listing(folder, kind).get(name)
        return entry[1] if entry is not None and entry[0] == stamp_of(status) else None

    def remember(self, path: str, status: os.stat_result, value: str, *, read_at: int, kind: str = MD5) -> None:
        """Store a file's hash; `read_at`: the time (ns) right before its bytes were read; `status` is as old or older.

        A file that was written too shortly before to tell later changes apart is not stored.
        """
        stamp = stamp_of(status)
        if not is_settled(stamp, read_at):
            return
        folder, name = os.path.split(path)
        self.update_listing(folder, {name: (stamp, value)}, kind=kind)

    def listing(self, folder: str, kind: str = MD5) -> Mapping[str, Entry]:
        """What is stored of the files right inside a folder: name -> (stamp, hash)."""
        known = self._listings.get((kind, folder))
        return self._load(folder, kind) if known is None else known

    def columns(self, folder: str, kind: str = MD5) -> Columns | None:
        """The same as it was loaded, if nobody asked for single names since: fast to compare as a whole."""
        return self._columns.get((kind, folder))

    def load_below(self, folder: str, kind: str = MD5) -> None:
        """Load what is stored of a folder and all below it at once, ahead of `listing` calls."""
        if self._is_loaded(folder, kind):
            return
        start, end = _range(folder)
        rows = self._database.rows(
            "SELECT folder, names, stamps, hashes FROM listing "
            "WHERE kind = ? AND (folder = ? OR folder > ? AND folder < ?)",
            (kind, os.fsencode(folder), start, end),
        )
        for name, names, stamps, hashes in rows:
            key = kind, os.fsdecode(name)
            if key not in self._listings:
                self._columns[key] = unpack(names, stamps, hashes)
        self._loaded_below.add((kind, folder))

    def replace_listing(self, folder: str, entries: Listing, kind: str = MD5) -> None:
        """Store what is known of a folder's files, in place of all that was; none: forget the folder."""
        self._columns.pop((kind, folder), None)
        self._listings[kind, folder] = entries
        self._changed.add((kind, folder))

    def replace_columns(self, folder: str, columns: Columns, kind: str = MD5) -> None:
        """The same in columns, for a folder that was made just now."""
        self._listings.pop((kind, folder), None)
        self._columns[kind, folder] = columns
        self._changed.add((kind, folder))

    def update_listing(
        self, folder: str, entries: Mapping[str, Entry], *, without: Iterable[str] = (), kind: str = MD5
    ) -> None:
        """Store what is known of some of a folder's files, and forget others."""
        self.listing(folder, kind)
        known = self._listings[kind, folder]
        known.update(entries)
        for name in without:
            known.pop(name, None)
        self._changed.add((kind, folder))

    def keep_only(self, folder: str, seen: set[str], kind: str = MD5) -> None:
        """Forget folders below `folder` (loaded before) that a walk did not see."""
        start = folder.rstrip(os.sep) + os.sep
        known = {name for (of_kind, name), files in self._listings.items() if files and of_kind == kind}
        known.update(name for of_kind, name in self._columns if of_kind == kind)
        for name in known:
            if name.startswith(start) and name not in seen:
                self.replace_listing(name, {}, kind)

    def get(self, digest: str) -> Any | None:
        """The parsed value stored under a digest (`formats.yamlio.ParseCache`)."""
        text = self._parsed.get(digest)
        if text is None:
            row = self._database.row("SELECT value FROM parsed WHERE digest = ?", (digest,))
            text = row[0] if row else None
        return None if text is None else json.loads(text)

    def put(self, digest: str, value: Any) -> None:
        """Store a parsed value, which must survive JSON."""
        self._parsed[digest] = json.dumps(value)

    def alias(self, source: str) -> str | None:
        """The canonical hash of the notebook whose bytes have this hash."""
        if source in self._aliases:
            return self._aliases[source]
        row = self._database.row("SELECT target FROM alias WHERE source = ?", (source,))
        return row[0] if row else None

    def add_alias(self, source: str, target: str) -> None:
        """Remember the canonical hash of a notebook's bytes."""
        self._aliases[source] = target

    def record_links(self, paths: Iterable[str]) -> None:
        """Remember outs (absolute) that now hold what dvnb put there; those that do not exist are forgotten."""
        for path in paths:
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                self._links[self._relative(path)] = None
            else:
                self._links[self._relative(path)] = (status.st_ino, status.st_mtime_ns, time.time_ns())

    def stale_links(self, used: Iterable[str]) -> list[str]:
        """Recorded outs (absolute) that are not in `used` and that nobody touched since; the unused are forgotten.

        A folder counts as touched if anything in it changed after it was recorded (SPEC 2.14).
        """
        self.flush()
        rows = self._database.rows("SELECT path, inode, mtime, noted FROM link", ())
        wanted = {self._relative(path) for path in used}
        unused = [row for row in rows if row[0] not in wanted]
        self._database.write([("DELETE FROM link WHERE path = ?", [(row[0],) for row in unused])])
        paths = [(os.path.normpath(os.path.join(self._root, row[0])), row) for row in unused]
        return sorted(path for path, (_, inode, mtime, noted) in paths if _is_untouched(path, inode, mtime, noted))

    def flush(self) -> None:
        """Write what was learned; other processes see it from now on."""
        listings: list[tuple[str, bytes, bytes, bytes, bytes]] = []
        gone: list[tuple[str, bytes]] = []
        for key in self._changed:
            kind, folder = key[0], os.fsencode(key[1])
            columns = self._columns.get(key) or columns_of(self._listings[key])
            if columns[0]:
                listings.append((kind, folder, *pack(columns)))
            else:
                gone.append((kind, folder))
        parsed, aliases = list(self._parsed.items()), list(self._aliases.items())
        self._database.write(
            [
                ("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?, ?)", listings),
                ("DELETE FROM listing WHERE kind = ? AND folder = ?", gone),
                ("INSERT OR REPLACE INTO parsed VALUES (?, ?)", parsed),
                (
                    "DELETE FROM parsed WHERE rowid <= (SELECT max(rowid) FROM parsed) - ?",
                    [(MAX_PARSED,)] if parsed else [],
                ),
                ("INSERT OR REPLACE INTO alias VALUES (?, ?)", aliases),
                (
                    "INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?)",
                    [(path, *values) for path, values in self._links.items() if values],
                ),
                ("DELETE FROM link WHERE path = ?", [(path,) for path, values in self._links.items() if not values]),
            ]
        )
        self._links.clear()
        self._changed.clear()

    def close(self) -> None:
        """Flush and let go of the file; using the state again opens it again."""
        self.flush()
        self._database.close()

    def _load(self, folder: str, kind: str) -> Listing:
        columns = self._columns.pop((kind, folder), None)
        if columns is None and not self._is_loaded(folder, kind):
            row = self._database.row(
                "SELECT names, stamps, hashes FROM listing WHERE kind = ? AND folder = ?", (kind, os.fsencode(folder))
            )
            columns = unpack(*row) if row else None
        found = self._listings[kind, folder] = listing_of(columns) if columns else {}
        return found

    def _is_loaded(self, folder: str, kind: str) -> bool:
        return any(
            kind == loaded_kind and (folder == loaded or folder.startswith(loaded.rstrip(os.sep) + os.sep))
            for loaded_kind, loaded in self._loaded_below
        )

    def _relative(self, path: str) -> str:
        return os.path.relpath(path, self._root)


def user_cache_dir() -> str:
    """The folder for what can be made again; DVNB_CACHE_DIR moves it."""
    base = os.environ.get("DVNB_CACHE_DIR")
    if base:
        return base
    if sys.platform in ("darwin", "win32"):
        import platformdirs

        return platformdirs.user_cache_dir("dvnb", appauthor=False)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "dvnb")


def state_path(root: str) -> str:
    """Where the state of the project at `root` lies."""
    return os.path.join(user_cache_dir(), "state", md5_bytes(os.fsencode(root)) + ".db")


def _range(folder: str) -> tuple[bytes, bytes]:
    start = os.fsencode(folder.rstrip(os.sep) + os.sep)
    return start, start[:-1] + bytes([start[-1] + 1])


def _is_untouched(path: str, inode: int, mtime: int, noted: int) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    if status.st_ino != inode or status.st_mtime_ns != mtime:
        return False
    pending = [path] if os.path.isdir(path) and not os.path.islink(path) else []
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                changed = status.st_mtime_ns if status.st_nlink > 1 else max(status.st_mtime_ns, status.st_ctime_ns)
                if changed > noted:
                    return False
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return True
