"""Running pipelines: repro."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import pipeline as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import ReproResult


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
