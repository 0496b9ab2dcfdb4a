"""Artifacts of a repo: artifacts get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import datasets as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import GetResult


def _get_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("url", help="Location of DVC repository to download from")
    parser.add_argument("name", help="Name of artifact in the repository")
    parser.add_argument("--rev", nargs="?", metavar="<version>", help="Artifact version")
    parser.add_argument("--stage", nargs="?", metavar="<stage>", help="Artifact stage")
    parser.add_argument("-o", "--out", nargs="?", metavar="<path>", help="Destination path to download artifact to")
    arguments.flag(
        parser,
        "--show-url",
        help="Print the storage location (URL) the target data would be downloaded from, and exit.",
    )
    arguments.jobs(parser)
    arguments.flag(parser, "-f", "--force", help="Override local file or folder if exists.")
    arguments.override_flags(parser)


def _get(call: Invocation, args: Namespace) -> GetResult:
    from dvnb.repo.facade import Repo  # verbs that need the engine load it

    return Repo.artifacts_get(
        args.url,
        args.name,
        args.out,
        rev=args.rev,
        stage=args.stage,
        force=args.force,
        jobs=args.jobs,
        show_url=args.show_url,
        **arguments.overrides(args),
        start=call.start,
        listener=call.listener,
    )


def _failure(args: Namespace) -> str:
    return "" if args.show_url else f"failed to get '{args.name}' from '{args.url}'"


def _failure_code(args: Namespace) -> int:
    return 255 if args.show_url else 1


COMMANDS = (
    Command(
        "artifacts get",
        "Download an artifact from a DVC project.",
        details="Without --rev and --stage it is the one of the highest version that a git tag registers.",
        examples=[
            Example("artifacts get ../models detector", "the newest version of `detector`, as its dvc.yaml names it"),
            Example("artifacts get ../models detector --stage prod -o model.pkl", "what stage `prod` has"),
        ],
        add_arguments=_get_arguments,
        call=_get,
        text=text.artifact,
        failure=_failure,
        failure_code=_failure_code,
    ),
)
