"""The project as a whole: init, root, version."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import project as text
from dvnb.errors import NotARepoError
from dvnb.repo.results import Result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import InitResult


@dataclass(slots=True)
class RootResult(Result):
    """`root`: the project's root, relative to the current folder."""

    root: str


@dataclass(slots=True)
class VersionResult(Result):
    """`version`: the versions at work here, and the project around if there is one (None outside).

    `link_types` is None while there is no cache; `filesystems` are those of the "cache" and the "workspace";
    `problems` are parts of the set-up that do not fit together.
    """

    dvnb: str
    python: str
    platform: str
    packages: dict[str, str] = field(default_factory=dict[str, str])
    root: str | None = None
    cache: str | None = None
    remotes: list[str] = field(default_factory=list[str])
    link_types: list[str] | None = None
    filesystems: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[str] = field(default_factory=list[str])


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
    from dvnb.repo.facade import Repo  # the engine is loaded by verbs that need it only

    return Repo.init(os.path.join(call.start, args.directory), no_scm=args.no_scm, force=args.force, subdir=args.subdir)


def _root(call: Invocation, args: Namespace) -> RootResult:
    from dvnb.project.discover import find_root

    start = os.path.realpath(call.start)
    return RootResult(os.path.relpath(find_root(start), start))


def _version(call: Invocation, args: Namespace) -> VersionResult:
    import platform
    from importlib import metadata

    from dvnb.repo import doctor
    from dvnb.version import __version__

    result = VersionResult(__version__, platform.python_version(), platform.platform())
    result.packages["executable"] = sys.executable
    for package in ("papermill", "nbformat", "ipython", "ipykernel", "fsspec", "ruamel.yaml"):
        try:
            result.packages[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            result.packages[package] = "not installed"
    result.problems = doctor.problems()
    try:
        project = call.repo().project
    except NotARepoError:
        return result
    result.root, result.cache = project.root, project.cache_dir
    result.remotes = [f"{name} ({remote['url']})" for name, remote in project.config.remotes.items()]
    result.link_types = doctor.link_types(project)
    result.filesystems = {"cache": doctor.filesystem(project.cache_dir), "workspace": doctor.filesystem(project.root)}
    return result


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
