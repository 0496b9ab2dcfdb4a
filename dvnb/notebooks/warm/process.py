"""Asking a forker for a process, and that process as `subprocess.Popen` would show it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
from collections.abc import Sequence
from typing import Any

from dvnb.notebooks.warm.forker import ENDED, STARTED


class ForkedProcess:
    """A process that a forker started; `peak_memory` (bytes) is known when it has ended."""

    stdin = stdout = stderr = None
    returncode: int | None = None
    peak_memory: int | None = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self._connection = connection
        self._guard = threading.Lock()

    def poll(self) -> int | None:
        """How it ended (negative: by that signal); None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises: TimeoutError."""
        status = self._look(timeout)
        if status is None:
            raise TimeoutError
        return status

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and not select.select([self._connection], [], [], timeout)[0]:
            return None
        with self._guard:
            if self.returncode is None:
                self._read_end()
        return self.returncode

    def _read_end(self) -> None:
        try:
            data = self._connection.recv(ENDED.size)
        except OSError:
            data = b""
        if not data:  # somebody killed the forker, so that nobody knows any more how this ends
            self._end()
        self.returncode, self.peak_memory = ENDED.unpack(data) if data else (-signal.SIGKILL, None)
        self._connection.close()

    def _end(self) -> None:
        try:
            if os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
        except OSError:  # gone as well
            pass

    def send_signal(self, sig: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def ask(control: socket.socket, request: dict[str, Any], streams: Sequence[int]) -> ForkedProcess | None:
    """A new process of the forker behind `control`, with these streams; None where it cannot have one."""
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = os.memfd_create("request")
    try:
        os.write(words, json.dumps(request).encode())
        socket.send_fds(control, [b"?"], [its.fileno(), words, *streams])
    except OSError:
        mine.close()
        return None
    finally:
        its.close()
        os.close(words)
    try:
        data = mine.recv(STARTED.size)
    except OSError:
        data = b""
    if not data:
        mine.close()
        return None
    return ForkedProcess(mine, STARTED.unpack(data)[0])
