"""Content from elsewhere that is not tracked: get, get-url, list-url."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.source_options import fs_config, repo_path, url_out
from dvnb.commands.text import imports as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import GetResult, UrlListResult


_URL = "See `dvc import-url -h` for full list of supported URLs."


def _get_arguments(parser: ArgumentParser) -> None:
    repo_path(parser)
    arguments.flag(
        parser,
        "--show-url",
        help="Print the storage location (URL) the target data would be downloaded from, and exit.",
    )


def _get(call: Invocation, args: Namespace) -> GetResult:
    from dvnb.repo.elsewhere.tracked import MissingPathError
    from dvnb.repo.facade import Repo  # verbs that need the engine load it

    try:
        return Repo.get(
            args.url,
            args.path,
            args.out,
            rev=args.rev,
            force=args.force,
            jobs=args.jobs,
            show_url=args.show_url,
            **arguments.overrides(args),
            start=call.start,
            listener=call.listener,
        )
    except MissingPathError as exc:
        raise MisuseError(str(exc), 255) from exc


def _get_url(call: Invocation, args: Namespace) -> GetResult:
    from dvnb.repo.facade import Repo  # as above

    return Repo.get_url(
        args.url, args.out, force=args.force, jobs=args.jobs, fs_config=args.fs_config, start=call.start
    )


def _list_url_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("url", help=_URL)
    arguments.flag(parser, "-R", "--recursive", help="Recursively list files.")
    arguments.flag(parser, "-T", "--tree", help="Recurse into directories as a tree.")
    parser.add_argument("-L", "--level", type=int, metavar="depth", help="Limit the depth of recursion.")
    arguments.flag(parser, "--size", help="Show sizes.")
    arguments.json_flag(parser)
    arguments.table_flags(parser)
    fs_config(parser)


def _list_url(call: Invocation, args: Namespace) -> UrlListResult:
    from dvnb.repo.facade import Repo  # as above

    return Repo.list_url(
        args.url, recursive=args.recursive, tree=args.tree, level=args.level, fs_config=args.fs_config, start=call.start
    )


def _get_failure(args: Namespace) -> str:
    return f"failed to get '{args.path}' from '{args.url}'"


def _get_url_failure(args: Namespace) -> str:
    return f"failed to get '{args.url}'"


COMMANDS = (
    Command(
        "get",
        "Download file or directory tracked by DVC or by Git.",
        examples=[Example("get https://example.org/team/repo data/raw.csv --rev v1", "a file as release v1 has it")],
        add_arguments=_get_arguments,
        call=_get,
        text=text.got,
        failure=_get_failure,
        failure_code=1,
    ),
    Command(
        "get-url",
        "Download or copy files from URL.",
        examples=[Example("get-url https://example.org/data.csv raw/", "download it as raw/data.csv")],
        add_arguments=url_out,
        call=_get_url,
        text=text.got,
        failure=_get_url_failure,
        failure_code=1,
    ),
    Command(
        "list-url",
        "List directory contents from URL.",
        examples=[Example("list-url -R /data/shared", "every file below a folder")],
        add_arguments=_list_url_arguments,
        call=_list_url,
        text=text.listed,
    ),
)
