"""Making sure that stored data is unharmed: fsck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import fsck as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results.fsck import FsckResult


def _arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "--repair", help="Bring back what is damaged or missing: from the workspace, or a remote.")
    arguments.flag(parser, "--remote", dest="in_remote", help="Check the remote, not the cache.")
    parser.add_argument("-r", metavar="<name>", dest="remote", help="The remote to check (default: the default one).")
    arguments.jobs(parser, help="Number of objects to read at a time.")
    arguments.json_flag(parser)


def _fsck(call: Invocation, args: Namespace) -> FsckResult:
    return call.repo().fsck(remote=args.remote or args.in_remote, repair=args.repair, jobs=args.jobs)


def _code(result: FsckResult, args: Namespace) -> int:
    return int(not result.is_clean)


COMMANDS = (
    Command(
        "fsck",
        "Read all stored objects again, and find those that are damaged or missing.",
        details=(
            "Damaged objects of the cache are moved to the trash, so that nothing is restored from them. The exit\n"
            "code is 1 while anything is damaged or missing."
        ),
        examples=[
            Example("fsck", "check the cache"),
            Example("fsck --repair", "mend it from the workspace and the remote"),
            Example("fsck --remote -r storage", "check what a remote holds"),
        ],
        add_arguments=_arguments,
        call=_fsck,
        text=text.fsck,
        exit_code=_code,
        failure="failed to check the stored objects",
    ),
)
