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


def jobs(parser: ArgumentParser, *names: str, help: str = "Number of jobs to run simultaneously.") -> None:
    """How much is done at a time; 0 stands for the default, as in dvc."""
    parser.add_argument(*(names or ("-j", "--jobs")), type=_count, metavar="<number>", help=help)


def _count(text: str) -> int:
    from argparse import ArgumentTypeError  # loaded already by whoever made the parser

    try:
        number = int(text)
    except ValueError:
        raise ArgumentTypeError(f"invalid int value: '{text}'") from None
    if number < 0:
        raise ArgumentTypeError(f"{number} jobs cannot run")
    return number


def json_flag(parser: ArgumentParser) -> None:
    """`--json` of a verb that reads."""
    flag(parser, "--json", help="Show output in JSON format.")


def markdown_flag(parser: ArgumentParser) -> None:
    """`--md` of a verb that shows tables."""
    flag(parser, "--md", dest="markdown", help="Show tabulated output in the Markdown format (GFM).")


def csv_flag(parser: ArgumentParser) -> None:
    """`--csv` of a verb that shows tables."""
    parser.add_argument(
        "--csv", dest="table_form", action="store_const", const="csv", help="Show the table as CSV, values unrounded."
    )


def table_flags(parser: ArgumentParser) -> None:
    """`--csv` and `--md` of a verb that has no form of its own for them."""
    csv_flag(parser)
    parser.add_argument(
        "--md",
        dest="table_form",
        action="store_const",
        const="markdown",
        help="Show the table in the Markdown format (GFM), values unrounded.",
    )


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


def pairs(parser: ArgumentParser, *names: str, help: str) -> None:
    """An option with `name=value` words, as a dict."""
    import argparse  # loaded already by whoever made the parser

    class Pairs(argparse.Action):
        def __call__(
            self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
        ) -> None:
            found: dict[str, str] = dict(getattr(namespace, self.dest) or {})
            for word in values:
                name, _, value = str(word).partition("=")
                if not (name and value):
                    parser.error(f"argument {option_string}: expected <name>=<value>, not '{word}'")
                found[name] = value
            setattr(namespace, self.dest, found)

    parser.add_argument(*names, nargs="*", action=Pairs, metavar="<name>=<value>", help=help)


def override_flags(parser: ArgumentParser) -> None:
    """What another repo's configuration shall be read with."""
    parser.add_argument(
        "--config", help="Path to a config file that will be merged with the config in the target repository."
    )
    parser.add_argument("--remote", help="Remote name to set as a default in the target repository.")
    pairs(
        parser,
        "--remote-config",
        help="Remote config options to merge with a remote's config (default or one specified by '--remote') in the "
        "target repository.",
    )


def overrides(args: Namespace) -> dict[str, Any]:
    """What `override_flags` collected, as keywords of `Repo`."""
    return {"config": args.config, "remote": args.remote, "remote_config": args.remote_config}


def appended(parser: ArgumentParser, *names: str, help: str, metavar: str = "<path>", **settings: Any) -> None:
    """An option that may be given several times."""
    parser.add_argument(*names, action="append", default=[], help=help, metavar=metavar, **settings)
