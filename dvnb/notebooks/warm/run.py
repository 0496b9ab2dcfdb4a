"""What the forker of runs has loaded, and what a process forked by it does."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import runpy
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from typing import Any

from dvnb.notebooks.running.imports import light_imports
from dvnb.notebooks.warm.environment import STARTED_WITH, interpreter_of

_FOR_KERNELS = ("dvnb.notebooks.warm.kernel", "ipykernel.kernelspec", "sqlite3")


def load(modules: Sequence[str]) -> None:
    """Import what a run of a notebook imports: the libraries, then these modules."""
    STARTED_WITH.update(os.environ)
    with light_imports():
        from dvnb.notebooks.running import engine
    from dvnb.notebooks.running import kernels

    kernels.prepare()
    engine.prepare('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "", "", {}, "", "")
    for module in (*_FOR_KERNELS, *modules):
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # else looking for garbage copies the pages that are shared


def become(request: dict[str, Any], kernels: socket.socket) -> None:
    """Run the program that is asked for; its kernels are forked where that makes no difference."""
    from dvnb.notebooks.warm import kernel

    kernel.use(kernels)
    sys.executable = interpreter_of(request["command"][0]) or sys.executable
    sys.argv = request["command"]
    sys.orig_argv = [sys.executable, *request["command"]]
    try:
        runpy.run_path(request["command"][0], run_name="__main__")
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            _leave(leaving.code or 0)
        raise
    except KeyboardInterrupt:
        # Before the program is there to say it: as the interpreter ends, without the traceback of ours.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


def _leave(code: int) -> None:
    """End as the interpreter does, as multiprocessing ends what it forks: without taking every module apart.

    That would copy most pages that are shared with the forker. It matters nothing here, since a run's own files are
    closed; what a notebook leaves open belongs to its kernel.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # the interpreter says so as it ends
        return
    os._exit(code)
