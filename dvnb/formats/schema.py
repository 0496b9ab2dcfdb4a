"""Checking parsed documents: small checkers that say what is wrong and where, in the words dvc uses.

A checker takes a value and where it stands, and returns the issues found, none if all is well. Order and choice of
issues are voluptuous's, which dvc uses: a list reports all of its bad members unless one is bad deep inside, and of
several alternatives the one that got deepest speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

Where = tuple[Any, ...]
Issue = tuple[str, Where]
Check = Callable[[Any, Where], list[Issue]]

_KEY_TYPE = "<class 'str'>"
_SHORTEST_CHECKSUM = 3


def of_type(kind: type, name: str) -> Check:
    """Takes instances of `kind`."""

    def check(value: Any, where: Where) -> list[Issue]:
        return [] if isinstance(value, kind) else [(f"expected {name}", where)]

    return check


def anything(value: Any, where: Where) -> list[Issue]:
    """Takes everything."""
    del value, where
    return []


def null(value: Any, where: Where) -> list[Issue]:
    """Takes None."""
    return [] if value is None else [("not a valid value", where)]


def checksum(value: Any, where: Where) -> list[Issue]:
    """Takes a hash: None, an empty text, or at least three characters or digits."""
    if value is None or value == "" or (isinstance(value, (str, int)) and len(str(value)) >= _SHORTEST_CHECKSUM):
        return []
    return [("not a valid value", where)]


def equal_to(wanted: Any, message: str) -> Check:
    """Takes one value only."""

    def check(value: Any, where: Where) -> list[Issue]:
        return [] if value == wanted else [(message, where)]

    return check


def at_most(limit: int, inner: Check) -> Check:
    """Takes what `inner` takes, with no more than `limit` members."""

    def check(value: Any, where: Where) -> list[Issue]:
        issues = inner(value, where)
        if not issues and len(value) > limit:
            return [(f"length of value must be at most {limit}", where)]
        return issues

    return check


def one_of(*alternatives: Check) -> Check:
    """Takes what any of the alternatives takes."""

    def check(value: Any, where: Where) -> list[Issue]:
        deepest: list[Issue] = []
        for alternative in alternatives:
            issues = alternative(value, where)
            if not issues:
                return []
            if not deepest or len(issues[0][1]) > len(deepest[0][1]):
                deepest = issues
        return deepest

    return check


def list_of(*alternatives: Check) -> Check:
    """Takes lists whose members each satisfy one of the alternatives."""

    def check(value: Any, where: Where) -> list[Issue]:
        if not isinstance(value, list):
            return [("expected a list", where)]
        found: list[Issue] = []
        for index, member in enumerate(cast("list[Any]", value)):
            here = (*where, index)
            issues: list[Issue] = []
            for alternative in alternatives:
                issues = alternative(member, here)
                if not issues:
                    break
                if len(issues[0][1]) > len(here):
                    return issues
            found.extend(issues)
        return found

    return check


def mapping_of(keys: dict[str, Check], *required: str) -> Check:
    """Takes mappings with these keys only; those in `required` must be there."""

    def check(value: Any, where: Where) -> list[Issue]:
        if not isinstance(value, dict):
            return [("expected a dictionary", where)]
        issues: list[Issue] = []
        members = cast("dict[Any, Any]", value)
        for key, member in members.items():
            known = keys.get(key)
            if known is None:
                issues.append(("extra keys not allowed", (*where, key)))
            else:
                issues.extend(known(member, (*where, key)))
        issues.extend(("required key not provided", (*where, key)) for key in required if key not in members)
        return issues

    return check


def mapping_to(inner: Check, *, filled: bool = False) -> Check:
    """Takes mappings of any texts to what `inner` takes; `filled`: not empty."""

    def check(value: Any, where: Where) -> list[Issue]:
        if not isinstance(value, dict):
            return [("expected a dictionary", where)]
        issues: list[Issue] = []
        members = cast("dict[Any, Any]", value)
        for key, member in members.items():
            here = (*where, key)
            issues.extend(inner(member, here) if isinstance(key, str) else [("expected str", here)])
        if filled and not any(isinstance(key, str) for key in members):
            issues.append(("required key not provided", (*where, _KEY_TYPE)))
        return issues

    return check


text = of_type(str, "str")
flag = of_type(bool, "bool")
number = of_type(int, "int")
mapping = of_type(dict, "dict")
sequence = of_type(list, "list")
