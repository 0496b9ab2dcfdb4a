"""The run cache: what one of dvnb and stock dvc ran, the other restores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

PIPELINE = """\
stages:
  each:
    foreach: [x, y]
    do:
      cmd: echo ran >> ../ran && cat in > ${item}
      deps: [in]
      outs: ['${item}']
"""


@pytest.mark.parametrize("by_dvnb_first", [True, False])
def test_runs_of_one_are_restored_by_the_other(
    repo: Path, dvnb: Any, oracle: Any, git: Any, tmp_path: Path, by_dvnb_first: bool
) -> None:
    def first(*words: str) -> int:
        return dvnb(*words).code if by_dvnb_first else oracle(*words)[0]

    def second(*words: str) -> int:
        return oracle(*words)[0] if by_dvnb_first else dvnb(*words).code

    ran = repo.parent / "ran"
    (repo / "dvc.yaml").write_text(PIPELINE)
    for content in ("1\n", "2\n"):
        (repo / "in").write_text(content)
        assert first("repro", *(["-j", "2"] if by_dvnb_first else [])) == 0
    assert ran.read_text() == "ran\n" * 4
    (repo / "in").write_text("1\n")
    assert second("repro") == 0
    assert ran.read_text() == "ran\n" * 4
    assert (repo / "x").read_text() == (repo / "y").read_text() == "1\n"
    ran.write_text("")
    (repo / "in").write_text("2\n")
    assert second("repro", "--no-run-cache") == 0
    assert ran.read_text() == "ran\n" * 2
    # And by way of a remote, in a clone that never ran anything.
    git("add", "-A")
    git("commit", "-qm", "all")
    assert first("remote", "add", "-d", "r", str(tmp_path / "remote")) == 0
    assert first("push", "--run-cache") == 0
    git("commit", "-qam", "remote")
    clone = tmp_path / "clone"
    git("clone", "-q", str(repo), str(clone))
    (clone / "dvc.lock").unlink()
    ran.write_text("")
    assert dvnb("repro", "--pull", "-j", "2", cwd=clone).code == 0
    assert ran.read_text() == "" and (clone / "x").read_text() == "2\n"
