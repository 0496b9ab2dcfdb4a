"""Remotes: remote add, default, modify, list, remove, rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import remote as text
from dvnb.errors import NotARepoError
from dvnb.repo.results import ConfigResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.facade import Repo
    from dvnb.repo.results import RemoteListResult
    from dvnb.repo.upkeep.settings import Outside


def _owner(call: Invocation) -> Repo | Outside:
    """Who has the remotes: the project, or where there is none the machine and the user."""
    try:
        return call.repo()
    except NotARepoError:
        from dvnb.repo.upkeep.settings import Outside  # for this rare case

        return Outside()


def _add_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    parser.add_argument("name", help="Name of the remote")
    parser.add_argument("url", help="Remote location: a folder, or a URL such as s3://bucket/path.")
    arguments.flag(parser, "-d", "--default", help="Set as default remote.")
    arguments.flag(parser, "-f", "--force", help="Force overwriting existing configs")


def _add(call: Invocation, args: Namespace) -> ConfigResult:
    _owner(call).remote_add(args.name, args.url, default=args.default, force=args.force, level=args.level)
    return ConfigResult()


def _default_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    parser.add_argument("name", nargs="?", help="Name of the remote")
    arguments.flag(parser, "-u", "--unset", help="Unset default remote.")
    arguments.json_flag(parser)


def _default(call: Invocation, args: Namespace) -> ConfigResult:
    return ConfigResult(_owner(call).remote_default(args.name, unset=args.unset, level=args.level))


def _asked(args: Namespace) -> bool:
    return args.name is None and not args.unset


def _has_default(result: ConfigResult, args: Namespace) -> int:
    return int(_asked(args) and result.value is None)


def _modify_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    parser.add_argument("name", help="Name of the remote")
    parser.add_argument("option", help="Name of the option to modify.")
    parser.add_argument("value", nargs="?", help="(optional) Value of the option.")
    arguments.flag(parser, "-u", "--unset", help="Unset option.")


def _modify(call: Invocation, args: Namespace) -> ConfigResult:
    value = None if args.unset else args.value
    _owner(call).remote_modify(args.name, args.option, value, level=args.level)
    return ConfigResult()


def _list_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    arguments.json_flag(parser)
    arguments.table_flags(parser)


def _list(call: Invocation, args: Namespace) -> RemoteListResult:
    return _owner(call).remote_list(args.level)


def _remove_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    parser.add_argument("name", help="Name of the remote to remove.")


def _remove(call: Invocation, args: Namespace) -> ConfigResult:
    _owner(call).remote_remove(args.name, level=args.level)
    return ConfigResult()


def _rename_arguments(parser: ArgumentParser) -> None:
    arguments.level_flags(parser)
    parser.add_argument("name", help="Remote to be renamed")
    parser.add_argument("new", help="New name of the remote")


def _rename(call: Invocation, args: Namespace) -> ConfigResult:
    _owner(call).remote_rename(args.name, args.new, level=args.level)
    return ConfigResult()


COMMANDS = (
    Command(
        "remote add",
        "Add a new data remote.",
        examples=[Example("remote add -d storage /mnt/storage", "a folder, which `push` and `pull` use from now on")],
        add_arguments=_add_arguments,
        call=_add,
        text=text.added,
    ),
    Command(
        "remote default",
        "Set/unset the default data remote.",
        examples=[Example("remote default storage", "use `storage` unless another is named")],
        add_arguments=_default_arguments,
        call=_default,
        text=text.default,
        exit_code=_has_default,
    ),
    Command(
        "remote modify",
        "Modify the configuration of a data remote.",
        examples=[Example("remote modify storage url /mnt/other", "the remote moved")],
        add_arguments=_modify_arguments,
        call=_modify,
        text=text.silent,
    ),
    Command(
        "remote list",
        "List all available data remotes.",
        examples=[Example("remote list", "names and URLs")],
        add_arguments=_list_arguments,
        call=_list,
        text=text.listed,
    ),
    Command(
        "remote remove",
        "Remove a data remote.",
        examples=[Example("remote remove storage", "forget it; what it holds stays there")],
        add_arguments=_remove_arguments,
        call=_remove,
        text=text.silent,
    ),
    Command(
        "remote rename",
        "Rename a DVC remote",
        examples=[Example("remote rename storage archive", "the same place under another name")],
        add_arguments=_rename_arguments,
        call=_rename,
        text=text.silent,
    ),
)
