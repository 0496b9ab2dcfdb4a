"""Settings: config, cache dir; cache migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import config as text
from dvnb.errors import NotARepoError
from dvnb.repo.results import ConfigResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import MigrateResult


def option_name(text: str) -> str:
    """The name of an option, as an argument's type."""
    import argparse  # loaded already by whoever made the parser

    if text.startswith("dvnb."):
        return text
    section, dot, option = text.removeprefix("remote.").removeprefix("db.").partition(".")
    if section and dot and "." not in option:
        return text.lower()
    raise argparse.ArgumentTypeError(
        "name argument should look like remote.name.option or db.name.option or section.option"
    )


def _config_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    arguments.flag(parser, "-u", "--unset", help="Unset option.")
    parser.add_argument("name", nargs="?", type=option_name, help="Option name (section.option or remote.name.option).")
    parser.add_argument("value", nargs="?", help="Option value.")
    arguments.flag(parser, "-l", "--list", help="List all defined config values.")
    arguments.flag(parser, "--show-origin", help="Show the source file containing each config value.")
    arguments.json_flag(parser)


def _config(call: Invocation, args: Namespace) -> ConfigResult:
    if args.show_origin and (args.value or args.unset):
        raise MisuseError("--show-origin can't be used together with any of these options: -u/--unset, value")
    if args.list and (args.name or args.value or args.unset):
        raise MisuseError("-l/--list can't be used together with any of these options: -u/--unset, name, value")
    if not args.list and args.name is None:
        raise MisuseError("name argument is required")
    try:
        repo = call.repo()
    except NotARepoError:
        return _outside(args)
    return repo.config(
        args.name, args.value, level=args.level, unset=args.unset, list=args.list, show_origin=args.show_origin
    )


def _outside(args: Namespace) -> ConfigResult:
    """The same without a project: the files of the machine and of the user."""
    from dvnb.formats.config import Config  # for this rare case
    from dvnb.formats.config_edits import ConfigEditor
    from dvnb.repo.upkeep import settings

    config = Config.load(None)
    if args.list:
        return settings.list_all(config, args.level)
    if args.unset:
        ConfigEditor(config).unset(args.level, args.name)
    elif args.value is not None:
        ConfigEditor(config).set(args.level, args.name, args.value)
    else:
        return settings.ask(config, args.name, args.level, show_origin=args.show_origin)
    return ConfigResult()


def _dir_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    arguments.flag(parser, "-u", "--unset", help="Unset option.")
    arguments.json_flag(parser)
    parser.add_argument(
        "value", nargs="?", help="Path to cache directory. Relative paths are resolved from the current directory."
    )


def _cache_dir(call: Invocation, args: Namespace) -> ConfigResult:
    return call.repo().cache_dir(args.value, level=args.level, unset=args.unset)


def _migrate_arguments(parser: ArgumentParser) -> None:
    arguments.flag(
        parser, "--dvc-files", help="Migrate entries in all existing DVC files in the repository to the DVC 3.0 format."
    )
    arguments.flag(parser, "--dry", help="Only print actions which would be taken without actually migrating any data.")
    arguments.json_flag(parser)


def _migrate(call: Invocation, args: Namespace) -> MigrateResult:
    return call.repo().cache_migrate(dvc_files=args.dvc_files, dry=args.dry)


COMMANDS = (
    Command(
        "config",
        "Get or set config options.",
        examples=[
            Example("config core.autostage true", "let every verb tell git of the files it writes"),
            Example("config dvnb.trash.max_age 7", "keep what undo needs for a week"),
            Example("config --list --show-origin", "every setting, and the file it comes from"),
        ],
        add_arguments=_config_arguments,
        call=_config,
        text=text.option,
    ),
    Command(
        "cache dir",
        "Configure cache directory location.",
        examples=[Example("cache dir ../shared-cache", "keep the cache outside of the project")],
        add_arguments=_dir_arguments,
        call=_cache_dir,
        text=text.option,
    ),
    Command(
        "cache migrate",
        "Migrate cached files to the DVC 3.0 cache location.",
        details=(
            "Objects get their new place by hard links. With --dvc-files the metafiles name the same content by\n"
            "its new hashes; changes in the workspace that were not committed stay uncommitted."
        ),
        examples=[
            Example("cache migrate --dry", "how many objects DVC 2 left here"),
            Example("cache migrate --dvc-files", "bring cache and metafiles to DVC 3"),
        ],
        add_arguments=_migrate_arguments,
        call=_migrate,
        text=text.migrated,
    ),
)
