"""Progress bars for what takes longer than a moment: on a terminal, or in a notebook."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dvnb.events import Progress

PATIENCE = 1.0  # seconds


class Bars:
    """One bar for each task that has been going on for longer than `patience` seconds; gone when it is done."""

    def __init__(self, *, notebook: bool = False, patience: float = PATIENCE) -> None:
        """`notebook`: bars are widgets, else lines on standard error."""
        self._notebook = notebook
        self._patience = patience
        self._started: dict[str, float] = {}
        self._bars: dict[str, Any] = {}
        self._places: dict[str, Any] = {}
        self._lock = threading.Lock()

    def update(self, event: Progress) -> None:
        """Show how far a task is."""
        with self._lock:
            started = self._started.setdefault(event.task, time.monotonic())
            if event.total is not None and event.done >= event.total:
                self._finish(event.task)
            elif event.task in self._bars or time.monotonic() - started > self._patience:
                self._draw(event)

    def _draw(self, event: Progress) -> None:
        bar = self._bars.get(event.task)
        if bar is None:
            bar = self._bars[event.task] = self._new(event)
        bar.total = event.total
        bar.n = event.done
        bar.refresh()

    def _new(self, event: Progress) -> Any:
        settings: dict[str, Any] = {
            "desc": event.task.capitalize(),
            "total": event.total,
            # The rate is that of what is still to be seen, not of the moment before the bar came.
            "initial": event.done,
            "unit": event.unit,
            "unit_scale": event.unit == "B",
            "unit_divisor": 1024,
            "leave": False,
            "dynamic_ncols": True,
        }
        # Loading tqdm takes longer than most tasks.
        if self._notebook:
            try:
                bar, self._places[event.task] = _widget(settings)
            except ImportError:  # without ipywidgets a line of text has to do
                pass
            else:
                return bar
        import tqdm

        return tqdm.tqdm(**settings)

    def _finish(self, task: str) -> None:
        self._started.pop(task, None)
        bar = self._bars.pop(task, None)
        if bar is not None:
            bar.close()
        place = self._places.pop(task, None)
        if place is not None:
            # A saved notebook would look for a widget that is no more.
            place.update({"text/plain": ""}, raw=True)

    def clear(self) -> None:
        """Make room for a line of text; the next update draws again."""
        with self._lock:
            for bar in self._bars.values():
                bar.clear()

    def close(self) -> None:
        """Take all bars away."""
        with self._lock:
            for task in list(self._bars):
                self._finish(task)


def _widget(settings: dict[str, Any]) -> tuple[Any, Any]:
    """A bar of tqdm's for notebooks, and the output that shows it.

    Raises: ImportError where there is no ipywidgets.
    """
    from importlib import import_module

    # Neither package is typed.
    notebook: Any = import_module("tqdm.notebook")
    display: Any = import_module("IPython.display")
    if notebook.IProgress is None:
        raise ImportError
    bar = notebook.tqdm_notebook(**settings, display=False)
    return bar, display.display(bar.container, display_id=True)
