"""Verbs of dvc's first years that still work, and the way from there to dvc 3: pipeline, metrics modify, migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import first_years as text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.results import DagResult, MigrateStagesResult, StageAddResult


def _show_arguments(parser: ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("-c", "--commands", action="store_true", help="Print commands instead of stages.")
    what.add_argument("-o", "--outs", action="store_true", help="Print output files instead of stages.")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--ascii", action="store_true", help="Draw the pipeline as boxes.")
    how.add_argument("--dot", action="store_true", help="Print the pipeline in the .dot format.")
    how.add_argument("--tree", action="store_true", help="Print the pipeline as a tree.")
    arguments.json_flag(parser)
    arguments.targets(parser, "Stages whose pipeline to show; those of this folder by default.")


def _show(call: Invocation, args: Namespace) -> DagResult:
    return call.repo().pipeline_show(*args.targets, outs=args.outs, commands=args.commands)


def _list_arguments(parser: ArgumentParser) -> None:
    arguments.json_flag(parser)


def _list(call: Invocation, args: Namespace) -> DagResult:
    return call.repo().pipeline_list()


def _modify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", help="Path to a metrics file that a stage makes.")
    parser.add_argument("-t", "--type", metavar="<type>", help="Type of the file: raw, json, csv, tsv, hcsv, htsv.")
    parser.add_argument(
        "-x",
        "--xpath",
        metavar="<path>",
        help="What of the file counts: keys in JSON (`auc.val`), a column or `row,column` of a table.",
    )


def _modify(call: Invocation, args: Namespace) -> StageAddResult:
    return call.repo().metrics_modify(args.path, type=args.type, xpath=args.xpath)


def _migrate_arguments(parser: ArgumentParser) -> None:
    arguments.flag(parser, "--pointers", help="Leave files of the old names, which stand for the stages.")
    arguments.flag(parser, "--dry", help="Only say what would be done.")
    arguments.json_flag(parser)
    arguments.targets(parser, "Limit it to these single-stage files.")


def _migrate(call: Invocation, args: Namespace) -> MigrateStagesResult:
    return call.repo().migrate(*args.targets, pointers=args.pointers, dry=args.dry)


METRICS = (
    Command(
        "metrics modify",
        "Say how a metrics file is read.",
        details="For metrics files that are more than numbers by name, as the first versions of DVC had them.",
        examples=[
            Example("metrics modify eval.json --type json --xpath acc", "of eval.json, only `acc` counts"),
            Example("metrics modify log.csv --type hcsv --xpath loss", "the column `loss` of a table with a header"),
        ],
        add_arguments=_modify_arguments,
        call=_modify,
        text=text.modified,
        failure="failed to modify metrics",
        failure_code=1,
    ),
)

COMMANDS = (
    Command(
        "pipeline show",
        "Show the pipeline that leads to a stage.",
        examples=[
            Example("pipeline show evaluate.dvc", "all that `evaluate` depends on, in the order in which it runs"),
            Example("pipeline show --ascii evaluate.dvc", "the same as boxes"),
        ],
        add_arguments=_show_arguments,
        call=_show,
        text=text.shown,
        failure_code=1,
    ),
    Command(
        "pipeline list",
        "List pipelines.",
        examples=[Example("pipeline list", "the stages of each pipeline")],
        add_arguments=_list_arguments,
        call=_list,
        text=text.pipelines,
        failure_code=1,
    ),
    Command(
        "migrate",
        "Turn single-stage files of DVC's first versions into stages of dvc.yaml.",
        details="Nothing is run: what the old files recorded is what dvc.lock says then. DVC 3 refuses the old files.",
        examples=[
            Example("migrate --dry", "which files are of that kind"),
            Example("migrate", "move them all to dvc.yaml and dvc.lock"),
        ],
        add_arguments=_migrate_arguments,
        call=_migrate,
        text=text.migrated,
        failure="failed to migrate",
        failure_code=1,
    ),
)
