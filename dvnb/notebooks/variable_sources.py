"""The source that reads and writes a variable, for each suffix.

Module names begin with an underscore, so that a cell cannot come to rely on an import that it does not make.
"""

from __future__ import annotations

import re

from dvnb.records import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """`text` with NAME, PATH (a literal) and ASKED (what was asked for, inside of a literal); `imports` go before."""

    text: str
    imports: tuple[str, ...] = ()

    def fill(self, name: str, path: str) -> str:
        """The source for one variable."""
        # ASKED stands in literals with double quotes and a leading f.
        asked = f"--out {name}={path}".replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
        words = {"NAME": name, "PATH": repr(path), "ASKED": asked}
        return re.sub(r"\b(NAME|PATH|ASKED)\b", lambda match: words[match[0]], self.text.strip("\n"))


_PANDAS, _NUMPY, _JSON = "import pandas as _pandas", "import numpy as _numpy", "import json as _json"
_YAML, _PICKLE = "import yaml as _yaml", "import pickle as _pickle"

_READ_JSON = """
with open(PATH, encoding="utf-8") as _file:
    NAME = _json.load(_file)
"""
_READ_YAML = """
with open(PATH, encoding="utf-8") as _file:
    NAME = _yaml.safe_load(_file)
"""
_READ_TEXT = """
with open(PATH, encoding="utf-8", newline="") as _file:
    NAME = _file.read()
"""

LOADS = {
    ".parquet": Template("NAME = _pandas.read_parquet(PATH)", (_PANDAS,)),
    ".csv": Template("NAME = _pandas.read_csv(PATH)", (_PANDAS,)),
    ".tsv": Template('NAME = _pandas.read_csv(PATH, sep="\\t")', (_PANDAS,)),
    ".npy": Template("NAME = _numpy.load(PATH, allow_pickle=False)", (_NUMPY,)),
    ".json": Template(_READ_JSON, (_JSON,)),
    ".yaml": Template(_READ_YAML, (_YAML,)),
    ".yml": Template(_READ_YAML, (_YAML,)),
    ".txt": Template(_READ_TEXT),
}

_FRAME = """
if not isinstance(NAME, _pandas.DataFrame):
    raise TypeError(f"ASKED: a pandas DataFrame is needed, not {type(NAME).__name__}")
"""
# A named index is data, row numbers are not.
_FLAT = """
_flat = NAME if NAME.index.names == [None] and NAME.index.dtype.kind in "iu" else NAME.reset_index()
_types = [(_name, _type) for _name, _type in _flat.dtypes.items() if _type.kind not in "biuf"]
_lost = [f"{_name} ({_type})" for _name, _type in _types if str(_type) not in ("str", "object")]
if _lost:
    _sys.stderr.write(f"ASKED: only .parquet keeps the types of {', '.join(_lost)}\\n")
_flat.to_csv(PATH, index=False
"""
_ARRAY = """
if not isinstance(NAME, (_numpy.ndarray, _numpy.generic)):
    raise TypeError(f"ASKED: a numpy array is needed, not {type(NAME).__name__}")
_numpy.save(PATH, NAME, allow_pickle=False)
"""
_WRITE_JSON = """
def _plain(value):
    if type(value).__module__ == "numpy":
        return value.tolist()
    raise TypeError(f"ASKED: {type(value).__name__} cannot be written as JSON")


_text = _json.dumps(NAME, indent=2, ensure_ascii=False, default=_plain)
with open(PATH, "w", encoding="utf-8", newline="\\n") as _file:
    _file.write(_text + "\\n")
"""
_WRITE_YAML = """
_text = _yaml.safe_dump(NAME, sort_keys=False, allow_unicode=True)
with open(PATH, "w", encoding="utf-8", newline="\\n") as _file:
    _file.write(_text)
"""
_WRITE_TEXT = """
if not isinstance(NAME, str):
    raise TypeError(f"ASKED: text is needed, not {type(NAME).__name__}")
with open(PATH, "w", encoding="utf-8", newline="") as _file:
    _file.write(NAME)
"""
_WRITE_PICKLE = """
with open(PATH, "wb") as _file:
    _pickle.dump(NAME, _file)
"""

SAVES = {
    ".parquet": Template(f"{_FRAME}NAME.to_parquet(PATH)", (_PANDAS,)),
    ".csv": Template(_FRAME + _FLAT.strip() + ")", (_PANDAS, "import sys as _sys")),
    ".tsv": Template(_FRAME + _FLAT.strip() + ', sep="\\t")', (_PANDAS, "import sys as _sys")),
    ".npy": Template(_ARRAY, (_NUMPY,)),
    ".json": Template(_WRITE_JSON, (_JSON,)),
    ".yaml": Template(_WRITE_YAML, (_YAML,)),
    ".yml": Template(_WRITE_YAML, (_YAML,)),
    ".txt": Template(_WRITE_TEXT),
    ".pkl": Template(_WRITE_PICKLE, (_PICKLE,)),
    ".pickle": Template(_WRITE_PICKLE, (_PICKLE,)),
}
