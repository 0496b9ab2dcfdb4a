"""Which objects are read again before a file is made of them; what reading one told is remembered for its stamp."""

from __future__ import annotations

import os
import time

from dvnb.objects.hashing import HashInfo, hash_file
from dvnb.objects.soundness import is_doubtful
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore


class _Arrivals(dict[str, int]):
    """When the last object came to each folder (two letters) of a store, in nanoseconds; asked for when needed."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def __missing__(self, shard: str) -> int:
        time_ns = self[shard] = os.stat(self._base + shard).st_mtime_ns
        return time_ns


class Doubt:
    """What can be seen of the objects of one algorithm; the times of their folders are asked for once."""

    def __init__(self, store: LocalStore, algorithm: str, state: State) -> None:
        self._store = store
        self._algorithm = algorithm
        self._state = state
        self._arrivals = _Arrivals(store.base(algorithm))

    def is_sound(self, value: str) -> bool:
        """Whether an object is there, and is what its name says as far as can be told without reading all of them."""
        try:
            status = os.stat(self._store.value_path(value, self._algorithm))
        except FileNotFoundError:
            return False
        return not self.is_raised_by(value, status) or self.is_unfounded(value)

    def is_raised_by(self, value: str, status: os.stat_result) -> bool:
        """Whether an object of this status may be damaged."""
        return is_doubtful(value, status, self._arrivals[value[:2]])

    def is_unfounded(self, value: str) -> bool:
        """Whether an object, read again, is what its name says. Raises: FileNotFoundError."""
        path = self._store.value_path(value, self._algorithm)
        hash_info = HashInfo(self._algorithm, value)
        algorithm = hash_info.digest_algorithm
        status = os.stat(path)
        found = self._state.hash_of(path, status, algorithm)
        if found is None:
            read_at = time.time_ns()
            found = hash_file(path, algorithm)
            self._state.remember(path, status, found, read_at=read_at, kind=algorithm)
        return found == hash_info.digest
