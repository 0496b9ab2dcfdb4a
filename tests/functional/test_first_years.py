"""Verbs and files of dvc's first years: run -f, pointers, pipeline show, metrics modify, old files, migrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError, OwnershipError, TargetError

LOAD = "import json, os\nos.makedirs('data', exist_ok=True)\nrows = json.load(open('config/load.json'))['rows']\n"
LOAD += "open('data/x', 'w').write('r\\n' * rows)\n"
TRAIN = "open('model.h5', 'w').write(open('data/x').read() * 2)\n"
EVALUATE = (
    "import json\nn = len(open('model.h5').read())\njson.dump({'acc': 1 - 1 / n, 'n': n}, open('eval.json', 'w'))\n"
)

OLD_STAGE = """\
md5: 0123456789abcdef0123456789abcdef
cmd: cp in x
wdir: .
deps:
- md5: 764efa883dda1e11db47671c4a3bbd9e
  path: in
- path: params.yaml
  params:
    lr: 1
outs:
- md5: 764efa883dda1e11db47671c4a3bbd9e
  path: x
  cache: true
  metric: false
  persist: false
"""
OLD_METRIC = """\
cmd: printf '{"acc":1,"b":2}' > m.json
wdir: ..
locked: false
deps:
- path: x
outs:
- path: m.json
  cache: false
  metric:
    type: json
    xpath: acc
"""
OLD_DATA = """\
md5: 0123456789abcdef0123456789abcdef
wdir: .
outs:
- md5: 764efa883dda1e11db47671c4a3bbd9e
  path: in
  cache: true
  metric: false
  persist: false
