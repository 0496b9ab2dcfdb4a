"""Arguments that several verbs take, worded as dvc words them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

TRACKED_TARGETS = "Limit command scope to these tracked files/directories, .dvc files and stage names."


def flag(parser: ArgumentParser, *names: str, help: str, **settings: Any) -> None:
    """An option that is on or off."""
    parser.add_argument(*names, action="store_true", help=help, **settings)


def targets(parser: ArgumentParser, help: str = TRACKED_TARGETS, nargs: str = "*") -> None:
    """The paths or stages a verb is limited to."""
    parser.add_argument("targets", nargs=nargs, help=help)


def json_flag(parser: ArgumentParser) -> None:
    """`--json` of a verb that reads."""
    flag(parser, "--json", help="Show output in JSON format.")


def markdown_flag(parser: ArgumentParser) -> None:
    """`--md` of a verb that shows tables."""
    flag(parser, "--md", dest="markdown", help="Show tabulated output in the Markdown format (GFM).")


def history_flags(parser: ArgumentParser, what: str) -> None:
    """`-a`, `-T`, `-A`; `what` is done for the revisions, as in "Fetch cache"."""
    flag(parser, "-a", "--all-branches", help=f"{what} for all branches.")
    flag(parser, "-T", "--all-tags", help=f"{what} for all tags.")
    flag(parser, "-A", "--all-commits", help=f"{what} for all commits.")


def history(args: Namespace) -> dict[str, bool]:
    """What `history_flags` collected, as keywords of `Repo`."""
    return {"all_branches": args.all_branches, "all_tags": args.all_tags, "all_commits": args.all_commits}


def scope_flags(parser: ArgumentParser, with_deps: str, recursive: str) -> None:
    """`-d` and `-R`, with their help."""
    flag(parser, "-d", "--with-deps", help=with_deps)
    flag(parser, "-R", "--recursive", help=recursive)


def level_flags(parser: ArgumentParser) -> None:
    """Which configuration file is meant."""
    group = parser.add_mutually_exclusive_group()
    for name, level, which in (
        ("--global", "global", "global config"),
        ("--system", "system", "system config"),
        ("--project", "repo", "project config (.dvc/config)"),
        ("--local", "local", "local config (.dvc/config.local)"),
    ):
        group.add_argument(name, dest="level", action="store_const", const=level, help=f"Use {which}.")


def appended(parser: ArgumentParser, *names: str, help: str, metavar: str = "<path>", **settings: Any) -> None:
    """An option that may be given several times."""
    parser.add_argument(*names, action="append", default=[], help=help, metavar=metavar, **settings)
