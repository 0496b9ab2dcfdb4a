"""Stages as meant: `${}` resolved, foreach and matrix expanded.

Source: dvc's parsing/__init__.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dvnb.errors import DvnbError
from dvnb.events import Listener, ignore_events
from dvnb.pipeline.templating.faults import Faults
from dvnb.pipeline.templating.interpolate import (
    ExpressionError,
    MissingVariableError,
    check_syntax,
    has_expression,
    to_text,
)
from dvnb.pipeline.templating.reader import Reader, Used
from dvnb.pipeline.templating.variables import AlreadyLoadedError, VariableError, VariableFiles, Variables
from dvnb.records import dataclass, field

if TYPE_CHECKING:
    from dvnb.formats.dvcyaml import DvcYaml
    from dvnb.formats.yamlio import ParseCache
    from dvnb.pipeline.templating.groups import Groups


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
        self._faults = Faults(path)
        self._parsing = parsing or {}
        self._emit = emit
        self._files = VariableFiles(posixpath.dirname(path), read, cache)
        self._checked: set[str] = set()
        self._faults.refuse_expressions(raw.vars, "vars")
        try:
            self._variables = Variables().with_default_file(self._files).with_vars(raw.vars, self._files)
        except VariableError as exc:
            self._faults.fail(exc, "'vars'")

    @cached_property
    def _groups(self) -> Groups:
        from dvnb.pipeline.templating.groups import Groups  # few files have any

        return Groups(self._raw.stages, self._variables, self._faults, self._emit)

    def names(self) -> Iterator[str]:
        """Names of all stages in the file's order, generated ones as `group@key`."""
        for name in self._raw.stages:
            yield from self.names_of(name)

    def names_of(self, name: str) -> Iterator[str]:
        """Names of the stages that one entry of `stages:` stands for."""
        if _is_group(self._raw.stages[name]):
            yield from (f"{name}@{key}" for key in self._groups.items(name))
        elif "@" in name and not _is_group(self._raw.stages.get(name.split("@", maxsplit=1)[0], {})):
            self._faults.refuse_name(name)
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
            if definition is not None and _is_group(definition) and key in self._groups.items(group):
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
                self._faults.refuse(f"{section}.{name}", f"expected str, got {kind}")
            resolved[key] = self._top_value(item, f"{section}.{name}")
        return resolved

    def _top_value(self, value: Any, where: str) -> Any:
        try:
            check_syntax(value)
            return Reader(self._variables, {}, strict=True).resolve(value)
        except (ExpressionError, MissingVariableError) as exc:
            self._faults.fail(exc, f"'{where}'")

    def _plain(self, name: str, definition: dict[str, Any]) -> Resolved:
        if not definition.get("vars") and not has_expression(definition):
            return Resolved(definition)
        self._faults.check_definition(name, definition)
        reader = self._stage_reader(name, definition, self._variables, strict=True)
        resolved = self._entries(name, definition, reader)
        return Resolved(resolved, None, resolved != definition, reader.used)

    def _generated(self, group: str, key: str) -> Resolved:
        raw = self._raw.stages[group]
        template = raw["do"] if "matrix" not in raw else {name: raw[name] for name in raw if name != "matrix"}
        if group not in self._checked:
            self._faults.check_definition(group, template)
            self._checked.add(group)
        item = self._groups.items(group)[key]
        name = f"{group}@{key}"
        scope = self._variables.with_item(item.values, item.origins)
        reader = self._stage_reader(name, template, scope, strict=False)
        return Resolved(self._entries(name, template, reader), group, True, reader.used)

    def _stage_reader(self, name: str, definition: dict[str, Any], scope: Variables, *, strict: bool) -> Reader:
        """A reader with the stage's own `vars:`, whose files are relative to its wdir."""
        variables: list[Any] = definition.get("vars") or []
        wdir = definition.get("wdir") or ""
        if has_expression(wdir):
            try:
                wdir = to_text(Reader(scope, {}, strict=True).resolve(wdir))
            except (ExpressionError, MissingVariableError) as exc:
                self._faults.fail(exc, f"'stages.{name}.wdir'")
        self._faults.refuse_expressions(variables, f"stages.{name}.vars")
        try:
            scope = scope.with_vars(variables, self._files, wdir, name)
        except AlreadyLoadedError as exc:
            self._faults.fail(exc, f"'stages.{name}.vars'")
        except VariableError as exc:
            self._faults.fail(exc, f"stage '{name}'")
        return Reader(scope, self._parsing, strict=strict)

    def _entries(self, name: str, definition: dict[str, Any], reader: Reader) -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        for key, value in definition.items():
            if key == "vars":
                continue
            try:
                resolved[key] = reader.resolve(value, key)
            except (ExpressionError, MissingVariableError) as exc:
                self._faults.fail(exc, f"'stages.{name}.{key}'")
        if isinstance(resolved.get("cmd"), dict):
            # Flags alone are no command; dvc fails on it later, and less clearly.
            self._faults.fail(ExpressionError("Cannot interpolate data of type 'dict'"), f"'stages.{name}.cmd'")
        return resolved


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
