"""Between the cache and remotes: push, fetch, pull."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import sync as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import PullResult, TransferSummary


def _arguments(parser: ArgumentParser, *, verb: str, preposition: str) -> None:
    import argparse  # loaded already by whoever made the parser

    done = verb.capitalize()
    arguments.jobs(parser)
    arguments.targets(parser)
    parser.add_argument("-r", "--remote", metavar="<name>", help=f"Remote storage to {verb} {preposition}")
    arguments.history_flags(parser, f"{done} cache")
    arguments.scope_flags(
        parser,
        f"{done} cache for all dependencies of the specified target.",
        f"{done} cache for subdirectories of the specified directory.",
    )
    parser.add_argument(
        "--run-cache", action=argparse.BooleanOptionalAction, default=False, help=f"{done} run history for all stages."
    )
    arguments.flag(parser, "--glob", help="Allows targets containing shell-style wildcards.")


def _pull_arguments(parser: ArgumentParser) -> None:
    _arguments(parser, verb="pull", preposition="from")
    arguments.flag(parser, "-f", "--force", help="Do not prompt when removing working directory files.")
    arguments.flag(parser, "--allow-missing", help="Ignore errors if some of the files or directories are missing.")


def _fetch_arguments(parser: ArgumentParser) -> None:
    _arguments(parser, verb="fetch", preposition="from")
    parser.add_argument(
        "--max-size", type=int, help="Fetch data files/directories that are each below specified size (bytes)."
    )
    parser.add_argument(
        "--type",
        dest="types",
        action="append",
        default=[],
        choices=["metrics", "plots"],
        help="Only fetch data files/directories that are of a particular type (metrics, plots).",
    )


def _options(args: Namespace) -> dict[str, Any]:
    return {
        "remote": args.remote,
        "jobs": args.jobs,
        "with_deps": args.with_deps,
        "recursive": args.recursive,
        "run_cache": args.run_cache,
        "glob": args.glob,
        **arguments.history(args),
    }


def _push(call: Invocation, args: Namespace) -> TransferSummary:
    return call.repo().push(*args.targets, **_options(args))


def _fetch(call: Invocation, args: Namespace) -> TransferSummary:
    return call.repo().fetch(*args.targets, max_size=args.max_size, types=args.types, **_options(args))


def _pull(call: Invocation, args: Namespace) -> PullResult:
    return call.repo().pull(*args.targets, force=args.force, allow_missing=args.allow_missing, **_options(args))


COMMANDS = (
    Command(
        "pull",
        "Download tracked files or directories from remote storage.",
        examples=[
            Example("pull", "fetch what the workspace needs and put it there"),
            Example("pull data/raw train", "one path, and one stage's outputs"),
        ],
        add_arguments=_pull_arguments,
        call=_pull,
        text=text.pulled,
        failure="failed to pull data from the cloud",
        failure_code=1,
    ),
    Command(
        "push",
        "Upload tracked files or directories to remote storage.",
        examples=[
            Example("push", "upload what the default remote lacks"),
            Example("push -r backup -T", "upload the data of every tag to the remote `backup`"),
        ],
        add_arguments=partial(_arguments, verb="push", preposition="to"),
        call=_push,
        text=text.pushed,
        failure="failed to push data to the cloud",
        failure_code=1,
    ),
    Command(
        "fetch",
        "Download files or directories from remote storage to the cache.",
        examples=[
            Example("fetch -a", "the data of every branch, into the cache only"),
            Example("fetch --max-size 1000000", "only what is smaller than a megabyte"),
        ],
        add_arguments=_fetch_arguments,
        call=_fetch,
        text=text.fetched,
        failure="failed to fetch data from the cloud",
        failure_code=1,
    ),
)
