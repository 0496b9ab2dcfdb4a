"""Files that count by what they mean instead of by their bytes (notebooks): what this layer asks of who knows them."""

from __future__ import annotations

from typing import Protocol


class Canonical(Protocol):
    """How some files (notebooks) are hashed by meaning instead of by bytes."""

    def applies(self, path: str) -> bool:
        """Whether the file at `path` (absolute) counts by its canonical form."""
        ...

    def hash(self, path: str) -> tuple[str, int]:
        """MD5 and size of that form."""
        ...


class Paired(Canonical, Protocol):
    """What also knows files that are the same notebook, written down in different ways."""

    def other_side(self, path: str) -> str | None:
        """The other file, if there is one."""
        ...

    def contents(self, path: str, other: str) -> tuple[str, str]:
        """Digests of what two such files say. Raises: NotebookError."""
        ...

    def unsynchronized(self, path: str, other: str) -> str:
        """What to tell people of such a pair, whose `other` file is ahead."""
        ...
