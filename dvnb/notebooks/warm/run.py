"""What the forker of runs has loaded, and what a process forked by it does."""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import socket
import sys
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
    runpy.run_path(request["command"][0], run_name="__main__")
