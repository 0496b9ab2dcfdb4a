"""What is found in notebooks: the parameters that one offers, the changes between two versions."""

from __future__ import annotations

from typing import Any, Literal

from dvnb.records import dataclass, field

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name that the tagged cell assigns: what a form needs to ask for its value.

    `default` is the value where it is a literal (`has_default`), `text` its source in any case. `type` is what is
    annotated, else what the default is: "bool", "int", "float", "str", "list", "dict"; None where nothing says it.
    """

    name: str
    text: str
    default: Any = None
    has_default: bool = False
    type: str | None = None
    comment: str = ""
    choices: list[Any] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value of metadata that differs; None where a side has none. `key` is dotted."""

    key: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that differs. `old` and `new` are its numbers from 1 in each version, None where it is not there.

    `type` is the cell's, that of the new version where it has one; sources are None where the cell is not there.
    """

    kind: Kind
    type: str
    old: int | None
    new: int | None
    old_source: str | None
    new_source: str | None
    metadata: list[ValueChange] = field(default_factory=list[ValueChange])
