"""What every widget is: a view of a project, some actions, and how it looks where no kernel runs."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets
from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from dvnb.display import html
from dvnb.display.html import Part
from dvnb.errors import DvnbError
from dvnb.events import Event, Progress

if TYPE_CHECKING:
    from dvnb.repo.facade import Repo

_ASSETS = os.path.join(os.path.dirname(__file__), "assets")
Action = Callable[..., str | None]


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
        self._repo = type(repo)(repo.cwd, listener=self._hear, capture=True)
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
        """Do what a click asks for; whether it worked. What it did, or why not, is in `message` afterwards."""
        if name not in self.ACTIONS:
            self.message = {"tone": "bad", "text": f"there is no action '{name}'"}
            return False
        self.busy, self.message = name, {}
        try:
            action: Action = getattr(self, name)
            told = action(**arguments)
        except KeyboardInterrupt:
            self.message = {"tone": "warn", "text": "interrupted by the user"}
            return False
        except Exception as error:  # noqa: BLE001 - a failure of any kind is told where it was asked for
            self.message = _failure(error)
            return False
        else:
            self.message = {"tone": "good", "text": told} if told else {}
            return True
        finally:
            self.busy, self.progress = "", {}
            self.refresh()

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and isinstance(content.get("do"), str):
            arguments = content.get("with") or {}
            self.act(content["do"], **{str(name): value for name, value in arguments.items()})

    def _hear(self, event: Event) -> None:
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
