"""Where data comes from and what depends on it: lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import lineage as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results.lineage import LineageResult

_MISUSE = 254


def _arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "--upstream", help="Show only where it comes from.")
    arguments.flag(parser, "--downstream", help="Show only what depends on it.")
    parser.add_argument("--depth", type=int, metavar="<number>", help="How many stages away to look.")
    parser.add_argument("--rev", metavar="<commit>", help="Git revision to look at, as @REV behind the path.")
    arguments.json_flag(parser)
    parser.add_argument(
        "--csv", dest="table_form", action="store_const", const="csv", help="Show a row for each node as CSV."
    )
    arguments.flag(parser, "--dot", help="Print the graph with .dot format.")
    arguments.flag(parser, "--mermaid", help="Print the graph with mermaid format.")
    arguments.flag(parser, "--md", dest="markdown", help="Print the graph with mermaid format in a Markdown block.")
    parser.add_argument("path", help="Data, a file in it, a .dvc file, a file that stages read, a stage; maybe @REV.")


def _lineage(call: Invocation, args: Namespace) -> LineageResult:
    if args.depth is not None and args.depth < 0:
        raise MisuseError("--depth is a number of stages, from 0", _MISUSE)
    both = args.upstream == args.downstream
    return call.repo().lineage(
        args.path, rev=args.rev, upstream=both or args.upstream, downstream=both or args.downstream, depth=args.depth
    )


COMMANDS = (
    Command(
        "lineage",
        "Show where data comes from and what depends on it.",
        details=(
            "Stages, notebooks, params with values, data with hashes, and for each the commit that changed it last.\n"
            "Of the workspace it also says what is not as recorded."
        ),
        examples=[
            Example("lineage model.pkl", "what made the model, of what, and what reads it"),
            Example("lineage metrics.json@v1 --upstream", "how the metrics of tag v1 came about, without a checkout"),
            Example("lineage data/cats.csv --downstream --mermaid", "what depends on a file of a folder, as a picture"),
        ],
        add_arguments=_arguments,
        call=_lineage,
        text=text.lineage,
        failure_code=255,
    ),
)
