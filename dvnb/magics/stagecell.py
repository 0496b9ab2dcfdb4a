"""One `%%stage` cell: its notebook written, its stage defined, run or skipped, and told about."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from IPython.display import display

from dvnb.commands import pipeline
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import pipeline as pipeline_text
from dvnb.display.result import displayed
from dvnb.errors import DvnbError, FormatError, OwnershipError, StageFailedError
from dvnb.events import CommandStarted, Event, FileWritten, StageFinished, StageSkipped, StageStarted
from dvnb.formats import dvcyaml
from dvnb.magics.cell import Cell
from dvnb.magics.dvc import failed
from dvnb.magics.errors import DvcFailed
from dvnb.notebooks.cells import StageCell, check_name, notebook_path, write_stage_notebook
from dvnb.notebooks.parameters import default_name
from dvnb.notebooks.source import cell_tags, cells_of, load
from dvnb.repo.results import ReproResult, StageAddResult

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


# What the summary tells anyway.
_UNTOLD = (StageStarted, StageFinished, StageSkipped, CommandStarted, FileWritten)


class _StageOutput(Cell):
    """Shows what the stage's own cell writes, and warnings."""

    def __call__(self, event: Event) -> None:
        if not isinstance(event, _UNTOLD):
            super().__call__(event)


def run_stage(args: Namespace, body: str, setup: list[str], shell: InteractiveShell) -> ReproResult:
    """Define the stage as the cell has it now, and bring it up to date.

    Raises: DvcFailed.
    """
    if os.environ.get("DVC_STAGE"):
        raise DvcFailed(
            f"stage '{args.name}' cannot be defined here: this notebook runs inside stage '{os.environ['DVC_STAGE']}'"
        )
    args.quiet = getattr(args, "quiet", 0)
    args.verbose = getattr(args, "verbose", 0)
    cell = _StageOutput(quiet=bool(args.quiet))
    call = Invocation(listener=cell, capture=True)
    try:
        result = _define_and_run(args, body, setup, shell, call)
    except KeyboardInterrupt:
        raise DvcFailed("interrupted by the user", code=252) from None
    except StageFailedError as error:
        _show_traceback(call.repo().root, args.name)
        raise failed(error, _COMMAND, args) from error
    except Exception as error:
        raise failed(error, _COMMAND, args) from error
    finally:
        cell.close()
    if result.ran and not args.quiet:
        _replay(call.repo().root, args.name)
    return displayed(result, _COMMAND, args)


def _define_and_run(
    args: Namespace, body: str, setup: list[str], shell: InteractiveShell, call: Invocation
) -> ReproResult:
    check_name(args.name)
    wdir = os.getcwd()
    root = call.repo().root
    _refuse_foreign_stage(root, args.name)
    written = write_stage_notebook(
        StageCell(args.name, body, setup, parameters=_parameters(args.params)), root, owner=_own_file(shell, root)
    )
    # A stage of the root dvc.yaml, whose paths are those that the cell itself would use.
    call = _at(root, call)
    path = os.path.relpath(written.path, os.path.realpath(wdir))
    defined = call.repo().notebook_stage(
        path,
        args.name,
        copy=path.removesuffix(".ipynb") + ".run.ipynb",
        wdir=None if os.path.samefile(wdir, root) else os.path.relpath(wdir, root),
        desc=args.desc,
        force=True,
        **pipeline.outs(args),
    )
    result = call.repo().repro(args.name, single_item=True, force=args.force)
    return _with_definition(result, defined, path if written.changed else None)


def _at(root: str, call: Invocation) -> Invocation:
    return Invocation(root, listener=call.listener, capture=True)


def _with_definition(result: ReproResult, defined: StageAddResult, notebook: str | None) -> ReproResult:
    """The run's result with everything that git should be told of."""
    files = [*([notebook] if notebook else []), *defined.to_stage, *result.to_stage]
    result.to_stage = list(dict.fromkeys(files))
    return result


def _parameters(texts: list[str]) -> list[str]:
    """The variables that the run injects for `-p lr,train.epochs -p other.yaml:key`."""
    names: list[str] = []
    for text in texts:
        file, _, keys = text.rpartition(":")
        names += [default_name(file, key) for key in keys.split(",") if key] or [default_name(file, "")]
    return list(dict.fromkeys(names))


def _refuse_foreign_stage(root: str, name: str) -> None:
    """Refuse a name that dvc.yaml uses for a stage which no `%%stage` cell made."""
    path = os.path.join(root, "dvc.yaml")
    try:
        with open(path, "rb") as file:
            stage = dvcyaml.parse(file.read(), path).stages.get(name)
    except FileNotFoundError:
        return
    except FormatError:
        # Whoever uses the file next says where it is broken.
        return
    if stage is not None and f"{name}.ipynb" not in str(stage.get("cmd")):
        raise OwnershipError(f"stage '{name}' of 'dvc.yaml' was not made by a %%stage cell: choose another name")


def _own_file(shell: InteractiveShell, root: str) -> str:
    """The notebook that holds the cell, relative to the root; "" where the front end does not say."""
    told = (shell.user_ns.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME"))
    for path in told:
        if isinstance(path, str) and path.endswith(".ipynb") and os.path.isfile(path):
            return os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")
    return ""


def _outputs(root: str, name: str) -> Iterator[dict[str, Any]]:
    """The outputs of the executed copy that are the cell's own, not its setup's."""
    path = notebook_path(name, root).removesuffix(".ipynb") + ".run.ipynb"
    try:
        copy = load(path)
    except (DvnbError, OSError):
        return
    for cell in cells_of(copy):
        if cell.get("cell_type") == "code" and "setup" not in cell_tags(cell):
            yield from cell.get("outputs", [])


def _replay(root: str, name: str) -> None:
    """Show pictures and tables that the stage displayed; its text was shown as it came."""
    for output in _outputs(root, name):
        data = output.get("data", {})
        if any(mime != "text/plain" for mime in data):
            joined = {mime: "".join(part) if isinstance(part, list) else part for mime, part in data.items()}
            display(joined, raw=True, metadata=output.get("metadata", {}))


def _show_traceback(root: str, name: str) -> None:
    """Show the traceback of the cell that failed."""
    for output in _outputs(root, name):
        if output.get("output_type") == "error":
            sys.stderr.write("\n".join(output.get("traceback", [])) + "\n")


def _call(call: Invocation, args: Namespace) -> ReproResult:
    return call.repo().repro(args.name, single_item=True, force=args.force)


# Not a verb of the command line: what the magic's result and failure are told by.
_COMMAND = Command(
    "stage-cell",
    "Make a cell a stage.",
    examples=[Example("train -d data.csv -p lr -o model.pkl", "a stage `train`")],
    call=_call,
    text=pipeline_text.reproduced,
)
