"""The thread in which a widget does what is asked of it, one thing after the other."""

from __future__ import annotations

import atexit
import threading
import traceback
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context

_PATIENCE_SECONDS = 15.0
"""How long a kernel that ends waits for the commands of stages to end; whoever ends it may not wait as long."""


class Worker:
    """Does one thing after the other, whichever threads ask, and leaves these free for what comes next.

    JupyterLab gives the messages of widgets to a thread of their own (a subshell), but the first ones to the main
    thread, while that other starts. Other front ends give all to the main one, which runs the cells as well. `stop`
    ends what is being done, if that heeds it.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._asked: deque[tuple[Context, Callable[[], object]]] = deque()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def do(self, call: Callable[[], object]) -> None:
        """Call it in its turn, in the context that it is asked in: a kernel knows by it which request is answered."""
        with self._guard:
            self._asked.append((copy_context(), call))
            if self._thread is None:
                # A daemon: a kernel that is told to end does not wait until the work is done, but ends it.
                self._thread = threading.Thread(target=self._work, name="dvnb widget", daemon=True)
                atexit.register(self._leave, self._thread)
                self._thread.start()

    def end(self) -> None:
        """Stop what is being done, or is about to be; where nothing is, what comes next is not stopped."""
        with self._guard:
            if self._thread is not None:
                self.stop.set()

    def _work(self) -> None:
        while True:
            with self._guard:
                if not self._asked:
                    self.stop.clear()
                    atexit.unregister(self._leave)
                    self._thread = None
                    return
                context, call = self._asked.popleft()
            try:
                context.run(call)
            except Exception:  # noqa: BLE001 - what follows is done all the same
                traceback.print_exc()

    def _leave(self, thread: threading.Thread) -> None:
        with self._guard:
            self._asked.clear()
        self.stop.set()
        thread.join(_PATIENCE_SECONDS)
