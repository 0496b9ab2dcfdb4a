"""What the core tells its faces while it works: values, never text for people.

A listener is any callable that takes an `Event`. Faces decide what is shown and how it is worded.
Events of verbs that run something are loaded when first asked for: each class costs start-up time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dvnb.records import dataclass

if TYPE_CHECKING:
    from dvnb.events.work import (
        CellEvent,
        CellFinished,
        CellOutput,
        CellRunning,
        CellStarted,
        CommandOutput,
        CommandStarted,
        FileWritten,
        SourceImported,
        SourceVerified,
        StageChanged,
        StageEvent,
        StageFailed,
        StageFinished,
        StageRestored,
        StageSkipped,
        StageStarted,
    )

__all__ = [
    "CellEvent",
    "CellFinished",
    "CellOutput",
    "CellRunning",
    "CellStarted",
    "CommandOutput",
    "CommandStarted",
    "Event",
    "FileWritten",
    "Listener",
    "Progress",
    "SourceImported",
    "SourceVerified",
    "StageChanged",
    "StageEvent",
    "StageFailed",
    "StageFinished",
    "StageRestored",
    "StageSkipped",
    "StageStarted",
    "Warned",
    "ignore_events",
]


@dataclass(slots=True)
class Event:
    """Base of all events."""


@dataclass(slots=True)
class Progress(Event):
    """`done` of `total` (None: unknown) `unit`s ("file" or "B") of `task` ("hash", "link", "push" …) are finished.

    The last one of a task has `done == total`.
    """

    task: str
    done: int
    total: int | None
    unit: str = "file"


@dataclass(slots=True)
class Warned(Event):
    """Something the user should know, which does not stop the work; `plain`: dvc says it without the word WARNING."""

    message: str
    plain: bool = False


Listener = Callable[[Event], None]


def ignore_events(event: Event) -> None:
    """Listener that does nothing."""


def __getattr__(name: str) -> object:
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from dvnb.events import work

    found = globals()[name] = getattr(work, name)  # from now on it is found without asking here
    return found
