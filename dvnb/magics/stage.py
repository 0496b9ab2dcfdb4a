"""`%%stage NAME …`: a cell that is a stage of dvc.yaml; `%%stage --setup`: a cell that stages begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, magics_class, no_var_expand

from dvnb.magics.errors import DvcFailed

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.results import Result

PROGRAM = "%%stage"


@magics_class
class StageMagics(Magics):
    """The cell magics, and the setup cells of this kernel in their order."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.setup: dict[str, str] = {}

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

    def _run(self, line: str, cell: str) -> Result | None:
        from dvnb.commands.parser import HelpWanted, UsageError
        from dvnb.magics.arguments import split

        assert self.shell is not None  # noqa: S101 - magics belong to a shell
        words = split(line, self.shell.user_ns)
        try:
            args = _parser().parse_args(words)
            if not args.setup and args.name is None:
                _parser().error("the following arguments are required: name")
        except HelpWanted as wanted:
            print(wanted.text)  # noqa: T201 - a cell's output
            return None
        except UsageError as error:
            raise DvcFailed(str(error), "%%stage NAME -d DEP -p PARAM -o OUT, or %%stage --setup", code=254) from None
        if args.setup:
            self._remember(args.name, cell)
            return None
        from dvnb.magics.stagecell import run_stage  # the engine

        return run_stage(args, cell, list(self.setup.values()), self.shell)

    def _remember(self, label: str | None, cell: str) -> None:
        """Run a setup cell here; once it worked, later stages begin with it."""
        assert self.shell is not None  # noqa: S101
        done = self.shell.run_cell(cell)
        if not done.success:
            raise DvcFailed("the setup cell failed, so stages will not begin with it")
        self.setup[label or self._identity(cell)] = cell

    def _identity(self, cell: str) -> str:
        """What tells that a setup cell is run again, perhaps edited: the front end's id of it, else its text."""
        parent: Any = getattr(self.shell, "parent_header", None) or {}
        metadata = parent.get("metadata", {}) if isinstance(parent, dict) else {}
        return metadata.get("cellId") or cell


def _parser() -> Any:
    from dvnb.commands.parser import Parser

    parser = Parser(
        PROGRAM,
        "Make this cell a stage of dvc.yaml and run it, in a fresh kernel, if something changed.",
        "examples:\n  # a cell that every later stage begins with; it runs here, too\n  %%stage --setup\n"
        "  # a stage; the cell finds the param `lr` as a variable\n"
        "  %%stage train -d data.csv -p lr -o model.pkl -M metrics.json",
    )
    _arguments(parser)
    return parser


def _arguments(parser: ArgumentParser) -> None:
    from dvnb.commands import arguments, pipeline

    parser.add_argument("name", nargs="?", help="Name of the stage; with --setup a label that tells setup cells apart.")
    arguments.flag(parser, "--setup", help="Run the cell here, and let the stages of later cells begin with it.")
    pipeline.out_arguments(parser)
    parser.add_argument("--desc", metavar="<text>", help="User description of the stage (optional).")
    arguments.flag(parser, "-f", "--force", help="Run the stage even if nothing changed.")
