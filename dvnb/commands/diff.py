"""Data of two revisions: diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import diff as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import DataDiffResult


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--targets", nargs="*", default=[], metavar="<paths>", help="Tracked files to compare.")
    parser.add_argument("a_rev", nargs="?", default="HEAD", help="Old Git commit to compare (defaults to HEAD)")
    parser.add_argument("b_rev", nargs="?", help="New Git commit to compare (defaults to the current workspace)")
    arguments.json_flag(parser)
    arguments.flag(parser, "--show-hash", help="Display hash value for each entry")
    arguments.markdown_flag(parser)
    arguments.flag(parser, "--hide-missing", help="Hide missing cache file status.")


def _diff(call: Invocation, args: Namespace) -> DataDiffResult:
    return call.repo().diff(
        args.a_rev, args.b_rev, targets=args.targets, show_hash=args.show_hash, hide_missing=args.hide_missing
    )


COMMANDS = (
    Command(
        "diff",
        "Show added, modified, or deleted data between commits, or between a commit and the workspace.",
        examples=[
            Example("diff", "what changed in tracked data since the last commit"),
            Example("diff --targets data -- v1 v2", "what changed below data between two tags"),
        ],
        add_arguments=_arguments,
        call=_diff,
        text=text.diff,
        failure="failed to get diff",
        failure_code=1,
    ),
)
