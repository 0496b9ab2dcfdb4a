"""Results as tables: DataFrames of the API and of `%dvc`, `--csv` and `--md` of verbs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from dvnb import Repo
from dvnb.repo.results.result import TableResult


@pytest.fixture
def changed(project: Path, git: Any) -> Path:
    """The project with a tag v1, another param and another metric."""
    git("tag", "v1")
    (project / "params.yaml").write_text("train:\n  lr: 0.25\n  epochs: 3\n")
    (project / "metrics.json").write_text('{"acc": 0.75, "rounds": 4}')
    (project / "pictures" / "one.txt").write_text("other\n")
    return project


def test_metrics_of_tags(changed: Path) -> None:
    frame = Repo().metrics_show(all_tags=True).to_df()
    assert frame.index.name == "Revision"
    assert frame["acc"].to_dict() == {"workspace": 0.75, "v1": 0.5}
    assert str(frame["rounds"].dtype) == "Int64"
    assert Repo().metrics_show().to_df().index.name == "Path"


def test_what_changed(changed: Path) -> None:
    metrics = Repo().metrics_diff("v1").to_df()
    assert list(metrics.columns) == ["Path", "Metric", "v1", "workspace", "Change"]
    assert metrics.set_index("Metric").loc["acc", "Change"] == 0.25
    params = Repo().params_diff("v1").to_df()
    assert params.values.tolist() == [["params.yaml", "train.lr", 0.1, 0.25]]
    assert str(params["workspace"].dtype) == "float64"


def test_points_of_plots(changed: Path) -> None:
    (changed / "loss.csv").write_text("step,loss,note\n0,1.5,x\n1,,y\n")
    frame = Repo().plots_show("loss.csv").to_df()
    assert frame[["figure", "rev", "step", "note"]].values.tolist() == [
        ["loss.csv", "workspace", 0, "x"],
        ["loss.csv", "workspace", 1, "y"],
    ]
    assert str(frame["loss"].dtype) == "float64"
    assert frame["loss"].isna().tolist() == [False, True]


def test_experiments(changed: Path) -> None:
    Repo().exp_save(name="wide")
    frame = Repo().exp_show().to_df()
    assert frame["acc"].tolist() == [0.75, 0.5, 0.75]
    assert frame["train.lr"].tolist() == [0.25, 0.1, 0.25]
    assert str(frame["Created"].dtype).startswith("datetime64")
    assert "Executor" not in frame
    listed = Repo().exp_list().to_df()
    assert listed["experiment"].tolist() == ["wide"]


def test_the_other_verbs(changed: Path) -> None:
    repo = Repo()
    frames = {
        "status": repo.status().to_df(),
        "data status": repo.data_status(granular=True).to_df(),
        "diff": repo.diff(show_hash=True).to_df(),
        "log": repo.log().to_df(),
        "stages": repo.stage_list().to_df(),
        "listed": repo.list(".").to_df(),
        "du": repo.du(".").to_df(),
        "operations": repo.operations().to_df(),
        "why": repo.why("train").to_df(),
        "remotes": repo.remote_list().to_df(),
    }
    assert ["train", "params", "params.yaml:train.lr", "modified"] in frames["status"].values.tolist()
    assert "pictures/one.txt" in frames["data status"]["path"].tolist()
    diff = frames["diff"].set_index("path")
    assert diff.loc["pictures/", "state"] == "modified"
    assert diff.loc["pictures/", "old_hash"] != diff.loc["pictures/", "new_hash"]
    assert frames["log"]["date"].notna().sum() == len(frames["log"]) - 1  # the workspace has none
    assert frames["stages"].index.tolist() == ["prepare", "train"]
    assert str(frames["listed"]["isdir"].dtype) == "bool"
    assert str(frames["du"]["size"].dtype) == "int64"
    assert frames["operations"].empty
    assert frames["why"].set_index("key").loc["train.lr", "new"] == 0.25
    assert list(frames["remotes"].columns) == ["url", "default"]


def test_html_of_the_api(changed: Path) -> None:
    result: Any = Repo().params_diff("v1")
    assert isinstance(result, TableResult)
    assert "<td" in result._repr_html_()


VERBS = [
    "metrics show -T", "metrics diff", "params diff", "exp show", "exp list", "status", "data status", "diff", "log",
    "du .", "list .", "stage list", "trash list", "why train", "remote list",
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_csv_in_a_terminal(changed: Path, dvnb: Any, verb: str) -> None:
    done = dvnb(*verb.split(), "--csv")
    assert done.code == 0, done.err
    rows = list(csv.reader(io.StringIO(done.out)))
    assert len({len(row) for row in rows}) == 1
    assert len(rows[0]) > 1


def test_csv_rounds_only_if_told(changed: Path, dvnb: Any) -> None:
    (changed / "metrics.json").write_text('{"acc": 0.123456789}')
    assert dvnb("metrics", "show", "--csv").lines == ["Path,acc", "metrics.json,0.123456789"]
    assert dvnb("metrics", "show", "--csv", "--precision", "2").lines[1] == "metrics.json,0.12"
    assert dvnb("metrics", "diff", "--csv", "--no-path", "--precision", "1").lines == [
        "Metric,HEAD,workspace,Change", "acc,0.5,0.1,-0.4",
    ]  # fmt: skip


def test_markdown_where_dvc_has_none(changed: Path, dvnb: Any) -> None:
    assert dvnb("stage", "list", "--md").lines[0].startswith("| stage ")
    assert json.loads(dvnb("du", ".", "--json").out)["sizes"][-1][0] == ""


OPTIONS = [
    "metrics show -a", "metrics show -a -A", "metrics show -T --md", "metrics show -A", "metrics show -a -T", "metrics show --precision 1",
    "metrics show -R more", "metrics show more/deep/m.yaml metrics.json", "metrics show -T --json",
    "metrics diff --all --precision 1", "metrics diff v1 --targets more -R", "metrics diff --no-path --md",
    "params diff --all", "params diff --deps", "params diff --deps --all", "params diff --targets other.yaml --md",
    "params diff v1 HEAD", "params diff --no-path", "params diff --json",
]  # fmt: skip


@pytest.fixture
def rich(changed: Path, commit_all: Any, git: Any) -> Path:
    """With a folder of metrics, another params file and a branch."""
    (changed / "more" / "deep").mkdir(parents=True)
    (changed / "more" / "deep" / "m.yaml").write_text("loss: 0.123456789\nnested:\n  f1: 2\n")
    (changed / "more" / "m.json").write_text('{"auc": 0.5}')
    (changed / "other.yaml").write_text("size: 3\n")
    (changed / "dvc.yaml").write_text((changed / "dvc.yaml").read_text() + "metrics:\n- more\nparams:\n- other.yaml\n")
    commit_all("more metrics")
    git("branch", "side")
    (changed / "more" / "deep" / "m.yaml").write_text("loss: 0.0123456789\nnested:\n  f1: 3\n")
    (changed / "other.yaml").write_text("size: 4\nnew: [1, 2]\n")
    (changed / "params.yaml").write_text("train:\n  lr: 0.0001\n  epochs: 5\n")
    return changed


def test_options_of_reports_are_dvcs(rich: Path, dvnb: Any, oracle: Any) -> None:
    for options in OPTIONS:
        done = dvnb(*options.split())
        code, out, _ = oracle(*options.split())
        assert (options, done.code, _sorted(done.out)) == (options, code, _sorted(out))


def _sorted(text: str) -> list[Any]:
    """The rows in some order: that of dvc's files changes from run to run."""
    return [json.loads(text)] if text.startswith("{") else sorted(text.splitlines())


def test_frames_of_magics(changed: Path) -> None:
    cells = [
        "%load_ext dvnb",
        "x = %dvc metrics show -T\nx.to_df()",
        "print(x.to_df().loc['v1', 'acc'] + 1)",
        "%dvc metrics show -T --csv",
        "%dvc lineage model.txt",
        "y = %dvc lineage model.txt@v1 --upstream\nprint(sorted(node.name for node in y.nodes))",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(changed)}}).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    assert "dataframe" in outputs[1][0]["data"]["text/html"]
    assert outputs[2][0]["text"].strip() == "1.5"
    assert outputs[3][0]["data"]["text/plain"].startswith("Revision,Path,acc")
    assert "text/html" not in outputs[3][0]["data"]
    assert "<svg" in outputs[4][0]["data"]["text/html"]
    assert outputs[4][0]["data"]["text/vnd.mermaid"].startswith("flowchart")
    assert "['data.txt', 'mid.txt', 'model.txt', 'params.yaml', 'prepare', 'train']" in outputs[5][0]["text"]
