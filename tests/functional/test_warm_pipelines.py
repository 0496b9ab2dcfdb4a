"""A process that asks about pipelines again and again gets answers that are true now, however lately things changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dvnb import Repo, init

pytestmark = pytest.mark.usefixtures("memory")

STAGES = """\
stages:
  train:
    cmd: cp data.txt model.txt
    deps: [data.txt]
    params: [rate]
    outs: [model.txt]
    metrics:
    - scores.json:
        cache: false
"""


def _git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stage with params and metrics, in git."""
    monkeypatch.setenv("DVNB_CACHE_DIR", str(tmp_path / "state"))
    root = tmp_path / "repo"
    root.mkdir()
    _git(root, "init", "-q")
    init(root)
    (root / "data.txt").write_text("first")
    (root / "params.yaml").write_text("rate: 1\n")
    (root / "scores.json").write_text('{"score": 1}')
    (root / "dvc.yaml").write_text(STAGES)
    _git(root, "add", ".")
    _git(root, "commit", "-qm", "first")
    return root


@pytest.fixture
def warm(root: Path) -> Repo:
    """A repo that has answered all of the questions before."""
    repo = Repo(root)
    for _ in range(2):
        assert _rate(repo) is None
        assert _score(repo) == 1
        assert _stages(repo) == ["train"]
        assert repo.dag().nodes == ["train"]
    return repo


def _rate(repo: Repo) -> object:
    """The param's value in the workspace, if it differs from that of HEAD."""
    changed = repo.params_diff().files.get("params.yaml", {})
    return changed["rate"]["new"] if "rate" in changed else None


def _score(repo: Repo) -> object:
    return repo.metrics_show().revs[""]["data"]["scores.json"]["data"]["score"]


def _stages(repo: Repo) -> list[str]:
    return [row.stage for row in repo.stage_list().stages]


def _replace(path: Path, text: str) -> None:
    """Another file of the same size and time in its place."""
    old = path.stat()
    new = path.with_name("new")
    new.write_text(text)
    os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert new.stat().st_size == old.st_size
    new.replace(path)


def test_params_edited_within_the_same_second_and_replaced(root: Path, warm: Repo) -> None:
    for number in range(2, 10):
        (root / "params.yaml").write_text(f"rate: {number}\n")
        assert _rate(warm) == number
    (root / "params.yaml").write_text("rate: 1\n")
    assert _rate(warm) is None
    _replace(root / "params.yaml", "rate: 7\n")
    assert _rate(warm) == 7


def test_metrics_edited_within_the_same_second_and_replaced(root: Path, warm: Repo) -> None:
    for number in range(2, 10):
        (root / "scores.json").write_text(f'{{"score": {number}}}')
        assert _score(warm) == number
    _replace(root / "scores.json", '{"score": 7}')
    assert _score(warm) == 7


def test_stages_edited_within_the_same_second_and_replaced(root: Path, warm: Repo) -> None:
    for name in ("first", "other", "third"):
        (root / "dvc.yaml").write_text(STAGES.replace("train", name))
        assert _stages(warm) == warm.dag().nodes == [name]
    _replace(root / "dvc.yaml", STAGES.replace("train", "shown"))
    assert _stages(warm) == warm.dag().nodes == ["shown"]


def test_files_that_come_and_go(root: Path, warm: Repo) -> None:
    below = root / "below"
    below.mkdir()
    (below / "dvc.yaml").write_text("stages:\n  score:\n    cmd: wc ../model.txt\n    deps: [../model.txt]\n")
    assert warm.dag().edges == [("train", "below/dvc.yaml:score")]
    (root / ".dvcignore").write_text("below\n")
    assert warm.dag().nodes == ["train"]
    (root / ".dvcignore").unlink()
    assert len(warm.dag().nodes) == 2
    (below / "dvc.yaml").unlink()
    assert warm.dag().nodes == ["train"]


def test_a_moved_head(root: Path, warm: Repo) -> None:
    (root / "params.yaml").write_text("rate: 2\n")
    assert _rate(warm) == 2
    _git(root, "commit", "-qam", "second")
    assert _rate(warm) is None
    _git(root, "reset", "-q", "--soft", "HEAD~1")
    assert _rate(warm) == 2
    _git(root, "commit", "-qm", "second again")
    _git(root, "checkout", "-q", "HEAD~1")
    assert _rate(warm) is None
    (root / "params.yaml").write_text("rate: 2\n")
    assert _rate(warm) == 2


def test_templates_follow_their_values(root: Path, warm: Repo) -> None:
    text = "stages:\n  each:\n    foreach: ${names}\n    do:\n      cmd: echo ${item}\n"
    (root / "dvc.yaml").write_text(text)
    for names in (["a"], ["b"], ["a", "b"]):
        (root / "params.yaml").write_text(f"names: [{', '.join(names)}]\n")
        assert _stages(warm) == [f"each@{name}" for name in names]
