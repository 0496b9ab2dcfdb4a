"""`lineage`: from data back to stages, notebooks, params and commits, and forward to what depends on it."""

from __future__ import annotations

from dvnb.repo.lineage import asked
from dvnb.repo.lineage.describe import Describer
from dvnb.repo.lineage.trace import trace
from dvnb.repo.results.lineage import LineageResult
from dvnb.repo.session import Session


def lineage(
    session: Session,
    target: str | None = None,
    *,
    rev: str | None = None,
    upstream: bool = True,
    downstream: bool = True,
    depth: int | None = None,
) -> LineageResult:
    """Where `target` (a path or a stage, maybe `@REV`) comes from, and what depends on it; `depth` in stages.

    Without a target everything of the project is asked about.
    Of the workspace the stages' state is told, too. Raises: TargetError; GitError for an unknown rev; FormatError.
    """
    project = session.project
    found = asked.whole(project, rev) if target is None else asked.find(project, target, rev)
    try:
        way = trace(found.index, found.places, upstream=upstream, downstream=downstream, depth=depth)
        in_workspace = found.rev is None
        if in_workspace:
            session.__dict__["index"] = found.index
        describer = Describer(project, found.index, way, session if in_workspace else None)
        return LineageResult(found.text, found.rev, describer.nodes(), describer.edges())
    finally:
        found.close()
