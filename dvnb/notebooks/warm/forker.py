"""Two processes that have the libraries of a run, or of a kernel, and fork one whenever they are asked to.

This is run as a script, and the process of the kernels imports nothing of dvnb: what it has, every kernel has. It
also has no numpy, pandas or matplotlib: their random numbers would be equal in all kernels, and their settings frozen.

    parent (dvnb repro) ── runs ──▶ forker of runs ──fork──▶ `dvnb notebook run …`
                                                                   │ kernels
                                    forker of kernels ◀────────────┘ ──fork──▶ ipykernel

A request is one datagram with file descriptors: a connection, a file that holds the request as JSON, and the streams.
On the connection the new process tells its id, and the forker how it ended and the most memory that it used.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import sys
from typing import Any

STARTED = struct.Struct("=q")
ENDED = struct.Struct("=qq")
_OF_EVERY_KERNEL = (
    *("ipykernel.debugger", "ipykernel.comm", "IPython.core.completerlib", "IPython.core.logger", "psutil", "sqlite3"),
    *("IPython.extensions.storemagic", "tornado.platform.asyncio", "tornado.locks", "tornado.queues"),
    *("encodings.idna", "encodings.latin_1", "encodings.ascii", "email.parser", "stringprep"),
)
"""What ipykernel imports on its way to the first cell, the debugger's half of it, whatever the notebook does."""

_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)  # they are meant for the runs


class Forker:
    """Forks for each request on `control`, until nobody can ask any more.

    `owns`: what it forked ends with whoever asked for it.
    """

    def __init__(self, control: socket.socket, *, owns: bool) -> None:
        self._control = control
        self._owns = owns
        self._asked: dict[int, socket.socket] = {}
        self._handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _IGNORED}
        self._woken, waker = socket.socketpair()
        self._woken.setblocking(False)
        waker.setblocking(False)
        self._waker = waker
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)

    def serve(self) -> Any:
        """The request, in a process forked for it. Never returns otherwise."""
        while True:
            watched = [self._control, self._woken, *(self._asked.values() if self._owns else ())]
            ready = select.select(watched, [], [])[0]
            if self._woken in ready:
                self._woken.recv(4096)
                self._reap()
            if self._owns:
                self._end_those_of_nobody(ready)
            if self._control in ready:
                data, files, _, _ = socket.recv_fds(self._control, 16, 8)
                if not data:
                    self._leave()
                request = self._fork(files)
                if request is not None:
                    return request

    def _fork(self, files: list[int]) -> Any:
        connection = socket.socket(fileno=files[0])
        try:
            pid = os.fork()
        except OSError:  # whoever asks finds the connection closed
            pid = -1
        if pid == 0:
            return self._become(connection, files[1:])
        for file in files[1:]:
            os.close(file)
        if pid > 0:
            self._asked[pid] = connection
        else:
            connection.close()
        return None

    def _become(self, connection: socket.socket, files: list[int]) -> Any:
        """In the new process: be what was asked for."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        for other in (self._control, self._woken, self._waker, *self._asked.values()):
            other.close()
        with open(files[0], "rb") as file:
            file.seek(0)
            request = json.load(file)
        if request["group"] == "session":
            os.setsid()
        elif request["group"] == "own":
            os.setpgid(0, 0)
        connection.send(STARTED.pack(os.getpid()))
        connection.close()
        for number, file in enumerate(files[1:]):
            os.dup2(file, number)
            os.close(file)
        _reopen_streams()
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        return request

    def _reap(self) -> None:
        while self._asked:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            connection = self._asked.pop(pid, None)
            if connection is not None:
                unit = 1 if sys.platform == "darwin" else 1024
                try:
                    connection.send(ENDED.pack(os.waitstatus_to_exitcode(status), usage.ru_maxrss * unit))
                except OSError:  # nobody wants to know
                    pass
                connection.close()

    def _end_those_of_nobody(self, ready: list[Any]) -> None:
        for pid, connection in self._asked.items():
            if connection in ready:
                try:
                    os.killpg(pid, signal.SIGKILL)
                except OSError:
                    pass

    def _leave(self) -> None:
        if self._owns:
            for pid in self._asked:
                try:
                    os.killpg(pid, signal.SIGKILL)
                except OSError:
                    pass
            while True:  # what is not waited for is missing in the times of whoever started all this
                try:
                    os.wait()
                except ChildProcessError:
                    break
        os._exit(0)


def _reopen_streams() -> None:
    """Make Python's streams know what their files are now: a terminal, a pipe, a file."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        lines = 1 if name == "stderr" or os.isatty(number) else -1
        new = open(  # noqa: SIM115 - for as long as the process lives
            number, "w" if number else "r", lines, encoding=old.encoding, errors=old.errors, closefd=False
        )
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def main() -> None:
    """Be the forker of kernels, and fork the one of runs first.

    Arguments: three sockets, and the modules that runs of notebooks import.
    """
    runs, kernels, ask_for_kernels = (socket.socket(fileno=int(word)) for word in sys.argv[1:4])
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder of this file
    if os.fork() == 0:
        kernels.close()
        forker = Forker(runs, owns=False)
        import importlib

        run = importlib.import_module("dvnb.notebooks.warm.run")
        run.load(sys.argv[4:])
        run.become(forker.serve(), ask_for_kernels)
    runs.close()
    ask_for_kernels.close()
    forker = Forker(kernels, owns=True)
    _become_kernel(forker)


def _become_kernel(forker: Forker) -> None:
    # Read when ipykernel is imported: a kernel ends when its parent is gone, and that is this process.
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # read by the debugger; papermill sets it too
    import gc
    import importlib

    import ipykernel_launcher
    from ipykernel import kernelapp

    before = dict(os.environ)
    for module in _OF_EVERY_KERNEL:
        try:
            importlib.import_module(module)
        except ImportError:  # then kernels do without it too
            pass
    told = {name: value for name, value in os.environ.items() if name not in before}  # the debugger sets some
    gc.collect()
    gc.freeze()  # else looking for garbage copies the pages that are shared
    request = forker.serve()
    os.environ.update(told)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    sys.executable = request["command"][0]
    sys.argv = [str(ipykernel_launcher.__file__), *request["command"][3:]]
    sys.orig_argv = request["command"]
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
