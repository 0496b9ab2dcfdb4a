"""Data in the workspace: add, commit, checkout, check-ignore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import data as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import AddResult, CheckoutResult, CommitResult, IgnoreResult


def _add_arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "--no-commit", help="Don't put files/directories into cache.")
    arguments.flag(parser, "--glob", help="Allows targets containing shell-style wildcards.")
    parser.add_argument("-o", "--out", metavar="<path>", help="Destination path to put files to.")
    arguments.flag(parser, "--to-remote", help="Put it directly into the remote, and neither here nor into the cache.")
    parser.add_argument("-r", "--remote", metavar="<name>", help="Remote storage for --to-remote.")
    arguments.jobs(parser, "--remote-jobs", help="Number of jobs to run simultaneously with --to-remote.")
    arguments.flag(parser, "-f", "--force", help="Override local file or folder if exists.")
    _relink(parser)
    arguments.targets(parser, "Input files/directories to add.", "+")


def _relink(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--no-relink", dest="relink", action="store_false", help="Don't recreate links from cache to workspace."
    )


def _add(call: Invocation, args: Namespace) -> AddResult:
    wrong = _contradiction(args)
    if wrong:
        raise MisuseError(wrong)
    return call.repo().add(
        *args.targets,
        glob=args.glob,
        out=args.out,
        no_commit=args.no_commit,
        force=args.force,
        relink=args.relink,
        to_remote=args.to_remote,
        remote=args.remote,
        remote_jobs=args.remote_jobs,
    )


def _contradiction(args: Namespace) -> str | None:
    """What of `add`'s arguments cannot be had together, in dvc's words."""
    if args.to_remote or args.out:
        alone = "--to-remote" if args.to_remote else "--out"
        for wrong, name in (
            (len(args.targets) != 1, "multiple targets"),
            (args.glob, "--glob option"),
            (args.no_commit, "--no-commit option"),
        ):
            if wrong:
                return f"{name} can't be used with {alone}"
        return None
    for value, name in ((args.remote, "--remote"), (args.remote_jobs, "--remote-jobs")):
        if value:
            return f"{name} can't be used without --to-remote"
    return None


def _commit_arguments(parser: ArgumentParser) -> None:
    arguments.flag(
        parser, "-f", "--force", help="Commit data even if hash values for dependencies or outputs did not change."
    )
    arguments.scope_flags(
        parser,
        "Commit all dependencies of the specified target.",
        "Commit cache for subdirectories of the specified directory.",
    )
    _relink(parser)
    arguments.targets(parser)


def _commit(call: Invocation, args: Namespace) -> CommitResult:
    return call.repo().commit(
        *args.targets, force=args.force, with_deps=args.with_deps, recursive=args.recursive, relink=args.relink
    )


def _commit_failure(args: Namespace) -> str:
    return " ".join(["failed to commit", *(args.targets if len(args.targets) == 1 else [])])


def _checkout_arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "--summary", help="Show summary of the changes.")
    arguments.scope_flags(
        parser,
        "Checkout all dependencies of the specified target.",
        "Checkout all subdirectories of the specified directory.",
    )
    parser.add_argument(
        "--rev", metavar="<rev>", help="Take the targets as they were in this Git revision; Git's HEAD stays."
    )
    arguments.flag(parser, "-f", "--force", help="Do not prompt when removing working directory files.")
    arguments.flag(parser, "--relink", help="Recreate links or copies from cache to workspace.")
    arguments.flag(parser, "--allow-missing", help="Ignore errors if some of the files or directories are missing.")
    arguments.flag(
        parser, "--verify", help="Read each object of the cache before a file is made of it; refuse damaged ones."
    )
    arguments.targets(parser)


def _checkout(call: Invocation, args: Namespace) -> CheckoutResult:
    return call.repo().checkout(
        *args.targets,
        rev=args.rev,
        with_deps=args.with_deps,
        recursive=args.recursive,
        force=args.force,
        relink=args.relink,
        allow_missing=args.allow_missing,
        verify=args.verify,
    )


def _check_ignore_arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "-d", "--details", help="Show the exclude patterns along with each target path.")
    arguments.flag(parser, "-a", "--all", help="Accepted for compatibility: one pattern decides.")
    arguments.flag(
        parser,
        "-n",
        "--non-matching",
        help="Include the target paths which don't match any pattern in the `--details` list.",
    )
    arguments.flag(parser, "--stdin", help="Read paths from standard input instead of providing `targets`.")
    arguments.json_flag(parser)
    arguments.targets(parser, "File or directory paths to check")


def _check_ignore(call: Invocation, args: Namespace) -> IgnoreResult:
    for wrong, message in (
        (not args.stdin and not args.targets, "`targets` or `--stdin` needed"),
        (args.stdin and args.targets, "cannot have both `targets` and `--stdin`"),
        (args.non_matching and not args.details, "`--non-matching` is only valid with `--details`"),
        (args.all and not args.details, "`--all` is only valid with `--details`"),
        (args.quiet and args.details, "cannot use both `--details` and `--quiet`"),
    ):
        if wrong:
            raise MisuseError(message, 255)
    paths = [line.rstrip("\n") for line in call.lines] if args.stdin else args.targets
    return call.repo().check_ignore(*filter(None, paths))


def _none_matched(result: IgnoreResult, args: Namespace) -> int:
    matches = (match.pattern is not None if args.details else match.ignored for match in result.matches)
    return 0 if any(matches) else 1


COMMANDS = (
    Command(
        "add",
        "Track data files or directories with DVC.",
        examples=[
            Example("add data/raw.csv", "track a file: its content goes to the cache, data/raw.csv.dvc to git"),
            Example("add --glob 'images/*.png'", "track every picture by itself"),
            Example("add --to-remote /mnt/huge -o data/huge", "straight to the default remote: `pull` brings it later"),
        ],
        add_arguments=_add_arguments,
        call=_add,
        text=text.added,
        failure_code=1,
    ),
    Command(
        "commit",
        "Record changes to files or directories tracked by DVC by storing the current versions in the cache.",
        examples=[
            Example("commit", "record every change of tracked data"),
            Example("commit -f train", "record a stage's outputs as they are"),
        ],
        add_arguments=_commit_arguments,
        call=_commit,
        text=text.committed,
        failure=_commit_failure,
        failure_code=1,
    ),
    Command(
        "checkout",
        "Checkout data files from cache.",
        details="With --rev the targets come from another revision, while Git's HEAD and index stay as they are.",
        examples=[
            Example("checkout", "bring all data to the state that the .dvc files and dvc.lock describe"),
            Example("checkout --rev v1 data", "bring back the data of tag v1, and nothing else"),
            Example("checkout --verify", "make sure that the cache is not damaged where it is used"),
        ],
        add_arguments=_checkout_arguments,
        call=_checkout,
        text=text.checked_out,
    ),
    Command(
        "check-ignore",
        "Check whether files or directories are excluded due to `.dvcignore`.",
        examples=[Example("check-ignore -d data/tmp.log", "say which pattern of which file excludes a path")],
        add_arguments=_check_ignore_arguments,
        call=_check_ignore,
        text=text.ignored,
        exit_code=_none_matched,
    ),
)
