"""Stages: stage add, stage list, run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.stage_options import out_arguments, outs
from dvnb.commands.text import pipeline as text
from dvnb.repo.results import StageAddResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import StageListResult


def _stage_arguments(parser: ArgumentParser) -> None:
    out_arguments(parser)
    arguments.appended(
        parser,
        "--outs-persist",
        help="Declare output file or directory that will not be removed upon repro.",
        metavar="<filename>",
    )
    arguments.appended(
        parser,
        "--outs-persist-no-cache",
        help="Declare output file or directory that will not be removed upon repro (do not put into DVC cache).",
        metavar="<filename>",
    )
    parser.add_argument("-w", "--wdir", metavar="<path>", help="Directory within your repo to run your command in.")
    arguments.flag(parser, "--always-changed", help="Always consider this DVC-file as changed.")
    parser.add_argument(
        "--desc",
        metavar="<text>",
        help="User description of the stage (optional). This doesn't affect any DVC operations.",
    )


def _command_argument(parser: ArgumentParser) -> None:
    import argparse  # loaded already by whoever made the parser

    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="command", help="Command to execute.")


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("-n", "--name", required=True, help="Name of the stage to add")
    arguments.flag(parser, "-f", "--force", help="Overwrite existing stage")
    _stage_arguments(parser)
    arguments.flag(parser, "--run", help="Execute the stage after generating it.")
    _command_argument(parser)


def _run_arguments(parser: ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-n", "--name", help="Name of the stage to create")
    group.add_argument(
        "-f",
        "--file",
        metavar="<filename>",
        help="File that stands for the stage, a `.dvc` file or `Dvcfile`; by default named after the first output.",
    )
    arguments.flag(parser, "--force", "-y", "--yes", "--overwrite-dvcfile", help="Overwrite existing stage")
    arguments.flag(parser, "--no-exec", help="Only define the stage.")
    _stage_arguments(parser)
    _command_argument(parser)


def command_line(words: list[str]) -> str:
    """The words after the options as one shell command, joined by dvc's rule.

    A single word is the command as it stands; of several, those with blanks and without double quotes are quoted.
    """
    words = words[1:] if words[:1] == ["--"] else words
    if len(words) == 1:
        return words[0]
    return " ".join(f'"{word}"' if not word or (" " in word and '"' not in word) else word for word in words)


def _definition(args: Namespace) -> dict[str, Any]:
    return {
        **outs(args),
        "outs_persist": args.outs_persist,
        "outs_persist_no_cache": args.outs_persist_no_cache,
        "wdir": args.wdir,
        "always_changed": args.always_changed,
        "desc": args.desc,
        "force": args.force,
    }


def _add(call: Invocation, args: Namespace) -> StageAddResult:
    return call.repo().stage_add(args.name, command_line(args.command), run=args.run, **_definition(args))


def _run(call: Invocation, args: Namespace) -> StageAddResult:
    command = command_line(args.command)
    return call.repo().run(args.name, command, file=args.file, execute=not args.no_exec, **_definition(args))


def _list_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Show stages from a dvc.yaml/.dvc file or a directory. 'dvc.yaml' by default")
    arguments.flag(parser, "--all", help="List all of the stages in the repo.")
    arguments.flag(parser, "--fail", help="Fail immediately, do not suppress any syntax errors.")
    arguments.flag(parser, "-R", "--recursive", help="List all stages inside the specified directory.")
    arguments.flag(parser, "--name-only", "--names-only", help="List only stage names.")
    arguments.json_flag(parser)
    arguments.table_flags(parser)


def _list(call: Invocation, args: Namespace) -> StageListResult:
    return call.repo().stage_list(*args.targets, all=args.all, fail=args.fail, recursive=args.recursive)


COMMANDS = (
    Command(
        "stage add",
        "Create stage",
        details="Everything after the options is the stage's command; quote it if it holds pipes or redirections.",
        examples=[
            Example(
                "stage add -n train -d train.py -d data -p lr -o model.pkl -M metrics.json python train.py",
                "a stage of dvc.yaml that trains a model",
            ),
            Example(
                "stage add -n head --run -d raw.csv -o few.csv 'head -5 raw.csv > few.csv'", "define it and run it"
            ),
        ],
        add_arguments=_add_arguments,
        call=_add,
        text=text.defined,
    ),
    Command(
        "stage list",
        "List stages.",
        examples=[Example("stage list --all", "all stages and .dvc files of the repo, with what they make")],
        add_arguments=_list_arguments,
        call=_list,
        text=text.listed,
    ),
    Command(
        "run",
        "Create a stage and execute it.",
        details=(
            "The same as `stage add --run`: everything after the options is the stage's command. With -f, or without a "
            "name, a file of its own stands for the stage, as in the first versions of DVC."
        ),
        examples=[
            Example("run -n prep -d raw.csv -o clean.csv python prep.py", "define the stage `prep` and run it"),
            Example("run -f prep.dvc -d raw.csv -o clean.csv python prep.py", "and `repro prep.dvc` knows it too"),
        ],
        add_arguments=_run_arguments,
        call=_run,
        text=text.defined,
    ),
)
