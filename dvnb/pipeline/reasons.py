"""The reasons that `status` gives for a stage, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def reasons(found: list[Any]) -> Iterator[tuple[str, str, str]]:
    """(kind, path or key, state) of each: ("deps", "data.csv", "modified"), ("command", "", "modified")."""
    for reason in found:
        if isinstance(reason, str):
            kind = reason.removeprefix("changed ")
            yield (kind if kind != reason else "stage"), "", ("modified" if kind != reason else reason)
            continue
        for kind, paths in reason.items():
            for path, state in paths.items():
                if isinstance(state, str):
                    yield kind.removeprefix("changed "), path, state
                else:
                    for key, key_state in state.items():
                        yield "params", f"{path}:{key}", key_state
