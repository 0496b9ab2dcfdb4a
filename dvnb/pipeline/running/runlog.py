"""The log of each run of a stage: `.dvc/tmp/dvnb/logs/<stage>/<time>-<pid>.log`.

The first line is JSON and says what was run, when and by whom; then come the bytes that the commands wrote, as they
came; and at the end of a run, after a record separator, a line of JSON says how it ended and which bytes went to which
stream.
"""

from __future__ import annotations

import json
import os
import threading
import time

from dvnb.events import Listener, Warned
from dvnb.pipeline.running.kept_logs import MARK, stage_folder
from dvnb.pipeline.stage import Stage
from dvnb.project.claims import host
from dvnb.project.project import Project


class RunLog:
    """The log of a run that begins now; an `Output`. Where nothing can be written, the run goes on without.

    That is told at its end: whoever writes has a thread of its own.
    """

    def __init__(self, project: Project, stage: Stage, name: str, limit: float | None) -> None:
        """`limit`: bytes that the log may have; beyond, its middle is left out."""
        self._emit: Listener = project.emit
        self._limit = limit
        self._started = time.time()
        self._streams: list[tuple[str, int]] = []
        self._left_out = 0
        self._guard = threading.Lock()  # a command's two streams come in two threads
        self._trouble: str | None = None
        self._descriptor: int | None = None
        folder = stage_folder(project, stage)
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(self._started))
        self.path = os.path.join(folder, f"{stamp}.{int(self._started % 1 * 1e6):06d}-{os.getpid()}.log")
        header = {
            "stage": name,
            "commands": list(stage.commands()),
            "start": _iso(self._started),
            "pid": os.getpid(),
            "host": host(),
        }
        self._header = json.dumps(header).encode() + b"\n"
        try:
            os.makedirs(folder, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except OSError as error:
            self._give_up(error)
        self._size = 0
        self._append(self._header)

    def started(self, command: str) -> None:
        """Nothing: the header has the commands."""

    def write(self, data: bytes, stream: str) -> None:
        """Keep what a command wrote."""
        with self._guard:
            self._write(data, stream)

    def _write(self, data: bytes, stream: str) -> None:
        if self._descriptor is None:
            return
        if self._limit is not None and self._size + len(data) > self._limit:
            self._leave_out_middle()
        if self._streams and self._streams[-1][0] == stream:
            self._streams[-1] = stream, self._streams[-1][1] + len(data)
        else:
            self._streams.append((stream, len(data)))
        self._append(data)

    def end(self, state: str, status: int | None) -> None:
        """Say how the run ended: "done", "failed" or "stopped", and with which exit status."""
        with self._guard:
            self._end(state, status)
            trouble, self._trouble = self._trouble, None
        if trouble:
            self._emit(Warned(trouble))

    def _end(self, state: str, status: int | None) -> None:
        if self._descriptor is None:
            return
        now = time.time()
        trailer = {"state": state, "status": status, "end": _iso(now), "seconds": round(now - self._started, 3)}
        self._append(
            MARK + json.dumps(trailer | {"streams": self._streams, "left_out": self._left_out}).encode() + b"\n"
        )
        self._close()

    def _append(self, data: bytes) -> None:
        if self._descriptor is None:
            return
        try:
            self._size += os.write(self._descriptor, data)
        except OSError as error:
            self._give_up(error)

    def _leave_out_middle(self) -> None:
        """Keep the first and the last quarter of what may be kept."""
        assert self._descriptor is not None and self._limit is not None  # noqa: S101, PT018 - asked by the caller
        body = self._size - len(self._header)
        quarter = int(self._limit // 4)
        if body <= 2 * quarter:
            return
        last = os.pread(self._descriptor, quarter, self._size - quarter)
        self._left_out += body - 2 * quarter
        os.ftruncate(self._descriptor, len(self._header) + quarter)
        os.lseek(self._descriptor, 0, os.SEEK_END)
        self._size = len(self._header) + quarter
        self._streams = [("stdout", quarter)]
        self._append(f"\n[{self._left_out} bytes left out]\n".encode())
        self._append(last)
        self._streams = [("stdout", self._size - len(self._header))]  # no longer told apart

    def _give_up(self, error: OSError) -> None:
        self._trouble = f"the log '{self.path}' is not kept: {error.strerror}"
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
