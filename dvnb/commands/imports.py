"""Content from elsewhere that is tracked here: import, import-url, update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.source_options import repo_path, rev, url_out
from dvnb.commands.text import imports as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import ImportResult


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


def _import_arguments(parser: ArgumentParser) -> None:
    repo_path(parser)
    _modes(parser)


def _import(call: Invocation, args: Namespace) -> ImportResult:
    from dvnb.repo.elsewhere.tracked import MissingPathError  # verbs that need the engine load it

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


def _import_url_arguments(parser: ArgumentParser) -> None:
    url_out(parser)
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


def _update_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, ".dvc files to update.", "+")
    rev(parser)
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


def _import_failure(args: Namespace) -> str:
    return f"failed to import '{args.path}' from '{args.url}'."


def _import_url_failure(args: Namespace) -> str:
    return f"failed to import {args.url}. You could also try downloading it manually, and adding it with `dvnb add`."


COMMANDS = (
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
