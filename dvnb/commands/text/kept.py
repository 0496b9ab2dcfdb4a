"""What a verb that was interrupted leaves behind: told from the events that came until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb import events

if TYPE_CHECKING:
    from dvnb.events import Event, Progress

_STORED = "what is complete is tracked, what is in the cache stays there"
_STORING = ("add", "commit")
_PLACES = {
    "push": "{} of {} files were pushed and stay there",
    "fetch": "{} of {} files are in the cache and stay there",
    "checkout": "{} of {} files are in place",
}


class Kept:
    """A listener that remembers what is finished."""

    def __init__(self) -> None:
        self._recorded: list[str] = []
        self._begun: dict[str, None] = {}
        self._progress: dict[str, Progress] = {}

    def __call__(self, event: Event) -> None:
        """Remember one event."""
        match event:
            case events.Progress():
                self._progress[event.task] = event
            case events.StageStarted():
                self._begun[event.stage] = None
            case events.StageFinished():
                self._begun.pop(event.stage, None)
                if event.changed:
                    self._recorded.append(event.stage)
            case _:
                pass

    def words(self, verb: str) -> str:
        """What stays of a `verb` and what does not; "" where nothing had begun."""
        if self._begun or self._recorded:
            return self._stages()
        for task, text in _PLACES.items():
            at = self._progress.get(task)
            if at is not None and at.total:
                least = "" if at.done == at.total else "at least "
                return text.format(f"{least}{at.done:,}", f"{at.total:,}")
        return _STORED if verb in _STORING else ""

    def _stages(self) -> str:
        done = f"recorded and kept: {', '.join(self._recorded)}" if self._recorded else "nothing was recorded"
        names = ", ".join(self._begun)
        return f"{done}; did not end, so its outputs are as they were before: {names}" if names else done
