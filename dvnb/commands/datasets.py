"""Data elsewhere that stages read: dataset add, dataset update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import datasets as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import DatasetResult

    Kind = Literal["dvc", "dc", "url"]


def _add_arguments(parser: ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--dc", metavar="name", help="Name of the DataChain dataset to track")
    group.add_argument("--dvc", metavar="url", help="Path or URL to a Git/DVC repository to track")
    group.add_argument("--url", metavar="url", help="URL of a cloud-versioned remote to track.")
    parser.add_argument("name", help="Name of the dataset to add")
    parser.add_argument(
        "--rev", metavar="<commit>", help="Git revision, e.g. SHA, branch, tag (only applicable with --dvc)"
    )
    parser.add_argument(
        "--path", help="Path to a file or a directory within a git repository (only applicable with --dvc)"
    )
    arguments.flag(parser, "-f", "--force", help="Overwrite existing dataset")
    arguments.json_flag(parser)


def _add(call: Invocation, args: Namespace) -> DatasetResult:
    kind: Kind = "dvc" if args.dvc is not None else "dc" if args.dc is not None else "url"
    url = getattr(args, kind)
    return call.repo().dataset_add(args.name, url, kind, path=args.path, rev=args.rev, force=args.force)


def _update_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="Name of the dataset to update")
    parser.add_argument(
        "--rev",
        "--version",
        nargs="?",
        metavar="<version>",
        help="DataChain dataset version or Git revision (e.g. SHA, branch, tag)",
    )
    arguments.json_flag(parser)


def _update(call: Invocation, args: Namespace) -> DatasetResult:
    return call.repo().dataset_update(args.name, args.rev)


COMMANDS = (
    Command(
        "dataset add",
        "Add a dataset.",
        details="dvc.yaml names it, dvc.lock pins what it is now; stages that read ds://NAME run when that changes.",
        examples=[
            Example("dataset add photos --dvc ../registry --path data/photos", "data of another repo, as ds://photos")
        ],
        add_arguments=_add_arguments,
        call=_add,
        text=text.changed,
    ),
    Command(
        "dataset update",
        "Update a dataset.",
        examples=[
            Example("dataset update photos", "pin the newest commit of where it comes from"),
            Example("dataset update photos --rev v2", "follow tag v2 from now on"),
        ],
        add_arguments=_update_arguments,
        call=_update,
        text=text.changed,
        failure_code=1,
    ),
)
