"""What a plot's file holds: rows of csv and tsv, the value of json, yaml, toml or py, the bytes of an image.

Source: dvc's repo/plots/__init__.py (parse).
"""

from __future__ import annotations

import csv
import io
import os
from itertools import islice
from typing import Any

from dvnb.pipeline.params import load_params
from dvnb.reports.plots.problems import PlotDataError

IMAGES = frozenset({".jpg", ".jpeg", ".gif", ".png", ".svg"})
_TABLES = {".csv": ",", ".tsv": "\t"}
_VALUES = frozenset({".json", ".yaml", ".yml", ".toml", ".py"})


def is_image(path: str) -> bool:
    """Whether a file is shown as a picture."""
    return os.path.splitext(path)[1] in IMAGES


def parse(data: bytes, path: str, *, header: bool = True) -> Any:
    """The content of a plot's file by its suffix; without `header` columns are named by their position.

    Raises: PlotDataError for another kind of file, or text that is not UTF-8; FormatError for one that is broken.
    """
    suffix = os.path.splitext(path)[1]
    if suffix in IMAGES:
        return data
    if suffix in _TABLES:
        return _rows(_text(data, path), _TABLES[suffix], header=header)
    if suffix in _VALUES:
        return load_params(data, path)
    raise PlotDataError(
        "PlotMetricTypeError", f"'{path}' - file type error\nOnly JSON, YAML, CSV and TSV formats are supported."
    )


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise PlotDataError("EncodingError", f"unable to read: '{path}', is not valid utf8") from exc


def _rows(text: str, delimiter: str, *, header: bool) -> list[dict[Any, Any]]:
    names = None
    if not header:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        names = [str(index) for row in islice(reader, 1) for index in range(len(row))]
    return list(csv.DictReader(io.StringIO(text), fieldnames=names, delimiter=delimiter))
