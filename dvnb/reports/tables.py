"""A table of values: the one model behind the tables of terminals, Markdown, CSV, HTML and DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.records import dataclass, field

if TYPE_CHECKING:
    from pandas import DataFrame  # pyright: ignore[reportMissingTypeStubs]


@dataclass(slots=True)
class Table:
    """`columns` by name, and rows with a value for each, None where there is none.

    `index` is the column that says what a row is about, if one does.
    """

    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list[list[Any]])
    index: str | None = None

    def to_df(self) -> DataFrame:
        """The table as a pandas DataFrame.

        Numbers stay numbers (whole ones with gaps become `Int64`), and moments become UTC timestamps.
        Raises: DvnbError where pandas is not installed.
        """
        from dvnb.reports.render.frame import frame  # brings pandas with it

        return frame(self)

    def to_csv(self) -> str:
        """The table as CSV, a line for its columns first; what is missing is an empty cell."""
        from dvnb.reports.render.tabular import csv_table

        return csv_table(self)

    def to_markdown(self) -> str:
        """The table for Markdown files."""
        from dvnb.reports.render.tabular import markdown_table

        return markdown_table(self)

    def to_html(self) -> str:
        """The table as an HTML element."""
        from dvnb.reports.render.tabular import html_table

        return html_table(self)
