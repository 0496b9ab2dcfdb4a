"""All rows of the table."""

from __future__ import annotations

from data_rows import DATA
from notebook_rows import NOTEBOOKS
from pipeline_rows import PIPELINES

ROWS = {**DATA, **PIPELINES, **NOTEBOOKS}
