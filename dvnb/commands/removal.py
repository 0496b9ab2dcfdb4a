"""Letting go of data: remove, move, unprotect, destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import removal as text
from dvnb.errors import DvnbError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import DestroyResult, MoveResult, RemoveResult, UnprotectResult

DESTROY = (
    "This will destroy all information about your pipelines, all data files, as well as cache in .dvc/cache.\n"
    "Are you sure you want to continue?"
)


def _remove_arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "--outs", help="Remove outputs as well.")
    arguments.flag(parser, "-p", "--purge", dest="outs", help="The same, as older versions call it.")
    arguments.flag(parser, "-f", "--force", help="Nothing: older versions asked before they removed outputs.")
    arguments.targets(parser, ".dvc files, stages from dvc.yaml, or tracked files/directories to remove.", "+")


def _remove(call: Invocation, args: Namespace) -> RemoveResult:
    return call.repo().remove(*args.targets, outs=args.outs)


def _move_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("src", help="Source path to a data file or directory.")
    parser.add_argument("dst", help="Destination path.")


def _move(call: Invocation, args: Namespace) -> MoveResult:
    return call.repo().move(args.src, args.dst)


def _move_failure(args: Namespace) -> str:
    return f"failed to move '{args.src}' -> '{args.dst}'"


def _unprotect_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Data files/directories to unprotect.", "+")


def _unprotect(call: Invocation, args: Namespace) -> UnprotectResult:
    return call.repo().unprotect(*args.targets)


def _unprotect_failure(args: Namespace) -> str:
    return f"failed to unprotect '{' '.join(args.targets)}'"


def _destroy_arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "-f", "--force", help="Force destruction.")


def _destroy(call: Invocation, args: Namespace) -> DestroyResult:
    repo = call.repo()
    if not args.force and not (call.confirm and call.confirm(DESTROY)):
        raise DvnbError("cannot destroy without a confirmation from the user. Use `-f` to force.")
    return repo.destroy()


COMMANDS = (
    Command(
        "remove",
        "Remove stages from dvc.yaml and/or stop tracking files or directories.",
        details="Without --outs the data stays in the workspace, as writable copies that the cache does not share.",
        examples=[
            Example("remove data.csv.dvc", "stop tracking data.csv, and keep it"),
            Example("remove --outs train", "remove stage train and what it made"),
        ],
        add_arguments=_remove_arguments,
        call=_remove,
        text=text.removed,
        failure_code=1,
    ),
    Command(
        "move",
        "Rename or move a DVC controlled data file or a directory.",
        details="It renames and modifies the corresponding .dvc file to reflect the changes.",
        examples=[Example("move raw.csv data/", "move raw.csv and raw.csv.dvc into the folder data")],
        add_arguments=_move_arguments,
        call=_move,
        text=text.moved,
        failure=_move_failure,
        failure_code=1,
    ),
    Command(
        "unprotect",
        "Unprotect tracked files or directories (when hardlinks or symlinks have been enabled with "
        "`dvc config cache.type`).",
        examples=[Example("unprotect data.csv", "make data.csv a file that can be edited")],
        add_arguments=_unprotect_arguments,
        call=_unprotect,
        text=text.unprotected,
        failure=_unprotect_failure,
    ),
    Command(
        "destroy",
        "Remove DVC files, local DVC config and data cache.",
        details="Data stays in the workspace; all else is moved into the trash, which is named at the end.",
        examples=[Example("destroy -f", "end the project without being asked")],
        add_arguments=_destroy_arguments,
        call=_destroy,
        text=text.destroyed,
        failure="failed to destroy DVC",
        failure_code=1,
    ),
)
