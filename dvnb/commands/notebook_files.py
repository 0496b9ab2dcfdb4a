"""Notebooks as files: notebook params, clean, diff, export."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import notebook_files as text
from dvnb.errors import NotARepoError
from dvnb.repo.results import NotebookCleanResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.project.project import Project
    from dvnb.repo.facade import Repo
    from dvnb.repo.results import NotebookDiffResult, NotebookExportResult, NotebookFilterResult, NotebookParamsResult


def _repo(call: Invocation) -> Repo | None:
    """The repo; None outside of one, where these verbs work as well."""
    try:
        return call.repo()
    except NotARepoError:
        return None


def _params_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebook", help="Notebook whose `parameters` cell is read.")
    arguments.json_flag(parser)


def _params(call: Invocation, args: Namespace) -> NotebookParamsResult:
    from dvnb.repo.notebooks import reading

    return reading.params(os.path.realpath(call.start), args.notebook)


def _clean_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebooks", nargs="*", help="Notebooks to rewrite without outputs and run-time metadata.")
    arguments.appended(
        parser,
        "--keep-output-tag",
        dest="keep_output_tags",
        metavar="<tag>",
        help="Keep the outputs of cells with this tag too; those tagged `keep_output` always stay.",
    )
    modes = parser.add_mutually_exclusive_group()
    arguments.flag(modes, "--check", help="Change nothing; end with 1 if a notebook is not clean.")  # type: ignore[arg-type]
    modes.add_argument(
        "--filter",
        nargs="?",
        const="",
        metavar="<path>",
        help="Clean standard input to standard output; it is the content of this file.",
    )
    arguments.flag(modes, "--install-filter", help="Let git take this project's notebooks cleaned, in this clone.")  # type: ignore[arg-type]
    arguments.flag(modes, "--remove-filter", help="Let git take notebooks as they are again.")  # type: ignore[arg-type]
    arguments.json_flag(parser)


def _clean(call: Invocation, args: Namespace) -> NotebookCleanResult | NotebookFilterResult:
    if args.install_filter or args.remove_filter:
        if args.notebooks:
            raise MisuseError("git's filter is for all notebooks of the project: name none", 254)
        return call.repo().notebook_filter(keep_output_tags=args.keep_output_tags, remove=args.remove_filter)
    if args.filter is not None:
        return _filter(call, args)
    if not args.notebooks:
        raise MisuseError("name the notebooks to clean", 254)
    repo = _repo(call)
    if repo is not None:
        return repo.notebook_clean(*args.notebooks, keep_output_tags=args.keep_output_tags, check=args.check)
    from dvnb.repo.notebooks import cleaning

    cwd = os.path.realpath(call.start)
    return cleaning.clean_all(None, cwd, args.notebooks, keep=args.keep_output_tags, check=args.check)


def _filter(call: Invocation, args: Namespace) -> NotebookCleanResult:
    """Clean what comes from one end to the other, byte by byte."""
    if call.streams is None:
        raise MisuseError("--filter is for shells: it reads standard input", 254)
    from dvnb.repo.notebooks import cleaning

    source, sink = call.streams
    path = os.path.abspath(os.path.join(call.start, args.filter or "standard input"))
    project = _project_around(call, os.path.dirname(path)) if args.filter else None
    sink.write(cleaning.filtered(project, source.read(), path, args.keep_output_tags))
    sink.flush()
    return NotebookCleanResult()


def _project_around(call: Invocation, folder: str) -> Project | None:
    """The project of a notebook that git asks about, which may begin below the work tree's root."""
    from dvnb.repo.facade import Repo

    while not os.path.isdir(folder):  # git also asks about files that are not there
        folder = os.path.dirname(folder)
    try:
        return Repo(folder, listener=call.listener).project
    except NotARepoError:
        return None


def _clean_code(result: NotebookCleanResult | NotebookFilterResult, args: Namespace) -> int:
    return int(isinstance(result, NotebookCleanResult) and result.checked and bool(result.cleaned))


def _diff_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebook", help="Notebook to compare.")
    parser.add_argument("a_rev", nargs="?", default="HEAD", help="Old Git commit to compare (defaults to HEAD)")
    parser.add_argument(
        "b_rev", nargs="?", default="workspace", help="New Git commit to compare (defaults to the current workspace)"
    )
    arguments.json_flag(parser)


def _diff(call: Invocation, args: Namespace) -> NotebookDiffResult:
    return call.repo().notebook_diff(args.notebook, args.a_rev, args.b_rev)


def _export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebook", help="Notebook to show with the outputs that it has: an executed copy.")
    parser.add_argument(
        "-o", "--output", metavar="<path>", help="File to write; by default `<stem>.html` beside the notebook."
    )
    parser.add_argument("--no-input", dest="with_input", action="store_false", help="Leave the code of cells out.")
    arguments.json_flag(parser)


def _export(call: Invocation, args: Namespace) -> NotebookExportResult:
    repo = _repo(call)
    if repo is not None:
        return repo.notebook_export(args.notebook, args.output, with_input=args.with_input)
    from dvnb.repo.notebooks import reading

    return reading.export(None, os.path.realpath(call.start), args.notebook, args.output, with_input=args.with_input)


COMMANDS = (
    Command(
        "notebook params",
        "Show what a notebook's `parameters` cell offers: names, types, defaults, comments.",
        examples=[Example("notebook params train.ipynb", "what `notebook run -p` can set")],
        add_arguments=_params_arguments,
        call=_params,
        text=text.params,
        failure_code=1,
    ),
    Command(
        "notebook clean",
        "Drop outputs and run-time metadata, so that the notebook's hash is that of what people wrote; "
        "the notebook as it was goes to the trash.",
        details=(
            "Outputs of cells tagged keep_output stay. They never count for dvnb's hash of a notebook; stock dvc,\n"
            "which hashes bytes, sees them change: where a stage that is up to date was recorded with them,\n"
            "dvc.lock gets the hash of the clean file. The filter leaves the work tree as it is: what git\n"
            "takes is clean."
        ),
        examples=[
            Example("notebook clean train.ipynb", "before a commit"),
            Example("notebook clean --check train.ipynb", "in CI: 1 if somebody committed outputs"),
            Example("notebook clean --install-filter", "let every git add do it, in this clone"),
        ],
        add_arguments=_clean_arguments,
        call=_clean,
        text=text.cleaned,
        exit_code=_clean_code,
    ),
    Command(
        "notebook diff",
        "Show what people changed in a notebook between two commits, or a commit and the workspace; outputs aside.",
        examples=[
            Example("notebook diff train.ipynb", "since the last commit"),
            Example("notebook diff train.ipynb v1.0 HEAD", "between two commits"),
        ],
        add_arguments=_diff_arguments,
        call=_diff,
        text=text.diff,
        failure_code=1,
    ),
    Command(
        "notebook export",
        "Write an executed copy as one HTML file that opens without a network.",
        examples=[Example("notebook export train.run.ipynb -o report.html --no-input", "a report without code")],
        add_arguments=_export_arguments,
        call=_export,
        text=text.exported,
        failure_code=1,
    ),
)
