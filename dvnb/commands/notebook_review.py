"""Notebooks before they become stages: notebook lint, trace, promote."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.commands import arguments, stage_options
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import notebook_review as text
from dvnb.errors import NotARepoError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import NotebookLintResult, NotebookPromoteResult, NotebookTraceResult


def _codes(line: str) -> list[str]:
    return [code.strip().upper() for code in line.split(",") if code.strip()]


def _lint_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebooks", nargs="*", help="Notebooks to read; by default all below the current folder.")
    for name, what in (("--select", "Report only these rules"), ("--ignore", "Do not report these rules")):
        parser.add_argument(
            name, type=_codes, default=[], metavar="<codes>", help=f"{what}: codes or their beginnings, by commas."
        )
    arguments.json_flag(parser)


def _lint(call: Invocation, args: Namespace) -> NotebookLintResult:
    try:
        repo = call.repo()
    except NotARepoError:  # what stages declare is unknown there; all else can be said
        from dvnb.repo.notebooks.linting import lint

        cwd = os.path.realpath(call.start)
        return lint(None, cwd, args.notebooks, select=args.select, ignore=args.ignore, emit=call.listener)
    return repo.notebook_lint(*args.notebooks, select=args.select, ignore=args.ignore)


def _how_to_run(parser: ArgumentParser) -> None:
    arguments.appended(
        parser,
        "--map",
        dest="parameters",
        help="Fill a variable of the `parameters` cell from this key of the params, or with a fixed value.",
        metavar="<name>=<value or dotted.key>",
    )
    parser.add_argument(
        "-k", "--kernel", metavar="<name>", help="Kernel to run it with, instead of the notebook's own."
    )
    parser.add_argument("-w", "--wdir", metavar="<path>", help="Directory within your repo to run the notebook in.")
    parser.add_argument("--timeout", type=float, metavar="<seconds>", help="Give up on a cell after this time.")
    parser.add_argument(
        "--watch",
        dest="watcher",
        choices=("strace", "python"),
        help="Who watches the run: strace sees all that is opened, Python's audit events only what Python opens. "
        "By default strace where it works.",
    )


def _trace_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebook", help="Notebook to run once.")
    parser.add_argument("-n", "--name", help="Name of the stage to suggest; by default the notebook's name.")
    _how_to_run(parser)
    arguments.flag(parser, "--scratch", help="Drop what the run made, instead of putting it into the workspace.")
    arguments.json_flag(parser)


def _trace(call: Invocation, args: Namespace) -> NotebookTraceResult:
    return call.repo().notebook_trace(
        args.notebook,
        args.name,
        parameters=args.parameters,
        kernel=args.kernel,
        wdir=args.wdir,
        watcher=args.watcher,
        scratch=args.scratch,
        timeout=args.timeout,
    )


def _promote_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebook", help="Notebook that was run by hand.")
    stage_options.notebook_arguments(parser, no_copy="Make the executed copy no out.")
    _how_to_run(parser)
    parser.add_argument("--desc", metavar="<text>", help="User description of the stage (optional).")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=0.0,
        metavar="<number>",
        help="Numbers that differ by no more than this (as a share, or in all) are equal.",
    )
    arguments.flag(parser, "-y", "--yes", dest="accept", help="Record the stage although results differ.")
    arguments.flag(parser, "-f", "--force", help="The same, and overwrite an existing stage.")
    arguments.json_flag(parser)


def _promote(call: Invocation, args: Namespace) -> NotebookPromoteResult:
    return call.repo().notebook_promote(
        args.notebook,
        args.name,
        copy=args.copy,
        no_copy=args.no_copy,
        parameters=args.parameters,
        kernel=args.kernel,
        wdir=args.wdir,
        desc=args.desc,
        tolerance=args.tolerance,
        accept=args.accept,
        force=args.force,
        watcher=args.watcher,
        timeout=args.timeout,
        **stage_options.outs(args),
    )


def _found_any(result: NotebookLintResult, args: Namespace) -> int:
    return 1 if result.findings else 0


def _not_recorded(result: NotebookPromoteResult, args: Namespace) -> int:
    return 0 if result.recorded else 1


COMMANDS = (
    Command(
        "notebook lint",
        "Find what may keep notebooks from running the same way again; they are read, not run.",
        details="A finding is silenced by `# noqa: CODE` on its line, or by the tag `noqa:CODE` on its cell.",
        examples=[
            Example("notebook lint train.ipynb", "one notebook; exit code 1 where something was found"),
            Example("notebook lint --select NB2,NB6", "names and undeclared files, in all notebooks of this folder"),
        ],
        add_arguments=_lint_arguments,
        call=_lint,
        text=text.linted,
        exit_code=_found_any,
    ),
    Command(
        "notebook trace",
        "Run a notebook once, watch which files it reads and writes, and suggest the stage that declares them.",
        details="It runs in a copy of the project. What it made is put into the workspace in the end, and what was "
        "there goes to the trash; --scratch drops it.",
        examples=[Example("notebook trace train.ipynb", "the `notebook stage` command with its deps and outs")],
        add_arguments=_trace_arguments,
        call=_trace,
        text=text.traced,
        failure_code=1,
    ),
    Command(
        "notebook promote",
        "Run a notebook clean, compare metrics, outs and text with those on the disk, and make it a stage if all is "
        "the same.",
        details="Deps and outs that are not named are those that the run read and wrote. Where something differs, "
        "nothing changes, the new results are kept aside, and the exit code is 1.",
        examples=[
            Example("notebook promote train.ipynb", "a stage `train`, recorded with the results of the clean run"),
            Example("notebook promote train.ipynb --tolerance 1e-6", "numbers may differ a little"),
        ],
        add_arguments=_promote_arguments,
        call=_promote,
        text=text.promoted,
        failure_code=1,
        exit_code=_not_recorded,
    ),
)
