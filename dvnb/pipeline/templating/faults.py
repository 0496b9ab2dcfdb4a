"""What is wrong with the templates of a dvc.yaml, as errors in dvc's words."""

from __future__ import annotations

from typing import Any, NoReturn

from dvnb.errors import FormatError
from dvnb.pipeline.templating.interpolate import ExpressionError, check_syntax, holds_expression
from dvnb.pipeline.templating.variables import VariableError

KIND = "ResolveError"
"""The name of dvc's exception for all of them."""


class Faults:
    """Those of the file that messages show as `path`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def check_definition(self, name: str, definition: dict[str, Any]) -> None:
        """Refuse a stage whose expressions are no such things."""
        for key, value in definition.items():
            try:
                check_syntax(value)
            except ExpressionError as exc:
                self.fail(exc, f"'stages.{name}.{key}'")

    def refuse_expressions(self, value: Any, where: str) -> None:
        """Refuse expressions where none are allowed."""
        if holds_expression(value):
            raise FormatError(
                f"failed to parse '{where}' in '{self._path}': interpolating is not allowed", self._path, kind=KIND
            )

    def refuse_name(self, name: str) -> NoReturn:
        """Refuse a stage that is called like one of a group, where there is no such group."""
        raise FormatError(f"Stage '{name}' not found inside '{self._path}' file", self._path)

    def refuse(self, where: str, why: str, cause: Exception | None = None) -> NoReturn:
        """Refuse what an expression stands for."""
        raise FormatError(f"failed to resolve '{where}' in '{self._path}': {why}", self._path, kind=KIND) from cause

    def fail(self, error: Exception, where: str) -> NoReturn:
        """Raise an error of an expression, or of variables, as one of this file."""
        on_new_line = isinstance(error, ExpressionError) or (isinstance(error, VariableError) and error.on_new_line)
        space = "\n" if on_new_line else " "
        raise FormatError(f"failed to parse {where} in '{self._path}':{space}{error}", self._path, kind=KIND) from error
