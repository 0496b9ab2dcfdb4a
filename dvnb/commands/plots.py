"""Plots: plots show, diff, modify, templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import plots as text
from dvnb.errors import NotARepoError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.facade.plots import PlotVerbs
    from dvnb.repo.results import PlotsModifyResult, PlotsResult, PlotsTemplatesResult

_PROPS = ("template", "x", "y", "x_label", "y_label", "title", "header")
_UNEXPECTED = 255  # what dvc ends with where a template does not fit


def _props_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-t",
        "--template",
        nargs="?",
        metavar="<path>",
        help="Template to draw with: one of `plots templates`, one of the project's own in `.dvc/plots`, or a file.",
    )
    parser.add_argument("-x", metavar="<field>", help="Field name for X axis.")
    parser.add_argument("-y", metavar="<field>", help="Field name for Y axis.")
    parser.add_argument(
        "--no-header",
        action="store_false",
        dest="header",
        default=None,
        help="Provided CSV or TSV datafile does not have a header.",
    )
    parser.add_argument("--title", metavar="<text>", help="Plot title.")
    parser.add_argument("--x-label", metavar="<text>", help="X axis label")
    parser.add_argument("--y-label", metavar="<text>", help="Y axis label")


def _output_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--out", metavar="<path>", help="Directory to save plots to.")
    arguments.flag(parser, "--show-vega", help="Show output in Vega format.")
    arguments.json_flag(parser)
    arguments.flag(parser, "--split", help="With --json: what many figures share beside the specs, not in them.")
    arguments.flag(parser, "--open", help="Open plot file directly in the browser.")
    parser.add_argument("--html-template", metavar="<path>", help="Custom HTML template for VEGA visualization.")


def _props(args: Namespace) -> dict[str, Any]:
    return {name: getattr(args, name) for name in _PROPS if getattr(args, name) is not None}


def _show_arguments(parser: ArgumentParser) -> None:
    arguments.targets(
        parser, "Plots files or plot IDs from `dvc.yaml` to visualize. Shows all plots by default.", nargs="*"
    )
    _props_arguments(parser)
    _output_arguments(parser)


def _show(call: Invocation, args: Namespace) -> PlotsResult:
    return _draw(call, args, lambda repo, options: repo.plots_show(*args.targets, **options))


def _diff_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("revisions", nargs="*", help="Git commits to plot from")
    parser.add_argument(
        "--targets",
        nargs="*",
        default=[],
        metavar="<paths>",
        help="Specific plots to visualize. Accepts any file path or plot name from `dvc.yaml` file. "
        "Shows all tracked plots by default.",
    )
    arguments.flag(parser, "-e", "--experiment", help="Compare an experiment with the commit it began from.")
    _props_arguments(parser)
    _output_arguments(parser)


def _diff(call: Invocation, args: Namespace) -> PlotsResult:
    return _draw(
        call,
        args,
        lambda repo, options: repo.plots_diff(
            *args.revisions, targets=args.targets, experiment=args.experiment, **options
        ),
    )


def _draw(call: Invocation, args: Namespace, ask: Callable[[PlotVerbs, dict[str, Any]], PlotsResult]) -> PlotsResult:
    """Plots as the arguments want them: a page in a terminal, nothing but the result in a notebook."""
    from dvnb.reports.plots.problems import PlotError

    _refuse_contradictions(args)
    inline = args.json or args.show_vega
    options: dict[str, Any] = {
        **_props(args),
        "out": args.out,
        "page": not inline and (args.open or args.out is not None or not call.capture),
        "html_template": args.html_template,
        "split": args.split and args.json,
    }
    if args.json and args.out is None and not call.capture:
        options["out"] = ""  # as dvc, which writes pictures for its JSON to name
    repo = _repo(call)
    try:
        result = ask(repo, options)
    except PlotError as error:
        raise MisuseError(str(error), _UNEXPECTED) from error
    args.auto_open = bool(result.page) and bool(repo.project.config.get("plots.auto_open"))
    args.opened = _open(result.page) if result.page and (args.open or args.auto_open) else None
    return result


def _repo(call: Invocation) -> PlotVerbs:
    """The repo, or the folder where there is none: any file can be drawn."""
    try:
        return call.repo()
    except NotARepoError:
        from dvnb.repo.facade.plots import PlotsAnywhere

        return PlotsAnywhere(call.start, listener=call.listener, capture=call.capture)


def _refuse_contradictions(args: Namespace) -> None:
    if not args.show_vega:
        return
    if not args.targets:
        raise MisuseError("please specify a target for `--show-vega`")
    if len(args.targets) > 1:
        raise MisuseError("you can only specify one target for `--show-vega`")
    if args.json:
        raise MisuseError("'--show-vega' and '--json' are mutually exclusive options.")


def _open(page: str) -> bool:
    """Show the page in a browser; False if there is none."""
    import webbrowser

    return webbrowser.open(text.uri(page))


def _opened(result: PlotsResult, args: Namespace) -> int:
    return 1 if args.opened is False else 0


def _modify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", help="Plots file to set properties for (defined at the stage level).")
    _props_arguments(parser)
    parser.add_argument(
        "--unset", nargs="*", default=[], metavar="<property>", help="Unset one or more display properties."
    )


def _modify(call: Invocation, args: Namespace) -> PlotsModifyResult:
    return call.repo().plots_modify(args.target, **_props(args), unset=args.unset)


def _templates_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "template", nargs="?", help="Template for which to show JSON specification. List all template names by default."
    )


def _templates(call: Invocation, args: Namespace) -> PlotsTemplatesResult:
    return call.repo().plots_templates(args.template)


COMMANDS = (
    Command(
        "plots show",
        "Generate plots from target files or from `plots` definitions in `dvc.yaml`.",
        examples=[
            Example("plots show", "a page with all plots, which opens without a network"),
            Example("plots show logs.csv -x step -y loss", "one file's column over another"),
        ],
        add_arguments=_show_arguments,
        call=_show,
        text=text.drawn,
        failure_code=1,
        exit_code=_opened,
    ),
    Command(
        "plots diff",
        "Show multiple versions of a plot by overlaying them in a single image.",
        examples=[
            Example("plots diff", "how the workspace's plots differ from those of HEAD"),
            Example("plots diff v1 v2 --targets roc.json", "one plot of two tags"),
        ],
        add_arguments=_diff_arguments,
        call=_diff,
        text=text.drawn,
        failure_code=1,
        exit_code=_opened,
    ),
    Command(
        "plots modify",
        "Modify display properties of data-series plots defined in stages (has no effect on image plots).",
        examples=[Example("plots modify loss.csv --template smooth -x step", "draw an output with another template")],
        add_arguments=_modify_arguments,
        call=_modify,
        text=text.modified,
    ),
    Command(
        "plots templates",
        "List built-in plots templates or show JSON specification for one.",
        examples=[
            Example("plots templates", "the names of all templates"),
            Example("plots templates confusion", "what a template consists of, to make one of your own"),
        ],
        add_arguments=_templates_arguments,
        call=_templates,
        text=text.templates,
        failure_code=1,
    ),
)
