"""The words of gc."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from dvnb.commands.style import Style
    from dvnb.repo.results import GcResult, GcStore

QUESTION = "Are you sure you want to proceed?"


def warning(args: Namespace, projects: list[str]) -> str:
    """What will be kept, in dvc's words."""
    kept = "This will remove all cache except items used in the workspace" + "".join(_kept(args))
    if args.not_in_remote:
        kept += " that are not present in the DVC remote"
    if projects:
        return "\n  - ".join([f"{kept} of the current and the following repos:", *projects])
    return f"{kept} of the current repo."


def _kept(args: Namespace) -> Iterable[str]:
    num = args.num or (1 if args.rev else None)
    if args.all_commits:
        yield " and all git commits"
    else:
        last = f" and last {num} commits from all git branches" if num else None
        if args.all_branches and args.all_tags:
            yield f"{last} and all git tags" if last else " and all git branches and tags"
        elif args.all_branches:
            yield last or " and all git branches"
        elif args.all_tags:
            yield " and all git tags"
        if args.date:
            yield f" and all git commits before date {args.date}"
        if args.rev:
            yield f" and last {num} commits from {args.rev}"
    if args.all_experiments:
        yield " and all experiments"


def collected(result: GcResult, args: Namespace, style: Style) -> str:
    """Store by store: in a dry run each object, then how many."""
    if result.refused:
        return ""
    lines: list[str] = []
    for store in result.stores:
        lines += [f"Removing {path}" for path in store.paths]
        lines.append(_removed(store))
    return "\n".join(lines)


def freed(result: GcResult, style: Style) -> str:
    """How many bytes, and where they are now."""
    lines: list[str] = []
    sizes = [store.size for store in result.stores if store.size]
    if sizes and result.dry:
        lines.append(f"{sum(sizes)} bytes would be freed.")
    elif sizes and any(store.trash for store in result.stores):
        lines += [
            f"Moved {sum(s.size or 0 for s in result.stores if s.trash == folder)} bytes to '{folder}'."
            for folder in dict.fromkeys(store.trash for store in result.stores if store.trash)
        ]
        lines.append(f"`{style.command('undo')}` brings them back.")
    elif sizes:
        lines.append(f"Freed {sum(sizes)} bytes.")
    return "\n".join(lines)


def _removed(store: GcStore) -> str:
    if store.kind == "remote":
        if not store.removed:
            return "No unused cache to remove from remote."
        return f"Removed {store.removed} objects from remote."
    if store.removed:
        return f"Removed {store.removed} objects from {store.kind} cache."
    return f"No unused '{store.kind}' cache to remove."
