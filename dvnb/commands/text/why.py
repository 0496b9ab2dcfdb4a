"""The words of why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import Cause, WhyResult

_SHORT = 7


def why(result: WhyResult, args: Namespace, style: Style) -> str:
    """A line for each change, below one that says when the stage ran."""
    frozen = " It is frozen: what it reads is not looked at." if result.frozen else ""
    if not result.recorded:
        head = f"'{result.stage}' has no recorded run yet.{frozen}"
    elif result.ran is None:
        head = f"'{result.stage}' ran last in the workspace, which is not committed yet.{frozen}"
    else:
        head = f"'{result.stage}' ran last for {commit(result.ran)}.{frozen}"
    if not result.causes:
        return f"{head}\nNothing changed since."
    return "\n".join([head, *(f"  {line}" for cause in result.causes for line in _lines(cause))])


def commit(told: dict[str, str]) -> str:
    """A commit: short name, day and subject."""
    return f"{told['commit'][:_SHORT]} ({told['date'][:10]}, {told['subject']})"


def since(cause: Cause) -> str:
    """When the change came."""
    if cause.kind in ("out", "always"):
        return ""
    return f"since {commit(cause.since)}" if cause.since else "not committed"


def counts(cause: Cause) -> str:
    """How much differs: `2 files added, 1 file changed`."""
    for noun, numbers in (("file", cause.files), ("row", cause.rows), ("line", cause.lines), ("value", cause.values)):
        if numbers:
            told = [f"{number} {noun}{'' if number == 1 else 's'} {kind}" for kind, number in numbers.items() if number]
            return ", ".join(told)
    return ""


def values(cause: Cause) -> str:
    """What it was and what it is."""
    old, new = (_value(cause, value) for value in (cause.old, cause.new))
    if cause.old is None and cause.new is None:
        return ""
    return old if cause.old == cause.new else f"{old} -> {new}"


def _value(cause: Cause, value: Any) -> str:
    if value is None:
        return "-"
    return (
        str(value)[:_SHORT] + (".dir" if str(value).endswith(".dir") else "")
        if cause.kind in ("dep", "out")
        else str(value)
    )


def _lines(cause: Cause) -> list[str]:
    if cause.kind == "command":
        lines = [f"command changed, {since(cause)}"]
        for sign, cmd in (("-", cause.old), ("+", cause.new)):
            parts = cast("list[Any]", cmd) if isinstance(cmd, list) else str(cmd or "").splitlines()
            lines += [f"    {sign} {part}" for part in parts]
        return lines
    if cause.kind == "always":
        return ["always changed"]
    name = f"{cause.path}:{cause.key}" if cause.key else cause.path
    details = [text for text in (values(cause), counts(cause), since(cause)) if text]
    return [f"{cause.kind} {name} {cause.state}" + (f": {', '.join(details)}" if details else "")]
