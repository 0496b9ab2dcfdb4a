"""Kernels that are forked: how jupyter_client is told to start one so, in this process."""

from __future__ import annotations

import os
import socket
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from dvnb.notebooks.warm.environment import STARTED_WITH, agrees, is_ours
from dvnb.notebooks.warm.process import ask

_LAUNCHER = ["-m", "ipykernel_launcher"]
_KNOWN_OPTIONS = {"env", "cwd", "stdout", "stderr", "stdin", "independent", "extra_arguments", "kernel_id"}
_control: list[socket.socket] = []


def use(control: socket.socket) -> None:
    """From now on, kernels of this interpreter come from the forker behind `control`."""
    _control[:] = [control]
    name = "local-provisioner"
    entry = EntryPoint(name, f"{__name__}:ForkedProvisioner", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners[name] = entry


class ForkedProvisioner(LocalProvisioner):
    """A local kernel, forked where a new interpreter would be just the same."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel's process."""
        process = _fork(cmd, kwargs) if _control else None
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = process
        self.pid = self.pgid = process.pid
        self.cwd = kwargs.get("cwd") or os.getcwd()
        return self.connection_info


def _fork(command: list[str], options: dict[str, Any]) -> Any:
    env = options.get("env") or dict(os.environ)
    streams = [_file(options.get(name), number) for number, name in ((1, "stdout"), (2, "stderr"))]
    plain = not options.keys() - _KNOWN_OPTIONS
    if not plain or options.get("stdin") is not None or options.get("independent") or None in streams:
        return None
    if command[1:3] != _LAUNCHER or not is_ours(command[0]) or not agrees(env, STARTED_WITH):
        return None
    request = {"command": command, "cwd": options.get("cwd") or os.getcwd(), "env": dict(env), "group": "session"}
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        return ask(_control[0], request, [nothing, *streams])  # type: ignore[list-item]
    finally:
        os.close(nothing)


def _file(stream: Any, ours: int) -> int | None:
    if stream is None:
        return ours
    number = stream if isinstance(stream, int) else stream.fileno()
    return number if number >= 0 else None  # subprocess.PIPE and the like
