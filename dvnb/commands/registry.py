"""Every verb by name, without importing what does it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvnb.commands.command import Command

# verb -> (family module, one line of help); in the order of the help text, dvc's own.
VERBS: dict[str, tuple[str, str]] = {
    "add": ("data", "Track data files or directories with DVC."),
    "artifacts": ("artifacts", "Artifacts that a repo registers by git tags."),
    "cache": ("config", "Manage cache settings."),
    "check-ignore": ("data", "Check whether files or directories are excluded due to `.dvcignore`."),
    "checkout": ("data", "Checkout data files from cache, of the workspace's or of another revision."),
    "commit": (
        "data",
        "Record changes to files or directories tracked by DVC by storing the current versions in the cache.",
    ),
    "completion": ("completion", "Generate shell tab completion."),
    "config": ("config", "Get or set config options."),
    "dag": ("graph", "Visualize DVC project DAG."),
    "data": ("status", "Commands related to data management."),
    "dataset": ("datasets", "Data elsewhere that stages read as ds://NAME."),
    "diff": ("diff", "Show added, modified, or deleted data between commits, or a commit and the workspace."),
    "du": ("listing", "Show disk usage."),
    "list": ("listing", "List repository contents, including files and directories tracked by DVC and by Git."),
    "pull": ("sync", "Download tracked files or directories from remote storage."),
    "push": ("sync", "Upload tracked files or directories to remote storage."),
    "fetch": ("sync", "Download files or directories from remote storage to the cache."),
    "status": ("status", "Show changed stages, compare local cache and a remote storage."),
    "destroy": ("removal", "Remove DVC files, local DVC config and data cache."),
    "exp": ("experiments", "Commands to run and compare experiments."),
    "freeze": ("freezing", "Freeze stages or .dvc files."),
    "unfreeze": ("freezing", "Unfreeze stages or .dvc files."),
    "fsck": ("fsck", "Read all stored objects again, and find those that are damaged or missing."),
    "gc": ("gc", "Garbage collect unused objects from cache or remote storage."),
    "git-hook": ("hooks", "Run a Git hook."),
    "get": ("downloads", "Download file or directory tracked by DVC or by Git."),
    "get-url": ("downloads", "Download or copy files from URL."),
    "import": ("imports", "Download file or directory tracked by DVC or by Git into the workspace, and track it."),
    "import-url": ("imports", "Download or copy file from URL and take it under DVC control."),
    "init": ("project", "Initialize DVC repository."),
    "install": ("hooks", "Install DVC git hooks into the repository."),
    "lineage": ("lineage", "Show where data comes from and what depends on it."),
    "list-url": ("downloads", "List directory contents from URL."),
    "log": ("log", "Show the versions of tracked data."),
    "logs": ("logs", "Show what the commands of a stage wrote when it last ran."),
    "metrics": ("reports", "Commands to display and compare metrics."),
    "migrate": ("first_years", "Turn single-stage files of DVC's first versions into stages of dvc.yaml."),
    "move": ("removal", "Rename or move a DVC controlled data file or a directory."),
    "notebook": ("notebook", "Commands to run notebooks as stages and to keep them clean."),
    "params": ("reports", "Commands to display params."),
    "plots": ("plots", "Commands to visualize and compare plot data."),
    "pipeline": ("first_years", "Show pipelines, as the first versions of DVC did."),
    "remote": ("remote", "Set up and manage data remotes."),
    "remove": ("removal", "Remove stages from dvc.yaml and/or stop tracking files or directories."),
    "repro": ("repro", "Reproduce complete or partial pipelines by executing their stages."),
    "root": ("project", "Return the relative path to the root of the DVC project."),
    "run": ("stages", "Create a stage and execute it."),
    "stage": ("stages", "Commands to list and create stages."),
    "trash": ("undo", "List or empty what is kept for undo."),
    "undo": ("undo", "Take back the last operation, or another one."),
    "unprotect": ("removal", "Turn links into the cache into writable copies."),
    "update": ("imports", "Update data imported from an external DVC repository or URL."),
    "version": ("project", "Display the version and system/environment information."),
    "why": ("why", "Show what changed since a stage ran, how much, and since which commit."),
}

ALIASES = {
    "doctor": "version",
    "mv": "move",
    "rm": "remove",
    "ls": "list",
    "experiments": "exp",
    "ls-url": "list-url",
    "ds": "dataset",
}

# Other names within a group: (verb, name) -> what it stands for.
SHORT_NAMES = {("exp", "ls"): "list"}

# What verbs that only hold others say about them: verb -> its usage line in help.
GROUPS = frozenset(
    {
        "artifacts",
        "cache",
        "data",
        "dataset",
        "exp",
        "git-hook",
        "metrics",
        "notebook",
        "params",
        "pipeline",
        "plots",
        "remote",
        "stage",
        "trash",
    }
)


def names() -> list[str]:
    """All verbs, aliases beside what they stand for."""
    by_verb = {verb: alias for alias, verb in ALIASES.items()}
    return [name for verb in VERBS for name in (verb, by_verb.get(verb)) if name]


def commands(verb: str) -> list[Command]:
    """The commands that begin with `verb`: itself, or those of a group; their family is imported here."""
    family = import_module(f"dvnb.commands.{VERBS[verb][0]}")
    return [command for command in family.COMMANDS if command.name[0] == verb]
