"""The project as a whole: init, root, version."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import project as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import InitResult, RootResult, VersionResult


def _init_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "directory",
        nargs="?",
        default=".",
        help="Directory to initialize DVC in. Defaults to the current working directory.",
    )
    arguments.flag(parser, "--no-scm", help="Initiate DVC in directory that is not tracked by any SCM tool (e.g. Git).")
    arguments.flag(
        parser, "-f", "--force", help="Overwrite existing '.dvc/' directory. This operation removes local cache."
    )
    arguments.flag(
        parser, "--subdir", help="Necessary for running this command inside a subdirectory of a parent SCM repository."
    )


def _init(call: Invocation, args: Namespace) -> InitResult:
    from dvnb.repo.elsewhere import anywhere  # the engine is loaded by verbs that need it only

    if args.no_scm and args.subdir:
        raise MisuseError("Cannot initialize repo with `--no-scm` and `--subdir`", 255)
    directory = os.path.join(call.start, args.directory)
    return anywhere.init(directory, no_scm=args.no_scm, force=args.force, subdir=args.subdir)


def _root(call: Invocation, args: Namespace) -> RootResult:
    from dvnb.repo.elsewhere import anywhere  # as above

    return anywhere.root(call.start)


def _version(call: Invocation, args: Namespace) -> VersionResult:
    from dvnb.repo.elsewhere import anywhere  # as above

    return anywhere.doctor(call.start)


COMMANDS = (
    Command(
        "init",
        "Initialize DVC repository.",
        details=(
            "In the given directory, which defaults to the current working directory.\n"
            "Expects directory to be a Git repository unless --no-scm option is specified."
        ),
        examples=[
            Example("init", "make the git repository of this folder a project"),
            Example("init --no-scm", "use it without git"),
        ],
        add_arguments=_init_arguments,
        call=_init,
        text=text.initialized,
        failure="failed to initiate DVC",
        failure_code=1,
    ),
    Command(
        "root",
        "Return the relative path to the root of the DVC project.",
        examples=[Example("root", "where the project begins, seen from here")],
        add_arguments=arguments.json_flag,
        call=_root,
        text=text.root,
    ),
    Command(
        "version",
        "Display the version and system/environment information.",
        details="It also says what does not fit together: another Python in the kernel than here, a missing program.",
        examples=[Example("version", "what to put into a bug report"), Example("doctor", "the same: is all well?")],
        add_arguments=arguments.json_flag,
        call=_version,
        text=text.version,
    ),
)
