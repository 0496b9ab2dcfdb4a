"""Experiments: exp show, exp list, exp save."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.errors import TargetError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import ExperimentListResult, ExperimentSaveResult, ExperimentShowResult


def _rev_flags(parser: ArgumentParser, what: str) -> None:
    arguments.flag(
        parser, "-A", "--all-commits", help=f"{what} all experiments in the repository (overrides `--rev` and `--num`)."
    )
    arguments.appended(
        parser,
        "--rev",
        dest="revs",
        metavar="<commit>",
        help=f"{what} experiments derived from the specified `<commit>` as baseline (HEAD by default).",
    )
    parser.add_argument(
        "-n",
        "--num",
        type=int,
        default=1,
        metavar="<num>",
        help=f"{what} experiments from the last `num` commits (first parents) starting from the `--rev` baseline. "
        "Give a negative value to include all first-parent commits (similar to `git log -n`).",
    )


def _show_arguments(parser: ArgumentParser) -> None:
    _rev_flags(parser, "Show")
    flag = arguments.flag
    flag(parser, "-a", "--all-branches", help="Show experiments derived from the tip of all Git branches.")
    flag(parser, "-T", "--all-tags", help="Show experiments derived from all Git tags.")
    flag(parser, "--no-pager", help="Do not pipe output into a pager: dvnb never does.")
    flag(parser, "--only-changed", help="Only show metrics/params with values varying across the selected experiments.")
    pattern = {"metavar": "<regex_pattern>"}
    arguments.appended(parser, "--drop", help="Remove the columns matching the specified regex pattern.", **pattern)
    arguments.appended(parser, "--keep", help="Preserve the columns matching the specified regex pattern.", **pattern)
    flag(parser, "--param-deps", help="Show only params that are stage dependencies.")
    parser.add_argument(
        "--sort-by", metavar="<metric/param>", help="Sort related experiments by the specified metric or param."
    )
    parser.add_argument(
        "--sort-order",
        choices=("asc", "desc"),
        default="asc",
        help="Sort order to use with --sort-by. Defaults to ascending ('asc').",
    )
    flag(parser, "--sha", dest="hashes_only", help="Always show git commit SHAs instead of branch/tag names.")
    flag(parser, "--hide-failed", help="Hide failed experiments in the table.")
    flag(parser, "--hide-queued", help="Hide queued experiments in the table.")
    flag(parser, "--hide-workspace", help="Hide workspace row in the table.")
    flag(parser, "--json", help="Print output in JSON format instead of a human-readable table.")
    flag(parser, "--csv", help="Print output in csv format instead of a human-readable table.")
    arguments.markdown_flag(parser)
    parser.add_argument(
        "--precision",
        type=int,
        metavar="<n>",
        help="Round metrics/params to `n` digits precision after the decimal point. Rounds to 5 digits by default.",
    )
    flag(parser, "--no-fetch", help="Do not ask running experiments for their state.")
    flag(parser, "-f", "--force", help="Force re-collection of experiments instead of loading from exp cache.")


def _show(call: Invocation, args: Namespace) -> ExperimentShowResult:
    _check_patterns(args)
    result = call.repo().exp_show(
        *args.revs,
        num=args.num,
        **arguments.history(args),
        param_deps=args.param_deps,
        force=args.force,
        hide_workspace=args.hide_workspace,
        hashes_only=args.hashes_only,
    )
    if args.sort_by:
        from dvnb.repo.experiments.table import SortOrder, check_order

        try:
            check_order(result.states, SortOrder(args.sort_by))
        except TargetError as exc:
            raise MisuseError(str(exc), 255) from exc
    return result


def _check_patterns(args: Namespace) -> None:
    import re

    for pattern in (*args.drop, *args.keep):
        try:
            re.compile(pattern)
        except re.error as exc:
            raise MisuseError(f"'{pattern}' is no regular expression: {exc}", 255) from exc


def _list_arguments(parser: ArgumentParser) -> None:
    _rev_flags(parser, "List")
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--name-only",
        "--names-only",
        action="store_true",
        help="Only output experiment names (without SHAs or parent commits).",
    )
    group.add_argument(
        "--sha-only",
        "--shas-only",
        action="store_true",
        help="Only output experiment commit SHAs (without names or parent commits).",
    )
    arguments.json_flag(parser)
    arguments.table_flags(parser)
    parser.add_argument(
        "git_remote",
        nargs="?",
        metavar="<git_remote>",
        help="Optional Git remote name or Git URL. If provided, experiments from the specified Git repository will be "
        "listed instead of local ones.",
    )


def _list(call: Invocation, args: Namespace) -> ExperimentListResult:
    return call.repo().exp_list(*args.revs, num=args.num, all_commits=args.all_commits, git_remote=args.git_remote)


def _save_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Limit DVC caching to these .dvc files and stage names.")
    arguments.flag(parser, "-R", "--recursive", help="Cache subdirectories of the specified directory.")
    arguments.flag(parser, "-f", "--force", help="Replace experiment if it already exists.")
    arguments.json_flag(parser)
    parser.add_argument(
        "-n",
        "--name",
        metavar="<name>",
        help="Human-readable experiment name. If not specified, a name will be auto-generated.",
    )
    arguments.appended(
        parser, "-I", "--include-untracked", help="List of untracked paths to include in the experiment."
    )
    parser.add_argument("-m", "--message", help="Custom commit message to use when committing the experiment.")
    parser.add_argument("-M", dest="message", help=argparse.SUPPRESS)  # obsolete


def _save(call: Invocation, args: Namespace) -> ExperimentSaveResult:
    return call.repo().exp_save(
        *args.targets,
        name=args.name,
        force=args.force,
        include_untracked=args.include_untracked,
        message=args.message,
        recursive=args.recursive,
    )


# Their words are loaded with the table of experiments, when there is a result to tell.
def _shown(result: Any, args: Namespace, style: Style) -> str:
    from dvnb.commands.text import experiments as text

    return text.shown(result, args, style)


def _listed(result: Any, args: Namespace, style: Style) -> str:
    from dvnb.commands.text import experiments as text

    return text.listed(result, args, style)


def _saved(result: Any, args: Namespace, style: Style) -> str:
    from dvnb.commands.text import experiments as text

    return text.saved(result, args, style)


COMMANDS = (
    Command(
        "exp show",
        "Print experiments.",
        examples=[
            Example("exp show", "the workspace, HEAD and its experiments, with their params and metrics"),
            Example("exp show -n 3 --only-changed --sort-by acc", "the last three commits: what differs, by accuracy"),
        ],
        add_arguments=_show_arguments,
        call=_show,
        text=_shown,
        failure="failed to show experiments",
        failure_code=1,
    ),
    Command(
        "exp list",
        "List local and remote experiments.",
        examples=[
            Example("exp list", "the experiments that derive from HEAD"),
            Example("exp list -A origin", "all that git's remote `origin` has"),
        ],
        add_arguments=_list_arguments,
        call=_list,
        text=_listed,
    ),
    Command(
        "exp save",
        "Save current workspace as an experiment.",
        examples=[Example("exp save -n wide-net", "record data, params and metrics as they are, without a git commit")],
        add_arguments=_save_arguments,
        call=_save,
        text=_saved,
        failure="failed to save experiment",
        failure_code=1,
    ),
)
