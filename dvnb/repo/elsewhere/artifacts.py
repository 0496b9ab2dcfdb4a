"""Artifacts: named files, registered as versions and assigned to stages by git tags.

Source: dvc's repo/artifacts.py; gto's constants.py and tag.py for the names of tags.
"""

from __future__ import annotations

import os
import posixpath
import re

from dvnb.errors import TargetError
from dvnb.git import command
from dvnb.pipeline.index import PIPELINE_FILE
from dvnb.records import dataclass
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.repos import find_elsewhere, open_elsewhere

_NAME = r"[a-zA-Z0-9]([a-zA-Z0-9-/_]*[a-zA-Z0-9])?"
_FULL_NAME = re.compile(rf"((?P<folder>[a-zA-Z0-9-_./]+):)?(?P<name>{_NAME})")
_VERSION = r"v(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
_TAG = re.compile(rf"(?P<name>[^@#]+)(@(?P<version>{_VERSION})|#(?P<stage>{_NAME}))(?P<cancel>!?)(#(?P<count>\d+))?")


class ArtifactNotFoundError(TargetError):
    """No tag registers such an artifact, or the dvc.yaml of that commit has none of this name."""


@dataclass(slots=True)
class _Registered:
    """One tag about an artifact, and the commit it is on."""

    version: str | None
    stage: str | None
    commit: str


def find_artifact(
    url: str | None, name: str, *, version: str | None = None, stage: str | None = None
) -> tuple[str, str]:
    """Commit and path (relative to git's root) of an artifact: of a version, of a stage, else of the highest version.

    Raises: ArtifactNotFoundError; GitError.
    """
    wanted = f" @ {stage or version}" if stage or version else ""
    missing = ArtifactNotFoundError(f"Unable to find artifact '{name}{wanted}'")
    matched = _FULL_NAME.fullmatch(name)
    if matched is None or matched["folder"] == PIPELINE_FILE:  # dvc finds those of the root by their name alone
        raise missing
    folder, short = _folder(matched["folder"]), matched["name"]
    url = url or os.getcwd()
    with open_elsewhere(url) as other:
        git = other.project.git
        tags = _tags(git, f"{folder}={short}" if folder else short) if git else []
    if version or stage:
        tags = [tag for tag in tags if (tag.version == version if version else tag.stage == stage)]
    else:
        tags = sorted((tag for tag in tags if tag.version), key=lambda tag: _order(tag.version or ""))
    if not tags:
        raise missing
    commit = tags[-1].commit
    path = _path(url, commit, folder, short)
    if path is None:
        raise missing
    return commit, path


def _folder(text: str | None) -> str:
    """Tags name the folder of a dvc.yaml, people may name the file."""
    folder = posixpath.normpath(text) if text else ""
    if posixpath.basename(folder) == PIPELINE_FILE:
        folder = posixpath.dirname(folder)
    return "" if folder == "." else folder


def _tags(git: command.Git, name: str) -> list[_Registered]:
    """Annotated tags about an artifact, oldest first."""
    form = "--format=%(objecttype) %(*objectname) %(refname)"
    listed = command.run(git, "for-each-ref", "--sort=taggerdate", form, "refs/tags/")
    found: list[_Registered] = []
    for line in listed.decode(errors="surrogateescape").splitlines():
        kind, commit, ref = line.split(" ", 2)
        tag = _TAG.fullmatch(ref.removeprefix("refs/tags/"))
        if kind == "tag" and tag and tag["name"] == name and not tag["cancel"]:
            found.append(_Registered(tag["version"], tag["stage"], commit))
    return found


def _order(version: str) -> tuple[int, int, int, bool, list[tuple[bool, int, str]]]:
    """Versions compare so by the rules of semver.org: a pre-release is lower than its release."""
    matched = re.fullmatch(_VERSION, version)
    assert matched is not None  # noqa: S101 - it was found by this pattern
    parts = matched[4].split(".") if matched[4] else []
    pre = [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
    return int(matched[1]), int(matched[2]), int(matched[3]), not parts, pre


def _path(url: str, commit: str, folder: str, name: str) -> str | None:
    """The path that the dvc.yaml in `folder` (seen from git's root) has for an artifact."""
    files = Files(find_elsewhere(url, commit), subrepos=True)
    try:
        project = files.other.project
        prefix = (project.git.relpath(project.root) if project.git else None) or ""
        inside = posixpath.relpath(folder or ".", prefix or ".")
        if inside.startswith(".."):
            return None
        owner, inner = files.owner("" if inside == "." else inside)
        parsed = owner.index.files.get(os.path.normpath(os.path.join(owner.other.project.root, inner, PIPELINE_FILE)))
        artifact = parsed.artifacts.get(name) if parsed else None
        return posixpath.normpath(posixpath.join(folder, str(artifact["path"]))) if artifact else None
    finally:
        files.close()
