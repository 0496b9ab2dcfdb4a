"""Artifacts of a repo. Source: dvc's api/artifacts.py."""

from __future__ import annotations

import os


def artifacts_show(
    name: str, version: str | None = None, stage: str | None = None, repo: str | None = None
) -> dict[str, str]:
    """{"rev", "path"} of an artifact: of a version, of what a stage has, else of the highest version.

    `name` is that in dvc.yaml; one in a folder is `folder:name`.
    Raises: ArtifactNotFoundError; ValueError for both a version and a stage; GitError.
    """
    from dvnb.repo.elsewhere.artifacts import find_artifact  # `read` does without

    if version and stage:
        raise ValueError("Artifact version and stage are mutually exclusive.")
    rev, path = find_artifact(repo, name, version=version, stage=stage)
    return {"rev": rev, "path": path.replace("/", os.sep)}
