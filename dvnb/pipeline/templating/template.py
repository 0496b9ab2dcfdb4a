"""Stages as meant: `${}` resolved, foreach and matrix expanded.

Source: dvc's parsing/__init__.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

from dvnb.errors import DvnbError, FormatError
from dvnb.events import Listener, Warned, ignore_events
from dvnb.pipeline.templating.generate import Item, NotIterableError, foreach_items, matrix_items
from dvnb.pipeline.templating.interpolate import (
    OPEN,
    ExpressionError,
    MissingVariableError,
    check_path,
    check_syntax,
    check_type,
    dotted,
    has_expression,
    holds_expression,
    interpolate,
    to_text,
    whole,
)
from dvnb.pipeline.templating.variables import AlreadyLoadedError, Origin, Path, VariableError, VariableFiles, Variables
from dvnb.records import dataclass, field

if TYPE_CHECKING:
    from dvnb.formats.dvcyaml import DvcYaml
    from dvnb.formats.yamlio import ParseCache

# Variables used: params file (as messages show it) -> dotted key -> value.
Used = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Resolved:
    """One stage without `${}`. `definition` may be shared with the parsed file: treat it as read-only.

    `generator` names the foreach or matrix it came from; `templated`: it differs from what the file says, so it cannot
    be rewritten; `used` are the variables from files that its text took, by file and dotted key.
    """

    definition: dict[str, Any]
    generator: str | None = None
    templated: bool = False
    used: Used = field(default_factory=dict[str, dict[str, Any]])


class _Reader:
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


class Resolver:
    """The templates of one dvc.yaml, resolved one stage at a time, so that a broken stage harms only itself.

    `path` is the file as messages show it; `read` takes paths relative to its folder, POSIX, and raises
    FileNotFoundError or IsADirectoryError; `parsing` is the config section of that name.
    Raises: FormatError, on opening too, when variables cannot be loaded.
    """

    def __init__(
        self,
        raw: DvcYaml,
        path: str,
        read: Callable[[str], bytes],
        parsing: Mapping[str, Any] | None = None,
        *,
        cache: ParseCache | None = None,
        emit: Listener = ignore_events,
    ) -> None:
        self._raw = raw
        self._path = path
        self._parsing = parsing or {}
        self._emit = emit
        self._files = VariableFiles(posixpath.dirname(path), read, cache)
        self._groups: dict[str, dict[str, Item]] = {}
        self._checked: set[str] = set()
        self._refuse_expressions(raw.vars, "vars")
        try:
            self._variables = Variables().with_default_file(self._files).with_vars(raw.vars, self._files)
        except VariableError as exc:
            self._fail(exc, "'vars'")

    def names(self) -> Iterator[str]:
        """Names of all stages in the file's order, generated ones as `group@key`."""
        for name in self._raw.stages:
            yield from self.names_of(name)

    def names_of(self, name: str) -> Iterator[str]:
        """Names of the stages that one entry of `stages:` stands for."""
        if _is_group(self._raw.stages[name]):
            yield from (f"{name}@{key}" for key in self._group(name))
        else:
            yield name

    def resolve(self, name: str) -> Resolved:
        """One stage, by one of the `names()`.

        Raises: KeyError if there is none of that name; FormatError.
        """
        definition = self._raw.stages.get(name)
        if definition is not None and not _is_group(definition):
            return self._plain(name, definition)
        # An item may hold an "@" itself.
        at = name.find("@")
        while at >= 0:
            group, key = name[:at], name[at + 1 :]
            definition = self._raw.stages.get(group)
            if definition is not None and _is_group(definition) and key in self._group(group):
                return self._generated(group, key)
            at = name.find("@", at + 1)
        raise KeyError(name)

    def top(self, section: str) -> Any:
        """A resolved top-level section: "metrics", "params", "plots", "datasets" (lists) or "artifacts" (a mapping)."""
        raw: Any = getattr(self._raw, section)
        if not has_expression(raw):
            return raw
        if section != "artifacts":
            return [self._top_value(item, f"{section}.{index}") for index, item in enumerate(raw)]
        resolved: dict[str, Any] = {}
        for name, item in raw.items():
            key = self._top_value(name, f"{section}.{name}")
            if not isinstance(key, str):
                kind = type(key).__name__
                self._refuse(f"failed to resolve '{section}.{name}' in '{self._path}': expected str, got {kind}")
            resolved[key] = self._top_value(item, f"{section}.{name}")
        return resolved

    def _top_value(self, value: Any, where: str) -> Any:
        try:
            check_syntax(value)
            return _Reader(self._variables, {}, strict=True).resolve(value)
        except (ExpressionError, MissingVariableError) as exc:
            self._fail(exc, f"'{where}'")

    def _plain(self, name: str, definition: dict[str, Any]) -> Resolved:
        if not definition.get("vars") and not has_expression(definition):
            return Resolved(definition)
        self._check_definition(name, definition)
        reader = self._stage_reader(name, definition, self._variables, strict=True)
        resolved = self._entries(name, definition, reader)
        return Resolved(resolved, None, resolved != definition, reader.used)

    def _generated(self, group: str, key: str) -> Resolved:
        raw = self._raw.stages[group]
        template = raw["do"] if "matrix" not in raw else {name: raw[name] for name in raw if name != "matrix"}
        if group not in self._checked:
            self._check_definition(group, template)
            self._checked.add(group)
        item = self._group(group)[key]
        name = f"{group}@{key}"
        scope = self._variables.with_item(item.values, item.origins)
        reader = self._stage_reader(name, template, scope, strict=False)
        return Resolved(self._entries(name, template, reader), group, True, reader.used)

    def _stage_reader(self, name: str, definition: dict[str, Any], scope: Variables, *, strict: bool) -> _Reader:
        """A reader with the stage's own `vars:`, whose files are relative to its wdir."""
        variables: list[Any] = definition.get("vars") or []
        wdir = definition.get("wdir") or ""
        if has_expression(wdir):
            try:
                wdir = to_text(_Reader(scope, {}, strict=True).resolve(wdir))
            except (ExpressionError, MissingVariableError) as exc:
                self._fail(exc, f"'stages.{name}.wdir'")
        self._refuse_expressions(variables, f"stages.{name}.vars")
        try:
            scope = scope.with_vars(variables, self._files, wdir, name)
        except AlreadyLoadedError as exc:
            self._fail(exc, f"'stages.{name}.vars'")
        except VariableError as exc:
            self._fail(exc, f"stage '{name}'")
        return _Reader(scope, self._parsing, strict=strict)

    def _entries(self, name: str, definition: dict[str, Any], reader: _Reader) -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        for key, value in definition.items():
            if key == "vars":
                continue
            try:
                resolved[key] = reader.resolve(value, key)
            except (ExpressionError, MissingVariableError) as exc:
                self._fail(exc, f"'stages.{name}.{key}'")
        if isinstance(resolved.get("cmd"), dict):
            # Flags alone are no command; dvc fails on it later, and less clearly.
            self._fail(ExpressionError("Cannot interpolate data of type 'dict'"), f"'stages.{name}.cmd'")
        return resolved

    def _group(self, name: str) -> dict[str, Item]:
        """The items of a foreach or matrix, by the part of the stage name after the `@`."""
        if name not in self._groups:
            definition = self._raw.stages[name]
            is_matrix = "matrix" in definition
            kind = "matrix" if is_matrix else "foreach"
            reader = _Reader(self._variables, {}, strict=True)
            try:
                data = reader.resolve(definition[kind])
            except (ExpressionError, MissingVariableError) as exc:
                self._fail(exc, f"'stages.{name}.{kind}'")
            self._warn_of_hidden(name, ["key", "item"] if is_matrix else ["item", "key"][: 1 + isinstance(data, dict)])
            try:
                items = matrix_items(data, reader.links) if is_matrix else foreach_items(data, reader.links)
            except NotIterableError as exc:
                self._refuse(f"failed to resolve 'stages.{name}.{kind}' in '{self._path}': {exc}", exc)
            self._groups[name] = items
        return self._groups[name]

    def _warn_of_hidden(self, name: str, keys: list[str]) -> None:
        hidden = [key for key in keys if key in self._variables]
        if hidden:
            verb = "is" if len(hidden) == 1 else "are"
            will = f"will be overwritten for stages generated from '{name}'"
            self._emit(Warned(f"{' and '.join(hidden)} {verb} already specified, {will}"))

    def _check_definition(self, name: str, definition: dict[str, Any]) -> None:
        for key, value in definition.items():
            try:
                check_syntax(value)
            except ExpressionError as exc:
                self._fail(exc, f"'stages.{name}.{key}'")

    def _refuse_expressions(self, value: Any, where: str) -> None:
        if holds_expression(value):
            self._refuse(f"failed to parse '{where}' in '{self._path}': interpolating is not allowed")

    def _refuse(self, message: str, cause: Exception | None = None) -> NoReturn:
        raise FormatError(message, self._path) from cause

    def _fail(self, error: Exception, where: str) -> NoReturn:
        on_new_line = isinstance(error, ExpressionError) or (isinstance(error, VariableError) and error.on_new_line)
        space = "\n" if on_new_line else " "
        raise FormatError(f"failed to parse {where} in '{self._path}':{space}{error}", self._path) from error


def resolve_file(
    raw: DvcYaml,
    path: str,
    read: Callable[[str], bytes],
    parsing: Mapping[str, Any] | None = None,
    *,
    cache: ParseCache | None = None,
    emit: Listener = ignore_events,
    broken: dict[str, DvnbError] | None = None,
) -> dict[str, Resolved]:
    """All stages of one dvc.yaml by name, in the file's order; arguments and errors as `Resolver`.

    With `broken` a stage that cannot be resolved is no error: it is put there by its name, or that of its group.
    """
    resolver = Resolver(raw, path, read, parsing, cache=cache, emit=emit)
    if broken is None:
        return {name: resolver.resolve(name) for name in resolver.names()}
    resolved: dict[str, Resolved] = {}
    for entry in raw.stages:
        name = entry
        try:
            for name in resolver.names_of(entry):
                resolved[name] = resolver.resolve(name)
        except DvnbError as error:
            broken[name] = error
    return resolved


def _is_group(definition: dict[str, Any]) -> bool:
    return "foreach" in definition or "matrix" in definition
