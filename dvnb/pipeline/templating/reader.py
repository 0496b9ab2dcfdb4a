"""Values read in one scope of variables: their expressions replaced, and which variables that used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dvnb.pipeline.templating.interpolate import OPEN, check_path, check_type, dotted, interpolate, whole
from dvnb.pipeline.templating.variables import Origin, Path, Variables

# Variables used: params file (as messages show it) -> dotted key -> value.
Used = dict[str, dict[str, Any]]


class Reader:
    """Resolves values in one scope and collects which variables they used.

    `strict`: expressions were not checked before, and errors name them in dotted form.
    """

    def __init__(self, scope: Variables, parsing: Mapping[str, Any], *, strict: bool) -> None:
        self._scope = scope
        self._parsing = parsing
        self._strict = strict
        self.used: Used = {}
        self.links: dict[Path, Origin] = {}

    def resolve(self, value: Any, key: str | None = None, at: Path = ()) -> Any:
        """`value` with all expressions replaced; `links` then holds, by place in it, where variables were put whole."""
        if isinstance(value, str):
            return self._string(value, key, at) if OPEN in value else value
        if isinstance(value, dict):
            items = cast("dict[Any, Any]", value).items()
            return {self._name(name, key): self.resolve(item, key, (*at, str(name))) for name, item in items}
        if isinstance(value, list):
            elements = cast("list[Any]", value)
            return [self.resolve(item, key, (*at, str(index))) for index, item in enumerate(elements)]
        return value

    def _name(self, name: Any, key: str | None) -> Any:
        return self._string(name, key, None) if isinstance(name, str) and OPEN in name else name

    def _string(self, text: str, key: str | None, at: Path | None) -> Any:
        expression = whole(text)
        if expression is None:
            return interpolate(text, self._lookup, key=key, parsing=self._parsing)
        value, path = self._select(expression)
        check_type(value, key)
        if at is not None:
            self.links[at] = self._scope.origin(path) or ("<local>", path, False)
        return value

    def _lookup(self, expression: str) -> Any:
        return self._select(expression)[0]

    def _select(self, expression: str) -> tuple[Any, Path]:
        if self._strict:
            check_path(expression)
            expression = dotted(expression)
        value, path = self._scope.select(expression)
        origin = self._scope.origin(path)
        if origin and origin[2] and not isinstance(cast("object", value), dict):
            self.used.setdefault(origin[0], {})[".".join(origin[1])] = value
        return value, path
