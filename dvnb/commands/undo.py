"""Taking back: undo, trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import undo as text
from dvnb.errors import DvnbError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results.undo import OperationsResult, TrashEmptyResult, UndoResult


def _undo_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("operation", nargs="?", help="Id of the operation, or its beginning (default: the last one).")
    arguments.flag(parser, "--list", help="List the operations instead.")
    arguments.json_flag(parser)


def _undo(call: Invocation, args: Namespace) -> UndoResult | OperationsResult:
    return call.repo().operations() if args.list else call.repo().undo(args.operation)


def _undo_code(result: UndoResult | OperationsResult, args: Namespace) -> int:
    return int(bool(getattr(result, "left", None)))


def _list(call: Invocation, args: Namespace) -> OperationsResult:
    return call.repo().operations()


def _empty_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("operations", nargs="*", help="Ids of operations (default: all).")
    parser.add_argument("--older-than", type=float, metavar="<days>", help="Only operations that are older.")
    arguments.flag(parser, "-f", "--force", help="Do not ask.")


def _empty(call: Invocation, args: Namespace) -> TrashEmptyResult:
    if not args.force and not (call.confirm and call.confirm(text.QUESTION)):
        raise DvnbError("cannot empty the trash without a confirmation from the user. Use `-f` to force.")
    return call.repo().trash_empty(*args.operations, older_than=args.older_than)


COMMANDS = (
    Command(
        "undo",
        "Take back the last operation, or another one.",
        details=(
            "Files that changed since the operation are left alone and listed, with exit code 1. An undo can be undone."
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
        add_arguments=arguments.json_flag,
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