"""


@pytest.fixture
def tutorial(repo: Path) -> Path:
    (repo / "config").mkdir()
    (repo / "code").mkdir()
    (repo / "config" / "load.json").write_text('{"rows": 2}')
    for name, text in (("load", LOAD), ("train", TRAIN), ("evaluate", EVALUATE)):
        (repo / "code" / f"{name}.py").write_text(text)
    return repo


def run_all(dvnb: Any) -> None:
    for name, args in (
        ("load", ["-d", "config/load.json", "-d", "code/load.py", "-o", "data"]),
        ("train", ["-d", "data", "-d", "code/train.py", "-o", "model.h5"]),
        ("evaluate", ["-d", "model.h5", "-d", "code/evaluate.py", "-M", "eval.json"]),
    ):
        done = dvnb("run", "-f", f"{name}.dvc", *args, "python", f"code/{name}.py")
        assert done.code == 0, done.err


def test_the_old_way_of_working(tutorial: Path, dvnb: Any, git: Any, oracle: Any, tmp_path: Path) -> None:
    run_all(dvnb)
    assert (tutorial / "load.dvc").read_text() == "meta:\n  dvnb:\n    stage: load\n"
    git(
        "add",
        "dvc.yaml",
        "dvc.lock",
        "load.dvc",
        "train.dvc",
        "evaluate.dvc",
        ".gitignore",
        "eval.json",
        "code",
        "config",
    )
    git("commit", "-qm", "one")
    git("tag", "0.1")
    assert oracle("status")[:2] == (0, "Data and pipelines are up to date.\n")
    assert "didn't change, skipping" in dvnb("repro", "evaluate.dvc").out

    (tutorial / "config" / "load.json").write_text('{"rows": 5}')
    out = dvnb("repro", "evaluate.dvc").out
    assert all(f"Running stage '{name}'" in out for name in ("load", "train", "evaluate"))
    assert dvnb("metrics", "modify", "eval.json", "--type", "json", "--xpath", "n").code == 0
    git("commit", "-qam", "two")
    git("tag", "0.2")
    shown = json.loads(dvnb("metrics", "show", "-T", "--json").out)
    assert shown["0.2"]["data"]["eval.json"]["data"] == {"n": 20}
    assert shown["0.1"]["data"]["eval.json"]["data"] == {"acc": 1 - 1 / 8, "n": 8}
    assert oracle("metrics", "show", "-T")[0] == 0

    dvnb("remote", "add", "-d", "store", str(tmp_path / "store"))
    git("commit", "-qam", "remote")
    assert dvnb("push", "-T").code == 0
    git("checkout", "-q", "0.1")
    assert dvnb("checkout").code == 0
    assert (tutorial / "data" / "x").read_text() == "r\n" * 2
    git("checkout", "-q", "main")
    git("clone", "-q", str(tutorial), str(tmp_path / "clone"))
    assert dvnb("pull", "-T", cwd=tmp_path / "clone").code == 0
    assert dvnb("pull", "evaluate.dvc", "train.dvc", cwd=tmp_path / "clone").code == 0
    assert (tmp_path / "clone" / "model.h5").read_text() == "r\n" * 10


def test_pipeline_show_and_list(tutorial: Path, dvnb: Any) -> None:
    run_all(dvnb)
    assert dvnb("pipeline", "show", "evaluate.dvc").lines == ["load", "train", "evaluate"]
    assert dvnb("pipeline", "show", "-o", "evaluate.dvc").lines == ["data", "model.h5", "eval.json"]
    assert dvnb("pipeline", "show", "-c", "train.dvc").lines == ["python code/load.py", "python code/train.py"]
    boxes = dvnb("pipeline", "show", "--ascii", "evaluate.dvc").out
    assert boxes.count("+-") >= 6 and "| evaluate |" in boxes
    assert dvnb("pipeline", "show", "--tree", "evaluate.dvc").lines == ["evaluate", "└── train", "    └── load"]
    assert '"load" -> "train";' in dvnb("pipeline", "show", "--dot", "evaluate.dvc").out
    assert dvnb("pipeline", "list").lines[-1] == "1 pipelines total"
    assert Repo().pipeline_show("train.dvc").nodes == ["load", "train"]


def test_run_again_and_over_something_else(tutorial: Path, dvnb: Any) -> None:
    args = ["run", "-f", "Dvcfile", "-d", "code/load.py", "-o", "out.txt"]
    assert dvnb(*args, "echo 1 > out.txt").code == 0
    again = dvnb(*args, "echo 1 > out.txt")
    assert again.code == 0 and "didn't change" in again.out
    other = dvnb(*args, "echo 2 > out.txt")
    assert other.code == 255 and "Use '--force' to overwrite" in other.err
    assert dvnb(*args[:1], "--overwrite-dvcfile", *args[1:], "echo 2 > out.txt").code == 0
    assert (tutorial / "out.txt").read_text() == "2\n"
    assert "didn't change" in dvnb("repro").out
    (tutorial / "data.csv").write_text("x\n")
    dvnb("add", "data.csv")
    before = (tutorial / "data.csv.dvc").read_bytes()
    taken = dvnb("run", "-f", "data.csv.dvc", "-o", "z", "echo > z")
    assert taken.code == 255 and "'data.csv.dvc' exists already" in taken.err
    assert (tutorial / "data.csv.dvc").read_bytes() == before
    assert dvnb("run", "-f", "data.txt", "-o", "z", "echo > z").code == 255
    assert dvnb("run", "-f", "no/x.dvc", "-o", "z", "echo > z").code == 255


def test_a_file_in_a_folder_and_one_named_after_an_out(tutorial: Path, dvnb: Any, oracle: Any) -> None:
    (tutorial / "steps").mkdir()
    result = Repo(capture=True).run(
        None, "cp code/load.py got.py", file="steps/got.dvc", deps=["code/load.py"], outs=["got.py"]
    )
    assert (result.stage, result.file) == ("got", "steps/dvc.yaml")
    assert (tutorial / "got.py").read_text() == LOAD
    assert dvnb("run", "-d", "got.py", "-o", "more.csv", "cp got.py more.csv").code == 0
    assert (tutorial / "more.csv.dvc").read_text() == "meta:\n  dvnb:\n    stage: more_csv\n"
    assert "didn't change" in dvnb("repro", "more.csv.dvc").out
    assert oracle("status")[1] == "Data and pipelines are up to date.\n"


def test_no_exec_and_remove(tutorial: Path, dvnb: Any) -> None:
    assert (
        dvnb("run", "--no-exec", "-f", "load.dvc", "-d", "code/load.py", "-o", "data", "python", "code/load.py").code
        == 0
    )
    assert not (tutorial / "data").exists()
    assert "Running stage 'load'" in dvnb("repro", "load.dvc").out
    assert dvnb("remove", "-p", "load.dvc").code == 0
    assert not any((tutorial / name).exists() for name in ("data", "load.dvc", "dvc.yaml"))
    (tutorial / "lost.dvc").write_text("meta:\n  dvnb:\n    stage: gone\n")
    (tutorial / "dvc.yaml").write_text("stages: {}\n")
    done = dvnb("repro", "lost.dvc")
    assert done.code == 255 and "'lost.dvc' stands for stage 'gone', which is not in 'dvc.yaml'" in done.err


@pytest.mark.parametrize(
    ("type", "xpath", "content", "expected"),
    [
        ("raw", None, "0.75\n", 0.75),
        ("json", "a.b[1].c", '{"a": {"b": [1, {"c": 0.5}]}}', {"a.b.1.c": 0.5}),
        ("json", "*.acc", '{"x": {"acc": 1}, "y": {"acc": 2}}', {"x.acc": 1, "y.acc": 2}),
        ("csv", "1,0", "1,2\n3,4\n", {"1,0": 3}),
        ("tsv", None, "1\t2\n", {"0": 1, "1": 2}),
        ("hcsv", "loss", "epoch,loss\n0,0.5\n1,0.25\n", {"0": {"loss": 0.5}, "1": {"loss": 0.25}}),
        ("hcsv", "1,loss", "epoch,loss\n0,0.5\n1,0.25\n", {"1,loss": 0.25}),
        ("htsv", "loss", "epoch\tloss\n3\t0.5\n", {"loss": 0.5}),
    ],
)
def test_forms_of_metrics(
    repo: Path, dvnb: Any, oracle: Any, type: str, xpath: str | None, content: str, expected: Any
) -> None:
    (repo / "make").write_text(content)
    Repo(capture=True).run("m", "cp make met", deps=["make"], metrics_no_cache=["met"])
    done = dvnb("metrics", "modify", "met", "--type", type.upper(), *(["--xpath", xpath] if xpath else []))
    assert done.code == 0, done.err
    assert json.loads(dvnb("metrics", "show", "--json").out)[""]["data"]["met"] == {"data": expected}
    assert Repo().metrics_show().revs[""]["data"]["met"] == {"data": expected}
    assert oracle("status")[:2] == (0, "Data and pipelines are up to date.\n")


def test_metrics_modify_refuses(project: Path, dvnb: Any) -> None:
    before = (project / "dvc.yaml").read_bytes()
    for args in (["metrics.json", "--type", "xml"], ["nope.json", "--type", "json"], ["data.txt", "--type", "raw"]):
        done = dvnb("metrics", "modify", *args)
        assert (done.code, done.err.startswith("ERROR: failed to modify metrics - ")) == (1, True)
    with pytest.raises(TargetError, match="raw, json"):
        Repo().metrics_modify("metrics.json", type="xml")
    assert (project / "dvc.yaml").read_bytes() == before
    dvnb("metrics", "modify", "metrics.json", "--xpath", "nope", "--type", "json")
    assert "nothing at 'nope'" in dvnb("metrics", "show", "--json").out


@pytest.fixture
def old(repo: Path, commit_all: Any) -> Path:
    """A project as dvc 0.x left it: data, a stage that ran, one that did not."""
    (repo / "in").write_text("hi\n")
    (repo / ".gitignore").write_text("/in\n")
    (repo / "params.yaml").write_text("lr: 1\n")
    (repo / "sub").mkdir()
    (repo / "in.dvc").write_text(OLD_DATA)
    (repo / "x.dvc").write_text(OLD_STAGE)
    (repo / "sub" / "Dvcfile").write_text(OLD_METRIC)
    commit_all("as it was")
    return repo


def test_old_files_are_read_shown_reproduced_and_checked_out(old: Path, dvnb: Any, oracle: Any) -> None:
    assert oracle("status")[0] != 0
    assert sorted(dvnb("stage", "list", "--all", "--name-only").lines) == ["in.dvc", "sub/Dvcfile", "x.dvc"]
    assert '"x.dvc" -> "sub/Dvcfile";' in dvnb("dag", "--dot").lines
    dvnb("commit", "-f", "in.dvc")
    done = dvnb("repro", "sub/Dvcfile")
    assert done.code == 0, done.err
    assert "Running stage 'x.dvc':\n> cp in x" in done.out
    assert (old / "m.json").read_text() == '{"acc":1,"b":2}'
    assert json.loads(dvnb("metrics", "show", "--json").out)[""]["data"]["m.json"] == {"data": {"acc": 1}}
    dvnb("commit", "-f")
    assert Repo().status().clean
    assert "metric: false" in (old / "x.dvc").read_text()
    assert Repo().repro("sub/Dvcfile").ran == []
    (old / "x").unlink()
    assert dvnb("checkout", "x.dvc").code == 0
    assert (old / "x").read_text() == "hi\n"
    (old / "in").write_text("ho\n")
    assert json.loads(dvnb("status", "--json", "x.dvc").out) == {"x.dvc": [{"changed deps": {"in": "modified"}}]}
    assert [cause.path for cause in Repo().why("x.dvc").causes] == ["in"]
    (old / "x.dvc").write_text((old / "x.dvc").read_text().replace("cp in x", "cat in > x"))
    assert "changed checksum" in dvnb("status", "x.dvc").out
    assert dvnb("freeze", "x.dvc").code == 0
    assert (old / "x.dvc").read_text().endswith("frozen: true\n")
    assert Repo(capture=True).repro("x.dvc").ran == []


def test_migrate(old: Path, dvnb: Any, oracle: Any, commit_all: Any, git: Any) -> None:
    assert dvnb("repro", "sub/Dvcfile").code == 0
    dvnb("commit", "-f")
    commit_all("ran")
    dry = Repo().migrate(dry=True)
    assert [(item.file, item.stage) for item in dry.migrated] == [
        ("in.dvc", None),
        ("x.dvc", "x"),
        ("sub/Dvcfile", "Dvcfile"),
    ]
    assert git("status", "--short") == ""
    done = dvnb("migrate")
    assert done.code == 0, done.err
    assert "'x.dvc' is now stage 'x'" in done.out
    assert sorted(path.name for path in old.glob("?*.dvc")) == ["in.dvc"]
    assert oracle("status")[:2] == (0, "Data and pipelines are up to date.\n")
    code, out, _ = oracle("repro", "-P")
    assert code == 0 and "Running" not in out
    assert Repo().status().clean
    assert json.loads(dvnb("metrics", "show", "--json").out)[""]["data"]["m.json"] == {"data": {"acc": 1}}
    assert dvnb("migrate").out == "There are no single-stage files.\n"
    assert dvnb("undo").code == 0
    assert git("status", "--short") == ""


def test_migrate_with_pointers_and_without_a_free_name(old: Path, dvnb: Any, oracle: Any) -> None:
    (old / "dvc.yaml").write_text("stages:\n  x:\n    cmd: echo\n")
    before = (old / "x.dvc").read_bytes()
    with pytest.raises(OwnershipError, match=r"'x\.dvc' cannot become stage 'x'"):
        Repo().migrate()
    assert ((old / "x.dvc").read_bytes(), (old / "in.dvc").read_text()) == (before, OLD_DATA)
    (old / "dvc.yaml").unlink()
    assert dvnb("migrate", "--pointers", "x.dvc", "in.dvc", "sub/Dvcfile").code == 0
    assert "Running stage" in dvnb("repro", "sub/Dvcfile").out
    assert oracle("status")[0] == 0


def test_a_broken_old_file_is_told(repo: Path, dvnb: Any) -> None:
    (repo / "x.dvc").write_text("cmd: echo\nouts:\n- path: x\n  metric: true\n  bogus: 1\n")
    done = dvnb("status")
    assert done.code == 1
    assert "extra keys not allowed, in outs -> 0 -> bogus, line 3, column 3" in done.err
    with pytest.raises(DvnbError):
        Repo().status()
