"""What a repo holds: list, du."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import listing as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.elsewhere.overrides import Overrides
    from dvnb.repo.results import DiskUsageResult, ListResult


def _rev(parser: ArgumentParser) -> None:
    parser.add_argument("--rev", nargs="?", metavar="<commit>", help="Git revision (e.g. SHA, branch, tag)")


def _list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("url", help="Location of the repository to list: a path or a Git URL")
    arguments.flag(parser, "-R", "--recursive", help="Recursively list files.")
    arguments.flag(parser, "-T", "--tree", help="Recurse into directories as a tree.")
    parser.add_argument("-L", "--level", type=int, metavar="depth", help="Limit the depth of recursion.")
    arguments.flag(parser, "--dvc-only", help="Show only DVC outputs.")
    arguments.json_flag(parser)
    arguments.table_flags(parser)
    _rev(parser)
    arguments.flag(parser, "--size", help="Show sizes.")
    arguments.flag(parser, "--show-hash", help="Display hash value for each item.")
    arguments.override_flags(parser)
    parser.add_argument("path", nargs="?", help="Path to directory within the repository to list outputs for")


def _list(call: Invocation, args: Namespace) -> ListResult:
    from dvnb.repo.elsewhere.listing import list_contents  # it can do without a project here

    if args.tree and args.json:
        raise MisuseError("Cannot use --tree and --json options together.", 255)
    try:
        return list_contents(
            args.url,
            args.path,
            rev=args.rev,
            recursive=args.recursive,
            tree=args.tree,
            level=args.level,
            dvc_only=args.dvc_only,
            cwd=call.start,
            overrides=_overrides(args),
            listener=call.listener,
        )
    except FileNotFoundError as exc:
        raise MisuseError(str(exc)) from exc


def _du_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("url", help="Location of the repository: a path or a Git URL")
    _rev(parser)
    arguments.flag(parser, "-s", "--summarize", help="Show total disk usage.")
    arguments.json_flag(parser)
    arguments.table_flags(parser)
    arguments.override_flags(parser)
    parser.add_argument("path", nargs="?", help="Path to directory within the repository")


def _du(call: Invocation, args: Namespace) -> DiskUsageResult:
    from dvnb.repo.elsewhere.listing import disk_usage  # it can do without a project here

    return disk_usage(
        args.url,
        args.path,
        rev=args.rev,
        summarize=args.summarize,
        cwd=call.start,
        overrides=_overrides(args),
        listener=call.listener,
    )


def _overrides(args: Namespace) -> Overrides:
    from dvnb.repo.elsewhere.overrides import Overrides  # as above

    return Overrides(**arguments.overrides(args))


def _list_failure(args: Namespace) -> str:
    return f"failed to list '{args.url}'"


COMMANDS = (
    Command(
        "list",
        "List repository contents, including files and directories tracked by DVC and by Git.",
        examples=[
            Example("list -R . data", "every file below data, whether it is here or not"),
            Example("list https://example.org/registry.git --rev v1 --dvc-only", "data of another repo's tag"),
        ],
        add_arguments=_list_arguments,
        call=_list,
        text=text.listed,
        failure=_list_failure,
        failure_code=1,
    ),
    Command(
        "du",
        "Show disk usage.",
        examples=[Example("du . data", "how many bytes each file and folder in data has")],
        add_arguments=_du_arguments,
        call=_du,
        text=text.usage,
    ),
)
