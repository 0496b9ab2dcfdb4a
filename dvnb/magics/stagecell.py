"""One `%%stage` cell: its stage defined, run or skipped, and told about; its variables loaded back."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from dvnb.commands import stages
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import pipeline as pipeline_text
from dvnb.display.result import displayed
from dvnb.errors import OwnershipError, StageFailedError
from dvnb.magics import stageoutput
from dvnb.magics.dvc import failed
from dvnb.magics.errors import DvcFailed
from dvnb.magics.loading import load_back
from dvnb.magics.ownnotebook import OwnNotebook
from dvnb.notebooks import variables
from dvnb.repo.notebooks.stagecells import CellRequest
from dvnb.repo.results import ReproResult, StageAddResult
from dvnb.repo.running.notebooks import out_specs

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.facade import Repo


class StageRun:
    """The call of one cell. `defined` is what this kernel's cells defined: stage -> (the cell's id, when)."""

    def __init__(
        self,
        args: Namespace,
        body: str,
        shell: InteractiveShell,
        setup: dict[str, str],
        defined: dict[str, tuple[str, float]],
        cell_id: str,
    ) -> None:
        self._args = args
        self._body = body
        self._shell = shell
        self._setup = tuple(setup.values())
        self._defined = defined
        self._cell_id = cell_id
        self._before: dict[str, tuple[int, int] | None] = {}

    def run(self) -> ReproResult | StageAddResult | None:
        """Define the stage as the cell has it now, and bring it up to date.

        Raises: DvcFailed.
        """
        args = self._args
        if os.environ.get("DVC_STAGE"):
            outer = os.environ["DVC_STAGE"]
            raise DvcFailed(f"stage '{args.name}' cannot be defined here: this notebook runs inside stage '{outer}'")
        with stageoutput.StageOutput(quiet=bool(args.quiet)) as listener:
            repo: Repo | None = None
            try:
                repo = Invocation(listener=listener, capture=True).repo()
                self._before = stageoutput.copies(repo.root, args.name)
                return self._run(repo)
            except KeyboardInterrupt:
                raise DvcFailed(
                    "interrupted by the user; the outputs of the stage are as they were before", code=252
                ) from None
            except StageFailedError as error:
                raise self._failed(error, repo) from error
            except DvcFailed:
                raise
            except Exception as error:
                raise failed(error, RUN, args) from error

    def _failed(self, error: StageFailedError, repo: Repo | None) -> DvcFailed:
        """What the cell fails with, once its tracebacks are shown."""
        failure = failed(error, RUN, self._args)
        errors = stageoutput.failures(repo.root, self._args.name, self._before) if repo else []
        for is_saving, output in errors:
            lacking = self._lacking(str(output.get("evalue"))) if is_saving else None
            if lacking is None:
                stageoutput.show_traceback(output)
            else:
                failure.hint = f"the cell does not assign '{lacking.name}', which --out is to write to '{lacking.path}'"
        return failure

    def _lacking(self, error: str) -> variables.Variable | None:
        """The `--out` variable that an error finds undefined."""
        saves = variables.parse(self._args.saves, "--out")
        return next(
            (variable for variable in saves if error.startswith(f"name '{variable.name}' is not defined")), None
        )

    def _run(self, repo: Repo) -> ReproResult | StageAddResult | None:
        args = self._args
        own = OwnNotebook(self._shell, repo.root)
        request = self._request(own)
        stageoutput.warn_of_missing_setup(repo.root, args.name, self._setup)
        try:
            definition, operation = repo.cell_stage(request, replaces=args.rename_from)
        except OwnershipError as error:
            raise self._with_way_out(error, repo, own) from error
        self._defined[args.name] = (self._cell_id, time.time())
        self._tell_of_gone(repo, own)
        if args.no_run:
            return displayed(definition, DEFINE, args)
        if args.inline:
            from dvnb.magics.inline import run_inline  # for who tries things out

            run_inline(repo, request, operation, self._shell)
            return None
        result = repo.run_cell_stage(args.name, operation, force=args.force)
        result.to_stage = list(dict.fromkeys([*definition.to_stage, *result.to_stage]))
        if not args.quiet and not result.ran:
            stageoutput.replay(repo.root, args.name)
        load_back(request.saves, repo, self._shell)
        return displayed(result, RUN, args)

    def _request(self, own: OwnNotebook) -> CellRequest:
        args = self._args
        loads, saves = variables.parse(args.loads, "--in"), variables.parse(args.saves, "--out")
        variables.check_installed([*loads, *saves])
        return CellRequest(
            args.name,
            self._body,
            self._setup,
            own.shown,
            tuple(loads),
            tuple(saves),
            deps=tuple(args.deps),
            params=tuple(args.params),
            assignments=tuple(args.parameters),
            outs=tuple(
                out_specs(
                    args.outs, args.outs_no_cache, args.metrics, args.metrics_no_cache, args.plots, args.plots_no_cache
                )
            ),
            desc=args.desc,
        )

    def _with_way_out(self, error: OwnershipError, repo: Repo, own: OwnNotebook) -> DvcFailed:
        """What the cell fails with where its outs belong to a stage that is perhaps its own of before."""
        failure = failed(error, RUN, self._args)
        name = self._args.name
        gone = self._gone(repo, own, {**self._defined, name: (self._cell_id, time.time())})
        former = next((other for other in gone if f"'{other}'" in str(error)), None)
        if former:
            better = f"`%%stage {name} --rename-from {former} …`"
            failure.hint = f"the cell of stage '{former}' is gone: if this is it, {better}"
        return failure

    def _gone(self, repo: Repo, own: OwnNotebook, defined: dict[str, tuple[str, float]]) -> list[str]:
        named = [(row.stage.rpartition(":")[2], row.own) for row in repo.cell_stages(own.shown).stages]
        mine = [name for name, is_own in named if is_own or name in defined]
        return [name for name in own.gone(mine, defined) if name != self._args.name]

    def _tell_of_gone(self, repo: Repo, own: OwnNotebook) -> None:
        for name in self._gone(repo, own, self._defined):
            if stageoutput.body_of(repo.root, name) == self._body.strip("\n"):
                told = f"this cell was stage '{name}' before: "
            else:
                told = f"stage '{name}' has no cell in this notebook any more: "
            sys.stderr.write(f"{told}`%stages --remove {name}` removes it\n")


def _call(call: Invocation, args: Namespace) -> ReproResult:
    return call.repo().repro(args.name, single_item=True, force=args.force)


# Not verbs of the command line: what the magic's results and failures are told by.
_EXAMPLES = [Example("train -d data.csv -p lr -o model.pkl", "a stage `train`")]
RUN = Command("stage-cell", "Make a cell a stage.", examples=_EXAMPLES, call=_call, text=pipeline_text.reproduced)
DEFINE = next(command for command in stages.COMMANDS if command.words == "stage add")
