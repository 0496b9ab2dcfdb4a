"""Path locks of running stages, shared with dvc: `.dvc/tmp/rwlock` (SPEC 9.3).

Entries keep paths busy while the repo lock is free, that is, while commands run. Source: dvc's rwlock.py.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from typing import Any, cast

from dvnb.errors import BusyPathError, LockedError
from dvnb.events import Listener, Warned
from dvnb.objects.files import read_if_there
from dvnb.objects.staging import put
from dvnb.project.claims import host, is_alive
from dvnb.project.lock import FileLock

Table = dict[str, dict[str, Any]]

_ON = " # on "
"""Between command and host in an entry of dvnb: dvc's entries, which allow no further key, do not tell the host."""


class PathLocks:
    """The rwlock file of one `.dvc/tmp` folder."""

    def __init__(self, tmp_dir: str, emit: Listener, *, wait: float | None, hard_links: bool = False) -> None:
        self.path = os.path.join(tmp_dir, "rwlock")
        self._guard = FileLock(self.path + ".lock", wait=wait, hard_links=hard_links)
        self._emit = emit
        self._holds: dict[tuple[str, str], int] = {}
        """How many of our own stages hold a path, by mode and path."""
        self._me = {"pid": os.getpid(), "cmd": " ".join(sys.argv) + _thread() + _ON + host()}

    def check(self, read: Iterable[str], write: Iterable[str] = ()) -> None:
        """Make sure that nobody else writes `read` or touches `write`; takes nothing.

        Raises: BusyPathError naming the holder.
        """
        if not os.path.exists(self.path):
            return
        with suppress(LockedError):  # dvc writes the file in place: this may be half of it
            if not any(self._load().values()):
                return  # without a look at what may be very many paths
        reads, writes = list(read), list(write)
        with suppress(LockedError):
            if not _overlapping(self._load(), reads, writes):
                return
        try:
            with self._guard.hold():
                table = self._load()
                if self._remove_dead(table, reads, writes):
                    self._save(table)
        except OSError:  # a project that is only read
            self._remove_dead(self._load(), reads, writes)

    @contextmanager
    def hold(self, read: Iterable[str], write: Iterable[str]) -> Generator[None]:
        """Keep paths busy within a `with`: others may still read `read`, and may not touch `write`."""
        reads, writes = list(read), list(write)
        with self._guard.hold():
            table = self._load()
            self._remove_dead(table, reads, writes)
            self._enter(table, reads, writes)
            self._save(table)
        try:
            yield
        finally:
            with self._guard.hold():
                table = self._load()
                self._leave(table, reads, writes)
                self._save(table)

    def _load(self) -> Table:
        data = read_if_there(self.path)
        if data is None:
            return {"read": {}, "write": {}}
        advice = "Remove it once no dvc or dvnb runs in this project."
        try:
            table = json.loads(data)
        except ValueError as exc:
            raise LockedError(
                f"Unable to read RWLock-file '{self.path}'. JSON structure is corrupted. {advice}"
            ) from exc
        if not _is_table(table):
            raise LockedError(f"RWLock-file '{self.path}' format error. {advice}")
        return {mode: dict(table.get(mode) or {}) for mode in ("read", "write")}

    def _save(self, table: Table) -> None:
        data = json.dumps({mode: entries for mode, entries in table.items() if entries})

        def make(temporary: str) -> None:
            with open(temporary, "x", encoding="utf-8") as file:
                file.write(data)

        put(self.path, make)

    def _remove_dead(self, table: Table, read: list[str], write: list[str]) -> bool:
        """Take out what killed processes on this machine left of the asked paths; whether there was any.

        Raises: BusyPathError where a path is blocked by a process that lives, or that runs elsewhere.
        """
        found = False
        for mode, path, waiter in _overlapping(table, read, write):
            found |= self._remove_dead_at(table, mode, path, waiter)
        return found

    def _remove_dead_at(self, table: Table, mode: str, path: str, waiter: str) -> bool:
        infos = table[mode][path] if isinstance(table[mode][path], list) else [table[mode][path]]
        alive = [info for info in infos if info == self._me or _may_be_alive(info)]
        blockers = [info for info in alive if info != self._me]
        if blockers:
            raise BusyPathError(_why_busy(waiter, blockers, self.path))
        dead = [info for info in infos if info not in alive]
        for info in dead:
            self._emit(
                Warned(
                    f"Process '{_told(info)}' with (Pid {info['pid']}), in RWLock-file '{path}'"
                    " had been killed. Auto removed it from the lock file."
                )
            )
        if alive and mode == "read":
            table[mode][path] = alive
        elif not alive:
            del table[mode][path]
        return bool(dead)

    def _enter(self, table: Table, read: list[str], write: list[str]) -> None:
        for path in read:
            self._count("read", path, 1)
            if self._me not in table["read"].setdefault(path, []):
                table["read"][path].append(self._me)
        for path in write:
            self._count("write", path, 1)
            table["write"][path] = self._me

    def _leave(self, table: Table, read: list[str], write: list[str]) -> None:
        """Take our entries out, except those of paths that another stage of ours still holds."""
        for path in read:
            if self._count("read", path, -1) == 0:
                remaining = [info for info in table["read"].pop(path, []) if info != self._me]
                if remaining:
                    table["read"][path] = remaining
        for path in write:
            if self._count("write", path, -1) == 0 and table["write"].get(path) == self._me:
                del table["write"][path]

    def _count(self, mode: str, path: str, change: int) -> int:
        key = mode, path
        self._holds[key] = self._holds.get(key, 0) + change
        return self._holds[key] or self._holds.pop(key)


