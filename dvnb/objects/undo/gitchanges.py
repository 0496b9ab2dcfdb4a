"""What an operation changes in git itself, noted in its journal and taken back: refs, and entries of the index.

Both are restored by compare-and-swap: only as long as they are what the operation left.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from dvnb.errors import GitError
from dvnb.git import command, refs
from dvnb.git.worktree import Git
from dvnb.objects.hashing import md5_bytes
from dvnb.objects.undo.journal import Journal
from dvnb.objects.undo.journal_file import Record
from dvnb.objects.undo.trash import Operation

CONFLICT = "conflict"
"""Stands for an entry that a merge left in several versions."""


def set_ref(journal: Journal, git: Git, name: str, commit: str | None, *, old: str | None) -> None:
    """Let a ref that leads to `old` (None: there is none) lead to a commit, or remove it (None).

    Raises: GitError where it leads elsewhere by now.
    """
    journal.note("ref", git=git.root, name=name, old=old, new=commit)
    if commit is None:
        refs.remove_ref(git, name, old=old)
    else:
        refs.set_ref(git, name, commit, old=old, new=old is None)


def stage(journal: Journal, git: Git, paths: Iterable[str]) -> None:
    """Stage these paths (absolute) as `git.command.add` does. Raises: GitError."""
    known = list(paths)
    before = entries(git, filter(None, map(git.relpath, known)))
    journal.note("staging", git=git.root, entries=before)
    command.add(git, known)
    journal.note("staged", git=git.root, entries=entries(git, before))


def entries(git: Git, relpaths: Iterable[str]) -> dict[str, str | None]:
    """Mode and blob of each of these files in the index, None where it is not in it."""
    found: dict[str, str | None] = dict.fromkeys(relpaths)
    if not found:
        return found
    for line in os.fsdecode(command.run(git, "--literal-pathspecs", "ls-files", "-s", "-z", "--", *found)).split("\0"):
        head, _, name = line.partition("\t")
        if name in found:
            mode, blob, number = head.split(" ")
            found[name] = f"{mode} {blob}" if number == "0" else CONFLICT
    return found


def configure(journal: Journal, git: Git, values: Mapping[str, str | None]) -> None:
    """Set options of the repository's own configuration, or remove them (None). Raises: GitError."""
    old = {key: option(git, key) for key in values}
    journal.note("options", git=git.root, old=old, new=values)
    for key, value in values.items():
        if value is not None:
            command.run(git, "config", key, value)
        elif old[key] is not None:
            command.run(git, "config", "--unset", key)


def option(git: Git, key: str) -> str | None:
    """An option of the repository's own configuration."""
    told = os.fsdecode(command.run(git, "config", "--local", "-z", "--get", key, check=False))
    return told.removesuffix("\0") if told else None


def revert_options(journal: Journal, record: Record) -> list[str]:
    """Give options back what they were; those that changed since. Raises: GitError."""
    git = _git(record)
    now = {key: option(git, key) for key in record["old"]}
    going = {key: old for key, old in record["old"].items() if now[key] == record["new"][key] != old}
    if going:
        configure(journal, git, going)
    return [key for key, old in record["old"].items() if key not in going and now[key] != old]


def revert_ref(journal: Journal, record: Record) -> bool | None:
    """Take a change of a ref back; None if there is nothing to do, False if it leads elsewhere by now.

    Raises: GitError.
    """
    git, name = _git(record), record["name"]
    now = git.ref(name)
    if now == record["old"]:
        return None
    if now != record["new"]:
        return False
    set_ref(journal, git, name, record["old"], old=now)
    return True


def ref_path(record: Record) -> str:
    """Where git keeps such a ref (absolute), which is how it is told of."""
    return os.path.join(_git(record).common_dir, record["name"])


def revert_staging(journal: Journal, operation: Operation, record: Record) -> list[str]:
    """Give entries of the index back what they were; the paths (absolute) of those that changed since.

    Raises: GitError.
    """
    git, before = _git(record), record["entries"]
    after = _after(operation, record)
    now = entries(git, before)
    coming: dict[str, str | None] = {}
    left: list[str] = []
    for name, old in before.items():
        if now[name] == old or old == CONFLICT:
            continue
        as_left = now[name] == after[name] if after else _is_written_by(operation, git, name, now[name])
        if as_left:
            coming[name] = old
        else:
            left.append(os.path.join(git.root, name))
    if coming:
        journal.note("staging", git=git.root, entries={name: now[name] for name in coming})
        _put(git, coming)
        journal.note("staged", git=git.root, entries=coming)
    return left


def _git(record: Record) -> Git:
    git = Git.find(record["git"])
    if git is None:
        raise GitError(f"'{record['git']}' is no git repository any more")
    return git


def _after(operation: Operation, record: Record) -> Mapping[str, str | None]:
    """What the operation left of the entries; nothing if it was killed before it noted that."""
    later = operation.records[operation.records.index(record) :]
    none: dict[str, str | None] = {}
    return next((each["entries"] for each in later if each["do"] == "staged"), none)


def _is_written_by(operation: Operation, git: Git, name: str, entry: str | None) -> bool:
    """Whether the operation wrote the content that was staged."""
    if entry is None or entry == CONFLICT:
        return entry is None
    content = md5_bytes(command.run(git, "cat-file", "blob", entry.split(" ")[1]))
    path = os.path.join(git.root, name)
    return any(each["do"] == "wrote" and each["path"] == path and each["md5"] == content for each in operation.records)


def _put(git: Git, wanted: Mapping[str, str | None]) -> None:
    """Set entries of the index, or remove them (None)."""
    gone = "\0".join(name for name, entry in wanted.items() if entry is None)
    lines = "\0".join(f"{entry}\t{name}" for name, entry in wanted.items() if entry is not None)
    if lines:
        command.run(git, "update-index", "-z", "--index-info", input=os.fsencode(lines))
    if gone:
        command.run(git, "update-index", "-z", "--force-remove", "--stdin", input=os.fsencode(gone))
