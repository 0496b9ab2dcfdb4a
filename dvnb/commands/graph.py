"""The pipeline as a picture: dag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import graph as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import DagResult


def _arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "--dot", help="Print DAG with .dot format.")
    arguments.flag(parser, "--mermaid", help="Print DAG with mermaid format.")
    arguments.flag(parser, "--md", dest="markdown", help="Print DAG with mermaid format wrapped in Markdown block.")
    arguments.flag(
        parser,
        "--collapse-foreach-matrix",
        help="Collapse stages from each foreach/matrix definition into a single node.",
    )
    arguments.flag(
        parser,
        "--full",
        help="Show full DAG that the target belongs too, instead of showing DAG consisting only of ancestors.",
    )
    arguments.flag(parser, "-o", "--outs", help="Print output files instead of stages.")
    arguments.json_flag(parser)
    parser.add_argument(
        "target",
        nargs="?",
        help="Stage name or output to show pipeline for. Finds all stages in the workspace by default.",
    )


def _dag(call: Invocation, args: Namespace) -> DagResult:
    if args.outs and args.collapse_foreach_matrix:
        raise MisuseError("`--outs` and `--collapse-foreach-matrix` are mutually exclusive", 255)
    return call.repo().dag(args.target, outs=args.outs, full=args.full, collapse=args.collapse_foreach_matrix)


COMMANDS = (
    Command(
        "dag",
        "Visualize DVC project DAG.",
        examples=[
            Example("dag", "all stages and data sources, as boxes"),
            Example("dag --mermaid train", "`train` and what it needs, for Markdown files that draw mermaid"),
        ],
        add_arguments=_arguments,
        call=_dag,
        text=text.dag,
    ),
)
