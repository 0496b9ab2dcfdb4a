"""Making a new project. Source: dvc's repo/init.py; SPEC 1.1 to 1.4."""

from __future__ import annotations

import os

from dvnb.errors import InitError
from dvnb.formats.ignore import gitignore
from dvnb.git.worktree import Git
from dvnb.objects.files import write_atomic
from dvnb.objects.undo.journal import Journal
from dvnb.project.discover import DVC_DIR
from dvnb.repo.results import InitResult

DVCIGNORE = (
    b"# Add patterns of files dvc should ignore, which could improve\n"
    b"# the performance. Learn more at\n"
    b"# https://dvc.org/doc/user-guide/dvcignore\n"
)
NOT_TRACKED = (
    "{root} is not tracked by any supported SCM tool (e.g. Git). Use `--no-scm` if you don't want"
    " to use any SCM or `--subdir` if initializing inside a subdirectory of a parent SCM repository."
)


def init(directory: str, *, no_scm: bool = False, force: bool = False, subdir: bool = False) -> InitResult:
    """Make `directory` (absolute) a project and stage its files in git.

    `force` replaces an existing `.dvc`, which goes into the trash, cache and all.

    Raises: InitError.
    """
    root = os.path.realpath(directory)
    if no_scm and subdir:
        raise InitError("Cannot initialize repo with `--no-scm` and `--subdir`")
    git = None if no_scm else Git.find(root)
    if not no_scm and (git is None or (git.root != root and not subdir)):
        raise InitError(NOT_TRACKED.format(root=root))
    dvc_dir = os.path.join(root, DVC_DIR)
    if git is not None and gitignore(git).is_ignored(dvc_dir, is_dir=True):
        raise InitError(
            f"{dvc_dir} is ignored by your SCM tool. \nMake sure that it's tracked, for example, by adding"
            " '!.dvc' to .gitignore."
        )
    if os.path.isdir(dvc_dir) and not force:
        raise InitError("'.dvc' exists. Use `-f` to force.")
    journal = _journal(root, git, "init -f" if force else "init")
    try:
        if os.path.isdir(dvc_dir):
            journal.move(dvc_dir)
        return _write(root, dvc_dir, git, journal)
    finally:
        journal.close()


def _journal(root: str, git: Git | None, command: str) -> Journal:
    """A journal that does not lie in the `.dvc` that comes or goes."""
    from dvnb.repo.upkeep.gone import outer_trash  # it knows more than a first `init` needs

    return Journal(os.path.join(git.common_dir, "dvnb", "trash") if git else outer_trash(root), command)


def _write(root: str, dvc_dir: str, git: Git | None, journal: Journal) -> InitResult:
    files = {"config": b"" if git else b"[core]\n    no_scm = True\n"}
    if git is not None:
        files[".gitignore"] = b"/config.local\n/tmp\n/cache\n"
    journal.found(dvc_dir, files)
    os.makedirs(os.path.join(dvc_dir, "tmp"))
    dvcignore = os.path.join(root, ".dvcignore")
    if not os.path.lexists(dvcignore):
        journal.write(dvcignore, DVCIGNORE)
    write_atomic(os.path.join(dvc_dir, "tmp", "btime"), b"")
    if git is not None:
        from dvnb.objects.undo.gitchanges import stage  # git's program is needed by few verbs

        stage(journal, git, [*(os.path.join(dvc_dir, name) for name in files), dvcignore])
    return InitResult(root, git is not None)
