"""DVCLive's files, as it writes them, shown as they are: also while they are being written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.events import Event, Warned

# What DVCLive 3 writes into the project's dvc.yaml; earlier ones had the same below dvclive/, relative to it.
DVC_YAML = """\
params:
- {0}params.yaml
metrics:
- {0}metrics.json
plots:
- {0}plots/metrics:
    x: step
- {0}plots/images
- {0}plots/custom/custom.json:
    template: linear
    x: a
    y: b
- {0}plots/sklearn/confusion_matrix.json:
    template: confusion
    x: actual
    y: predicted
    title: Confusion Matrix
    x_label: True Label
    y_label: Predicted Label
"""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
PLOTS = [
    "dvclive/plots/custom/custom.json", "dvclive/plots/images/x.png", "dvclive/plots/metrics/acc.tsv",
    "dvclive/plots/metrics/train/loss.tsv", "dvclive/plots/sklearn/confusion_matrix.json",
]  # fmt: skip


def write(root: Path, k: float, steps: int = 3) -> None:
    live = root / "dvclive"
    for folder in ("plots/metrics/train", "plots/images", "plots/custom", "plots/sklearn"):
        (live / folder).mkdir(parents=True, exist_ok=True)
    (live / "params.yaml").write_text(f"lr: {k}\n")
    (live / "metrics.json").write_text(json.dumps({"train": {"loss": k / steps}, "acc": k, "step": steps}, indent=4))
    for name, field in (("acc", "acc"), ("train/loss", "loss")):
        rows = "".join(f"{step}\t{k / (step + 1)}\n" for step in range(steps))
        (live / f"plots/metrics/{name}.tsv").write_text(f"step\t{field}\n{rows}")
    (live / "plots/images/x.png").write_bytes(PNG)
    (live / "plots/custom/custom.json").write_text(json.dumps([{"a": 1, "b": k}, {"a": 2, "b": 2 * k}]))
    matrix = [{"actual": "0", "predicted": "0"}, {"actual": "1", "predicted": "0"}]
    (live / "plots/sklearn/confusion_matrix.json").write_text(json.dumps(matrix))


@pytest.fixture(params=["dvc.yaml", "dvclive/dvc.yaml"])
def live(repo: Path, commit_all: Any, git: Any, request: pytest.FixtureRequest) -> Path:
    """A run at tag v1, and another one in the workspace."""
    write(repo, 0.5)
    (repo / request.param).write_text(DVC_YAML.format("dvclive/" if request.param == "dvc.yaml" else ""))
    commit_all("one")
    git("tag", "v1")
    write(repo, 0.75, steps=4)
    return repo


def test_metrics_params_and_plots(live: Path, dvnb: Any, oracle: Any) -> None:
    for options in ("metrics show -T", "metrics diff v1", "params diff v1"):
        done = dvnb(*options.split())
        assert (done.code, done.out) == oracle(*options.split())[:2]
        assert done.err == ""
    shown = Repo().plots_diff("v1")
    by_name = {figure.name.rpartition("::")[2]: figure for figure in shown.figures}
    names = [name if name.startswith("dvclive") else f"dvclive/{name}" for name in by_name]
    assert sorted(names) == PLOTS
    assert all(set(figure.revisions) == {"workspace", "v1"} for figure in shown.figures)
    assert json.loads(dvnb("plots", "diff", "v1", "--json").out)["data"].keys() == json.loads(
        oracle("plots", "diff", "v1", "--json")[1]
    )["data"].keys()  # fmt: skip


def test_points_as_a_frame(live: Path) -> None:
    frame = Repo().plots_diff("v1").to_df()
    loss = frame[frame["figure"].str.endswith("loss.tsv")]
    assert loss[loss["rev"] == "workspace"]["loss"].tolist() == [0.75, 0.375, 0.25, 0.1875]
    assert len(loss[loss["rev"] == "v1"]) == 3


def test_metrics_cut_off(live: Path, dvnb: Any) -> None:
    whole = (live / "dvclive/metrics.json").read_text()
    for end in (0, 25):
        (live / "dvclive/metrics.json").write_text(whole[:end])
        for verb in (("metrics", "show"), ("metrics", "diff", "v1"), ("exp", "show")):
            done = dvnb(*verb)
            assert done.code == 0
            if verb[0] == "metrics":
                assert "'dvclive/metrics.json' ends in the middle" in done.err


def test_half_a_line(live: Path, dvnb: Any) -> None:
    with (live / "dvclive/plots/metrics/train/loss.tsv").open("a") as file:
        file.write("4")
    done = dvnb("plots", "diff", "v1", "-o", "page")
    assert done.code == 0
    assert "'dvclive/plots/metrics/train/loss.tsv' ends in the middle" in done.err
    frame = Repo().plots_show().to_df()
    loss = frame[frame["figure"].str.endswith("loss.tsv")]["loss"]
    assert loss.isna().tolist() == [False, False, False, False, True]
    (live / "dvclive/plots/metrics/train/loss.tsv").write_text("st")
    assert dvnb("plots", "show", "-o", "page").code == 0


WRITER = """
import json, pathlib, sys, time
rows = pathlib.Path("dvclive/plots/metrics/acc.tsv")
end = time.monotonic() + 20
step = 4
while time.monotonic() < end:
    with open("dvclive/metrics.json", "w") as file:
        file.write('{"acc": ')
        file.flush()
        time.sleep(0.03)
        file.write("%d}" % step)
    with rows.open("a") as file:
        file.write("%d\\t" % step)
        file.flush()
        time.sleep(0.03)
        file.write("0.5\\n")
    print(step, flush=True)
    step += 1
"""


def test_while_they_are_written(live: Path) -> None:
    """A writer truncates the file and is slow to fill it: what is shown is always a state that was whole."""
    told: list[Event] = []
    repo = Repo(listener=told.append)
    with subprocess.Popen([sys.executable, "-c", WRITER], cwd=live, stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            seen: list[int] = []
            for _ in range(15):
                told.clear()
                (entry,) = repo.metrics_show().revs[""]["data"].values()
                frame = repo.plots_show().to_df()
                acc = frame[frame["figure"].str.endswith("acc.tsv")]
                warnings = [event.message for event in told if isinstance(event, Warned)]
                if warnings:  # the writer stopped for longer than a reader waits, as on a busy machine
                    assert any("ends in the middle" in message for message in warnings)
                    continue
                seen.append(entry["data"]["acc"])
                assert acc["acc"].notna().all()
                assert acc["step"].tolist() == list(range(len(acc)))
        finally:
            writer.kill()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
