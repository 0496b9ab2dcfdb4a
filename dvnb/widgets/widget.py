"""What every widget is: a view of a project, some actions, and how it looks where no kernel runs."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets
from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from dvnb.commands.text.kept import Kept
from dvnb.display import html
from dvnb.display.html import Part
from dvnb.errors import DvnbError
from dvnb.events import Event, Progress
from dvnb.widgets.worker import Worker

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo

_ASSETS = os.path.join(os.path.dirname(__file__), "assets")


@cache
def asset(name: str) -> str:
    """The text of a script or style sheet of this package."""
    with open(os.path.join(_ASSETS, name), encoding="utf-8") as file:
        return file.read()


def script(*names: str) -> str:
    """A widget's module for the browser: what all share, then its own parts, the last of which defines `draw`."""
    return "".join(map(asset, ("elements.js", *names, "mount.js")))


class Widget(anywidget.AnyWidget):
    """A view of a project.

    A subclass sets `_esm` to `script("its.js")`, gives `load()` (what the browser shows, as JSON) and `still()` (HTML
    parts and plain text of the same), and names in `ACTIONS` the methods that the browser may call. An action returns
    what to tell when it is done. Its failures are told in the widget, with what mends them.
    """

    ACTIONS: ClassVar[tuple[str, ...]] = ()

    _css = asset("style.css")
    data = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode("").tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    message = traitlets.Dict().tag(sync=True)
    still_class = traitlets.Unicode("").tag(sync=True)

    def __init__(self, repo: Repo, **state: Any) -> None:
        super().__init__(still_class=f"dvnb-still-{uuid.uuid4().hex}", **state)
        self._worker = Worker()
        self._turn = threading.RLock()
        self._kept = Kept()
        self._repo = type(repo)(repo.cwd, listener=self._hear, capture=True, stop=self._worker.stop)
        self._still: DisplayHandle | None = None
        self.data = self.load()
        self.on_msg(self._receive)

    def load(self) -> dict[str, Any]:
        """What the browser shows."""
        raise NotImplementedError

    def still(self) -> tuple[Part, str]:
        """The same as HTML, without a script, and as text."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show what is there now."""
        self.data = self.load()
        self._update_still()

    def act(self, name: str, **arguments: Any) -> bool:
        """Do what a click asks for; whether it worked. What it did, or why not, is in `message` afterwards.

        One thing is done at a time: `data` is of the last, whichever threads ask.
        """
        if name not in self.ACTIONS:
            self.message = {"tone": "bad", "text": f"there is no action '{name}'"}
            return False
        with self._turn:
            self._kept = Kept()
            self.busy, self.message = name, {}
            message = self._attempt(lambda: getattr(self, name)(**arguments))
            self._worker.stop.clear()
            # The browser gets all at once, so that nobody presses a button that is about to go.
            with self.hold_sync():
                unseen = self._attempt(self.refresh)
                self.message = unseen if unseen and message.get("tone") != "bad" else message
                self.busy, self.progress = "", {}
            return self.message.get("tone", "good") == "good"

    def stop(self) -> None:
        """End what is being done, as Ctrl-C would; may be called from any thread."""
        if self.busy:
            self._worker.stop.set()
        else:
            self._worker.end()

    def _attempt(self, action: Callable[[], str | None]) -> dict[str, str]:
        """What there is to say of an action."""
        try:
            told = action()
        except KeyboardInterrupt:
            kept = self._kept.words("")
            return {"tone": "warn", "text": f"interrupted by the user{f': {kept}' if kept else ''}"}
        except Exception as error:  # noqa: BLE001 - a failure of any kind is told where it was asked for
            return _failure(error)
        return {"tone": "good", "text": told} if told else {}

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not (isinstance(content, dict) and isinstance(content.get("do"), str)):
            return
        if content["do"] == "stop":
            self.stop()
            return
        arguments = content.get("with") or {}
        self._worker.do(partial(self.act, content["do"], **{str(name): value for name, value in arguments.items()}))

    def _hear(self, event: Event) -> None:
        self._kept(event)
        if isinstance(event, Progress):
            self.progress = {"task": event.task, "done": event.done, "total": event.total, "unit": event.unit}

    def _ipython_display_(self) -> None:
        """Show the widget, and before it how it looks without a kernel: the live one hides that."""
        self._still = display(self._still_bundle(), raw=True, display_id=self.still_class)
        if _in_kernel():
            live: Any = self._repr_mimebundle_()
            bundle, metadata = live
            # Where no widgets are shown, the table before it says it all.
            display(bundle | {"text/plain": ""}, metadata=metadata, raw=True)

    def _still_bundle(self) -> dict[str, str]:
        part, text = self.still()
        shown = f'<div class="dvnb-still {self.still_class}">{html.block(part)}</div>'
        return {"text/html": shown, "text/plain": text}

    def _update_still(self) -> None:
        if self._still is not None:
            self._still.update(self._still_bundle(), raw=True)


def _in_kernel() -> bool:
    return hasattr(get_ipython(), "kernel")


def _failure(error: Exception) -> dict[str, str]:
    from dvnb.display.result import STYLE

    hint = STYLE.hint(error.hint) if isinstance(error, DvnbError) and error.hint else ""
    known = isinstance(error, (DvnbError, OSError))
    text = str(error) if known else f"unexpected error - {error or type(error).__name__}"
    return {"tone": "bad", "text": text, "hint": hint}
