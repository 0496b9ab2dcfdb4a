"""The words of fsck."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results.fsck import FsckResult, Hurt


def fsck(result: FsckResult, args: Namespace, style: Style) -> str:
    """Each object that is not as it should be, whom it hurts, and what to do."""
    where = f"remote '{result.remote}'" if result.remote else "cache"
    lines = [line for each in result.hurt for line in _lines(each)]
    lines.append(f"{result.checked} objects of the {where} checked: {_summary(result)}.")
    if not result.is_clean and not args.repair:
        lines.append(f"Run `{style.command('fsck', *_flags(result), '--repair')}` to mend what can be mended.")
    return "\n".join(lines)


def _flags(result: FsckResult) -> list[str]:
    return ["--remote", "-r", result.remote] if result.remote else []


def _lines(each: Hurt) -> list[str]:
    state = f"{each.state}, repaired from the {each.repaired_from}" if each.repaired_from else each.state
    lines = [f"{each.hash}: {state}"]
    if each.quarantine:
        lines.append(f"    moved to '{each.quarantine}'")
    lines += [f"    {path} ({', '.join(revs)})" for path, revs in each.used_by.items()]
    if not each.used_by:
        lines.append("    not needed by the workspace, a branch or a tag")
    return lines


def _summary(result: FsckResult) -> str:
    if not result.hurt:
        return "all are intact"
    states = [each.state for each in result.hurt]
    counts = [f"{states.count(state)} {state}" for state in ("damaged", "missing") if state in states]
    repaired = sum(each.repaired_from is not None for each in result.hurt)
    return ", ".join([*counts, f"{repaired} repaired"] if repaired else counts)
