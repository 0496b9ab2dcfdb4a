"""A result that shows itself in a notebook, and is the result nevertheless."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

from dvnb.commands.command import Command
from dvnb.commands.style import Style
from dvnb.repo.results import Result

STYLE = Style("%dvc")
R = TypeVar("R", bound=Result)


class Displayed:
    """What is added to a result: which call it answers, and how it looks."""

    _command: Command
    _args: Namespace
    # What a result of the API shows of itself; here the bundle says it all, and a form asked for is shown alone.
    _repr_html_ = None

    def __str__(self) -> str:
        told = self._command.told(self, self._args, STYLE)
        aside = self._command.aside and self._command.aside(self, STYLE)
        return f"{told}\n{aside}" if aside else told

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if getattr(self._args, "json", False):
            return _json_bundle(cast("Result", self).to_json())
        from dvnb.display.bundle import view  # drawn only when it is shown

        return view(cast("Result", self), self._command, self._args, str(self))


class Silent(Displayed):
    """A result that shows nothing, for `-q`."""

    def _ipython_display_(self) -> None:
        """Show nothing."""


def _json_bundle(value: Any) -> dict[str, Any]:
    line = json.dumps(value, default=str)
    # JSON of a front end's tree view must be a mapping or a list.
    tree = {"application/json": json.loads(line)} if isinstance(value, (dict, list)) else {}
    return {"text/plain": line, **tree}


def displayed(result: R, command: Command, args: Namespace) -> R:
    """A copy of `result`, of its own class, that shows itself as the answer to this call."""
    shown: Any = object.__new__(_displayed_class(type(result), Silent if args.quiet else Displayed))
    for field in fields(result):
        setattr(shown, field.name, getattr(result, field.name))
    shown._command = command  # noqa: SLF001 - its own class
    shown._args = args  # noqa: SLF001
    return cast("R", shown)


@cache
def _displayed_class(kind: type[Result], look: type[Displayed]) -> type[Any]:
    # `__eq__` of a dataclass compares equal classes only: let it look at the values alone.
    def equal(self: Any, other: object) -> bool:
        if not isinstance(other, kind):
            return NotImplemented
        return all(getattr(self, field.name) == getattr(other, field.name) for field in fields(kind))

    members = {"__doc__": kind.__doc__, "__module__": kind.__module__, "__eq__": equal, "__hash__": None}
    return type(kind.__name__, (look, kind), members)
