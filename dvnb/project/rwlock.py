"""Path locks of running stages, shared with dvc: `.dvc/tmp/rwlock` (SPEC 9.3).

Entries keep paths busy while the repo lock is free, that is, while commands run. Source: dvc's rwlock.py.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, cast

from dvnb.errors import BusyPathError, LockedError
from dvnb.events import Listener, Warned
from dvnb.project.lock import FileLock

Table = dict[str, dict[str, Any]]


class PathLocks:
    """The rwlock file of one `.dvc/tmp` folder."""

    def __init__(self, tmp_dir: str, emit: Listener, *, wait: float | None) -> None:
        self.path = os.path.join(tmp_dir, "rwlock")
        self._guard = FileLock(self.path + ".lock", wait=wait)
        self._emit = emit
        self._me = {"pid": os.getpid(), "cmd": " ".join(sys.argv)}

    def check(self, read: Iterable[str], write: Iterable[str] = ()) -> None:
        """Make sure that nobody else writes `read` or touches `write`; takes nothing.

        Raises: BusyPathError naming the holder.
        """
        if not os.path.exists(self.path):
            return
        self._refuse_if_blocked(self._load(), list(read), list(write))

    @contextmanager
    def hold(self, read: Iterable[str], write: Iterable[str]) -> Generator[None]:
        """Keep paths busy within a `with`: others may still read `read`, and may not touch `write`."""
        reads, writes = list(read), list(write)
        with self._guard.hold():
            table = self._load()
            self._refuse_if_blocked(table, reads, writes)
            added = self._enter(table, reads, writes)
            self._save(table)
        try:
            yield
        finally:
            with self._guard.hold():
                table = self._load()
                self._leave(table, *added)
                self._save(table)

    def _load(self) -> Table:
        try:
            with open(self.path, encoding="utf-8") as file:
                table = json.load(file)
        except FileNotFoundError:
            table = {}
        except ValueError as exc:
            raise LockedError(f"Unable to read RWLock-file '{self.path}'. JSON structure is corrupted") from exc
        if not isinstance(table, dict):
            raise LockedError(f"RWLock-file '{self.path}' format error.")
        entries = cast("Table", table)
        return {mode: dict(entries.get(mode) or {}) for mode in ("read", "write")}

    def _save(self, table: Table) -> None:
        temporary = f"{self.path}.{os.getpid()}.tmp"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump({mode: entries for mode, entries in table.items() if entries}, file)
        os.replace(temporary, self.path)

    def _refuse_if_blocked(self, table: Table, read: list[str], write: list[str]) -> None:
        for mode, waiters in (("write", [*read, *write]), ("read", write)):
            for path in [held for held in table[mode] if any(_overlap(held, waiter) for waiter in waiters)]:
                self._refuse_if_held(table, mode, path, waiters)

    def _refuse_if_held(self, table: Table, mode: str, path: str, waiters: list[str]) -> None:
        infos = table[mode][path] if isinstance(table[mode][path], list) else [table[mode][path]]
        alive = [info for info in infos if info == self._me or _is_alive(info)]
        for dead in (info for info in infos if info not in alive):
            self._emit(
                Warned(
                    f"Process '{dead['cmd']}' with (Pid {dead['pid']}), in RWLock-file '{path}'"
                    " had been killed. Auto removed it from the lock file."
                )
            )
        blockers = [info for info in alive if info != self._me]
        if blockers:
            waiter = next(waiter for waiter in waiters if _overlap(path, waiter))
            listing = "\n".join(f"  (PID {info['pid']}): {info['cmd']}" for info in blockers)
            raise BusyPathError(
                f"'{waiter}' is busy, it is being blocked by:\n{listing}\n\nIf there are no processes with such PIDs,"
                f" you can manually remove '{self.path}' and try again."
            )
        if alive and mode == "read":
            table[mode][path] = alive
        elif not alive:
            del table[mode][path]

    def _enter(self, table: Table, read: list[str], write: list[str]) -> tuple[list[str], list[str]]:
        new_reads = [path for path in read if self._me not in table["read"].setdefault(path, [])]
        for path in new_reads:
            table["read"][path].append(self._me)
        new_writes = [path for path in write if table["write"].get(path) != self._me]
        for path in new_writes:
            table["write"][path] = self._me
        return new_reads, new_writes

    def _leave(self, table: Table, read: list[str], write: list[str]) -> None:
        for path in read:
            remaining = [info for info in table["read"].pop(path, []) if info != self._me]
            if remaining:
                table["read"][path] = remaining
        for path in write:
            if table["write"].get(path) == self._me:
                del table["write"][path]


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(other + os.sep) or other.startswith(one + os.sep)


def _is_alive(info: dict[str, Any]) -> bool:
    try:
        os.kill(int(info["pid"]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