def _overlapping(table: Table, read: list[str], write: list[str]) -> list[tuple[str, str, str]]:
    """Entries, as mode and path, that those paths have to wait for; with the first of these."""
    found: list[tuple[str, str, str]] = []
    for mode, waiters in (("write", [*read, *write]), ("read", write)):
        for held in table[mode]:
            waiter = next((waiter for waiter in waiters if _overlap(held, waiter)), None)
            if waiter is not None:
                found.append((mode, held, waiter))
    return found


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(other + os.sep) or other.startswith(one + os.sep)


def _may_be_alive(info: dict[str, Any]) -> bool:
    """Whether the process of an entry lives; nobody here can tell of one that runs on another machine."""
    return not _is_here(info) or is_alive(info["pid"])


def _is_here(info: dict[str, Any]) -> bool:
    on = info["cmd"].rpartition(_ON)[2] if _ON in info["cmd"] else host()
    return on == host()


def _thread() -> str:
    """Which thread of a kernel or server: what runs in another one has to be waited for like another process."""
    here = threading.current_thread()
    return "" if here is threading.main_thread() else f" (thread {here.native_id})"


def _why_busy(waiter: str, blockers: list[dict[str, Any]], table: str) -> str:
    if all(_is_ours(info) for info in blockers):
        return (
            f"'{waiter}' is busy: another thread of this process runs a stage that uses it, as widgets do. Wait until"
            " it has ended, or stop it where it was started."
        )
    listing = "\n".join(f"  (PID {info['pid']}): {_told(info)}" for info in blockers)
    return (
        f"'{waiter}' is busy, it is being blocked by:\n{listing}\n\nIf there are no processes with such PIDs,"
        f" you can manually remove '{table}' and try again."
    )


def _is_ours(info: dict[str, Any]) -> bool:
    """Whether a thread of this process made an entry; one that a killed process left may have its number."""
    return info["pid"] == os.getpid() and str(info["cmd"]).startswith(" ".join(sys.argv)) and _is_here(info)


def _told(info: dict[str, Any]) -> str:
    return str(info["cmd"]).replace(_ON, " on ")


def _is_table(table: Any) -> bool:
    """Whether it has the shape that dvc asks for."""
    if not isinstance(table, dict):
        return False
    found = cast("dict[str, Any]", table)
    writers: Any = found.get("write") or {}
    readers: Any = found.get("read") or {}
    if not (isinstance(writers, dict) and isinstance(readers, dict)):
        return False
    infos: list[Any] = list(cast("dict[str, Any]", writers).values())
    for of_path in cast("dict[str, Any]", readers).values():
        if not isinstance(of_path, list):
            return False
        infos += cast("list[Any]", of_path)
    return all(_is_info(info) for info in infos)


def _is_info(info: Any) -> bool:
    if not isinstance(info, dict):
        return False
    found = cast("dict[str, Any]", info)
    return isinstance(found.get("pid"), int) and isinstance(found.get("cmd"), str)
