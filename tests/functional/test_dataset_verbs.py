"""dataset add and update, `ds://` deps, artifacts get: beside stock dvc."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import OwnershipError, TargetError
from dvnb.pipeline.datasets import DatasetNotFoundError

STAGE = "stages:\n  s:\n    cmd: echo 1 > o\n    deps:\n    - ds://photos\n    outs:\n    - o\n"


@pytest.fixture
def registry(repo: Path, tmp_path: Path, dvnb: Any, git: Any) -> Path:
    """Another repo: a folder of data with two versions, and artifacts that tags register."""
    root = tmp_path / "registry"
    root.mkdir()
    git("init", "-q", cwd=root)
    dvnb("init", "-q", cwd=root)
    (root / "data").mkdir()
    (root / "data" / "a").write_text("1\n")
    (root / "dvc.yaml").write_text("artifacts:\n  model:\n    path: data\n")
    dvnb("add", "-q", "data", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-qm", "one", cwd=root)
    git("tag", "-a", "model@v1.0.0", "-m", "one", cwd=root)
    return root


def next_version(root: Path, dvnb: Any, git: Any) -> str:
    (root / "data" / "b").write_text("2\n")
    dvnb("add", "-q", "data", cwd=root)
    git("commit", "-qam", "two", cwd=root)
    return git("rev-parse", "HEAD", cwd=root).strip()


def files(root: Path) -> dict[str, str]:
    return {name: (root / name).read_text() for name in ("dvc.yaml", "dvc.lock")}


def both(root: Path, dvnb: Any, oracle: Any, *args: str) -> None:
    """Both tools do the same: code and files; what dvnb wrote stays."""
    before = {name: (root / name).read_bytes() for name in ("dvc.yaml", "dvc.lock") if (root / name).exists()}
    code = oracle(*args)[0]
    theirs = files(root)
    for name in theirs:
        (root / name).unlink()
    for name, data in before.items():
        (root / name).write_bytes(data)
    done = dvnb(*args)
    assert (done.code, files(root)) == (code, theirs), done.err


def test_add_and_update_write_what_dvc_writes(
    repo: Path, registry: Path, dvnb: Any, oracle: Any, git: Callable[..., str]
) -> None:
    both(repo, dvnb, oracle, "dataset", "add", "photos", "--dvc", str(registry), "--path", "data")
    both(repo, dvnb, oracle, "ds", "add", "fixed", "--dvc", str(registry), "--path", "data", "--rev", "model@v1.0.0")
    (repo / "dvc.yaml").write_text((repo / "dvc.yaml").read_text() + STAGE)
    ours = json.loads(dvnb("status", "--json").out)
    assert ours == json.loads(oracle("status", "--json")[1])
    assert ours["s"][0] == {"changed deps": {"ds://photos": "new"}}
    both(repo, dvnb, oracle, "repro")
    assert oracle("status", "--json")[1] == "{}\n"
    next_version(registry, dvnb, git)
    both(repo, dvnb, oracle, "dataset", "update", "photos")
    assert json.loads(dvnb("status", "--json").out) == {"s": [{"changed deps": {"ds://photos": "modified"}}]}
    both(repo, dvnb, oracle, "repro")
    both(repo, dvnb, oracle, "dataset", "update", "fixed", "--rev", "HEAD")
    both(repo, dvnb, oracle, "dataset", "add", "photos", "--dvc", str(registry), "-f")
    assert dvnb("repro").code == 0
    assert oracle("status")[:2] == (0, "Data and pipelines are up to date.\n")


def test_what_is_said(repo: Path, registry: Path, dvnb: Any, git: Any) -> None:
    done = dvnb("dataset", "add", "photos", "--dvc", str(registry), "--path", "data")
    assert done.lines[0] == f"Adding photos ({registry}:/data)"
    old = git("rev-parse", "HEAD", cwd=registry).strip()
    assert dvnb("dataset", "update", "photos").out == "Nothing to update\n"
    new = next_version(registry, dvnb, git)
    assert dvnb("dataset", "update", "photos").lines[0] == f"Updating photos ({old[:9]} -> {new[:9]})"
    told = json.loads(dvnb("dataset", "update", "--json", "photos", "--rev", old).out)
    assert (told["action"], told["lock"]["rev_lock"], told["before"]["rev_lock"]) == ("updated", old, new)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["dataset", "add", "photos", "--dvc", "{registry}"], "photos already exists in dvc.yaml, use the --force"),
        (["dataset", "add", "x", "--dvc", "{registry}", "--rev", "nope"], "nope"),
        (["dataset", "add", "x", "--dvc", "{registry}/none"], "{registry}/none"),
        (["dataset", "add", "x", "--url", "s3://bucket/x"], "versions that s3:// keeps cannot be recorded"),
        (["dataset", "add", "x", "--url", "plain"], "'plain' is no URL"),
        (["dataset", "add", "x", "--dc", "name"], "datachain"),
        (["dataset", "add", "x", "--dc", "name", "--rev", "2"], "--rev can't be used without --dvc"),
        (["dataset", "update", "photo"], "dataset not found: 'photo'"),
        (["dataset", "update", "photos", "--rev", "nope"], "nope"),
    ],
)
def test_bad_input_changes_nothing(repo: Path, registry: Path, dvnb: Any, args: list[str], message: str) -> None:
    Repo().dataset_add("photos", str(registry), path="data")
    before = files(repo)
    done = dvnb(*(word.format(registry=registry) for word in args))
    assert done.code in (1, 255)
    assert message.format(registry=registry) in done.err
    assert files(repo) == before


def test_the_api_and_pins_out_of_sync(repo: Path, registry: Path, dvnb: Any) -> None:
    result = Repo().dataset_add("photos", str(registry), path="data")
    assert (result.action, set(result.to_stage)) == ("added", {"dvc.yaml", "dvc.lock"})
    with pytest.raises(OwnershipError):
        Repo().dataset_add("photos", str(registry))
    with pytest.raises(DatasetNotFoundError):
        Repo().dataset_update("nope")
    (repo / "dvc.yaml").write_text((repo / "dvc.yaml").read_text().replace("path: data", "path: else") + STAGE)
    assert Repo().status().stages["s"][0] == {"changed deps": {"ds://photos": "not in sync"}}
    done = dvnb("repro")
    assert done.code == 255 and "Run 'dvnb ds update photos' to sync" in done.err
    (repo / "dvc.yaml").write_text(STAGE)
    done = dvnb("status")
    assert done.code == 1 and "dataset not found: 'photos'" in done.err


def test_artifacts_get(repo: Path, registry: Path, dvnb: Any, git: Any) -> None:
    next_version(registry, dvnb, git)
    git("tag", "-a", "model@v2.0.0", "-m", "two", cwd=registry)
    git("tag", "-a", "model#prod#1", "model@v1.0.0^{}", "-m", "p", cwd=registry)
    done = dvnb("artifacts", "get", str(registry), "model")
    assert (done.code, done.out) == (0, "Downloaded 2 file(s) to 'data'\n")
    assert Repo.artifacts_get(str(registry), "model", "old", rev="v1.0.0").path == "old"
    assert sorted(path.name for path in (repo / "old").iterdir()) == ["a"]
    assert dvnb("artifacts", "get", str(registry), "model", "--stage", "prod", "-o", "prod").code == 0
    assert sorted(path.name for path in (repo / "prod").iterdir()) == ["a"]
    for args, message in (
        (["model"], "already exists locally"),
        (["nope"], "Unable to find artifact 'nope'"),
        (["model", "--rev", "v9.9.9"], "Unable to find artifact 'model @ v9.9.9'"),
        (["model", "--rev", "v1.0.0", "--stage", "prod"], "mutually exclusive"),
    ):
        done = dvnb("artifacts", "get", str(registry), *args)
        assert done.code == 1
        assert done.err.startswith(f"ERROR: failed to get '{args[0]}' from '{registry}' - ")
        assert message in done.err
    with pytest.raises(TargetError):
        Repo.artifacts_get(str(registry), "nope")
    assert dvnb("artifacts", "get", "-f", str(registry), "model").code == 0


def test_show_url_of_an_artifact(repo: Path, registry: Path, tmp_path: Path, dvnb: Any, oracle: Any) -> None:
    dvnb("remote", "add", "-d", "store", str(tmp_path / "store"), cwd=registry)
    subprocess.run(["git", "commit", "-qam", "remote"], cwd=registry, check=True)
    subprocess.run(["git", "tag", "-a", "model@v3.0.0", "-m", "r"], cwd=registry, check=True)
    args = ("artifacts", "get", str(registry), "model", "--show-url")
    assert dvnb(*args).out.strip() == oracle(*args)[1].strip()
    args = ("artifacts", "get", str(registry), "nope", "--show-url")
    done = dvnb(*args)
    assert (done.code, done.err) == oracle(*args)[::2]
    args = ("artifacts", "get", str(registry), "dvc.yaml:model")  # only below the root has a file's name a meaning
    assert dvnb(*args).code == oracle(*args)[0] == 1
