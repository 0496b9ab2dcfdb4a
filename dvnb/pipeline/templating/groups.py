"""The groups of a dvc.yaml: entries of `stages:` that stand for several, by `foreach` or `matrix`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.events import Listener, Warned
from dvnb.pipeline.templating.generate import Item, NotIterableError, foreach_items, matrix_items
from dvnb.pipeline.templating.interpolate import ExpressionError, MissingVariableError
from dvnb.pipeline.templating.reader import Reader

if TYPE_CHECKING:
    from dvnb.pipeline.templating.faults import Faults
    from dvnb.pipeline.templating.variables import Variables


class Groups:
    """The groups among `stages`, each read when it is first asked for."""

    def __init__(self, stages: dict[str, dict[str, Any]], variables: Variables, faults: Faults, emit: Listener) -> None:
        self._stages = stages
        self._variables = variables
        self._faults = faults
        self._emit = emit
        self._items: dict[str, dict[str, Item]] = {}

    def items(self, name: str) -> dict[str, Item]:
        """The items of a group, by the part of the stage name after the `@`. Raises: FormatError."""
        if name not in self._items:
            definition = self._stages[name]
            is_matrix = "matrix" in definition
            kind = "matrix" if is_matrix else "foreach"
            reader = Reader(self._variables, {}, strict=True)
            try:
                data = reader.resolve(definition[kind])
            except (ExpressionError, MissingVariableError) as exc:
                self._faults.fail(exc, f"'stages.{name}.{kind}'")
            if is_matrix and not data:
                self._faults.refuse(f"stages.{name}.matrix", "expected at least one key with a list of values")
            self._warn_of_hidden(name, ["key", "item"] if is_matrix else ["item", "key"][: 1 + isinstance(data, dict)])
            try:
                items = matrix_items(data, reader.links) if is_matrix else foreach_items(data, reader.links)
            except NotIterableError as exc:
                self._faults.refuse(f"stages.{name}.{kind}", str(exc), exc)
            self._items[name] = items
        return self._items[name]

    def _warn_of_hidden(self, name: str, keys: list[str]) -> None:
        hidden = [key for key in keys if key in self._variables]
        if hidden:
            verb = "is" if len(hidden) == 1 else "are"
            will = f"will be overwritten for stages generated from '{name}'"
            self._emit(Warned(f"{' and '.join(hidden)} {verb} already specified, {will}"))
