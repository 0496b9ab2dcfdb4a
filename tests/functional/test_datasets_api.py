"""`dvnb.api.get_dataset`: what `dvc.api.get_dataset` answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dvc.api
import pytest

from dvnb import api
from dvnb.errors import FormatError
from dvnb.pipeline.datasets import DatasetNotFoundError

COMMIT = "4254a5fee0d8ea2bea150668c282db1a7f6e5ee1"

DEFINED = """\
vars:
- names: {cats: felines}
datasets:
- {name: folder, type: url, url: /data/folder}
- {name: beside, type: url, url: ../beside/one.csv}
- {name: fixed, type: dvc, url: "https://example.org/r.git", path: data, rev: main}
- {name: whole, type: dvc, url: /some/repo}
- {name: chain, type: dc, url: "dc://cats@v3"}
- {name: newest, type: dc, url: "dc://cats"}
- {name: "${names.cats}", type: url, url: /data/cats}
- {name: unresolved, type: url, url: /data/x}
- {name: changed, type: url, url: /data/new}
- {name: moved, type: dvc, url: /some/repo, path: other}
- {name: retyped, type: dvc, url: /some/repo}
"""

LOCKED = f"""\
schema: '2.0'
datasets:
- name: folder
  type: url
  url: /data/folder
  meta: {{isdir: true, size: 4, nfiles: 2}}
  files:
  - {{relpath: z/b.csv, meta: {{size: 2}}}}
  - {{relpath: a.csv, meta: {{size: 2}}}}
- {{name: beside, type: url, url: ../beside/one.csv, meta: {{size: 2}}}}
- {{name: fixed, type: dvc, url: "https://example.org/r.git", path: data, rev: main, rev_lock: {COMMIT}}}
- {{name: whole, type: dvc, url: /some/repo, rev_lock: {COMMIT}}}
- {{name: chain, type: dc, url: "dc://cats@v3", version: 3, created_at: '2024-01-01T00:00:00+00:00'}}
- {{name: newest, type: dc, url: "dc://cats", version: 8, created_at: '2024-01-01T00:00:00+00:00'}}
- {{name: felines, type: url, url: /data/cats, meta: {{}}}}
- {{name: changed, type: url, url: /data/old, meta: {{}}}}
- {{name: moved, type: dvc, url: /some/repo, path: data, rev_lock: {COMMIT}}}
- {{name: retyped, type: url, url: /some/repo, meta: {{}}}}
"""


@pytest.fixture
def shelf(repo: Path) -> Path:
    """A project with datasets of all types."""
    (repo / "dvc.yaml").write_text(DEFINED)
    (repo / "dvc.lock").write_text(LOCKED)
    return repo


@pytest.mark.parametrize("name", ["folder", "beside", "fixed", "whole", "chain", "newest", "felines"])
def test_datasets_are_those_of_dvc(shelf: Path, name: str) -> None:
    assert api.get_dataset(name) == dvc.api.get_dataset(name)
    assert api.get_dataset("folder")["files"] == ["local:///data/folder/a.csv", "local:///data/folder/z/b.csv"]


@pytest.mark.parametrize("name", ["unresolved", "changed", "moved", "retyped"])
def test_what_the_lock_does_not_say(shelf: Path, name: str) -> None:
    with pytest.raises(ValueError) as theirs:  # noqa: PT011 - its message is compared
        dvc.api.get_dataset(name)
    with pytest.raises(ValueError) as ours:  # noqa: PT011
        api.get_dataset(name)
    assert str(ours.value) == str(theirs.value)


def test_a_name_that_nobody_has(shelf: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="dataset 'chains' not found") as error:
        api.get_dataset("chains")
    assert error.value.__notes__ == ["Did you mean: 'chain'?"]
    with pytest.raises(KeyError):
        api.get_dataset("chains")


def test_datasets_of_other_folders_are_found(shelf: Path) -> None:
    (shelf / "sub").mkdir()
    for name in ("dvc.yaml", "dvc.lock"):
        text = (shelf / name).read_text().replace("chain", "inner")
        (shelf / "sub" / name).write_text(text)
    assert api.get_dataset("inner") == dvc.api.get_dataset("inner") == {"type": "dc", "name": "cats", "version": 3}


VERSIONED: dict[str, tuple[str, str, list[str]]] = {
    "s3://bucket/p": ("v1", "s3://bucket/p?versionId=v1", ["s3://bucket/p/a?versionId=v2"]),
    "gs://bucket/p": ("v1", "gs://bucket/p#v1", ["gs://bucket/p/a#v2"]),
    "azure://bucket/p": ("v1", "abfs://bucket/p?versionid=v1", ["abfs://bucket/p/a?versionid=v2"]),
    "https://example.org/p": ("v1", "https://example.org/p", ["https://example.org/p/a"]),
    "remote://store/p": ("v1", "s3://base/deep/p?versionId=v1", ["s3://base/deep/p/a?versionId=v2"]),
}


@pytest.mark.parametrize("url", VERSIONED)
def test_urls_name_versions(repo: Path, url: str) -> None:
    (repo / ".dvc" / "config").write_text("['remote \"store\"']\n    url = s3://base/deep\n")
    (repo / "dvc.yaml").write_text(f"datasets:\n- {{name: d, type: url, url: '{url}'}}\n")
    (repo / "dvc.lock").write_text(
        f"schema: '2.0'\ndatasets:\n- name: d\n  type: url\n  url: {url}\n  meta: {{version_id: v1}}\n"
        "  files:\n  - {relpath: a, meta: {version_id: v2}}\n"
    )
    _, path, files = VERSIONED[url]
    assert api.get_dataset("d") == {"type": "url", "files": files, "path": path}


def test_an_unknown_type(repo: Path) -> None:
    (repo / "dvc.yaml").write_text("datasets:\n- {name: d, type: odd, url: x}\n")
    with pytest.raises(FormatError, match="dataset .d. has the unknown type .odd."):
        api.get_dataset("d")


def test_a_stage_keeps_the_datasets_of_the_lock(shelf: Path, dvnb: Any) -> None:
    stages = "stages:\n  s:\n    cmd: echo 1 > o\n    outs: [o]\n"
    (shelf / "dvc.yaml").write_text(DEFINED + stages)
    assert dvnb("repro", "s").code == 0
    assert api.get_dataset("fixed")["sha"] == COMMIT
