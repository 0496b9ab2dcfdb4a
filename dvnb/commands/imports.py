"""Content from elsewhere: get, get-url, list-url, import, import-url, update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import imports as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import GetResult, ImportResult, UrlListResult

_FORCE = "Override local file or folder if exists."
_URL = "See `dvc import-url -h` for full list of supported URLs."


def _repo_path(parser: ArgumentParser) -> None:
    parser.add_argument("url", help="Location of DVC or Git repository to download from")
    parser.add_argument("path", help="Path to a file or directory within the repository")
    parser.add_argument("-o", "--out", nargs="?", metavar="<path>", help="Destination path to download files to")
    _rev(parser)
    arguments.flag(parser, "-f", "--force", help=_FORCE)
    arguments.jobs(parser, help="How many files to download at once.")
    arguments.override_flags(parser)


def _rev(parser: ArgumentParser) -> None:
    parser.add_argument("--rev", nargs="?", metavar="<commit>", help="Git revision (e.g. SHA, branch, tag)")


def _modes(parser: ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--no-exec",
        dest="mode",
        action="store_const",
        const="no-exec",
        default="download",
        help="Only create .dvc file without actually importing target data.",
    )
    group.add_argument(
        "--no-download",
        dest="mode",
        action="store_const",
        const="no-download",
        help="Create .dvc file including target data hash value(s) but do not actually download the file(s).",
    )


def _get_arguments(parser: ArgumentParser) -> None:
    _repo_path(parser)
    arguments.flag(
        parser,
        "--show-url",
        help="Print the storage location (URL) the target data would be downloaded from, and exit.",
    )


def _get(call: Invocation, args: Namespace) -> GetResult:
    from dvnb.repo.elsewhere.fetching import MissingPathError
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


def _import_arguments(parser: ArgumentParser) -> None:
    _repo_path(parser)
    _modes(parser)


def _import(call: Invocation, args: Namespace) -> ImportResult:
    from dvnb.repo.elsewhere.fetching import MissingPathError  # as above

    try:
        return call.repo().import_(
            args.url,
            args.path,
            args.out,
            rev=args.rev,
            force=args.force,
            jobs=args.jobs,
            mode=args.mode,
            **arguments.overrides(args),
        )
    except MissingPathError as exc:
        raise MisuseError(str(exc), 255) from exc


def _url_out(parser: ArgumentParser) -> None:
    parser.add_argument("url", help="A path or URL: /absolute/path, relative/path, https://…, s3://bucket/key, gs://…")
    parser.add_argument("out", nargs="?", help="Destination path to put data to.")
    arguments.flag(parser, "-f", "--force", help=_FORCE)
    arguments.jobs(parser, help="How many files to download at once.")
    _fs_config(parser)


def _fs_config(parser: ArgumentParser) -> None:
    arguments.pairs(parser, "--fs-config", help="Config options for the target url.")


def _get_url(call: Invocation, args: Namespace) -> GetResult:
    from dvnb.repo.facade import Repo  # as above

    return Repo.get_url(
        args.url, args.out, force=args.force, jobs=args.jobs, fs_config=args.fs_config, start=call.start
    )


def _import_url_arguments(parser: ArgumentParser) -> None:
    _url_out(parser)
    _modes(parser)
    _to_remote(parser, "Put it directly into the remote, and neither here nor into the cache.")
    arguments.flag(
        parser, "--version-aware", help="Import using cloud versioning. Implied if the URL contains a version ID."
    )


def _to_remote(parser: ArgumentParser, help: str) -> None:
    arguments.flag(parser, "--to-remote", help=help)
    parser.add_argument("-r", "--remote", metavar="<name>", help="Remote storage for --to-remote")


def _import_url(call: Invocation, args: Namespace) -> ImportResult:
    if args.to_remote and (args.mode != "download" or args.version_aware):
        raise MisuseError("--no-exec/--no-download/--version-aware cannot be combined with --to-remote")
    if args.remote and not args.to_remote:
        raise MisuseError("--remote can't be used without --to-remote")
    return call.repo().import_url(
        args.url,
        args.out,
        force=args.force,
        mode="to-remote" if args.to_remote else args.mode,
        remote=args.remote,
        jobs=args.jobs,
        fs_config=args.fs_config,
        version_aware=args.version_aware,
    )


def _list_url_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("url", help=_URL)
    arguments.flag(parser, "-R", "--recursive", help="Recursively list files.")
    arguments.flag(parser, "-T", "--tree", help="Recurse into directories as a tree.")
    parser.add_argument("-L", "--level", type=int, metavar="depth", help="Limit the depth of recursion.")
    arguments.flag(parser, "--size", help="Show sizes.")
    arguments.json_flag(parser)
    arguments.table_flags(parser)
    _fs_config(parser)


def _list_url(call: Invocation, args: Namespace) -> UrlListResult:
    from dvnb.repo.facade import Repo  # as above

    return Repo.list_url(
        args.url, recursive=args.recursive, tree=args.tree, level=args.level, fs_config=args.fs_config, start=call.start
    )


def _update_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, ".dvc files to update.", "+")
    _rev(parser)
    arguments.flag(parser, "-R", "--recursive", help="Update all stages in the specified directory.")
    arguments.flag(
        parser, "--no-download", help="Update .dvc file git revision/hash value(s) but do not download the file(s)."
    )
    _to_remote(parser, "Update data directly on the remote")
    arguments.jobs(parser, help="How many files to download at once.")


def _update(call: Invocation, args: Namespace) -> ImportResult:
    return call.repo().update(
        *args.targets,
        rev=args.rev,
        recursive=args.recursive,
        no_download=args.no_download,
        to_remote=args.to_remote,
        remote=args.remote,
        jobs=args.jobs,
    )


def _get_failure(args: Namespace) -> str:
    return f"failed to get '{args.path}' from '{args.url}'"


def _get_url_failure(args: Namespace) -> str:
    return f"failed to get '{args.url}'"


def _import_failure(args: Namespace) -> str:
    return f"failed to import '{args.path}' from '{args.url}'."


def _import_url_failure(args: Namespace) -> str:
    return f"failed to import {args.url}. You could also try downloading it manually, and adding it with `dvnb add`."


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
        add_arguments=_url_out,
        call=_get_url,
        text=text.got,
        failure=_get_url_failure,
        failure_code=1,
    ),
    Command(
        "import",
        "Download file or directory tracked by DVC or by Git into the workspace, and track it.",
        examples=[Example("import ../registry data/raw.csv", "track a copy, and remember the commit it came from")],
        add_arguments=_import_arguments,
        call=_import,
        text=text.imported,
        failure=_import_failure,
        failure_code=1,
    ),
    Command(
        "import-url",
        "Download or copy file from URL and take it under DVC control.",
        examples=[Example("import-url https://example.org/data.csv", "download it, track it, remember its ETag")],
        add_arguments=_import_url_arguments,
        call=_import_url,
        text=text.imported,
        failure=_import_url_failure,
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
    Command(
        "update",
        "Update data artifact imported (via dvc import or dvc import-url) from an external DVC repository or URL.",
        examples=[Example("update raw.csv.dvc", "take what the source holds now")],
        add_arguments=_update_arguments,
        call=_update,
        text=text.updated,
        failure="failed update data",
        failure_code=1,
    ),
)
