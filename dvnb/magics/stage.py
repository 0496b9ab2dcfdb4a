"""`%%stage NAME …`: a cell that is a stage of dvc.yaml; `%%stage --setup`: a cell that stages begin with; `%stages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from dvnb.magics.errors import DvcFailed
from dvnb.magics.owncell import own_cell

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.results import Result

PROGRAM = "%%stage"


@magics_class
class StageMagics(Magics):
    """The cell magics, the setup cells of this kernel in their order, and the stages that its cells defined."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.setup: dict[str, str] = {}
        self.defined: dict[str, tuple[str, float]] = {}
        """Stage -> the front end's id of its cell, and when it was run (seconds since the epoch)."""

    @no_var_expand
    @cell_magic
    def stage(self, line: str, cell: str) -> Result | None:
        """Make the cell a stage and run it if something changed: `%%stage train -d data -p lr -o model.pkl`.

        It runs in a fresh kernel, after the cells marked `%%stage --setup`; see `%%stage --help`.
        """
        return self._run(line, cell)

    @no_var_expand
    @cell_magic
    def dvc_stage(self, line: str, cell: str) -> Result | None:
        """The same as `%%stage`."""
        return self._run(line, cell)

    @no_var_expand
    @line_magic
    def stages(self, line: str) -> Any:
        """The stages of this notebook and the others of the project: fresh or stale, and why; buttons run them.

        `%stages --remove NAME` removes the stage of a cell that is gone.
        """
        from dvnb.magics.stagelist import show_stages

        assert self.shell is not None  # noqa: S101 - magics belong to a shell
        args = self._parsed(stages_parser(), line, "%stages, or %stages --remove NAME")
        return None if args is None else show_stages(args, self.shell, self.defined)

    def _run(self, line: str, cell: str) -> Result | None:
        assert self.shell is not None  # noqa: S101 - magics belong to a shell
        line, cell = whole_line(line, cell)
        args = self._parsed(cell_parser(), line, "%%stage NAME -d DEP -p PARAM -o OUT, or %%stage --setup")
        if args is None:
            return None
        if args.setup:
            self._remember(args.name, cell)
            return None
        from dvnb.magics.stagecell import StageRun  # the engine

        with own_cell(self.shell):
            return StageRun(args, cell, self.shell, self.setup, self.defined, self._cell_id()).run()

    def _parsed(self, parser: Any, line: str, usage: str) -> Namespace | None:
        """The arguments; None where help was asked for, which is printed."""
        from dvnb.commands.parser import HelpWanted, UsageError
        from dvnb.magics.arguments import split

        assert self.shell is not None  # noqa: S101
        try:
            args: Namespace = parser.parse_args(split(line, self.shell.user_ns))
            if "setup" in args and not args.setup and args.name is None:
                parser.error("the following arguments are required: name")
        except HelpWanted as wanted:
            print(wanted.text)  # noqa: T201 - a cell's output
            return None
        except UsageError as error:
            raise DvcFailed(str(error), usage, code=254) from None
        args.quiet, args.verbose = getattr(args, "quiet", 0), getattr(args, "verbose", 0)
        return args

    def _remember(self, label: str | None, cell: str) -> None:
        """Run a setup cell here; once it worked, later stages begin with it."""
        assert self.shell is not None  # noqa: S101
        from dvnb.magics.nested import run_nested

        if not run_nested(self.shell, cell, "await in the cells of the stages, which have kernels of their own"):
            raise DvcFailed("the setup cell failed, so stages will not begin with it")
        self.setup[label or self._cell_id() or cell] = cell

    def _cell_id(self) -> str:
        """The front end's id of the running cell, which stays when the cell is edited; "" where it tells none."""
        parent: Any = getattr(self.shell, "parent_header", None) or {}
        metadata = parent.get("metadata", {}) if isinstance(parent, dict) else {}
        return str(metadata.get("cellId") or "")


def with_body(lines: list[str]) -> list[str]:
    """The lines of a cell; one that only asks for help gets a body, since IPython calls no cell magic without."""
    words = lines[0].split() if lines else []
    asks = words[:1] in (["%%stage"], ["%%dvc_stage"]) and words[1:] in (["--help"], ["-h"])
    return [f"{lines[0].rstrip()}\n", "\n"] if asks and not "".join(lines[1:]).strip() else lines


def whole_line(line: str, cell: str) -> tuple[str, str]:
    """The magic's line with those that it goes on with, by backslashes at their ends; the rest of the cell."""
    while line.rstrip().endswith("\\") and cell:
        more, _, cell = cell.partition("\n")
        line = f"{line.rstrip()[:-1]} {more.strip()}"
    return line, cell


def cell_parser() -> Any:
    """The parser of a cell's first line."""
    from dvnb.commands.parser import Parser

    parser = Parser(
        PROGRAM,
        "Make this cell a stage of dvc.yaml and run it, in a fresh kernel, if something changed.",
        "examples:\n  # a cell that every later stage begins with; it runs here, too\n  %%stage --setup\n"
        "  # a stage; the cell finds the param `lr` as a variable\n"
        "  %%stage train -d data.csv -p lr -o model.pkl -M metrics.json\n"
        "  # variables: `raw` is read before the cell, `clean` is written after it and loaded back into the notebook\n"
        "  %%stage clean --in raw=raw.csv --out clean=data/clean.parquet",
    )
    _arguments(parser)
    return parser


def _arguments(parser: ArgumentParser) -> None:
    from dvnb.commands import arguments, stage_options
    from dvnb.notebooks.variables import FORMATS

    parser.add_argument("name", nargs="?", help="Name of the stage; with --setup a label that tells setup cells apart.")
    arguments.flag(parser, "--setup", help="Run the cell here, and let the stages of later cells begin with it.")
    arguments.appended(
        parser,
        "--in",
        dest="loads",
        metavar="<name>=<path>",
        help=f"Read a variable before the cell runs; how, its suffix tells: {FORMATS}.",
    )
    arguments.appended(
        parser,
        "--out",
        dest="saves",
        metavar="<name>=<path>",
        help="Write a variable after the cell has run, and load it back into this notebook, run or skipped;"
        " also .pkl (any object), which is only loaded back if it was made on this machine.",
    )
    stage_options.out_arguments(parser)
    arguments.appended(
        parser,
        "--map",
        dest="parameters",
        help="Set a variable to this key of the params, whose own name cannot be one or means something else, or to a"
        " fixed value.",
        metavar="<name>=<value or dotted.key>",
    )
    parser.add_argument("--desc", metavar="<text>", help="User description of the stage (optional).")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--no-run", action="store_true", help="Define the stage, and do not run it.")
    how.add_argument(
        "--inline",
        action="store_true",
        help="Run the cell in this kernel, to try it out; what it makes is not recorded, as it may depend on anything"
        " here.",
    )
    how.add_argument("-f", "--force", action="store_true", help="Run the stage even if nothing changed.")
    parser.add_argument(
        "--rename-from", metavar="<name>", help="The name that this cell's stage had before: that one is removed."
    )


def stages_parser() -> Any:
    """The parser of `%stages`."""
    from dvnb.commands.parser import Parser

    parser = Parser(
        "%stages",
        "Show the stages of this notebook and the others of the project: fresh or stale, and why.",
        "examples:\n  # the table, with buttons where the front end shows widgets\n  %stages\n"
        "  # the cell of `old` is gone, or has another name now: remove its stage, keep what it made\n"
        "  %stages --remove old",
    )
    parser.add_argument("--remove", metavar="<name>", help="Remove the stage of a cell that is gone.")
    return parser
