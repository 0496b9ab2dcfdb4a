"""Every verb by name, without importing what does it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvnb.commands.command import Command

# verb -> (family module, one line of help); in the order of the help text, dvc's own.
VERBS: dict[str, tuple[str, str]] = {
    "add": ("data", "Track data files or directories with DVC."),
    "cache": ("config", "Manage cache settings."),
    "check-ignore": ("data", "Check whether files or directories are excluded due to `.dvcignore`."),
    "checkout": ("data", "Checkout data files from cache, of the workspace's or of another revision."),
    "commit": (
        "data",
        "Record changes to files or directories tracked by DVC by storing the current versions in the cache.",
    ),
    "config": ("config", "Get or set config options."),
    "dag": ("graph", "Visualize DVC project DAG."),
    "data": ("status", "Commands related to data management."),
    "pull": ("sync", "Download tracked files or directories from remote storage."),
    "push": ("sync", "Upload tracked files or directories to remote storage."),
    "fetch": ("sync", "Download files or directories from remote storage to the cache."),
    "status": ("status", "Show changed stages, compare local cache and a remote storage."),
    "freeze": ("pipeline", "Freeze stages or .dvc files."),
    "unfreeze": ("pipeline", "Unfreeze stages or .dvc files."),
    "init": ("project", "Initialize DVC repository."),
    "metrics": ("reports", "Commands to display and compare metrics."),
    "notebook": ("notebook", "Commands to run notebooks as stages and to keep them clean."),
    "params": ("reports", "Commands to display params."),
    "remote": ("remote", "Set up and manage data remotes."),
    "repro": ("pipeline", "Reproduce complete or partial pipelines by executing their stages."),
    "root": ("project", "Return the relative path to the root of the DVC project."),
    "run": ("pipeline", "Create a stage and execute it."),
    "stage": ("pipeline", "Commands to list and create stages."),
    "version": ("project", "Display the version and system/environment information."),
}

ALIASES = {"doctor": "version"}

# What verbs that only hold others say about them: verb -> its usage line in help.
GROUPS = frozenset({"cache", "data", "metrics", "notebook", "params", "remote", "stage"})


def names() -> list[str]:
    """All verbs, aliases beside what they stand for."""
    by_verb = {verb: alias for alias, verb in ALIASES.items()}
    return [name for verb in VERBS for name in (verb, by_verb.get(verb)) if name]


def commands(verb: str) -> list[Command]:
    """The commands that begin with `verb`: itself, or those of a group; their family is imported here."""
    family = import_module(f"dvnb.commands.{VERBS[verb][0]}")
    return [command for command in family.COMMANDS if command.name[0] == verb]
