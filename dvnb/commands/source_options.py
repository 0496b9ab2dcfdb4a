"""Where content comes from, as options of the verbs that bring it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments

if TYPE_CHECKING:
    from argparse import ArgumentParser


_FORCE = "Override local file or folder if exists."


def repo_path(parser: ArgumentParser) -> None:
    """A path in another repo, and where it goes."""
    parser.add_argument("url", help="Location of DVC or Git repository to download from")
    parser.add_argument("path", help="Path to a file or directory within the repository")
    parser.add_argument("-o", "--out", nargs="?", metavar="<path>", help="Destination path to download files to")
    rev(parser)
    arguments.flag(parser, "-f", "--force", help=_FORCE)
    arguments.jobs(parser, help="How many files to download at once.")
    arguments.override_flags(parser)


def rev(parser: ArgumentParser) -> None:
    """Which commit of the other repo."""
    parser.add_argument("--rev", nargs="?", metavar="<commit>", help="Git revision (e.g. SHA, branch, tag)")


def url_out(parser: ArgumentParser) -> None:
    """A URL, and where its content goes."""
    parser.add_argument("url", help="A path or URL: /absolute/path, relative/path, https://…, s3://bucket/key, gs://…")
    parser.add_argument("out", nargs="?", help="Destination path to put data to.")
    arguments.flag(parser, "-f", "--force", help=_FORCE)
    arguments.jobs(parser, help="How many files to download at once.")
    fs_config(parser)


def fs_config(parser: ArgumentParser) -> None:
    """Settings of the filesystem behind a URL."""
    arguments.pairs(parser, "--fs-config", help="Config options for the target url.")
