"""Importing the notebook libraries without what they do not need."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

# jsonschema looks for these to check formats (`iri`, `uri`, `duration`), which nobody asks of notebooks; building the
# grammar of the second takes a second, the others together .05.
_FORMATS = ("rfc3987", "rfc3987_syntax", "rfc3986_validator", "isoduration")


@contextmanager
def light_imports() -> Generator[None]:
    """While this is open, jsonschema finds none of the optional packages that check formats.

    In a kernel nothing is hidden: there the user's own code may want jsonschema whole.
    """
    hidden: list[str] = []
    if "jsonschema" not in sys.modules and "ipykernel" not in sys.modules:
        hidden = [name for name in _FORMATS if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # the documented way to make an import fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
