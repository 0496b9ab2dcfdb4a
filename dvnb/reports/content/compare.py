"""One file in two versions: compared as what its name says it is, or else as text, or as mere bytes."""

from __future__ import annotations

import filecmp

from dvnb.reports.content import images, tables, texts, trees
from dvnb.reports.content.engine import UnreadableTableError
from dvnb.reports.content.found import FileDiff, Side

TABLE, TREE, TEXT, IMAGE, BINARY = "table", "tree", "text", "image", "binary"


def compare_file(path: str, old: Side, new: Side, wanted: tables.Wanted) -> FileDiff:
    """What changed inside the file at `path` (as shown; its name tells its format).

    A file that is not what its name says is compared as text or bytes, and `note` says so.
    Raises: DvnbError where a table needs duckdb and it is not installed, or for a key that is none.
    """
    found = FileDiff(path, state(old, new), _kind(path, old, new), old, new)
    if found.state == "unchanged":
        return found
    if found.kind == IMAGE:
        found.detail, found.note = images.compare(path, old, new)
        return found
    if old.path is not None and new.path is not None:
        try:
            if found.kind == TABLE:
                found.detail = tables.compare(path, old, new, wanted)
            elif found.kind == TREE:
                found.detail = trees.compare(path, old, new, wanted.limit)
        except (UnreadableTableError, trees.UnreadableTreeError) as error:
            found.note = f"not compared as a {found.kind}: {error}"
            found.kind = _plain_kind(old, new)
    if found.kind == TEXT:
        _compare_texts(found)
    return found


def state(old: Side, new: Side) -> str:
    """What happened to a file as a whole."""
    if old.path is None:
        return "added"
    if new.path is None:
        return "deleted"
    if old.md5 is not None and new.md5 is not None:
        return "unchanged" if old.md5 == new.md5 else "modified"
    return "unchanged" if filecmp.cmp(old.path, new.path, shallow=False) else "modified"


def _kind(path: str, old: Side, new: Side) -> str:
    if tables.kind_of(path):
        return TABLE
    if trees.is_tree(path):
        return TREE
    return IMAGE if images.is_image(path) else _plain_kind(old, new)


def _plain_kind(old: Side, new: Side) -> str:
    return TEXT if texts.is_text(old) and texts.is_text(new) else BINARY


def _compare_texts(found: FileDiff) -> None:
    if max(found.old.size or 0, found.new.size or 0) > texts.MOST_BYTES:
        found.note = f"{found.note}; " if found.note else ""
        found.note += f"larger than {texts.MOST_BYTES >> 20} MiB: its lines are not compared"
        return
    found.detail = texts.compare(found.old, found.new)
