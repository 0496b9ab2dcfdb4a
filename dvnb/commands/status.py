"""What changed: status, data status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import status as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import CloudStatusResult, DataStatusResult, StatusResult


def _status_arguments(parser: ArgumentParser) -> None:
    arguments.jobs(parser)
    arguments.targets(parser)
    arguments.flag(parser, "-c", "--cloud", help="Show status of a local cache compared to a remote repository.")
    parser.add_argument("-r", "--remote", metavar="<name>", help="Remote storage to compare local cache to")
    arguments.history_flags(parser, "Show status of a local cache compared to a remote repository")
    arguments.scope_flags(
        parser,
        "Show status for all dependencies of the specified target.",
        "Show status of all stages in the specified directory.",
    )
    arguments.flag(parser, "--json", help="Show status in JSON format.")
    arguments.table_flags(parser)
    parser.add_argument(
        "--no-updates", dest="check_updates", action="store_false", help="Ignore updates to imported data."
    )


_OF_THE_CLOUD = ("all_branches", "all_tags", "all_commits", "jobs")


def _in_cloud(args: Namespace) -> bool:
    return bool(args.cloud or args.remote)


def _refuse_cloud_flags(args: Namespace) -> None:
    given = [f"--{name.replace('_', '-')}" for name in _OF_THE_CLOUD if getattr(args, name)]
    if given:
        raise MisuseError(f"The following options are meaningless for local status: {', '.join(given)}")


def _status(call: Invocation, args: Namespace) -> StatusResult | CloudStatusResult:
    if not _in_cloud(args):
        _refuse_cloud_flags(args)
        return call.repo().status(
            *args.targets, with_deps=args.with_deps, recursive=args.recursive, check_updates=args.check_updates
        )
    return call.repo().cloud_status(
        *args.targets,
        remote=args.remote,
        jobs=args.jobs,
        with_deps=args.with_deps,
        recursive=args.recursive,
        **arguments.history(args),
    )


def _changed(result: Any, args: Namespace) -> int:
    return int(bool(args.quiet and not args.json and result.to_json()))


def _data_status_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser)
    arguments.json_flag(parser)
    arguments.table_flags(parser)
    arguments.flag(parser, "--granular", help="Show granular file-level info for DVC-tracked directories.")
    arguments.flag(parser, "--unchanged", help="Show unmodified DVC-tracked files.")
    parser.add_argument(
        "--untracked-files", choices=["no", "all"], default="no", const="all", nargs="?", help="Show untracked files."
    )
    parser.add_argument(
        "-r", "--remote", metavar="<name>", help="Remote storage to check (only applicable with --not-in-remote)."
    )
    arguments.flag(parser, "--not-in-remote", help="Show files not in remote.")
    # Remotes are always asked, never a copy of their index: dvc's scripts may say so.
    parser.add_argument(
        "--no-remote-refresh",
        dest="remote_refresh",
        action="store_false",
        help="Use cached remote index (don't check remote).",
    )


def _data_status(call: Invocation, args: Namespace) -> DataStatusResult:
    return call.repo().data_status(
        *args.targets,
        granular=args.granular,
        unchanged=args.unchanged,
        untracked_files=args.untracked_files,
        not_in_remote=args.not_in_remote,
        remote=args.remote,
    )


COMMANDS = (
    Command(
        "status",
        "Show changed stages, compare local cache and a remote storage.",
        details="With -q nothing is printed, and the exit code is 1 if anything changed.",
        examples=[
            Example("status", "which stages and data changed, and why"),
            Example("status -c", "what the default remote lacks, or has and the cache lacks"),
        ],
        add_arguments=_status_arguments,
        call=_status,
        text=text.status,
        failure_code=1,
        locked_code=255,
        exit_code=_changed,
    ),
    Command(
        "data status",
        "Show changes between the last git commit, the dvcfiles and the workspace.",
        examples=[Example("data status --granular", "every changed file, inside tracked folders too")],
        add_arguments=_data_status_arguments,
        call=_data_status,
        text=text.data_status,
    ),
)
