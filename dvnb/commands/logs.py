"""The kept output of stages: logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import logs as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import LogsResult


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("stage", nargs="?", help="Stage of dvc.yaml.")
    parser.add_argument("-n", "--runs", type=int, default=1, metavar="<number>", help="Show so many runs, latest last.")
    arguments.flag(parser, "--list", help="List the runs that are kept, of the stage or of all, without their output.")
    arguments.flag(parser, "--follow", help="Show what the last run writes, until it ends.")
    arguments.json_flag(parser)


def _logs(call: Invocation, args: Namespace) -> LogsResult:
    if args.stage is None and not args.list:
        raise MisuseError("say which stage, or --list to see of which stages there are logs", 254)
    if args.runs < 1:
        raise MisuseError(f"{args.runs} runs cannot be shown: -n takes a number from 1", 254)
    return call.repo().logs(args.stage, runs=args.runs, listed=args.list, follow=args.follow)


COMMANDS = (
    Command(
        "logs",
        "Show what the commands of a stage wrote when it last ran.",
        details=(
            "`repro` keeps the output of each run in .dvc/tmp/dvnb/logs, for as long and as much as the settings\n"
            "dvnb.logs.max_age (days) and dvnb.logs.max_size (GB) say."
        ),
        examples=[
            Example("logs train", "what the last run of `train` wrote"),
            Example("logs --list", "all runs that are kept, and how they ended"),
            Example("logs --follow train", "look on while it runs, from another terminal"),
        ],
        add_arguments=_arguments,
        call=_logs,
        text=text.logs,
    ),
)
