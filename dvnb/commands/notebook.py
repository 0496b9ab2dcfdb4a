"""Notebooks as stages: notebook run, stage."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.commands import arguments, notebook_files, notebook_review, stage_options
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import notebook as text
from dvnb.errors import NotARepoError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import NotebookRunResult, StageAddResult


def _kernel(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-k", "--kernel", metavar="<name>", help="Kernel to run it with, instead of the notebook's own."
    )


def _run_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebook", help="Notebook to run; it is not changed.")
    parser.add_argument(
        "output",
        nargs="?",
        help="Executed copy to write; without it the copy goes under `.dvc/tmp/dvnb/runs` "
        "(outside of a project: `<stem>.run.ipynb` beside the notebook).",
    )
    arguments.appended(
        parser,
        "-p",
        "--param",
        dest="parameters",
        help="Parameter to inject: a value, or a key of the stage's params files.",
        metavar="<name>=<value or dotted.key>",
    )
    _kernel(parser)
    parser.add_argument("--timeout", type=float, metavar="<seconds>", help="Give up on a cell after this time.")
    parser.add_argument(
        "--notebook-timeout", type=float, metavar="<seconds>", help="Give up on the notebook after this time."
    )
    parser.add_argument("--stage", metavar="<file>:<name>", help="The stage this run belongs to, if it is not plain.")


def _run(call: Invocation, args: Namespace) -> NotebookRunResult:
    try:
        repo = call.repo()
    except NotARepoError:
        return _run_outside(call, args)
    return repo.notebook_run(
        args.notebook,
        args.output,
        parameters=args.parameters,
        kernel=args.kernel,
        timeout=args.timeout,
        notebook_timeout=args.notebook_timeout,
        stage=args.stage,
    )


def _run_outside(call: Invocation, args: Namespace) -> NotebookRunResult:
    """The same without a project: nothing but the given parameters can be injected."""
    from dvnb.notebooks.running.run import RunOptions  # for this rare case
    from dvnb.repo.running import notebooks

    cwd = os.path.realpath(call.start)
    return notebooks.run(
        None,
        cwd,
        args.notebook,
        args.output,
        parameters=args.parameters,
        options=RunOptions(cwd=cwd, kernel=args.kernel, timeout=args.timeout, notebook_timeout=args.notebook_timeout),
        emit=call.listener,
    )


def _stage_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("notebook", help="Notebook to make a stage of.")
    stage_options.notebook_arguments(
        parser, no_copy="Make the executed copy no out; it is kept under `.dvc/tmp/dvnb/runs`."
    )
    arguments.appended(
        parser,
        "--map",
        dest="parameters",
        help="Fill a variable of the `parameters` cell from this key of the params, or with a fixed value.",
        metavar="<name>=<value or dotted.key>",
    )
    arguments.appended(
        parser,
        "-S",
        "--set-param",
        dest="grid",
        help="Try all of these values, in a stage for each combination: a `matrix`.",
        metavar="<name>=<value>,<value>",
    )
    parser.add_argument("--env", metavar="<path>", help="Lock or requirements file that the stage depends on.")
    _kernel(parser)
    parser.add_argument("-w", "--wdir", metavar="<path>", help="Directory within your repo to run the notebook in.")
    parser.add_argument("--desc", metavar="<text>", help="User description of the stage (optional).")
    arguments.flag(parser, "-f", "--force", help="Overwrite existing stage")
    arguments.flag(parser, "--run", help="Execute the stage after generating it.")


def _stage(call: Invocation, args: Namespace) -> StageAddResult:
    return call.repo().notebook_stage(
        args.notebook,
        args.name,
        copy=args.copy,
        no_copy=args.no_copy,
        parameters=args.parameters,
        grid=args.grid,
        env=args.env,
        kernel=args.kernel,
        wdir=args.wdir,
        desc=args.desc,
        force=args.force,
        run=args.run,
        **stage_options.outs(args),
    )


COMMANDS = (
    Command(
        "notebook run",
        "Run a notebook and keep the executed copy; inside a stage with the params that the stage declares.",
        examples=[
            Example("notebook run train.ipynb train.run.ipynb", "run it as a stage's command does"),
            Example("notebook run train.ipynb -p lr=0.1", "try another value of the `parameters` cell's `lr`"),
        ],
        add_arguments=_run_arguments,
        call=_run,
        text=text.ran,
        failure_code=1,
    ),
    Command(
        "notebook stage",
        "Make a notebook a stage of dvc.yaml; its `parameters` cell says which params it depends on.",
        examples=[
            Example("notebook stage train.ipynb -d data -o model.pkl -M metrics.json", "a stage `train`"),
            Example("notebook stage train.ipynb -S lr=0.1,0.2", "a stage for each of these values"),
        ],
        add_arguments=_stage_arguments,
        call=_stage,
        text=text.staged,
    ),
    *notebook_files.COMMANDS,
    *notebook_review.COMMANDS,
)
