"""The history of data: log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import log as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import LogResult


def _arguments(parser: ArgumentParser) -> None:
    arguments.targets(
        parser, "Tracked paths, members or folders of such, .dvc files or stages (default: all tracked data)."
    )
    parser.add_argument("-n", "--max-count", type=int, metavar="<number>", help="Show at most this many versions.")
    arguments.flag(parser, "--all", "-a", "--all-branches", help="Look at all branches and tags, not only at HEAD.")
    parser.add_argument(
        "--since", metavar="<rev>", help="Show only versions after this Git revision, or of a range such as v1..v2."
    )
    arguments.flag(parser, "--files", help="Name the files that changed (as does -v).")
    arguments.json_flag(parser)
    arguments.markdown_flag(parser)
    arguments.csv_flag(parser)


def _log(call: Invocation, args: Namespace) -> LogResult:
    return call.repo().log(
        *args.targets,
        limit=args.max_count,
        all_branches=args.all,
        since=args.since,
        files=bool(args.files or args.verbose),
    )


COMMANDS = (
    Command(
        "log",
        "Show the versions of tracked data: the commits that changed it, and what they changed.",
        details="The first line is the workspace, if it holds something else than HEAD.",
        examples=[
            Example("log data", "every version of data, with the numbers of files added, modified and deleted"),
            Example("log data/labels.csv --since v1", "commits after v1 that changed one file within data"),
            Example("log -n 3 --files", "the last three changes of any tracked data, file by file"),
        ],
        add_arguments=_arguments,
        call=_log,
        text=text.log,
        failure="failed to show the history",
    ),
)
