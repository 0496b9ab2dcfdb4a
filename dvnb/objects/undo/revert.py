"""Taking an operation back, as far as what it changed is still as it left it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable

from dvnb.errors import DvnbError
from dvnb.objects.build import build
from dvnb.objects.files import read_if_there
from dvnb.objects.hashing import HashInfo, md5_bytes
from dvnb.objects.relocate import files_below, relocate
from dvnb.objects.removal import remove_empty_folders
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.gitchanges import ref_path, revert_options, revert_ref, revert_staging
from dvnb.objects.undo.hanging import COPY, hang, member_path
from dvnb.objects.undo.journal import Journal
from dvnb.objects.undo.journal_file import Record
from dvnb.objects.undo.members import Members
from dvnb.objects.undo.trash import Operation
from dvnb.objects.walk import Ignore
from dvnb.records import dataclass, field

CHANGED = "changed since"
STAGED = "staged in git since"
GONE = "what it was is not in the cache any more"


@dataclass(slots=True)
class Reverted:
    """Paths (absolute) that are again as they were, and those left alone, each with the reason."""

    restored: list[str] = field(default_factory=list[str])
    left: dict[str, str] = field(default_factory=dict[str, str])


class Reverter:
    """Undoes operations; what that changes goes to `journal`, so that it can be undone in turn."""

    def __init__(
        self, store: LocalStore, state: State, link_types: list[str], journal: Journal, ignore: Ignore | None = None
    ) -> None:
        self._store = store
        self._state = state
        self._members = Members(store, state, link_types, journal)
        self._journal = journal
        self._ignore = ignore
        self._result = Reverted()
        self._brought_before: set[str] = set()
        self._placed_before: set[str] = set()
        self._steps: dict[str, Callable[[Operation, Record], None]] = {
            "moved": self._moved,
            "parts": self._parts,
            "file": self._file,
            "placed": self._placed,
            "made": self._made,
            "linked": self._linked,
            "renamed": self._renamed,
            "brought": self._brought,
            "made-folders": self._made_folders,
            "relinked": self._relinked,
            "founded": self._founded,
            "ref": self._ref,
            "staging": self._staging,
            "options": self._options,
        }

    def revert(self, operation: Operation, before: Collection[Operation] = ()) -> Reverted:
        """Take back all changes, the last one first; `before` are killed undos of the operation, to be finished."""
        done = [record for each in before for record in each.records]
        self._brought_before = _there(record for record in done if record["do"] == "brought")
        self._placed_before = _there(record for record in done if record["do"] == "placed" and not record["old"])
        self._result = Reverted()
        for record in reversed(operation.records):
            step = self._steps.get(record["do"])
            if step is None:
                continue
            try:
                step(operation, record)
            except (OSError, DvnbError) as error:
                self._result.left[record.get("path", operation.id)] = str(error)
        emptied = [path for record in operation.records if record["do"] == "folders" for path in record["paths"]]
        self._journal.make_folders(emptied)
        return self._result

    def _moved(self, operation: Operation, record: Record) -> None:
        stored, path = operation.stored(record), record["path"]
        dropped = next((r for r in operation.records if r["do"] == "dropped" and r["stored"] == record["stored"]), None)
        if not os.path.lexists(stored) and dropped is None:
            return  # it was put back already
        if os.path.lexists(path) and not (dropped is not None and path in self._placed_before):
            if operation.ended is not None:
                self._result.left[path] = CHANGED
                return
            self._journal.leave(path)  # the operation was killed: this is what it had made so far
        if os.path.lexists(stored):
            self._journal.bring(stored, path)
            self._result.restored.append(path)
        elif dropped is not None:
            self._from_cache(path, dropped)

    def _brought(self, operation: Operation, record: Record) -> None:
        path = record["path"]
        if os.path.lexists(path):
            self._journal.move(path)
            remove_empty_folders({os.path.dirname(path)}, record["above"])
            self._result.restored.append(path)

    def _is_back(self, path: str) -> bool:
        """Whether a killed undo brought back what is at a path."""
        return any(path == each or path.startswith(each + os.sep) for each in self._brought_before)

    def _made_folders(self, operation: Operation, record: Record) -> None:
        self._members.remove_folders(record["paths"])

    def _from_cache(self, path: str, dropped: Record) -> None:
        hash_info = HashInfo(dropped["algorithm"], dropped["value"])
        coming = self._store.read_tree(hash_info).entries if hash_info.is_dir else {"": hash_info.value}
        done = self._members.replace(path, hash_info.algorithm, {}, coming, folder=hash_info.is_dir)
        self._tell(path, is_replaced=done)

    def _tell(self, path: str, *, is_replaced: bool) -> None:
        if is_replaced:
            self._result.restored.append(path)
        else:
            self._result.left[path] = GONE

    def _parts(self, operation: Operation, record: Record) -> None:
        """Objects of a cache: what is there again by now is the same."""
        stored = operation.stored(record)
        for member in files_below(stored):
            path = os.path.join(record["path"], os.path.relpath(member, stored))
            if not os.path.lexists(path):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                relocate(member, path)
        self._result.restored.append(record["path"])

    def _file(self, operation: Operation, record: Record) -> None:
        path = record["path"]
        before = read_if_there(operation.stored(record)) if record["stored"] else None
        now = read_if_there(path)
        if now == before:
            return
        wrote = [r["md5"] for r in operation.records if r["do"] == "wrote" and r["path"] == path]
        if now is None or md5_bytes(now) not in wrote:
            self._result.left[path] = CHANGED
            return
        if before is None:
            self._journal.move(path)
        else:
            self._journal.write(path, before)
        self._result.restored.append(path)

    def _placed(self, operation: Operation, record: Record) -> None:
        path, algorithm = record["path"], record["algorithm"]
        old, new = record["old"], record["new"]
        now = self._members.current(path, [*old, *new], algorithm)
        going: dict[str, str] = {}
        coming: dict[str, str] = {}
        for rel in dict.fromkeys([*old, *new]):
            before, after, current = old.get(rel), new.get(rel), now.get(rel)
            if current == before or self._is_back(member_path(path, rel)):
                continue
            if current != after and not (current is None and operation.ended is None):
                self._result.left[member_path(path, rel)] = CHANGED
                continue
            if current is not None:
                going[rel] = current
            if before is not None:
                coming[rel] = before
        done = self._members.replace(path, algorithm, going, coming, made=record["made"])
        self._tell(path, is_replaced=done)

    def _made(self, operation: Operation, record: Record) -> None:
        path = record["path"]
        if not os.path.lexists(path) or self._is_back(path) or path in self._placed_before:
            return
        if not self._is_as_made(record):
            self._result.left[path] = CHANGED
            return
        self._journal.move(path)
        self._result.restored.append(path)

    def _is_as_made(self, record: Record) -> bool:
        built = build(
            record["path"], state=self._state, ignore=self._ignore, algorithm=record["algorithm"], tolerate_broken=True
        )
        return built.fingerprint.hash_info == HashInfo(record["algorithm"], record["value"])

    def _linked(self, operation: Operation, record: Record) -> None:
        path = record["path"]
        files = [rel for rel in record["members"] if os.path.isfile(member_path(path, rel))]
        hang(path, dict.fromkeys(files, (COPY, "")), self._store, self._state, self._journal)

    def _relinked(self, operation: Operation, record: Record) -> None:
        path = record["path"]
        left = hang(path, record["was"], self._store, self._state, self._journal)
        self._result.left.update(dict.fromkeys(left, CHANGED))
        if len(left) < len(record["was"]):
            self._result.restored.append(path)

    def _founded(self, operation: Operation, record: Record) -> None:
        """A folder of settings goes as long as nothing but what was written into it matters."""
        path, files = record["path"], record["files"]
        if not os.path.lexists(path):
            return
        for file in files_below(path):
            rel = os.path.relpath(file, path).replace(os.sep, "/")
            is_passing = rel.startswith("tmp/") and rel not in files
            if not is_passing and (rel not in files or md5_bytes(read_if_there(file) or b"") != files[rel]):
                self._result.left[path] = CHANGED
                return
        self._journal.move(path)
        self._result.restored.append(path)

    def _ref(self, operation: Operation, record: Record) -> None:
        done = revert_ref(self._journal, record)
        if done:
            self._result.restored.append(ref_path(record))
        elif done is False:
            self._result.left[ref_path(record)] = CHANGED

    def _options(self, operation: Operation, record: Record) -> None:
        self._result.left.update(dict.fromkeys(revert_options(self._journal, record), CHANGED))

    def _staging(self, operation: Operation, record: Record) -> None:
        left = revert_staging(self._journal, operation, record)
        self._result.left.update(dict.fromkeys(left, STAGED))

    def _renamed(self, operation: Operation, record: Record) -> None:
        path, target = record["path"], record["target"]
        if not os.path.lexists(target):
            return
        if os.path.lexists(path):
            self._result.left[path] = CHANGED
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._journal.rename(target, path)
        self._result.restored.append(path)


def _there(records: Iterable[Record]) -> set[str]:
    return {record["path"] for record in records if os.path.lexists(record["path"])}
