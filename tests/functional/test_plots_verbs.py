"""plots show, diff, modify, templates: by the CLI and the API, compared with stock dvc."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5d3d1a7b0000000049454e44ae426082"
)
TOP = """\
plots:
- acc.csv
- loss.json:
    x: step
    y: loss
    title: Loss <b>
- logs:
    x: step
- logs/deep:
    x: step
    y: v
- both:
    x: step
    y:
      logs/a.tsv: v
      logs/b.tsv: v
    template: simple
- several:
    x:
      logs/a.tsv: step
    y:
      logs/a.tsv: [v, w]
      logs/b.tsv: v
    x_label: X
    y_label: Y
- confusion.csv:
    x: actual
    y: predicted
    template: confusion
- pictures
- one.svg
- nested.yaml:
    y: v
- sub/gone.csv
stages:
  make:
    cmd: printf 'k,v\\n0,1\\n1,2\\n' > out.csv
    deps:
    - acc.csv
    plots:
    - out.csv:
        x: k
        y: v
        title: T
    - noheader.csv:
        header: false
        cache: false
"""


def write_plots(root: Path, factor: float = 1) -> None:
    """Data of every kind; the values depend on `factor`."""
    for folder in ("logs/deep", "pictures", "sub"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "acc.csv").write_text(f"step,acc\n0,{0.1 * factor}\n1,{0.5 * factor}\n")
    (root / "loss.json").write_text(json.dumps({"train": [{"step": i, "loss": factor / (i + 1)} for i in range(3)]}))
    (root / "logs/a.tsv").write_text(f"step\tv\tw\n0\t{factor}\t1\n1\t2\t2\n")
    (root / "logs/b.tsv").write_text(f"step\tv\tw\n0\t{factor + 1}\t1\n1\t3\t2\n")
    (root / "logs/deep/c.csv").write_text("step,v,z\n0,1,2\n")
    (root / "confusion.csv").write_text("actual,predicted\ncat,cat\ncat,dog\ndog,dog\n")
    (root / "nested.yaml").write_text(f"a:\n  b:\n  - v: {factor}\n    u: x\n  - v: 2\n    u: y\n")
    (root / "pictures/1.png").write_bytes(PNG + bytes([int(factor)]))
    (root / "one.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (root / "noheader.csv").write_text("1,2\n3,4\n")


@pytest.fixture
def plots(repo: Path, git: Callable[..., str]) -> Path:
    """A project with plots of every kind, changed since the commit."""
    (repo / "dvc.yaml").write_text(TOP)
    write_plots(repo)
    (repo / "out.csv").write_text("k,v\n0,1\n1,2\n")
    Repo().commit("dvc.yaml:make", force=True)
    git("add", "-A")
    git("commit", "-qm", "one")
    write_plots(repo, 2)
    return repo


def sorted_errors(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "errors": sorted(answer.get("errors", []), key=json.dumps)}


def same_as_dvc(dvnb: Any, oracle: Any, *args: str) -> dict[str, Any]:
    """The JSON of a call, which is the same by stock dvc."""
    ours, theirs = dvnb(*args, "--json"), oracle(*args, "--json")
    assert (ours.code, 0) == (theirs[0], 0), (ours.err, theirs[2])
    found, expected = json.loads(ours.out), json.loads(theirs[1])
    assert sorted_errors(found) == sorted_errors(expected)
    return found


@pytest.mark.parametrize(
    "args",
    [
        ["show"],
        ["diff"],
        ["diff", "HEAD"],
        ["diff", "HEAD", "workspace"],
        ["diff", "HEAD", "HEAD~1"],
        ["show", "acc.csv"],
        ["show", "logs"],
        ["show", "both", "out.csv"],
        ["show", "dvc.yaml::several"],
        ["show", "logs/deep/c.csv", "-x", "v", "-y", "z", "--title", "Ti", "--x-label", "XL", "--y-label", "YL"],
        ["show", "acc.csv", "--template", "scatter"],
        ["show", "acc.csv", "-y", "nosuch"],
        ["show", "nosuch.csv"],
        ["show", "noheader.csv", "--no-header", "-x", "0", "-y", "1"],
        ["show", "--split", "both", "several"],
        ["diff", "--targets", "loss.json", "confusion.csv"],
    ],
)
def test_json_is_that_of_dvc(plots: Path, dvnb: Any, oracle: Any, args: list[str]) -> None:
    answer = same_as_dvc(dvnb, oracle, "plots", *args)
    assert answer
