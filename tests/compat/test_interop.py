"""One project, two tools: what dvnb wrote is clean for stock dvc, and the other way round."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PIPELINE = """\
stages:
  prepare:
    cmd: head -n 2 data.txt > mid.txt
    deps: [data.txt]
    params: [size]
    outs: [mid.txt]
  train:
    cmd: mkdir -p model && cp mid.txt model/weights && echo '{"acc":0.5}' > metrics.json
    deps: [mid.txt]
    params:
    - train.lr
    outs: [model]
    metrics:
    - metrics.json:
        cache: false
"""


def make_data(root: Path) -> None:
    (root / "data.txt").write_text("a\nb\nc\n")
    (root / "params.yaml").write_text("size: 2\ntrain:\n  lr: 0.1\n")
    folder = root / "pictures" / "ünï"
    folder.mkdir(parents=True)
    (folder / "one.bin").write_bytes(bytes(range(256)))
    (root / "pictures" / "empty").touch()
    tool = root / "tool.sh"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)


def files_of(root: Path) -> dict[str, bytes]:
    """Everything that either tool keeps, by path; the cache included, caches of no consequence aside."""
    skipped = (".git/", ".dvc/tmp/")
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith(skipped):
            found[name] = path.read_bytes()
    return found


@pytest.fixture(params=["dvnb", "dvc"])
def tools(request: pytest.FixtureRequest, dvnb: Any, dvc: Any) -> tuple[Any, Any]:
    """(the tool that writes, the other one)"""
    return (dvnb, dvc) if request.param == "dvnb" else (dvc, dvnb)


def status(tool: Any) -> Any:
    done = tool("status", "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_data_added_by_one_is_clean_and_checked_out_by_the_other(repo: Path, tools: Any, commit_all: Any) -> None:
    writer, reader = tools
    make_data(repo)
    assert writer("add", "data.txt", "pictures", "tool.sh").code == 0
    commit_all()
    assert status(reader) == {}
    (repo / "data.txt").unlink()
    (repo / "pictures" / "ünï" / "one.bin").unlink()
    assert status(reader) == {
        "data.txt.dvc": [{"changed outs": {"data.txt": "deleted"}}],
        "pictures.dvc": [{"changed outs": {"pictures": "modified"}}],
    }
    assert reader("checkout").code == 0
    assert (repo / "data.txt").read_text() == "a\nb\nc\n"
    assert (repo / "pictures" / "ünï" / "one.bin").read_bytes() == bytes(range(256))
    assert status(writer) == {}


def test_a_pipeline_run_by_one_is_up_to_date_for_the_other(repo: Path, tools: Any, commit_all: Any) -> None:
    writer, reader = tools
    make_data(repo)
    (repo / "dvc.yaml").write_text(PIPELINE)
    assert writer("add", "data.txt").code == 0
    assert writer("repro").code == 0
    commit_all()
    lock = (repo / "dvc.lock").read_bytes()
    assert status(reader) == {}
    again = reader("repro")
    assert "Stage 'train' didn't change, skipping" in again.out
    assert (repo / "dvc.lock").read_bytes() == lock

    (repo / "params.yaml").write_text("size: 2\ntrain:\n  lr: 0.2\n")
    assert status(reader) == status(writer) == {"train": [{"changed deps": {"params.yaml": {"train.lr": "modified"}}}]}
    assert reader("repro").code == 0
    assert status(writer) == {}


def test_both_write_the_same_bytes(home: Path, tmp_path: Path, dvnb: Any, dvc: Any, git: Any) -> None:
    results = []
    for tool, name in ((dvnb, "one"), (dvc, "two")):
        root = tmp_path / name
        root.mkdir()
        git("init", "-q", cwd=root)
        make_data(root)
        (root / "dvc.yaml").write_text(PIPELINE)
        for words in (["init"], ["add", "data.txt", "pictures", "tool.sh"], ["repro"]):
            done = tool(*words, cwd=root)
            assert done.code == 0, done.err
        results.append(files_of(root))
    assert results[0] == results[1]


def test_a_run_remembered_by_one_is_restored_by_the_other(repo: Path, tools: Any) -> None:
    writer, reader = tools
    make_data(repo)
    (repo / "dvc.yaml").write_text(PIPELINE)
    for words in (["add", "data.txt"], ["repro"]):
        assert writer(*words).code == 0
    for name in ("dvc.lock", "mid.txt", "metrics.json"):
        (repo / name).unlink()
    done = reader("repro")
    assert done.code == 0, done.err
    assert "Stage 'prepare' is cached - skipping run, checking out outputs" in done.out
    assert "Stage 'train' is cached - skipping run, checking out outputs" in done.out
    assert "Running stage" not in done.out
    assert (repo / "metrics.json").read_text() == '{"acc":0.5}\n'
    assert status(writer) == {}


def test_pushed_by_one_pulled_by_the_other(repo: Path, tmp_path: Path, tools: Any, git: Any, commit_all: Any) -> None:
    writer, reader = tools
    make_data(repo)
    assert writer("add", "data.txt", "pictures").code == 0
    assert writer("remote", "add", "-d", "storage", str(tmp_path / "storage")).code == 0
    commit_all()
    assert writer("push").code == 0
    clone = tmp_path / "clone"
    git("clone", "-q", str(repo), str(clone))
    done = reader("pull", cwd=clone)
    assert done.code == 0, done.err
    assert (clone / "pictures" / "ünï" / "one.bin").read_bytes() == bytes(range(256))
    assert json.loads(writer("status", "--json", cwd=clone).out) == {}
    assert "up to date" in reader("push").out
