"""Numbers over revisions: metrics show, metrics diff, params diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments, first_years
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import reports as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import DiffResult, MetricsShowResult

_RECURSIVE = "If any target is a directory, recursively search and process metrics files."


def _precision(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--precision",
        type=int,
        metavar="<n>",
        help="Round metrics to `n` digits precision after the decimal point. Rounds to 5 digits by default.",
    )


def _revs(parser: ArgumentParser, what: str) -> None:
    parser.add_argument("a_rev", nargs="?", help="Old Git commit to compare (defaults to HEAD)")
    parser.add_argument("b_rev", nargs="?", help="New Git commit to compare (defaults to the current workspace)")
    parser.add_argument(
        "--targets",
        nargs="*",
        default=[],
        metavar="<paths>",
        help=f"Specific {what} file(s) to compare (even if not found as `{what}` in `dvc.yaml`).",
    )
    arguments.flag(parser, "--all", help=f"Show unchanged {what} as well.")
    arguments.json_flag(parser)
    arguments.markdown_flag(parser)
    arguments.csv_flag(parser)
    arguments.flag(parser, "--no-path", help=f"Don't show {what} path.")


def _metrics_show_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Limit command scope to these metrics files.")
    arguments.history_flags(parser, "Show metrics")
    arguments.json_flag(parser)
    arguments.markdown_flag(parser)
    arguments.csv_flag(parser)
    arguments.flag(parser, "-R", "--recursive", help=_RECURSIVE)
    _precision(parser)


def _metrics_show(call: Invocation, args: Namespace) -> MetricsShowResult:
    return call.repo().metrics_show(*args.targets, recursive=args.recursive, **arguments.history(args))


def _metrics_diff_arguments(parser: ArgumentParser) -> None:
    _revs(parser, "metrics")
    arguments.flag(parser, "-R", "--recursive", help=_RECURSIVE)
    _precision(parser)


def _metrics_diff(call: Invocation, args: Namespace) -> DiffResult:
    return call.repo().metrics_diff(
        args.a_rev, args.b_rev, targets=args.targets, all=args.all, recursive=args.recursive
    )


def _params_diff_arguments(parser: ArgumentParser) -> None:
    _revs(parser, "params")
    arguments.flag(parser, "--deps", help="Show only params that are stage dependencies.")


def _params_diff(call: Invocation, args: Namespace) -> DiffResult:
    return call.repo().params_diff(args.a_rev, args.b_rev, targets=args.targets, all=args.all, deps=args.deps)


COMMANDS = (
    *first_years.METRICS,
    Command(
        "metrics show",
        "Print metrics, with optional formatting.",
        examples=[
            Example("metrics show", "the workspace's metrics"),
            Example("metrics show -T --md", "the metrics of every tag, as a Markdown table"),
            Example("metrics show -T --csv", "the same for a spreadsheet, values unrounded"),
        ],
        add_arguments=_metrics_show_arguments,
        call=_metrics_show,
        text=text.metrics,
    ),
    Command(
        "metrics diff",
        "Show changes in metrics between commits in the DVC repository, or between a commit and the workspace.",
        examples=[Example("metrics diff v1", "how the workspace's metrics differ from those of tag v1")],
        add_arguments=_metrics_diff_arguments,
        call=_metrics_diff,
        text=text.metrics_diff,
    ),
    Command(
        "params diff",
        "Show changes in params between commits in the DVC repository, or between a commit and the workspace.",
        examples=[Example("params diff v1 v2", "which parameters changed between two tags")],
        add_arguments=_params_diff_arguments,
        call=_params_diff,
        text=text.params_diff,
    ),
)
