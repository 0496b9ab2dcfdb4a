"""Data of two revisions: diff, and with --content what changed inside files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import diff as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import ContentDiffResult, DataDiffResult

_LIMIT = 20


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--targets", nargs="*", default=[], metavar="<paths>", help="Tracked files to compare.")
    parser.add_argument("a_rev", nargs="?", help="Old Git commit to compare (defaults to HEAD)")
    parser.add_argument("b_rev", nargs="?", help="New Git commit to compare (defaults to the current workspace)")
    parser.add_argument("path", nargs="?", help="With --content, the file or folder to look into (the last word)")
    arguments.flag(
        parser, "--content", help="Show what changed inside a file: rows and cells, values, lines or pixels."
    )
    parser.add_argument("--key", metavar="<columns>", help="With --content, columns that identify a table's row.")
    parser.add_argument(
        "--limit", type=int, default=_LIMIT, metavar="<number>", help="With --content, rows shown (default: 20)."
    )
    arguments.flag(
        parser, "--no-header", help="With --content, csv and tsv files begin with data: columns are column0, column1…"
    )
    arguments.json_flag(parser)
    arguments.flag(parser, "--show-hash", help="Display hash value for each entry")
    arguments.markdown_flag(parser)
    arguments.csv_flag(parser)
    arguments.flag(parser, "--hide-missing", help="Hide missing cache file status.")


def _diff(call: Invocation, args: Namespace) -> DataDiffResult | ContentDiffResult:
    if args.content:
        return _diff_content(call, args)
    if args.key or args.no_header:
        raise MisuseError("--key and --no-header go with --content", 254)
    if args.path is not None:
        raise MisuseError(f"unrecognized arguments: {args.path} (paths go behind --targets)", 254)
    from dvnb.repo.compare.diff import UnknownTargetError  # what compares is loaded only to compare

    revs = args.a_rev or "HEAD", args.b_rev
    try:
        return call.repo().diff(*revs, targets=args.targets, show_hash=args.show_hash, hide_missing=args.hide_missing)
    except UnknownTargetError as exc:
        raise MisuseError(str(exc), 255) from exc


def _diff_content(call: Invocation, args: Namespace) -> ContentDiffResult:
    words = [word for word in (args.a_rev, args.b_rev, args.path) if word is not None]
    paths = args.targets or words[-1:]
    revs = words if args.targets else words[:-1]
    if len(paths) != 1 or len(revs) > 2:  # noqa: PLR2004 - a diff has two sides
        raise MisuseError("--content takes up to two revisions and one path: --content [A [B]] PATH", 254)
    key = [column.strip() for column in (args.key or "").split(",") if column.strip()]
    return call.repo().diff_content(paths[0], *revs, key=key, limit=args.limit, header=not args.no_header)


def _text(result: DataDiffResult | ContentDiffResult, args: Namespace, style: Style) -> str:
    if not args.content:
        return text.diff(result, args, style)  # pyright: ignore[reportArgumentType] - `_diff` says which it is
    from dvnb.commands.text.content import content  # a plain diff does without

    return content(result, args, style)  # pyright: ignore[reportArgumentType]


COMMANDS = (
    Command(
        "diff",
        "Show added, modified, or deleted data between commits, or between a commit and the workspace.",
        examples=[
            Example("diff", "what changed in tracked data since the last commit"),
            Example("diff --targets data -- v1 v2", "what changed below data between two tags"),
            Example("diff --content v1 v2 data/labels.csv --key id", "which rows and cells of a table changed"),
        ],
        add_arguments=_arguments,
        call=_diff,
        text=_text,
        failure="failed to get diff",
        failure_code=1,
    ),
)
