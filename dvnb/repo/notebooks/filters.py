"""The git clean filter of notebooks: what git takes of them is their canonical form, the work tree stays as it is.

git knows a filter by a section of its config, which every clone needs anew, and by a line of .gitattributes, which a
clone brings along. Where that line does not win, as against nbstripout's in info/attributes, one is added there.
"""

from __future__ import annotations

import os

from dvnb.errors import DvnbError, ProjectError
from dvnb.git import command
from dvnb.git.worktree import Git
from dvnb.objects.files import read_if_there, write_atomic
from dvnb.project.project import Project
from dvnb.repo.results import NotebookFilterResult

NAME = "dvnb-notebook"
LINE = f"*.ipynb filter={NAME}"

_ATTRIBUTES = ".gitattributes"


def install(project: Project, keep: list[str]) -> NotebookFilterResult:
    """Let git clean the project's notebooks; a filter that is there already is brought up to date.

    Raises: ProjectError without git.
    """
    git = _git(project)
    files: list[str] = []
    command.run(git, "config", f"filter.{NAME}.clean", _command(keep))
    own = os.path.join(project.root, _ATTRIBUTES)
    if _add_line(project, own):
        files.append(own)
    before = _winner(project, git)
    if before != NAME:
        info = _info(git)
        if _add_line(None, info):
            files.append(info)
        if _winner(project, git) != NAME:
            raise DvnbError(f"git still cleans notebooks by the filter '{_winner(project, git)}': see 'git check-attr'")
    return NotebookFilterResult([project.shown(path) for path in files], installed=True)


def remove(project: Project) -> NotebookFilterResult:
    """Let git take notebooks as they are again; whatever else its files say of them stays."""
    git = _git(project)
    files: list[str] = []
    own, info = os.path.join(project.root, _ATTRIBUTES), _info(git)
    for path, owner in ((own, project), (info, None)):
        if _remove_line(owner, path):
            files.append(path)
    command.run(git, "config", "--remove-section", f"filter.{NAME}", check=False)
    return NotebookFilterResult([project.shown(path) for path in files], installed=False)


def _git(project: Project) -> Git:
    if project.git is None:
        raise ProjectError("there is no git here that could clean notebooks")
    return project.git


def _command(keep: list[str]) -> str:
    """The shell command that git runs: by this Python where it finds no dvnb, as in programs that know no venv."""
    import shlex  # few verbs write shell
    import sys

    tags = "".join(f" --keep-output-tag {shlex.quote(tag)}" for tag in keep)
    words = f"notebook clean{tags} --filter %f"
    program = shlex.quote(sys.executable)
    return f"if command -v dvnb >/dev/null 2>&1; then dvnb {words}; else {program} -m dvnb {words}; fi"


def _winner(project: Project, git: Git) -> str:
    """The filter that git would use for the project's notebooks."""
    path = os.path.join(project.root, "any.ipynb")
    said = os.fsdecode(command.run(git, "check-attr", "-z", "filter", "--", path))
    return said.split("\0")[2]


def _info(git: Git) -> str:
    said = os.fsdecode(command.run(git, "rev-parse", "--git-path", "info/attributes")).rstrip("\n")
    return os.path.normpath(os.path.join(git.root, said))


def _add_line(project: Project | None, path: str) -> bool:
    """Add the filter's line at the end, where it wins over those before it; whether it was not the last already."""
    lines = (read_if_there(path) or b"").decode(errors="surrogateescape").splitlines()
    if LINE in lines:
        return False
    _write(project, path, [*lines, LINE])
    return True


def _remove_line(project: Project | None, path: str) -> bool:
    lines = (read_if_there(path) or b"").decode(errors="surrogateescape").splitlines()
    if LINE not in lines:
        return False
    rest = [line for line in lines if line != LINE]
    if not rest and project is not None:
        project.journal.move(path)
    else:
        _write(project, path, rest)
    return True


def _write(project: Project | None, path: str, lines: list[str]) -> None:
    data = "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
    if project is not None:
        project.journal.write(path, data)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write_atomic(path, data)
