"""Wording why a run of a notebook ended badly: which cell, which line, and what mends it."""

from __future__ import annotations

import os
import re
import signal

from dvnb.errors import NotebookError
from dvnb.notebooks.running.memory import MemoryUse
from dvnb.records import dataclass

_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CELL_LINE = re.compile(r"(?:Cell|Input) In ?\[(\d+)\], (?:in )?(?:<cell )?line:? (\d+)")
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class CellError:
    """What a kernel said of a failed cell; `count` is its execution count."""

    source: str
    ename: str
    evalue: str
    traceback: str
    count: int | None


def cell_failed(notebook: str, output: str, number: int | None, error: CellError) -> NotebookError:
    """The error for a cell that raised; `number` None is the cell with the injected parameters."""
    line = failing_line(error)
    text = error.source.splitlines()
    shown = text[line - 1].strip() if line and line <= len(text) else _first_line(error.source)
    where = f"{_cell(number)}, line {line}" if line else _cell(number)
    reason = f"{error.ename}: {error.evalue}" if error.evalue else error.ename
    return NotebookError(
        f"'{notebook}' failed in {where}: {_ESCAPE.sub('', reason)} (`{_shorten(shown)}`); {_kept(output)}",
        cell=number,
        ename=error.ename,
    )


def failing_line(error: CellError) -> int | None:
    """The deepest line of this very cell in the traceback."""
    found = _CELL_LINE.findall(_ESCAPE.sub("", error.traceback))
    lines = [int(line) for count, line in found if error.count is None or int(count) == error.count]
    return lines[-1] if lines else None


def timed_out(
    notebook: str, output: str, number: int | None, source: str, seconds: float | None, *, whole: bool = False
) -> NotebookError:
    """The error for a cell that took too long; without a limit it was its output that did not come.

    `whole`: the limit is that of the notebook.
    """
    reason = "the last of its output never arrived" if seconds is None else f"it took longer than {seconds:g} s"
    if whole:
        reason = f"the notebook took longer than {seconds:g} s"
    return NotebookError(
        f"'{notebook}' was stopped in {_cell(number)}: {reason} (`{_first_line(source)}`); {_kept(output)}",
        cell=number,
        ename="TimeoutError",
    )


def outs_not_made(notebook: str, output: str, stage: str, outs: list[str]) -> NotebookError:
    """The error for a notebook that ran to its end and left outs of its stage unwritten; `output` "" is no copy."""
    names = ", ".join(f"'{out}'" for out in outs)
    copy = f"the executed copy is '{output}'; " if output else ""
    it = "it" if len(outs) == 1 else "them"
    return NotebookError(
        f"'{notebook}' ran to its end but did not write {names}, which stage '{stage}' declares; "
        f"{copy}write {it} in the notebook, or take {it} out of the stage",
        ename="MissingOutput",
    )


def copy_not_written(path: str, kept: str, error: OSError) -> NotebookError:
    """The error for an executed copy that cannot be written, most often because the disk is full."""
    before = ""
    if os.path.exists(kept):
        before = "; it holds what ran before" if kept == path else f"; what ran before is in '{kept}'"
    return NotebookError(
        f"cannot write the executed copy '{path}': {error.strerror or error}{before}", ename=type(error).__name__
    )


@dataclass(frozen=True, slots=True)
class Death:
    """How a kernel's process ended (negative: by that signal), what it used, and the last that it wrote."""

    status: int | None
    memory: MemoryUse
    log: str = ""


def kernel_died(notebook: str, output: str, number: int | None, source: str, death: Death) -> NotebookError:
    """The error for a kernel that ended by itself while a cell ran."""
    said = f"\n{death.log}" if death.log else ""
    return NotebookError(
        f"the kernel of '{notebook}' died in {_cell(number)}: {explain_exit(death.status, death.memory)} "
        f"(`{_first_line(source)}`); "
        f"{_kept(output)}{said}",
        cell=number,
        ename="DeadKernelError",
    )


def kernel_never_came(kernel: str, status: int | None, log: str, seconds: float) -> NotebookError:
    """The error for a kernel that ended, or kept silent, before the first cell."""
    said = f":\n{log}" if log else ""
    if status is None:
        return NotebookError(f"kernel '{kernel}' did not answer within {seconds:g} s{said}", ename="TimeoutError")
    return NotebookError(
        f"kernel '{kernel}' died while it started, {explain_exit(status)}{said}", ename="DeadKernelError"
    )


def explain_exit(status: int | None, memory: MemoryUse | None = None) -> str:
    """How a process ended, in words."""
    used = _used(memory) if memory else ""
    if status is None:
        return f"its process is gone{used}"
    if status >= 0:
        return f"its process ended itself with code {status}{used}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if name == "SIGKILL":
        sure = memory is not None and memory.ran_out
        why = "by the system, which had no memory left" if sure else "most often because memory ran out"
        return f"killed by SIGKILL, {why}{used}"
    if name in {"SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE"}:
        return f"{name}, a crash inside compiled code{used}"
    return f"ended by {name}{used}"


def _used(memory: MemoryUse) -> str:
    if memory.peak is None:
        return ""
    last = f", {_size(memory.last)} when last seen" if memory.last else ""
    return f" (it had used up to {_size(memory.peak)}{last})"


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"  # noqa: PLR2004 - a GB


def _cell(number: int | None) -> str:
    return "the cell with the injected parameters" if number is None else f"cell {number}"


def _kept(output: str) -> str:
    return "no copy is kept" if not output else f"the copy up to there is '{output}'"


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    return _shorten(lines[0] if lines else source.strip())


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
