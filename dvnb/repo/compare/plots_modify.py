"""Changing how a stage's plot looks.

Source: dvc's repo/plots/__init__.py (modify), stage/serialize.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dvnb.errors import DvnbError, TargetError
from dvnb.formats import dvcyaml
from dvnb.pipeline.load import speller
from dvnb.pipeline.stage import Out, Stage
from dvnb.repo.results.plots import PlotsModifyResult
from dvnb.repo.session import Session
from dvnb.reports.plots import vega


def modify(session: Session, target: str, props: dict[str, Any], unset: Sequence[str]) -> PlotsModifyResult:
    """Set properties of an output, and take others away; an output that is none becomes a plot.

    Raises: TargetError for what is no output of a stage; PlotError for an unknown template; DvnbError for a property
    that is not set, or a stage that is generated.
    """
    project = session.project
    if props.get("template"):
        vega.find_template(props["template"], os.path.join(project.dvc_dir, "plots"))
    stage, out = _find(session, target)
    plot = _changed(session, out, props, unset)
    with open(stage.file, "rb") as file:
        old = file.read()
    shown = project.shown(stage.file)
    new = dvcyaml.set_plot(old, shown, stage.name or "", out.text, plot, speller(stage, project.root))
    if new == old:
        return PlotsModifyResult(project.shown(out.path), plot)
    project.journal.write(stage.file, new)
    # dvc leaves staging to its user here, whatever core.autostage says.
    return PlotsModifyResult(project.shown(out.path), plot, shown)


def _find(session: Session, target: str) -> tuple[Stage, Out]:
    found = session.index.owner(session.absolute(target))
    if found is None:
        raise TargetError(f"Unable to find DVC file with output '{target}'")
    stage, _ = found
    if stage.name is None:
        where = session.project.shown(stage.file)
        raise TargetError(f"'{target}' is tracked by '{where}': only an output of a stage in dvc.yaml can be a plot")
    if stage.generator or stage.templated:
        raise DvnbError(f"cannot dump a parametrized {session.index.describe(stage)}")
    return found


def _changed(session: Session, out: Out, props: dict[str, Any], unset: Sequence[str]) -> dict[str, Any]:
    plot: dict[str, Any] = dict(out.plot) if isinstance(out.plot, dict) else {}
    shown = session.project.shown(out.path)
    if unset and out.kind != "plots":
        raise DvnbError(f"'{shown}' is not a known plot. Use `dvc plots modify` to turn it into one.")
    missing = [name for name in dict.fromkeys(unset) if name not in plot]
    if missing:
        raise DvnbError(f"display properties {missing} not found in plot '{shown}'")
    return {key: value for key, value in plot.items() if key not in unset} | props
