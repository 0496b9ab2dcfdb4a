"""What all results share."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass

Json = Any


@dataclass(slots=True)
class Result:
    """Base of all results."""

    def to_json(self) -> Json:
        """The result as plain dicts and lists."""
        from dataclasses import fields  # only for who reads JSON

        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: Any) -> Json:
    if isinstance(value, Result):
        return value.to_json()
    if isinstance(value, list):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if hasattr(value, "__dataclass_fields__"):
        from dataclasses import asdict

        return asdict(value)
    return value
