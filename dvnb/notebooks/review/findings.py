"""What lint can find: the rules by code, and one finding."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass

OUT_OF_ORDER = "NB101"
NOT_PYTHON = "NB102"
UNDEFINED = "NB201"
TOO_EARLY = "NB202"
DELETED = "NB203"
ABSOLUTE_PATH = "NB301"
UNSEEDED = "NB401"
NO_PARAMETERS_CELL = "NB501"
UNDECLARED_READ = "NB601"
UNDECLARED_WRITE = "NB602"
ENVIRONMENT = "NB701"

RULES = {
    OUT_OF_ORDER: "cells were run out of order",
    NOT_PYTHON: "a cell that cannot run, since it is no Python",
    UNDEFINED: "a name that no cell defines",
    TOO_EARLY: "a name that only a later cell defines",
    DELETED: "a name that was deleted before",
    ABSOLUTE_PATH: "an absolute path",
    UNSEEDED: "random numbers without a seed",
    NO_PARAMETERS_CELL: "a stage has params, but the notebook no cell tagged `parameters`",
    UNDECLARED_READ: "a file is read that is no dep of the stage",
    UNDECLARED_WRITE: "a file is written that is no out of the stage",
    ENVIRONMENT: "the kernel's packages are not those of the environment file",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `cell` counts all cells from 1 and `line` the lines of its source, None: the notebook as a whole."""

    notebook: str
    code: str
    message: str
    fix: str
    cell: int | None = None
    id: str | None = None
    line: int | None = None
    last_line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "notebook": self.notebook,
            "code": self.code,
            "cell": self.cell,
            "id": self.id,
            "line": self.line,
            "message": self.message,
            "fix": self.fix,
        }
