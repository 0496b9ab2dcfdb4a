"""Git hooks and the merge driver: written into git by `install`, run by git.

Source: dvc's repo/install.py, commands/git_hook.py; SPEC 11.3.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dvnb.errors import DvnbError
from dvnb.events import Warned
from dvnb.formats.yamlio import Document
from dvnb.git import command
from dvnb.git.worktree import Git
from dvnb.objects.files import read_if_there
from dvnb.objects.undo.gitchanges import configure
from dvnb.project.project import Project
from dvnb.repo.results import InstallResult

HOOKS = ("post-checkout", "pre-commit", "pre-push")
DRIVER_NAME = "DVC merge driver"
DRIVER = "merge-driver --ancestor %O --our %A --their %B --path %P"

_EVERYONE = 0o777
_PRE_COMMIT_CONFIG = ".pre-commit-config.yaml"
_MANUAL = "<https://man.dvc.org/install>"
_BRANCH_CHECKOUT = "1"
_CHECKOUT_KIND = 2  # position among the arguments that git gives post-checkout


def install(project: Project, *, use_pre_commit_tool: bool = False) -> InstallResult:
    """Make git call dvnb: a merge driver, and hooks (or the settings by which the tool pre-commit makes them).

    Raises: DvnbError if there is one of the hooks already; nothing has changed then.
    """
    git = project.git
    if git is None:
        project.emit(Warned("There is no git here: no hooks were installed."))
        return InstallResult()
    if use_pre_commit_tool:
        files = [_configure_pre_commit(project, git)]
    else:
        files = _write_hooks(project, git)
    driver = "; ".join(_calls(DRIVER))
    configure(project.journal, git, {"merge.dvc.name": DRIVER_NAME, "merge.dvc.driver": driver})
    return InstallResult([project.shown(path) for path in files], driver)


def _calls(hook: str) -> tuple[str, str]:
    """Shell commands that run a hook: by this Python where git finds no dvnb, as in programs that know no venv."""
    import shlex  # few verbs write shell
    import sys

    program = shlex.quote(sys.executable)
    return (f"command -v dvnb >/dev/null 2>&1 || exec {program} -m dvnb git-hook {hook}", f"exec dvnb git-hook {hook}")


def _write_hooks(project: Project, git: Git) -> list[str]:
    folder = _hooks_folder(git)
    paths = [os.path.join(folder, name) for name in HOOKS]
    for name, path in zip(HOOKS, paths, strict=True):
        if os.path.lexists(path):
            raise DvnbError(f"Hook '{name}' already exists. Please refer to {_MANUAL} for more info.")
    from shutil import which  # few verbs look for programs

    shell = which("sh") or "/bin/sh"
    os.makedirs(folder, exist_ok=True)
    for name, path in zip(HOOKS, paths, strict=True):
        project.journal.write(path, "\n".join([f"#!{shell}", *_calls(f"{name} $@"), ""]).encode())
        os.chmod(path, _EVERYONE)
    return paths


def _hooks_folder(git: Git) -> str:
    """Where git looks for hooks: linked worktrees share them, and `core.hooksPath` moves them."""
    said = os.fsdecode(command.run(git, "rev-parse", "--git-path", "hooks")).rstrip("\n")
    return os.path.normpath(os.path.join(git.root, said))


def _configure_pre_commit(project: Project, git: Git) -> str:
    """Add dvnb's hooks to the settings of pre-commit; what is there stays.

    They are of the kind "local": they run the dvnb that is installed, where dvc's make pre-commit install dvc.
    """
    path = os.path.join(git.root, _PRE_COMMIT_CONFIG)
    document = Document.from_bytes(read_if_there(path), _PRE_COMMIT_CONFIG)
    entry: dict[str, Any] = {"repo": "local", "hooks": [_hook(name) for name in ("pre-commit", "pre-push", *HOOKS[:1])]}
    repos: list[Any] = document.data.get("repos") or []
    if entry not in repos:
        repos.append(entry)
        document.data["repos"] = repos
        project.journal.write(path, document.to_bytes())
    return path


def _hook(name: str) -> dict[str, Any]:
    return {
        "id": f"dvnb-{name}",
        "name": f"dvnb {name}",
        "entry": f"dvnb git-hook {name}",
        "language": "system",
        "pass_filenames": False,
        "always_run": True,
        "verbose": True,
        "stages": [name],
    }


def wants_checkout(project: Project, arguments: Sequence[str]) -> bool:
    """Whether `post-checkout` is about a whole revision, and no rebase is under way that a checkout could disturb.

    `arguments` are git's; the tool pre-commit says the same by a variable.
    """
    kind = os.environ.get("PRE_COMMIT_CHECKOUT_TYPE")
    if kind is None and len(arguments) > _CHECKOUT_KIND:
        kind = arguments[_CHECKOUT_KIND]
    if kind != _BRANCH_CHECKOUT or project.git is None:
        return False
    return not os.path.isdir(os.path.join(project.git.git_dir, "rebase-merge"))
