"""A process that asks again and again, as a kernel does, is answered at once and never with what used to be true."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dvnb import Repo, init

pytestmark = pytest.mark.usefixtures("memory")

MODIFIED = {"data.txt.dvc": [{"changed outs": {"data.txt": "modified"}}]}


def _git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file and a folder that are tracked, in git."""
    monkeypatch.setenv("DVNB_CACHE_DIR", str(tmp_path / "state"))
    root = tmp_path / "repo"
    root.mkdir()
    _git(root, "init", "-q")
    init(root)
    (root / "data.txt").write_text("first")
    (root / "folder").mkdir()
    for name in "abc":
        (root / "folder" / name).write_text(name)
    repo = Repo(root)
    repo.add("data.txt", "folder")
    _git(root, "add", ".")
    _git(root, "commit", "-qm", "first")
    return root


@pytest.fixture
def warm(root: Path) -> Repo:
    """A repo that has been asked before, and found everything up to date."""
    repo = Repo(root)
    for _ in range(2):
        assert repo.status().stages == {}
    return repo


def test_edits_of_the_same_length_within_the_same_second(root: Path, warm: Repo) -> None:
    for number in range(40):
        (root / "data.txt").write_text(f"{number:05}")
        assert warm.status().stages == MODIFIED
        (root / "data.txt").write_text("first")
        assert warm.status().stages == {}


def test_an_edit_in_place_of_a_member(root: Path, warm: Repo) -> None:
    with (root / "folder" / "b").open("r+") as file:
        file.write("x")
    assert warm.status().stages == {"folder.dvc": [{"changed outs": {"folder": "modified"}}]}


def test_a_file_that_another_was_renamed_to(root: Path, warm: Repo) -> None:
    old = (root / "data.txt").stat()
    (root / "new").write_text("other")
    os.utime(root / "new", ns=(old.st_atime_ns, old.st_mtime_ns))
    (root / "new").replace(root / "data.txt")
    assert warm.status().stages == MODIFIED


def test_members_that_changed_places(root: Path, warm: Repo) -> None:
    folder = root / "folder"
    for old, new in (("a", "t"), ("b", "a"), ("t", "b")):
        (folder / old).rename(folder / new)
    assert warm.status().stages == {"folder.dvc": [{"changed outs": {"folder": "modified"}}]}


def test_a_file_that_got_its_old_time_back(root: Path, warm: Repo) -> None:
    old = (root / "data.txt").stat()
    (root / "data.txt").write_text("other")
    os.utime(root / "data.txt", ns=(old.st_atime_ns, old.st_mtime_ns))
    assert (root / "data.txt").stat().st_mtime_ns == old.st_mtime_ns
    assert warm.status().stages == MODIFIED


def test_new_and_removed_members(root: Path, warm: Repo) -> None:
    modified = {"folder.dvc": [{"changed outs": {"folder": "modified"}}]}
    (root / "folder" / "d").write_text("d")
    assert warm.status().stages == modified
    (root / "folder" / "d").unlink()
    assert warm.status().stages == {}
    (root / "folder" / "c").unlink()
    assert warm.status().stages == modified


def test_a_moved_head(root: Path, warm: Repo) -> None:
    (root / "data.txt").write_text("other")
    warm.add("data.txt")
    _git(root, "commit", "-qam", "second")
    assert warm.status().stages == {}
    assert "committed" not in warm.data_status().groups
    _git(root, "checkout", "-q", "HEAD~1")
    assert warm.status().stages == MODIFIED
    assert "committed" not in warm.data_status().groups
    _git(root, "checkout", "-q", "-")
    assert warm.status().stages == {}
    _git(root, "reset", "-q", "--soft", "HEAD~1")
    assert list(warm.data_status().groups["committed"]) == ["modified"]


def test_a_changed_dvcignore(root: Path, warm: Repo) -> None:
    (root / "folder" / "skip.log").write_text("log")
    assert warm.status().stages == {"folder.dvc": [{"changed outs": {"folder": "modified"}}]}
    (root / ".dvcignore").write_text("*.log\n")
    assert warm.status().stages == {}
    (root / ".dvcignore").write_text("*.txt\n")
    with pytest.raises(Exception, match="ignored"):
        warm.status()
    (root / ".dvcignore").unlink()
    assert list(warm.status().stages) == ["folder.dvc"]


def test_edited_metafiles(root: Path, warm: Repo) -> None:
    (root / "dvc.yaml").write_text("stages:\n  s:\n    cmd: cp data.txt out\n    deps: [data.txt]\n    outs: [out]\n")
    assert list(warm.status().stages) == ["s"]
    warm.repro()
    assert warm.status().stages == {}
    text = (root / "dvc.yaml").read_text()
    (root / "dvc.yaml").write_text(text.replace("cp data", "cp ./data"))
    assert warm.status().stages == {"s": ["changed command"]}
    (root / "dvc.yaml").write_text(text)
    assert warm.status().stages == {}
    lock = (root / "dvc.lock").read_text()
    (root / "dvc.lock").write_text(lock.replace("size: 5", "size: 6"))
    assert warm.status().stages == {}
    (root / "dvc.lock").unlink()
    assert list(warm.status().stages) == ["s"]


def test_an_object_that_left_the_cache(root: Path, warm: Repo) -> None:
    for path in sorted((root / ".dvc" / "cache" / "files" / "md5").glob("*/*")):
        kept = path.read_bytes()
        path.unlink()
        assert list(warm.status().stages) in (["data.txt.dvc"], ["folder.dvc"])
        path.write_bytes(kept)
        path.chmod(0o444)
        assert warm.status().stages == {}


def test_each_content_is_seen(root: Path, warm: Repo) -> None:
    for number in range(20):
        (root / "data.txt").write_text(f"content {number}")
        assert warm.status().stages == MODIFIED
