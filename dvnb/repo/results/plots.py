"""What plots return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result, TableResult

if TYPE_CHECKING:
    from dvnb.reports.plots.figures import Figure
    from dvnb.reports.tables import Table


@dataclass(slots=True)
class PlotsResult(TableResult):
    """`plots show` and `plots diff`: the figures, and the revs nothing could be loaded of: rev -> {"type", "msg"}.

    `page` is the HTML page that was written, absolute; "" where none was.
    """

    figures: list[Figure] = field(default_factory=list["Figure"])
    errors: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    page: str = ""

    def to_json(self) -> Json:
        """As dvc prints it: {"errors": […], "data": {figure: […]}}, either left out where it is empty."""
        problems = [problem for figure in self.figures for problem in figure.problems()]
        problems += [{"rev": rev, **error} for rev, error in self.errors.items()]
        data = {figure.name: figure.to_json() for figure in self.figures}
        return {**({"errors": problems} if problems else {}), **({"data": data} if data else {})}

    def table(self) -> Table:
        """The data points of all figures, and a row for each picture."""
        from dvnb.reports.plots.values import values

        return values(self.figures)


@dataclass(slots=True)
class PlotsModifyResult(Result):
    """`plots modify`: the plot, its properties now, and the dvc.yaml that was changed, "" if nothing had to be."""

    path: str
    props: dict[str, Any] = field(default_factory=dict[str, Any])
    file: str = ""
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False


@dataclass(slots=True)
class PlotsTemplatesResult(Result):
    """`plots templates`: the names of dvc's templates, or the content of the one asked for."""

    names: list[str] = field(default_factory=list[str])
    content: dict[str, Any] | None = None
