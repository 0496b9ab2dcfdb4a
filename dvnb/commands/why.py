"""Why a stage would run: why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import why as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import WhyResult


def _arguments(parser: ArgumentParser) -> None:
    arguments.json_flag(parser)
    arguments.table_flags(parser)
    parser.add_argument("stage", help="Stage of dvc.yaml, or .dvc file.")


def _why(call: Invocation, args: Namespace) -> WhyResult:
    return call.repo().why(args.stage)


COMMANDS = (
    Command(
        "why",
        "Show what changed since a stage ran, how much, and since which commit.",
        details="Dependencies, parameters, outputs and the command are compared with what the last run recorded.",
        examples=[
            Example("why train", "what makes `train` run again: hashes, rows, values, commits"),
            Example("why --json sub/dvc.yaml:train", "the same for programs, of a stage in another folder"),
        ],
        add_arguments=_arguments,
        call=_why,
        text=text.why,
        failure_code=255,
    ),
)
