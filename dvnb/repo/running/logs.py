"""The kept output of stages: which runs there were, and what they wrote."""

from __future__ import annotations

import os
import time
from typing import Any

from dvnb.errors import DvnbError, Hint
from dvnb.events import CommandOutput
from dvnb.pipeline.running import kept_logs
from dvnb.project.claims import host, is_alive
from dvnb.repo.results.logs import LogsResult, StageLog
from dvnb.repo.session import Session

FOLLOW_SECONDS = 0.2
"""How long new output may wait until it is shown by `--follow`."""


def logs(
    session: Session, stage: str | None, *, runs: int = 1, listed: bool = False, follow: bool = False
) -> LogsResult:
    """The latest `runs` of a stage with what they wrote; `listed`: all runs (of all stages, without one), without that.

    `follow`: what the last run writes is told by events until it ends.

    Raises: TargetError; DvnbError where nothing is kept.
    """
    paths = _paths(session, stage)
    if listed:
        return LogsResult([_log(session, path, with_text=False) for path in paths])
    if not paths:
        raise DvnbError(f"no log is kept of '{stage}'", Hint("logs", "--list"))
    if follow:
        _follow(session, paths[-1])
        return LogsResult([_log(session, paths[-1], with_text=False)])
    return LogsResult([_log(session, path, with_text=True) for path in paths[-runs:]])


def _paths(session: Session, stage: str | None) -> list[str]:
    """Logs of a stage, or of all stages, oldest first."""
    project = session.project
    if stage is None:
        home = kept_logs.logs_folder(project)
        folders = [os.path.join(home, name) for name in _names(home) if not name.startswith(".")]
    else:
        folders = [kept_logs.stage_folder(project, found) for found in session.targets.stages([stage])]
    found = [(name, folder) for folder in folders for name in _names(folder) if name.endswith(".log")]
    return [os.path.join(folder, name) for name, folder in sorted(found)]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _log(session: Session, path: str, *, with_text: bool) -> StageLog:
    said, body = kept_logs.read(path)
    return StageLog(
        said.get("stage", os.path.basename(os.path.dirname(path))),
        session.project.shown(path),
        _state(said),
        said.get("start"),
        said.get("end"),
        said.get("seconds"),
        said.get("status"),
        said.get("commands", []),
        len(body),
        body.decode("utf-8", "replace") if with_text else None,
        said.get("streams", []) if with_text else [],
    )


def _state(said: dict[str, Any]) -> str:
    if "state" in said:
        return said["state"]
    elsewhere = said.get("host") != host()
    return "running" if elsewhere or is_alive(said.get("pid", 0)) else "killed"


def _follow(session: Session, path: str) -> None:
    import codecs  # few look on

    told, decoder = 0, codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        said, body = kept_logs.read(path)
        if len(body) > told:
            session.project.emit(CommandOutput(said.get("stage", ""), decoder.decode(body[told:])))
            told = len(body)
        if _state(said) != "running":
            return
        time.sleep(FOLLOW_SECONDS)
