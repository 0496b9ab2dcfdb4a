"""Which stage a running `dvnb notebook run` belongs to.

`DVC_STAGE` is only a hint: dvc writes it relative to the folder that it was called from, which a
command cannot know. So a stage is recognized by its wdir and its command, and the hint breaks ties.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from dvnb.errors import NotebookError
from dvnb.notebooks.command_lines import NotebookCommand, notebook_calls
from dvnb.pipeline.stage import Stage

_ADDRESS = re.compile(r"(?P<file>.*\.ya?ml):(?P<name>.+)", re.DOTALL)


def find_owner(stages: Iterable[Stage], command: NotebookCommand, cwd: str, *, hint: str | None = None) -> Stage | None:
    """The stage whose command is running: its wdir is `cwd` and its cmd holds `command`; None outside of any.

    `stages` are those of the project around `cwd`, `hint` is the value of DVC_STAGE.
    Raises: NotebookError listing the stages if several fit, or none although the hint names one of them.
    """
    here = os.path.realpath(cwd)
    known = [stage for stage in stages if stage.name is not None and stage.cmd is not None]
    local = [stage for stage in known if os.path.realpath(stage.wdir) == here]
    fitting = [(stage, call) for stage in local for call in _calls(stage) if _same_paths(call, command, here)]
    exact = [pair for pair in fitting if pair[1].params == command.params]
    found = _distinct(stage for stage, _ in exact or fitting)
    name = hinted_name(hint) if hint else None
    if len(found) > 1 and name is not None:
        found = [stage for stage in found if stage.name == name] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise NotebookError(
            f"{len(found)} stages run '{command.source}' like this: {_listed(found, here)}; "
            f"choose one by --stage FILE:NAME"
        )
    if name is not None and any(stage.name == name for stage in known):
        there = _listed(local, here) if local else "no stage runs in this folder"
        raise NotebookError(
            f"'{command.source}' runs inside stage '{hint}', but no stage of this folder has this command ({there}); "
            f"name its stage by --stage FILE:NAME"
        )
    return None


def named_stage(stages: Iterable[Stage], address: str, cwd: str) -> Stage:
    """The stage at `address` (`FILE:NAME`, or `NAME` of the dvc.yaml in `cwd`).

    Raises: NotebookError listing the stages if there is none.
    """
    file, name = split_address(address)
    path = os.path.realpath(os.path.join(cwd, file))
    known = [stage for stage in stages if stage.name is not None]
    for stage in known:
        if stage.name == name and os.path.realpath(stage.file) == path:
            return stage
    there = _listed(known, os.path.realpath(cwd)) if known else "none"
    raise NotebookError(f"there is no stage '{name}' in '{file}'; stages: {there}")


def split_address(address: str) -> tuple[str, str]:
    """File and name of `FILE:NAME`; the file is `dvc.yaml` where it is left out."""
    match = _ADDRESS.fullmatch(address)
    return (match["file"], match["name"]) if match else ("dvc.yaml", address.removeprefix(":"))


def hinted_name(hint: str) -> str:
    """The stage's name in a DVC_STAGE value: what stands after the last `dvc.yaml:`."""
    return hint.rpartition("dvc.yaml:")[2]


def _calls(stage: Stage) -> list[NotebookCommand]:
    return [call for line in stage.commands() for call in notebook_calls(line) if call.program == "dvnb"]


def _same_paths(one: NotebookCommand, other: NotebookCommand, cwd: str) -> bool:
    def resolve(path: str | None) -> str | None:
        return None if path is None else os.path.normpath(os.path.join(cwd, path))

    return resolve(one.source) == resolve(other.source) and resolve(one.output) == resolve(other.output)


def _distinct(stages: Iterable[Stage]) -> list[Stage]:
    return list({(stage.file, stage.name): stage for stage in stages}.values())


def _listed(stages: list[Stage], cwd: str) -> str:
    shown = [f"'{os.path.relpath(stage.file, cwd)}:{stage.name}'" for stage in stages]
    most = 10
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
