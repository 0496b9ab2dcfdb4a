"""Taking back: undo, trash."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import undo as text
from dvnb.errors import DvnbError, NotARepoError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results.undo import OperationsResult, TrashEmptyResult, UndoResult


def _undo_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("operation", nargs="?", help="Id of the operation, or its beginning (default: the last one).")
    arguments.flag(parser, "--list", help="List the operations instead.")
    arguments.json_flag(parser)


def _undo(call: Invocation, args: Namespace) -> UndoResult | OperationsResult:
    if args.list:
        return _operations(call)
    try:
        repo = call.repo()
    except NotARepoError:
        from dvnb.repo.upkeep import gone

        words = " ".join(call.words)
        return gone.undo(os.path.abspath(call.start), args.operation, listener=call.listener, command=words)
    return repo.undo(args.operation)


def _operations(call: Invocation) -> OperationsResult:
    try:
        return call.repo().operations()
    except NotARepoError:
        from dvnb.repo.upkeep import gone, undo

        return undo.operations(gone.find(os.path.abspath(call.start))[0])


def _undo_code(result: UndoResult | OperationsResult, args: Namespace) -> int:
    return int(bool(getattr(result, "left", None)))


def _list_arguments(parser: ArgumentParser) -> None:
    arguments.json_flag(parser)
    arguments.table_flags(parser)


def _list(call: Invocation, args: Namespace) -> OperationsResult:
    return _operations(call)


def _empty_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("operations", nargs="*", help="Ids of operations (default: all).")
    parser.add_argument("--older-than", type=float, metavar="<days>", help="Only operations that are older.")
    arguments.flag(parser, "-f", "--force", help="Do not ask.")


def _empty(call: Invocation, args: Namespace) -> TrashEmptyResult:
    if not args.force and not (call.confirm and call.confirm(text.QUESTION)):
        raise DvnbError("cannot empty the trash without a confirmation from the user. Use `-f` to force.")
    try:
        repo = call.repo()
    except NotARepoError:
        from dvnb.repo.upkeep import gone, undo

        project, _ = gone.find(os.path.abspath(call.start))
        return undo.empty(project, args.operations, older_than=args.older_than)
    return repo.trash_empty(*args.operations, older_than=args.older_than)


COMMANDS = (
    Command(
        "undo",
        "Take back the last operation, or another one.",
        details=(
            "Files that changed since the operation are left alone and listed, with exit code 1.\n"
            "An undo can be undone, and after `destroy` it brings the project back."
        ),
        examples=[
            Example("undo", "bring back what the last command replaced or removed"),
            Example("undo --list", "the operations that can be undone, the latest first"),
        ],
        add_arguments=_undo_arguments,
        call=_undo,
        text=text.undo,
        exit_code=_undo_code,
        failure="failed to undo",
    ),
    Command(
        "trash list",
        "List what is kept of each operation, and its size.",
        examples=[Example("trash list", "the latest operation first")],
        add_arguments=_list_arguments,
        call=_list,
        text=text.operations,
    ),
    Command(
        "trash empty",
        "Remove for good what is kept for undo.",
        examples=[Example("trash empty --older-than 7", "all that is older than a week")],
        add_arguments=_empty_arguments,
        call=_empty,
        text=text.emptied,
        failure="failed to empty the trash",
    ),
)
