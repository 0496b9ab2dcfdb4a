"""What each verb returns: the shape of `--json`, of the magic's value and of a server's answer.

Paths are as a person in the project's current folder would type them (POSIX, relative to the cwd of the `Repo`),
unless a field says otherwise. Every result has `to_json()`.

The families are loaded when the first name of theirs is asked for: each class costs start-up time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvnb.repo.results.content import ContentDiffResult
    from dvnb.repo.results.data import (
        AddResult,
        CheckoutResult,
        CommitResult,
        GcResult,
        GcStore,
        IgnoreMatch,
        IgnoreResult,
        MoveResult,
        RemoveResult,
        TrackedOut,
        UnprotectResult,
    )
    from dvnb.repo.results.elsewhere import DatasetResult, GetResult, ImportResult, UrlEntry, UrlListResult
    from dvnb.repo.results.experiments import (
        ExperimentListResult,
        ExperimentRange,
        ExperimentSaveResult,
        ExperimentShowResult,
        ExperimentState,
        Recorded,
    )
    from dvnb.repo.results.first_years import MigratedStage, MigrateStagesResult
    from dvnb.repo.results.fsck import FsckResult, Hurt
    from dvnb.repo.results.history import LogResult, LogRow
    from dvnb.repo.results.lineage import LineageNode, LineageResult
    from dvnb.repo.results.listing import DataDiffResult, DiskUsageResult, ListResult, ListRow
    from dvnb.repo.results.logs import LogsResult, StageLog
    from dvnb.repo.results.notebook_review import (
        Difference,
        NotebookLintResult,
        NotebookPromoteResult,
        NotebookTraceResult,
    )
    from dvnb.repo.results.notebooks import (
        FormField,
        MergeResult,
        NotebookCleanResult,
        NotebookDiffResult,
        NotebookExportResult,
        NotebookFilterResult,
        NotebookFormResult,
        NotebookParamsResult,
        NotebookRunResult,
        NotebookTryResult,
    )
    from dvnb.repo.results.pipelines import (
        DagResult,
        Outcome,
        ReproResult,
        StageAddResult,
        StageListResult,
        StageRow,
        StageRun,
    )
    from dvnb.repo.results.place import RootResult, VersionResult
    from dvnb.repo.results.plots import PlotsModifyResult, PlotsResult, PlotsTemplatesResult
    from dvnb.repo.results.reports import DiffResult, MetricsShowResult
    from dvnb.repo.results.result import Json, Result, TableResult
    from dvnb.repo.results.settings import ConfigResult, RemoteListResult, RemoteRow
    from dvnb.repo.results.stagecells import CellStageRow, CellStagesResult
    from dvnb.repo.results.start import DestroyResult, InitResult, InstallResult, MigrateResult
    from dvnb.repo.results.status import CloudStatusResult, DataStatusResult, StatusResult
    from dvnb.repo.results.sync import PullResult, TransferSummary
    from dvnb.repo.results.undo import OperationRow, OperationsResult, TrashEmptyResult, UndoResult
    from dvnb.repo.results.why import Cause, WhyResult

__all__ = [
    "AddResult",
    "Cause",
    "CellStageRow",
    "CellStagesResult",
    "CheckoutResult",
    "CloudStatusResult",
    "CommitResult",
    "ConfigResult",
    "ContentDiffResult",
    "DagResult",
    "DataDiffResult",
    "DataStatusResult",
    "DatasetResult",
    "DestroyResult",
    "DiffResult",
    "Difference",
    "DiskUsageResult",
    "ExperimentListResult",
    "ExperimentRange",
    "ExperimentSaveResult",
    "ExperimentShowResult",
    "ExperimentState",
    "FormField",
    "FsckResult",
    "GcResult",
    "GcStore",
    "GetResult",
    "Hurt",
    "IgnoreMatch",
    "IgnoreResult",
    "ImportResult",
    "InitResult",
    "InstallResult",
    "Json",
    "LineageNode",
    "LineageResult",
    "ListResult",
    "ListRow",
    "LogResult",
    "LogRow",
    "LogsResult",
    "MergeResult",
    "MetricsShowResult",
    "MigrateResult",
    "MigrateStagesResult",
    "MigratedStage",
    "MoveResult",
    "NotebookCleanResult",
    "NotebookDiffResult",
    "NotebookExportResult",
    "NotebookFilterResult",
    "NotebookFormResult",
    "NotebookLintResult",
    "NotebookParamsResult",
    "NotebookPromoteResult",
    "NotebookRunResult",
    "NotebookTraceResult",
    "NotebookTryResult",
    "OperationRow",
    "OperationsResult",
    "Outcome",
    "PlotsModifyResult",
    "PlotsResult",
    "PlotsTemplatesResult",
    "PullResult",
    "Recorded",
    "RemoteListResult",
    "RemoteRow",
    "RemoveResult",
    "ReproResult",
    "Result",
    "RootResult",
    "StageAddResult",
    "StageListResult",
    "StageLog",
    "StageRow",
    "StageRun",
    "StatusResult",
    "TableResult",
    "TrackedOut",
    "TransferSummary",
    "TrashEmptyResult",
    "UndoResult",
    "UnprotectResult",
    "UrlEntry",
    "UrlListResult",
    "VersionResult",
    "WhyResult",
]

_FAMILIES = {
    "content": ("ContentDiffResult",),
    "data": (
        "AddResult",
        "CheckoutResult",
        "CommitResult",
        "GcResult",
        "GcStore",
        "IgnoreMatch",
        "IgnoreResult",
        "MoveResult",
        "RemoveResult",
        "TrackedOut",
        "UnprotectResult",
    ),
    "elsewhere": ("DatasetResult", "GetResult", "ImportResult", "UrlEntry", "UrlListResult"),
    "fsck": ("FsckResult", "Hurt"),
    "experiments": (
        "ExperimentListResult",
        "ExperimentRange",
        "ExperimentSaveResult",
        "ExperimentShowResult",
        "ExperimentState",
        "Recorded",
    ),
    "first_years": ("MigrateStagesResult", "MigratedStage"),
    "history": ("LogResult", "LogRow"),
    "logs": ("LogsResult", "StageLog"),
    "lineage": ("LineageNode", "LineageResult"),
    "listing": ("DataDiffResult", "DiskUsageResult", "ListResult", "ListRow"),
    "notebook_review": ("Difference", "NotebookLintResult", "NotebookPromoteResult", "NotebookTraceResult"),
    "notebooks": (
        "FormField",
        "MergeResult",
        "NotebookCleanResult",
        "NotebookDiffResult",
        "NotebookExportResult",
        "NotebookFilterResult",
        "NotebookFormResult",
        "NotebookParamsResult",
        "NotebookRunResult",
        "NotebookTryResult",
    ),
    "pipelines": ("DagResult", "Outcome", "ReproResult", "StageAddResult", "StageListResult", "StageRow", "StageRun"),
    "place": ("RootResult", "VersionResult"),
    "plots": ("PlotsModifyResult", "PlotsResult", "PlotsTemplatesResult"),
    "reports": ("DiffResult", "MetricsShowResult"),
    "result": ("Json", "Result", "TableResult"),
    "settings": ("ConfigResult", "RemoteListResult", "RemoteRow"),
    "stagecells": ("CellStageRow", "CellStagesResult"),
    "start": ("DestroyResult", "InitResult", "InstallResult", "MigrateResult"),
    "status": ("CloudStatusResult", "DataStatusResult", "StatusResult"),
    "sync": ("PullResult", "TransferSummary"),
    "why": ("Cause", "WhyResult"),
    "undo": ("OperationRow", "OperationsResult", "TrashEmptyResult", "UndoResult"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for family, names in _FAMILIES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{family}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
