"""Garbage collection: gc."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import gc as text
from dvnb.errors import DvnbError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import GcResult


def _arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "-w", "--workspace", help="Keep data files used in the current workspace.")
    parser.add_argument("--rev", metavar="<commit>", help="Keep data files used in the specified <commit>.")
    parser.add_argument(
        "-n",
        "--num",
        type=int,
        metavar="<num>",
        help="Keep data files used in the last `num` commits starting from each selected revision root. "
        "Can be used with `--rev` and `--all-branches`. Defaults to `1`.",
    )
    arguments.flag(parser, "-a", "--all-branches", help="Keep data files for the tips of all Git branches.")
    arguments.flag(parser, "-T", "--all-tags", help="Keep data files for all Git tags.")
    arguments.flag(parser, "-A", "--all-commits", help="Keep data files for all Git commits.")
    parser.add_argument(
        "--date", metavar="<yyyy-mm-dd>", help="Keep data files of the commits since this day, the day included."
    )
    arguments.flag(parser, "--all-experiments", help="Keep data files for all experiments.")
    arguments.flag(parser, "--not-in-remote", help="Keep data files that are not present in the remote.")
    arguments.flag(parser, "-c", "--cloud", help="Collect garbage in remote storage in addition to local cache.")
    parser.add_argument("-r", "--remote", metavar="<name>", help="Remote storage to collect garbage in")
    arguments.flag(parser, "--skip-failed", help="Skip revisions that fail when collected.")
    arguments.flag(parser, "-f", "--force", help="Force garbage collection - automatically agree to all prompts.")
    arguments.jobs(parser)
    parser.add_argument(
        "-p",
        "--projects",
        nargs="*",
        default=[],
        metavar="<paths>",
        help="Keep data files required by these projects in addition to the current one. "
        "Useful if you share a single cache across repos.",
    )
    arguments.flag(parser, "--dry", help="Only print what would get removed without actually removing.")
    arguments.flag(parser, "--purge", help="Remove for good, instead of moving objects into the trash.")
    arguments.json_flag(parser)


_SCOPE = [
    "workspace",
    "rev",
    "num",
    "all_branches",
    "all_tags",
    "all_commits",
    "date",
    "all_experiments",
    "not_in_remote",
    "cloud",
    "remote",
    "skip_failed",
    "jobs",
]


def _gc(call: Invocation, args: Namespace) -> GcResult:
    from dvnb.events import Warned
    from dvnb.repo.results import GcResult
    from dvnb.repo.upkeep.gc_scope import GcScope

    scope: dict[str, Any] = {name: getattr(args, name) for name in _SCOPE} | {"projects": tuple(args.projects)}
    repo = call.repo()
    GcScope(**scope).check()
    call.listener(Warned(text.warning(args, [os.path.abspath(os.path.join(call.start, p)) for p in args.projects])))
    if call.confirm is None and not (args.force or args.dry):
        raise DvnbError("cannot remove objects without a confirmation from the user. Use `-f` to force.")
    if call.confirm is not None and not (args.force or args.dry or call.confirm(text.QUESTION)):
        return GcResult(refused=True)
    return repo.gc(**scope, force=args.force or args.dry, dry=args.dry, purge=args.purge)


def _refused(result: GcResult, args: Namespace) -> int:
    return int(result.refused)


COMMANDS = (
    Command(
        "gc",
        "Garbage collect unused objects from cache or remote storage.",
        details=(
            "Removes all files in the cache or a remote which are not in use by the workspace or the specified Git\n"
            "revisions. They go into the trash, except those of remotes that are no local folders; --purge removes\n"
            "them for good."
        ),
        examples=[
            Example("gc --workspace --dry", "list what nothing in the workspace needs"),
            Example("gc -a -T", "keep what branches and tags need"),
        ],
        add_arguments=_arguments,
        call=_gc,
        text=text.collected,
        aside=text.freed,
        exit_code=_refused,
    ),
)
