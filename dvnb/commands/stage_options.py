"""What a stage reads and writes, as options of the verbs that define one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def out_arguments(parser: ArgumentParser) -> None:
    """What a stage reads and writes, as `stage add`, `notebook stage` and `%%stage` take it."""
    arguments.appended(parser, "-d", "--deps", help="Declare dependencies for reproducible cmd.")
    arguments.appended(
        parser,
        "-p",
        "--params",
        help="Declare parameter to use as additional dependency.",
        metavar="[<filename>:]<params_list>",
    )
    arguments.appended(parser, "-o", "--outs", help="Declare output file or directory.", metavar="<filename>")
    arguments.appended(
        parser,
        "-O",
        "--outs-no-cache",
        help="Declare output file or directory (do not put into DVC cache).",
        metavar="<filename>",
    )
    arguments.appended(parser, "-m", "--metrics", help="Declare output metrics file.")
    arguments.appended(
        parser, "-M", "--metrics-no-cache", help="Declare output metrics file (do not put into DVC cache)."
    )
    arguments.appended(parser, "--plots", help="Declare output plot file.")
    arguments.appended(parser, "--plots-no-cache", help="Declare output plot file (do not put into DVC cache).")


def outs(args: Namespace) -> dict[str, Any]:
    """What `out_arguments` collected, as keywords of `Repo`."""
    return {
        "deps": args.deps,
        "params": args.params,
        "outs": args.outs,
        "outs_no_cache": args.outs_no_cache,
        "metrics": args.metrics,
        "metrics_no_cache": args.metrics_no_cache,
        "plots": args.plots,
        "plots_no_cache": args.plots_no_cache,
    }


def notebook_arguments(parser: ArgumentParser, *, no_copy: str) -> None:
    """The name of a notebook's stage, what it reads and writes, its executed copy; `no_copy`: help for having none."""
    parser.add_argument("-n", "--name", help="Name of the stage; by default the notebook's name.")
    out_arguments(parser)
    copy = parser.add_mutually_exclusive_group()
    copy.add_argument(
        "--copy", metavar="<path>", help="Where the executed copy goes; by default `<stem>.run.ipynb` beside it."
    )
    arguments.flag(copy, "--no-copy", help=no_copy)  # type: ignore[arg-type]
