"""Stages: stage add, stage list, run, freeze, unfreeze, repro."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import pipeline as text
from dvnb.errors import ConfigError, DvnbError, NotARepoError
from dvnb.records import dataclass, field
from dvnb.repo.results import Result, StageAddResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import ReproResult, StageListResult


@dataclass(slots=True)
class FreezeResult(Result):
    """`freeze` and `unfreeze`: each stage with its definition now."""

    stages: list[StageAddResult] = field(default_factory=list[StageAddResult])


def out_arguments(parser: ArgumentParser) -> None:
    """What a stage reads and writes, as `stage add`, `notebook stage` and `%%stage` take it."""
    arguments.appended(parser, "-d", "--deps", help="Declare dependencies for reproducible cmd.")
    arguments.appended(
        parser,
        "-p",
        "--params",
        help="Declare parameter to use as additional dependency.",
        metavar="[<filename>:]<params_list>",
    )
    arguments.appended(parser, "-o", "--outs", help="Declare output file or directory.", metavar="<filename>")
    arguments.appended(
        parser,
        "-O",
        "--outs-no-cache",
        help="Declare output file or directory (do not put into DVC cache).",
        metavar="<filename>",
    )
    arguments.appended(parser, "-m", "--metrics", help="Declare output metrics file.")
    arguments.appended(
        parser, "-M", "--metrics-no-cache", help="Declare output metrics file (do not put into DVC cache)."
    )
    arguments.appended(parser, "--plots", help="Declare output plot file.")
    arguments.appended(parser, "--plots-no-cache", help="Declare output plot file (do not put into DVC cache).")


def outs(args: Namespace) -> dict[str, Any]:
    """What `out_arguments` collected, as keywords of `Repo`."""
    return {
        "deps": args.deps,
        "params": args.params,
        "outs": args.outs,
        "outs_no_cache": args.outs_no_cache,
        "metrics": args.metrics,
        "metrics_no_cache": args.metrics_no_cache,
        "plots": args.plots,
        "plots_no_cache": args.plots_no_cache,
    }


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


def _freeze_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Stages or .dvc files to freeze", "+")


def _unfreeze_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Stages or .dvc files to unfreeze", "+")


def _each(call: Invocation, args: Namespace, verb: str) -> FreezeResult:
    """Do it for one target after the other, whatever fails."""
    result, failures = FreezeResult(), list[str]()
    act = getattr(call.repo(), verb)
    for target in args.targets:
        try:
            result.stages += act(target)
        except (NotARepoError, ConfigError):
            raise
        except DvnbError as error:
            failures.append(f"failed to {verb} '{target}' - {error}")
    if failures:
        raise MisuseError("\n".join(failures), 1)
    return result


def _freeze(call: Invocation, args: Namespace) -> FreezeResult:
    return _each(call, args, "freeze")


def _unfreeze(call: Invocation, args: Namespace) -> FreezeResult:
    return _each(call, args, "unfreeze")


_REPRO_FLAGS = (
    (("-f", "--force"), "Reproduce even if dependencies were not changed."),
    (("-i", "--interactive"), "Ask for confirmation before reproducing each stage."),
    (("-s", "--single-item"), "Reproduce only single data item without recursive dependencies check."),
    (("-p", "--pipeline"), "Reproduce the whole pipeline that the specified targets belong to."),
    (("-P", "--all-pipelines"), "Reproduce all pipelines in the repo."),
    (("-R", "--recursive"), "Reproduce all stages in the specified directory."),
    (("--downstream",), "Start from the specified stages when reproducing pipelines."),
    (
        ("--force-downstream",),
        "Reproduce all descendants of a changed stage even if their direct dependencies didn't change.",
    ),
    (("--pull",), "Try automatically pulling missing data."),
    (("--allow-missing",), "Skip stages with missing data but no other changes."),
    (("--dry",), "Only print the commands that would be executed without actually executing."),
    (("--glob",), "Allows targets containing shell-style wildcards."),
    (("--no-commit",), "Don't put files/directories into cache."),
    (
        ("--no-run-cache",),
        (
            "Execute stage commands even if they have already been run with the same "
            "command/dependencies/outputs/etc before."
        ),
    ),
)


def _repro_arguments(parser: ArgumentParser) -> None:
    arguments.targets(
        parser,
        "Stages to reproduce. 'dvc.yaml' by default. The targets can be path to a dvc.yaml file or `.dvc` file, "
        "or a stage name from dvc.yaml file from current working directory. To run a stage from dvc.yaml from other "
        "directories, the target must be a path followed by colon `:` and then the stage name name.",
    )
    for names, help in _REPRO_FLAGS:
        arguments.flag(parser, *names, help=help)
    for names, value, help in (
        (
            ("-k", "--keep-going"),
            "keep-going",
            "Continue executing, skipping stages having dependencies on the failed stages",
        ),
        (("--ignore-errors",), "ignore", "Ignore errors from stages."),
    ):
        parser.add_argument(*names, action="store_const", const=value, default="fail", dest="on_error", help=help)
    arguments.jobs(parser, help="Number of stages to run at once, each after those that it depends on. One by default.")


def _repro(call: Invocation, args: Namespace) -> ReproResult:
    repo = call.repo()
    interactive = args.interactive or repo.project.config.get("core.interactive")
    return repo.repro(
        *args.targets,
        force=args.force,
        single_item=args.single_item,
        pipeline=args.pipeline,
        all_pipelines=args.all_pipelines,
        recursive=args.recursive,
        downstream=args.downstream,
        force_downstream=args.force_downstream,
        pull=args.pull,
        allow_missing=args.allow_missing,
        dry=args.dry,
        on_error=args.on_error,
        glob=args.glob,
        no_commit=args.no_commit,
        no_run_cache=args.no_run_cache,
        interactive=call.confirm if interactive else None,
        jobs=args.jobs,
    )


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
    Command(
        "freeze",
        "Freeze stages or .dvc files.",
        examples=[Example("freeze prep", "leave `prep` alone in `repro`, whatever happens to its dependencies")],
        add_arguments=_freeze_arguments,
        call=_freeze,
        text=text.frozen,
        failure_code=1,
    ),
    Command(
        "unfreeze",
        "Unfreeze stages or .dvc files.",
        examples=[Example("unfreeze prep", "look after `prep` in `repro` again")],
        add_arguments=_unfreeze_arguments,
        call=_unfreeze,
        text=text.frozen,
        failure_code=1,
    ),
    Command(
        "repro",
        "Reproduce complete or partial pipelines by executing their stages.",
        examples=[
            Example("repro", "run every stage whose code, data or parameters changed"),
            Example("repro --dry train", "what would run to bring `train` up to date"),
            Example("repro -j 4", "run up to four stages at once that do not depend on each other"),
        ],
        add_arguments=_repro_arguments,
        call=_repro,
        text=text.reproduced,
    ),
)
