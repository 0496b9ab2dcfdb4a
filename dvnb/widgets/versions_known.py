"""The versions and paths that a comparison can be about."""

from __future__ import annotations

import os

from dvnb.git import command, history
from dvnb.pipeline.index import load_index
from dvnb.project.project import Project
from dvnb.records import dataclass

_MOST_COMMITS = 50


@dataclass(frozen=True, slots=True)
class Known:
    """`groups`: a title and [rev, words] of each version; `paths` as seen from the current folder."""

    groups: list[tuple[str, list[tuple[str, str]]]]
    paths: list[str]


def known_versions(project: Project, path: str) -> Known:
    """Branches, tags, and the latest commits that changed `path` or what tracks it."""
    git = project.git
    if git is None:
        return Known([], [])
    relpath = os.path.relpath(os.path.normpath(os.path.join(project.cwd, path)), git.root).replace(os.sep, "/")
    own = history.quoted(relpath)
    patterns = ["**"] if relpath == "." else [own, f"{own}/**", f"{own}.dvc", "**/dvc.lock", "dvc.lock"]
    head = git.head()
    commits = history.log(git, ["--max-count", str(_MOST_COMMITS), head], patterns) if head else []
    groups = [
        ("", [("HEAD", "HEAD")]),
        ("Branches", [(name, name) for name in command.branches(git)]),
        ("Tags", [(name, name) for name in command.tags(git)]),
        ("Commits", [(one.short, f"{one.short} {one.date[:10]} {one.subject}") for one in commits]),
    ]
    index = load_index(project, tolerant=True)
    paths = [project.shown(out.path) for stage in index.stages for out in stage.outs if project.contains(out.path)]
    return Known([group for group in groups if group[1]], [project.shown(project.root), *sorted(paths)])
