"""Which kernel runs a notebook, and starting and stopping it. Only imported when one is wanted."""

from __future__ import annotations

import copy
import os
import shutil  # noqa: TID253  # jupyter_client has loaded it anyway
import sys
from collections.abc import Callable
from typing import IO, Any

from jupyter_client import localinterfaces
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_core.utils import run_sync

from dvnb.errors import NotebookError
from dvnb.records import dataclass

Launch = Callable[[list[str]], list[str]]
OWN = "python3"  # what papermill and nbclient call a kernel that nobody named


@dataclass(frozen=True, slots=True)
class KernelChoice:
    """The kernel for one run: `name` as papermill is told, `spec` what starts it, `own` dvnb's own interpreter."""

    name: str
    language: str
    spec: KernelSpec
    own: bool


class _OwnPython(KernelSpecManager):
    """Knows one kernel: the Python that dvnb itself runs on."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
        )


class _Watched(KernelSpecManager):
    """Knows one kernel: one whose command line somebody changed."""

    watched: KernelSpec

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return self.watched


def prepare() -> None:
    """Load and look up what the first kernel would, whichever it is."""
    installed_kernels()
    KernelProvisionerFactory.instance()
    localinterfaces.localhost()  # asks the system for its interfaces


def installed_kernels() -> dict[str, str]:
    """Names and folders of the kernels that Jupyter finds here."""
    return dict(sorted(KernelSpecManager().find_kernel_specs().items()))


def choose_kernel(notebook: dict[str, Any], path: str, override: str | None = None) -> KernelChoice:
    """The kernel of the notebook's kernelspec, or the one named by `override`; without either dvnb's own interpreter.

    Raises: NotebookError listing the installed kernels if the one asked for is not.
    """
    named = (notebook.get("metadata") or {}).get("kernelspec") or {}
    name = override or named.get("name")
    if not name:
        return KernelChoice(OWN, "python", _OwnPython().get_kernel_spec(OWN), own=True)
    manager = KernelSpecManager()
    try:
        spec = manager.get_kernel_spec(name)
    except (NoSuchKernel, ValueError, OSError) as error:
        asked = "there is no kernel" if override else f"'{path}' asks for the kernel"
        there = ", ".join(installed_kernels()) or "none"
        mend = "install it" if override else "install it, or run with another by --kernel"
        reason = "" if isinstance(error, NoSuchKernel) else f" (its kernel.json cannot be read: {error})"
        message = f"{asked} '{name}', which is not installed here{reason}; installed: {there}; {mend}"
        if override:
            message = f"there is no kernel '{name}' here{reason}; installed: {there}"
        raise NotebookError(message) from error
    return KernelChoice(name, spec.language or str(named.get("language") or "python"), spec, own=False)


def start_kernel(choice: KernelChoice, cwd: str, log: IO[bytes], launch: Launch | None = None) -> AsyncKernelManager:
    """A manager whose kernel process is on its way up; what the process writes by itself goes to `log`.

    `launch` may change its command line.
    Raises: NotebookError if the kernel's program cannot be started.
    """
    _check_program(choice)
    manager = AsyncKernelManager(kernel_name=choice.name)
    if choice.own:
        manager.kernel_spec_manager = _OwnPython()
    if launch is not None:
        specs = _Watched()
        specs.watched = copy.copy(choice.spec)
        specs.watched.argv = launch(list(choice.spec.argv))
        manager.kernel_spec_manager = specs
    # A history file in the user's home helps nobody here, and sqlite on a network home is slow.
    python = any("ipykernel" in part for part in choice.spec.argv)
    extra = ["--HistoryManager.hist_file=:memory:"] if python else []
    try:
        run_sync(manager.start_kernel)(extra_arguments=extra, cwd=cwd, stdout=log, stderr=log)
    except OSError as error:
        raise NotebookError(f"kernel '{choice.name}' cannot be started: {error}") from error
    return manager


def _check_program(choice: KernelChoice) -> None:
    program = choice.spec.argv[0] if choice.spec.argv else ""
    if shutil.which(os.path.expanduser(program)) is None and not program.startswith("python"):
        where = os.path.join(choice.spec.resource_dir, "kernel.json")
        raise NotebookError(f"kernel '{choice.name}' cannot be started: there is no program '{program}' ('{where}')")


def stop_kernel(manager: AsyncKernelManager, *, now: bool) -> None:
    """End the kernel; politely, so that it runs its exit handlers, unless `now`."""
    run_sync(_stop)(manager, now)


async def _stop(manager: AsyncKernelManager, now: bool) -> None:
    try:
        if await manager.is_alive():
            if now:
                await manager.shutdown_kernel(now=True)
            else:  # as shutdown_kernel does, but looking more often than every .1 s
                await manager.request_shutdown()
                await manager.finish_shutdown(pollinterval=0.003)
    finally:
        await manager.cleanup_resources()


def exit_status(manager: AsyncKernelManager) -> int | None:
    """How the kernel's process ended (negative: by that signal); None while it runs or where that is not known."""
    process = getattr(manager.provisioner, "process", None)
    return process.poll() if process is not None else None


def process_id(manager: AsyncKernelManager) -> int | None:
    """The kernel's process, where it is one of this machine."""
    return getattr(manager.provisioner, "pid", None)


def peak_memory(manager: AsyncKernelManager) -> int | None:
    """The most that the kernel's process used, where whoever started it was told; in bytes."""
    return getattr(getattr(manager.provisioner, "process", None), "peak_memory", None)


def log_tail(log: IO[bytes], lines: int = 5) -> str:
    """The last lines that the kernel's process wrote by itself."""
    log.flush()
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - 8192))
    text = log.read().decode(errors="replace")
    kept = [line for line in text.splitlines() if line.strip() and "Kernel is running over TCP" not in line]
    return "\n".join(kept[-lines:])
