"""stage add and list, run, repro, freeze, dag, params and metrics: by the CLI and by the API."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import StageFailedError


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def runs(root: Path) -> int:
    """How often `train` ran since the project was made."""
    log = root / "runs.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def trash(kept: Any) -> Any:
    return lambda root: {path.name: path.read_text() for path in kept(root).values()}


# ---- stages


def test_stage_add_writes_what_dvc_writes(repo: Path, dvnb: Any, oracle: Any) -> None:
    (repo / "params.yaml").write_text("lr: 1\n")
    args = [
        *("stage", "add", "-n", "s", "-d", "b", "-d", "a", "-p", "lr,train.x", "-p", "other.json:", "-o", "out"),
        *("-O", "plain", "-m", "m.json", "-M", "m2.json", "--plots", "p.csv", "--outs-persist", "kept"),
        *("--desc", "what", "--always-changed", "python", "x.py", "a b"),
    ]
    done = dvnb(*args)
    assert (done.code, done.lines[0]) == (0, "Added stage 's' in 'dvc.yaml'")
    ours = {name: (repo / name).read_text() for name in ("dvc.yaml", ".gitignore")}
    for name in ours:
        (repo / name).unlink()
    assert oracle(*args)[0] == 0
    theirs = {name: (repo / name).read_text() for name in ours}
    assert ours["dvc.yaml"] == theirs["dvc.yaml"]
    assert sorted(ours[".gitignore"].split()) == sorted(theirs[".gitignore"].split())


def test_stage_add_keeps_what_its_options_cannot_say(repo: Path, dvnb: Any, oracle: Any) -> None:
    before = (
        "stages:\n  s:\n    cmd: cp a b\n    deps: [a]\n    outs:\n"
        "    - b: {desc: the out, labels: [x], persist: true, push: false}\n    - c\n"
        "    desc: 'a: note'\n    meta: {k: 1}\n    frozen: true\n"
    )
    written: list[str] = []
    for program in (dvnb, oracle):
        (repo / "dvc.yaml").write_text(before)
        program("stage", "add", "-f", "-n", "s", "-d", "a", "-o", "b", "-o", "z", "cp a b")
        written.append((repo / "dvc.yaml").read_text())
    assert written[0] == written[1] and "desc: the out" in written[0] and "k: 1" in written[0]
    assert dvnb("stage", "add", "-f", "-n", "s", "--desc", "new", "-o", "b", "cp a b").code == 0
    assert "    desc: new\n" in (repo / "dvc.yaml").read_text()


def test_stage_add_by_the_api(project: Path) -> None:
    result = Repo().stage_add("eval", "cat model.txt > report", deps=["model.txt"], outs=["report"])
    assert (result.stage, result.file, result.created) == ("eval", "dvc.yaml", True)
    assert result.definition == {"cmd": "cat model.txt > report", "deps": ["model.txt"], "outs": ["report"]}
    assert set(result.to_stage) == {"dvc.yaml", ".gitignore"}
    assert result.to_json()["run"] is None
    again = Repo().stage_add("eval", ["cat", "model.txt"], deps=["model.txt"], force=True)
    assert (again.created, again.definition["cmd"]) == (False, ["cat", "model.txt"])


def test_stage_list(project: Path, dvnb: Any, oracle: Any) -> None:
    done = dvnb("stage", "list")
    assert (done.code, done.out) == oracle("stage", "list")[:2]
    assert sorted(dvnb("stage", "list", "--all", "--name-only").lines) == [
        "data.txt.dvc",
        "pictures.dvc",
        "prepare",
        "train",
    ]
    assert Repo().stage_list("train").to_json() == {
        "stages": [{"stage": "train", "description": "Outputs model.txt; Reports metrics.json"}]
    }


def test_run_defines_and_executes(project: Path, dvnb: Any) -> None:
    done = dvnb("run", "-n", "copy", "-d", "model.txt", "-o", "copied", "cp model.txt copied")
    assert done.code == 0
    assert "Running stage 'copy':\n> cp model.txt copied\n" in done.out
    assert (project / "copied").read_text() == "a\nb\n"
    result = Repo(capture=True).run("two", "cat copied > twice", deps=["copied"], outs=["twice"])
    assert result.run is not None and result.run.ran == ["two"]
    assert set(result.to_stage) == {"dvc.yaml", "dvc.lock", ".gitignore"}
    assert Repo().status().clean


def test_run_that_fails_keeps_the_definition(project: Path, dvnb: Any) -> None:
    done = dvnb("run", "-n", "bad", "-o", "never", "false")
    assert done.code == 255
    assert "failed to reproduce 'bad': failed to run: false, exited with 1" in done.err
    assert "bad:" in (project / "dvc.yaml").read_text()
    assert "bad:" not in (project / "dvc.lock").read_text()


def test_freeze_and_unfreeze(project: Path, dvnb: Any) -> None:
    assert dvnb("freeze", "prepare").code == 0
    assert "frozen: true" in (project / "dvc.yaml").read_text()
    (project / "data.txt").write_text("z\n")
    assert list(Repo().status().stages) == ["data.txt.dvc"]
    assert "prepare" not in Repo().repro("prepare").ran
    assert [result.stage for result in Repo().unfreeze("prepare")] == ["prepare"]
    assert "frozen" not in (project / "dvc.yaml").read_text()
    assert Repo(capture=True).repro("prepare").skipped == ["data.txt.dvc"] or Repo().status("prepare").clean


# ---- repro


def test_repro_skips_then_runs_what_a_param_concerns(project: Path, dvnb: Any) -> None:
    done = dvnb("repro")
    assert (done.code, sorted(done.lines)) == (
        0,
        [
            "'data.txt.dvc' didn't change, skipping",
            "Data and pipelines are up to date.",
            "Stage 'prepare' didn't change, skipping",
            "Stage 'train' didn't change, skipping",
        ],
    )
    edit(project / "params.yaml", "lr: 0.1", "lr: 0.2")
    done = dvnb("repro")
    assert "Stage 'prepare' didn't change, skipping" in done.lines
    assert "Running stage 'train':" in done.lines and "Use `dvnb push` to send your updates" in done.out
    assert runs(project) == 1
    edit(project / "params.yaml", "lr: 0.2", "lr: 0.1")
    done = dvnb("repro")
    assert "Stage 'train' is cached - skipping run, checking out outputs" in done.out
    assert runs(project) == 1


def test_repro_by_the_api_says_why(project: Path) -> None:
    edit(project / "params.yaml", "lr: 0.1", "lr: 0.2")
    result = Repo(capture=True).repro()
    assert (result.ran, result.failed) == (["train"], [])
    assert {"data.txt.dvc", "prepare"} <= set(result.skipped)
    by_name = {run.stage: run for run in result.stages}
    assert by_name["train"].reasons == [{"changed deps": {"params.yaml": {"train.lr": "modified"}}}]
    assert result.to_stage == ["dvc.lock"]
    assert [row["outcome"] for row in result.to_json()["stages"] if row["stage"] == "train"] == ["ran"]


def test_repro_of_targets_forced_single_and_dry(project: Path, dvnb: Any, picture: Any) -> None:
    assert Repo().repro("prepare").skipped == ["data.txt.dvc", "prepare"]
    assert dvnb("repro", "-f", "-s", "train").code == 0
    assert runs(project) == 1
    before = picture(project)
    edit(project / "data.txt", "a\n", "q\n")
    edited = picture(project)
    done = dvnb("repro", "--dry")
    assert done.code == 0
    assert "Running stage 'prepare':\n> head -n 2 data.txt > mid.txt" in done.out
    assert picture(project) == edited != before
    assert Repo().repro(dry=True).ran == []
    assert "prepare" in Repo().repro(dry=True).changed
    assert runs(project) == 1


def test_repro_downstream_and_force_downstream(project: Path, dvnb: Any) -> None:
    edit(project / "params.yaml", "lr: 0.1", "lr: 0.3")
    assert Repo(capture=True).repro("prepare", downstream=True).ran == ["train"]
    done = dvnb("repro", "--downstream", "train")
    assert "prepare" not in done.out and "train" in done.out
    edit(project / "data.txt", "c\n", "d\n")
    assert Repo(capture=True).repro().ran == ["prepare"]
    edit(project / "data.txt", "d\n", "e\n")
    assert Repo(capture=True).repro(force_downstream=True).ran == ["prepare", "train"]


def test_repro_glob_pipeline_and_all_pipelines(project: Path) -> None:
    other = project / "other"
    other.mkdir()
    (other / "dvc.yaml").write_text("stages:\n  alone:\n    cmd: echo 1 > one\n    outs: [one]\n")
    assert Repo(capture=True).repro("tr*", glob=True, force=True, single_item=True).ran == ["train"]
    names = [run.stage for run in Repo(capture=True).repro("prepare", pipeline=True).stages]
    assert "train" in names and "other/dvc.yaml:alone" not in names
    assert Repo(capture=True).repro(all_pipelines=True).ran == ["other/dvc.yaml:alone"]


def test_keep_going_and_ignore_errors(project: Path, dvnb: Any) -> None:
    edit(project / "dvc.yaml", "head -n 2 data.txt > mid.txt", "exit 3")
    (project / "more").mkdir()
    (project / "more" / "dvc.yaml").write_text("stages:\n  fine:\n    cmd: echo 1 > one\n    outs: [one]\n")
    done = dvnb("repro", "-P", "-k")
    assert done.code == 255
    assert "failed to reproduce 'prepare'" in done.err and "Stage 'train' will be skipped" in done.err
    assert (project / "more" / "one").exists()
    result = Repo(capture=True).repro(on_error="ignore")
    assert result.failed == ["prepare"]
    assert dvnb("repro", "--ignore-errors").code == 0


def test_pull_brings_what_is_missing(project: Path, dvnb: Any) -> None:
    Repo().remote_add("r", "../remote", default=True)
    Repo().push()
    (project / "data.txt").unlink()
    for path in (project / ".dvc" / "cache" / "files" / "md5").rglob("*"):
        if path.is_file():
            path.unlink()
    edit(project / "dvc.yaml", "head -n 2", "head -n 1")
    done = dvnb("repro", "--pull", "prepare")
    assert done.code == 0, done.err
    assert (project / "mid.txt").read_text() == "a\n"


def test_absolute_paths_are_spelled_as_dvc_spells_them(repo: Path, dvnb: Any, oracle: Any) -> None:
    far = repo.parent / "far"
    for path in (repo / "in", far):
        path.write_text("1\n")
    for name in ("params.yaml", "other.yaml"):
        (repo / name).write_text("a: 1\n")
    written: list[tuple[str, str]] = []
    for run in (dvnb, oracle):
        Path("dvc.yaml").unlink(missing_ok=True)
        deps = ["-d", str(repo / "in"), "-d", str(far)]
        params = ["-p", f"{repo}/params.yaml:a", "-p", f"{repo}/other.yaml:a"]
        run("stage", "add", "-n", "s", *deps, *params, "-o", str(repo / "out"), "cp in out")
        text = Path("dvc.yaml").read_text()
        Path("dvc.yaml").write_text(text.replace("- in\n", f"- {repo / 'in'}\n"))
        run("repro")
        written.append((text, Path("dvc.lock").read_text()))
    assert written[0] == written[1]
    far.write_text("2\n")
    (repo / "in").write_text("2\n")
    changed = {"s": [{"changed deps": {"in": "modified", str(far): "modified"}}]}
    assert json.loads(dvnb("status", "--json").out) == changed == json.loads(oracle("status", "--json")[1])


def test_absolute_outs_written_by_hand_are_spelled_as_dvc_spells_them(repo: Path, dvnb: Any, oracle: Any) -> None:
    (repo / "sub").mkdir()
    (repo / "in").write_text("1\n")
    (repo / "params.yaml").write_text("a: 1\n")
    stage = f"""stages:
  s:
    cmd: cp ../in out.csv; cp ../in kept; cp ../in m.json
    wdir: sub
    deps: ['{repo}/in']
    params:
    - {repo}/params.yaml: [a]
    outs:
    - {repo}/sub/kept:
        persist: true
    - '{repo}/sub/out.csv'
    metrics: ['{repo}/sub/m.json']
"""
    written: list[list[str]] = []
    for run in (dvnb, oracle):
        Path("dvc.yaml").write_text(stage)
        Path("dvc.lock").unlink(missing_ok=True)
        run("repro")
        written.append([Path("dvc.lock").read_text()])
        for words in (["plots", "modify", "sub/out.csv", "-x", "a"], ["freeze", "s"]):
            run(*words)
            written[-1].append(Path("dvc.yaml").read_text())
    assert written[0] == written[1]
    assert str(repo) not in "".join(written[0])
    Repo().metrics_modify("sub/m.json", type="csv")
    assert "type: csv" in Path("dvc.yaml").read_text()


def test_no_commit_and_no_run_cache(project: Path, dvnb: Any) -> None:
    edit(project / "data.txt", "a\nb\n", "x\ny\n")
    assert dvnb("repro", "--no-commit").code == 0
    assert {"prepare", "train"} <= set(Repo().status().stages)
    assert Repo().commit(force=True).stages
    assert Repo().status().clean
    edit(project / "params.yaml", "lr: 0.1", "lr: 0.5")
    Repo(capture=True).repro()
    edit(project / "params.yaml", "lr: 0.5", "lr: 0.1")
    before = runs(project)
    assert Repo(capture=True).repro(no_run_cache=True).ran == ["train"]
    assert runs(project) == before + 1


def test_interactive_asks(project: Path, dvnb: Any) -> None:
    edit(project / "params.yaml", "lr: 0.1", "lr: 0.2")
    done = dvnb("repro", "-i", stdin="n\n")
    assert done.code == 255
    assert "Going to reproduce stage: 'train'" in done.out
    assert runs(project) == 0
    asked: list[str] = []
    Repo(capture=True).repro(interactive=lambda question: not asked.append(question))
    assert len(asked) == 1 and runs(project) == 1


def test_a_failing_stage_brings_its_outs_back(project: Path, dvnb: Any, trash: Any) -> None:
    lock = (project / "dvc.lock").read_text()
    edit(project / "dvc.yaml", "cp mid.txt model.txt &&", "echo half > model.txt && false &&")
    done = dvnb("repro")
    assert done.code == 255
    assert "failed to reproduce 'train': failed to run: " in done.err and "exited with 1" in done.err
    assert (project / "model.txt").read_text() == "a\nb\n"
    assert json.loads((project / "metrics.json").read_text()) == {"acc": 0.5}
    assert trash(project) == {"model.txt": "half\n"}
    assert (project / "dvc.lock").read_text() == lock


def test_unsaved_outs_survive_a_run_in_the_trash(project: Path, trash: Any) -> None:
    (project / "model.txt").write_text("edited by hand\n")
    Repo(capture=True).repro("train", force=True)
    assert "edited by hand\n" in trash(project).values()
    edit(project / "dvc.yaml", "cp mid.txt model.txt &&", "false &&")
    with pytest.raises(StageFailedError) as caught:
        Repo(capture=True).repro()
    assert caught.value.stage == "train"


# ---- dag


def graph_of(lines: list[str]) -> list[str]:
    """Lines in order, with nodes by name instead of by mermaid's number."""
    names = dict(found.groups() for line in lines if (found := re.match(r'\t(node\d+)\["(.*)"\]', line)))
    return sorted(re.sub(r"node\d+", lambda found: names[found[0]], line) for line in lines)


@pytest.mark.parametrize(
    "flags", [["--dot"], ["--mermaid"], ["--md"], ["--outs", "--dot"], ["--full", "--dot", "train"], ["train"]]
)
def test_dag_as_dvc_draws_it(project: Path, dvnb: Any, oracle: Any, flags: list[str]) -> None:
    done = dvnb("dag", *flags)
    code, out, _ = oracle("dag", *flags)
    assert done.code == code == 0
    assert graph_of(done.lines) == graph_of(out.splitlines())


def test_dag_in_ascii_and_by_the_api(project: Path, dvnb: Any) -> None:
    out = dvnb("dag").out
    for name in ("data.txt.dvc", "pictures.dvc", "prepare", "train"):
        assert f"| {name} |" in out
    result = Repo().dag()
    assert set(result.nodes) == {"data.txt.dvc", "pictures.dvc", "prepare", "train"}
    assert set(map(tuple, result.to_json()["edges"])) == {("data.txt.dvc", "prepare"), ("prepare", "train")}
    assert Repo().dag("prepare").nodes == ["data.txt.dvc", "prepare"]
    assert "model.txt" in Repo().dag(outs=True).nodes


# ---- params, metrics


@pytest.fixture
def tagged(project: Path, git: Any, commit_all: Any) -> Path:
    """v1 and v2 with other params and metrics, and the workspace with yet others."""
    git("tag", "v1")
    edit(project / "params.yaml", "lr: 0.1", "lr: 0.2\n  layers: [1, 2]")
    (project / "metrics.json").write_text('{"acc": 0.75, "note": "x"}')
    commit_all()
    git("tag", "v2")
    edit(project / "params.yaml", "lr: 0.2", "lr: 0.3")
    (project / "metrics.json").write_text('{"acc": 0.875, "note": "y"}')
    return project


@pytest.mark.parametrize(
    "words",
    [
        ["params", "diff"],
        ["params", "diff", "v1", "v2"],
        ["params", "diff", "v1", "--all", "--md"],
        ["params", "diff", "v1", "--json"],
        ["params", "diff", "v1", "--deps", "--json"],
        ["metrics", "show"],
        ["metrics", "show", "-T"],
        ["metrics", "show", "-a", "--md"],
        ["metrics", "show", "-T", "--json"],
        ["metrics", "diff"],
        ["metrics", "diff", "v1", "v2", "--json"],
        ["metrics", "diff", "v1", "--md"],
        ["metrics", "diff", "v2", "--all", "--no-path"],
    ],
)
def test_numbers_over_revs_as_dvc_shows_them(tagged: Path, dvnb: Any, oracle: Any, words: list[str]) -> None:
    done = dvnb(*words)
    code, out, _ = oracle(*words)
    assert done.code == code == 0
    if "--json" in words:
        assert json.loads(done.out) == json.loads(out) != {}
    else:
        assert done.out == out != ""


def test_numbers_over_revs_by_the_api(tagged: Path) -> None:
    repo = Repo()
    diff = repo.params_diff("v1", "v2")
    assert (diff.a, diff.b) == ("v1", "v2")
    assert diff.files["params.yaml"]["train.lr"] == {"old": 0.1, "new": 0.2, "diff": pytest.approx(0.1)}
    assert repo.metrics_diff("v1").to_json()["metrics.json"]["acc"] == {"old": 0.5, "new": 0.875, "diff": 0.375}
    shown = repo.metrics_show(all_tags=True).to_json()
    assert {rev: entry["data"]["metrics.json"]["data"]["acc"] for rev, entry in shown.items()} == {
        "workspace": 0.875,
        "v1": 0.5,
        "v2": 0.75,
    }
    assert list(repo.metrics_show().revs) == [""]


def test_pull_does_not_stand_in_for_a_first_run(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo 1 > o\n    outs: [o]\n")
    assert "Running stage 'a'" in dvnb("repro", "--pull").out
    assert (repo / "o").read_text() == "1\n"


def test_verbose_repro_says_why_as_dvc_does(repo: Path, dvnb: Any, dvc: Any) -> None:
    (repo / "in").write_text("1\n")
    (repo / "params.yaml").write_text("p: 1\nq: 1\n")
    (repo / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: cp in o\n    deps: [in]\n    params: [p]\n    outs: [o]\n"
        "  b:\n    cmd: cat o > b\n    deps: [o]\n    outs: [b]\n"
    )
    assert dvnb("repro").code == 0
    (repo / "in").write_text("2\n")
    edit(repo / "params.yaml", "p: 1", "p: 2")
    edit(repo / "dvc.yaml", "cat o >", "cat  o >")
    (repo / "b").unlink()
    theirs = [line.partition("DEBUG: ")[2] for line in dvc("repro", "--dry", "-v").lines]
    ours = dvnb("repro", "-v")
    expected = [
        "Dependency 'in' of stage: 'a' changed because it is 'modified'.",
        "Dependency 'params.yaml:p' of stage: 'a' changed because it is 'modified'.",
        "stage: 'a' changed.",
        "Dependency 'o' of stage: 'b' changed because it is 'modified'.",
        "Output 'b' of stage: 'b' changed because it is 'deleted'.",
        "'cmd' of stage: 'b' has changed.",
        "stage: 'b' changed.",
    ]
    assert [line for line in ours.lines if "changed" in line] == expected
    assert {expected[0], expected[2], *expected[-2:]} <= set(theirs)  # dvc stops at a stage's first reason
    edit(repo / "params.yaml", "p: 2", "p: 3")
    assert "changed" not in dvnb("repro", "--dry").out


def test_a_frozen_stage_that_always_changes_is_left_alone(repo: Path, dvnb: Any, dvc: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo 1 > o\n    outs: [o]\n    always_changed: true\n")
    assert dvnb("repro").code == dvnb("freeze", "a").code == 0
    ours, theirs = dvnb("repro"), dvc("repro")
    assert "Stage 'a' didn't change, skipping" in ours.out and ours.out == theirs.out


@pytest.mark.parametrize("flags", [(), ("-f",)], ids=["", "forced"])
def test_allow_missing_records_no_outs_that_never_were(repo: Path, dvnb: Any, dvc: Any, flags: tuple[str, ...]) -> None:
    """A frozen stage that never ran is passed over, or, if it has to be looked at, lacks its data."""
    (repo / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: echo 1 > o\n    outs: [o]\n    frozen: true\n    always_changed: true\n"
        "  b:\n    cmd: cat o > p\n    deps: [o]\n    outs: [p]\n"
    )
    ours, theirs = dvnb("repro", "--allow-missing", *flags), dvc("repro", "--allow-missing", *flags)
    assert ours == theirs and ours.code == (255 if flags else 0)
    assert not (repo / "dvc.lock").exists() and not (repo / "p").exists()


def test_a_group_without_items_may_be_named(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  none:\n    foreach: []\n    do:\n      cmd: echo ${item}\n  s:\n    cmd: echo > ran\n"
    )
    for words in (("repro", "none"), ("status", "none"), ("commit", "none"), ("stage", "list", "none")):
        assert dvnb(*words).code == 0
    assert not (repo / "ran").exists()
    for words in (("freeze", "none"), ("remove", "none")):
        done = dvnb(*words)
        assert done.code == 1 and "Stage 'none' not found inside 'dvc.yaml' file" in done.err
    assert dvnb("repro", "none", "nope").code == 255
    assert dvnb("repro", "").code == 0 and (repo / "ran").exists()  # no name: all of the dvc.yaml here
    assert dvnb("stage", "list", "").out == dvnb("stage", "list").out


def test_blank_lines_of_a_command_are_told_and_nothing_is_run_for_them(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: |\n      echo a\n\n      echo b\n")
    assert dvnb("repro", "--dry").lines[:4] == ["Running stage 's':", "> echo a", "> ", "> echo b"]
    done = dvnb("repro")
    assert done.code == 0 and done.lines[:6] == ["Running stage 's':", "> echo a", "a", "> ", "> echo b", "b"]


def test_quiet_has_no_json_either(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo > o\n    outs: [o]\n")
    assert dvnb("status", "--json").out
    for words, code in (
        (("status", "-q", "--json"), 0),
        (("status", "-q"), 1),
        (("metrics", "show", "-q", "--json"), 0),
    ):
        done = dvnb(*words)
        assert (done.code, done.out, done.err) == (code, "", "")


def test_targets_of_params_diff_begin_at_the_root(repo: Path, dvnb: Any, commit_all: Any, monkeypatch: Any) -> None:
    """As dvc reads them, while those of metrics begin in the current folder."""
    (repo / "sub").mkdir()
    for file, value in (("params.yaml", 1), ("sub/params.yaml", 2)):
        (repo / file).write_text(f"lr: {value}\n")
    commit_all()
    for file in ("params.yaml", "sub/params.yaml"):
        edit(repo / file, "lr: ", "lr: 7")
    monkeypatch.chdir(repo / "sub")
    root, below = {"lr": {"old": 1, "new": 71, "diff": 70}}, {"lr": {"old": 2, "new": 72, "diff": 70}}
    for target, shown in (
        ("params.yaml", {"../params.yaml": root}),
        ("../params.yaml", {"../params.yaml": root}),
        ("sub/params.yaml", {"params.yaml": below}),
    ):
        assert json.loads(dvnb("params", "diff", "--json", "--targets", target).out) == shown
    shown = json.loads(dvnb("metrics", "diff", "--json", "--targets", "params.yaml").out)
    assert shown == {"params.yaml": below}


@pytest.mark.parametrize(
    ("out", "said"), [(".dvc/x", "is ignored by"), ("dvc.yaml", "cannot be an output"), ("o", "already specified")]
)
def test_stage_add_refuses_outs_that_no_verb_could_work_with(repo: Path, dvnb: Any, out: str, said: str) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo 1 > o\n    outs: [o]\n")
    before = (repo / "dvc.yaml").read_text()
    refused = dvnb("stage", "add", "-n", "b", "-o", out, "echo")
    assert refused.code == 255 and said in refused.err
    assert (repo / "dvc.yaml").read_text() == before and dvnb("stage", "list").code == 0


@pytest.mark.parametrize(
    "named",
    [
        ("-d", "in", "-p", "in:a"),
        ("-d", "in", "-d", "{repo}/in"),
        ("-p", "a", "-p", "{repo}/params.yaml:b"),
        ("-o", "x", "-m", "x"),
        ("-o", "x", "-O", "{repo}/x"),
        ("-d", "in", "-o", "in"),
    ],
)
def test_stage_add_refuses_what_is_named_twice(repo: Path, dvnb: Any, dvc: Any, named: tuple[str, ...]) -> None:
    for name in ("in", "params.yaml"):
        (repo / name).write_text("a: 1\nb: 2\n")
    words = [word.format(repo=repo) for word in named]
    ours, theirs = (run("stage", "add", "-n", "s", *words, "echo") for run in (dvnb, dvc))
    assert ours.code == theirs.code == 255
    assert ours.err.splitlines()[0] == theirs.err.splitlines()[0].replace(f"{repo}/", "")
    assert not (repo / "dvc.yaml").exists()


def test_freeze_says_all_that_failed_and_does_the_rest(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo 1 > o\n    outs: [o]\n")
    done = dvnb("freeze", "x", "a", "y")
    assert done.code == 1 and "failed to freeze 'x'" in done.err and "failed to freeze 'y'" in done.err
    assert "frozen: true" in (repo / "dvc.yaml").read_text()


@pytest.mark.parametrize("flags", [(), ("-f",), ("--no-run-cache",)])
@pytest.mark.parametrize("stage", ["reads", "makes"])
def test_a_missing_dep_is_told_as_dvc_tells_it(repo: Path, dvnb: Any, dvc: Any, stage: str, flags: list[str]) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  reads:\n    cmd: echo\n    deps: [zz]\n  makes:\n    cmd: echo > o\n    deps: [zz]\n    outs: [o]\n"
    )
    ours, theirs = dvnb("repro", stage, *flags), dvc("repro", stage, *flags)
    assert ours.code == theirs.code == 255 and ours.err == theirs.err


def test_reports_leave_out_what_dvc_leaves_out(repo: Path, dvnb: Any, dvc: Any, commit_all: Any) -> None:
    """Keys that no stage reads, the insides of .dvc and .git, and metrics that are gone but were in no cache."""
    (repo / "p.toml").write_text("[t]\nk = 1\nz = 1\n")
    (repo / "in").write_text("1\n")
    (repo / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: cp in m.json\n    deps: [in]\n    params: [{p.toml: [t.k]}]\n"
        "    metrics: [{m.json: {cache: false}}]\n"
    )
    assert dvnb("repro").code == 0
    commit_all()
    (repo / "p.toml").write_text("[t]\nk = 2\nz = 2\n")
    (repo / "m.json").unlink()
    assert dvnb("params", "diff").out == dvc("params", "diff").out
    assert dvnb("metrics", "show", "--json").out == dvc("metrics", "show", "--json").out
    everything = json.loads(dvnb("metrics", "show", "--json", ".").out)[""]["data"]
    assert {"p.toml", "in", "dvc.lock"} <= set(everything)
    assert not [path for path in everything if path.startswith(("/", ".dvc/", ".git/"))]


def test_entries_of_older_dvc_become_those_of_today_when_they_change(repo: Path, dvnb: Any, dvc: Any) -> None:
    md5 = "b026324c6904b2a9cb4b88d6d61c81d1"
    item = "    - path: {}\n      md5: " + md5 + "\n      size: 2\n"
    before = {
        "in": "1\n",
        "o": "1\n",
        "d": "old\n",
        "dvc.yaml": "stages:\n  a:\n    cmd: cp in o\n    deps: [in]\n    outs: [o]\n",
        "dvc.lock": "schema: '2.0'\nstages:\n  a:\n    cmd: cp in o\n    deps:\n"
        + item.format("in")
        + "    outs:\n"
        + item.format("o"),
        "d.dvc": f"md5: {md5}\nouts:\n- md5: {md5}\n  path: d\n",
    }
    made: list[dict[str, str]] = []
    for program in (dvnb, dvc):
        for name, text in before.items():
            (repo / name).write_text(text)
        assert program("commit", "-f").code == 0
        (repo / "in").write_text("5\n")
        assert program("repro").code == 0
        made.append({name: (repo / name).read_text() for name in ("dvc.lock", "d.dvc")})
    assert made[0] == made[1]
    assert "md5-dos2unix" not in made[0]["dvc.lock"] and made[0]["dvc.lock"].count("hash: md5") == 2


def test_gitignore_has_the_outs_of_a_new_stage_in_dvcs_order(repo: Path, dvnb: Any) -> None:
    outs = ["-o", "o", "-O", "no", "--outs-persist", "p", "-m", "m.json", "--plots", "p.csv"]
    assert dvnb("stage", "add", "-n", "a", *outs, "echo").code == 0
    assert (repo / ".gitignore").read_text() == "/p\n/m.json\n/p.csv\n/o\n"


def test_gitignore_of_a_new_stage_that_failed_is_as_before(repo: Path, dvnb: Any) -> None:
    (repo / ".gitignore").write_text("/mine\n")
    assert dvnb("stage", "add", "-n", "a", "-o", "o", "--run", "false").code == 255
    assert (repo / ".gitignore").read_text() == "/mine\n" and "  a:" in (repo / "dvc.yaml").read_text()


def test_an_empty_command_is_never_due(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a: {cmd: ''}\n  b: {cmd: []}\n")
    assert dvnb("repro").out.splitlines()[:2] == [f"Stage '{name}' didn't change, skipping" for name in "ab"]
    assert dvnb("status", "--json").out == "{}\n" and not (repo / "dvc.lock").exists()


def test_an_empty_params_file_is_recorded(repo: Path, dvnb: Any) -> None:
    (repo / "e.yaml").touch()
    (repo / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo > o\n    params: [e.yaml: ]\n    outs: [o]\n")
    assert dvnb("repro").code == 0
    assert "    params:\n      e.yaml: {}\n" in (repo / "dvc.lock").read_text()
    assert not (repo / ".dvc/cache/runs").exists()
    assert "didn't change" in dvnb("repro").out
    (repo / "e.yaml").write_text("k: 1\n")
    assert json.loads(dvnb("status", "--json").out)["a"][0] == {"changed deps": {"e.yaml": {"k": "new"}}}


def test_repro_and_freeze_take_stages_only(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo > o\n    outs: [o]\n")
    (repo / ".dvcignore").write_text("/skip/\n")
    (repo / "skip").mkdir()
    (repo / "skip/dvc.yaml").write_text("stages: {b: {cmd: echo}}\n")
    before = (repo / "dvc.yaml").read_text()
    for words, code, said in (
        (("repro", "o"), 255, "Stage 'o' not found inside 'dvc.yaml' file"),
        (("freeze", "o"), 1, "Stage 'o' not found inside 'dvc.yaml' file"),
        (("freeze", "dvc.yaml"), 1, "Stage name not provided."),
        (("repro", "skip/dvc.yaml"), 255, "'skip/dvc.yaml' is dvc-ignored"),
    ):
        done = dvnb(*words)
        assert done.code == code and said in done.err
    assert (repo / "dvc.yaml").read_text() == before and not (repo / "o").exists()


def test_dag_of_outs_is_what_a_target_is_made_of(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  a: {cmd: x, outs: [a1, a2]}\n  b: {cmd: x, deps: [a1], outs: [b]}\n  c: {cmd: x, deps: [a2], outs: [c]}\n"
    )
    assert dvnb("dag", "--outs", "--dot", "b").out.split() == [
        "strict",
        "digraph",
        "{",
        '"a1";',
        '"b";',
        '"a1"',
        "->",
        '"b";',
        "}",
    ]
    assert '"a2"' not in dvnb("dag", "--outs", "--full", "--dot", "b").out
    assert '"a2" -> "c"' in dvnb("dag", "--outs", "--dot").out


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("metrics: [m]\nstages: {s: {cm: x}}\n", "YAMLValidationError", "'./dvc.yaml' validation failed: 2 errors"),
        ("metrics: [m\n", "YAMLSyntaxError", "unable to read: 'dvc.yaml', YAML file structure is corrupted"),
        ("metrics: ['${n}']\n", "ResolveError", "failed to parse 'metrics.0' in 'dvc.yaml': Could not find 'n'"),
    ],
)
def test_results_name_what_is_wrong_as_dvc_does(repo: Path, dvnb: Any, text: str, kind: str, said: str) -> None:
    (repo / "dvc.yaml").write_text(text)
    wrong = {"type": kind, "msg": said}
    assert json.loads(dvnb("metrics", "show", "--json").out) == {"": {"error": wrong}}
    (repo / "dvc.yaml").write_text(text.replace("metrics", "plots"))
    error = json.loads(dvnb("plots", "show", "--json").out)["errors"][0]
    assert error == {"rev": "workspace", "type": kind, "msg": said.replace("metrics", "plots")}


def test_metrics_of_tracked_folders_and_of_stages_that_never_ran(repo: Path, dvnb: Any, commit_all: Any) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: mkdir md && echo 'k= 1' > md/m.toml\n    metrics: [md]\n"
        "  b:\n    cmd: echo\n    metrics: [b.json]\n"
    )
    assert dvnb("repro", "a").code == 0
    commit_all()
    shutil.rmtree(repo / "md")
    missing = {"type": "FileNotFoundError", "msg": "[Errno 2] No storage files available: 'b.json'"}
    expected = {"b.json": {"error": missing}, "md/m.toml": {"data": {"k": 1}}}
    assert json.loads(dvnb("metrics", "show", "--json").out)[""]["data"] == expected
    assert json.loads(dvnb("metrics", "show", "--json", "-a").out)["main"]["data"] == expected


def test_metrics_come_from_the_remote(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo 'k= 1' > m.toml\n    metrics: [m.toml]\n")
    assert dvnb("remote", "add", "-d", "r", str(repo.parent / "remote")).code == 0
    assert dvnb("repro").code == dvnb("push").code == 0
    (repo / "m.toml").unlink()
    shutil.rmtree(repo / ".dvc/cache")
    assert json.loads(dvnb("metrics", "show", "--json").out)[""]["data"] == {"m.toml": {"data": {"k": 1}}}


def test_revs_of_metrics_without_git(home: Path, tmp_path: Path, dvnb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert dvnb("init", "-q", "--no-scm").code == 0
    (tmp_path / "dvc.yaml").write_text("metrics: [m.json]\n")
    (tmp_path / "m.json").write_text('{"k": 1}')
    shown = json.loads(dvnb("metrics", "show", "-aT", "--json").out)
    assert shown == {"workspace": {"data": {"m.json": {"data": {"k": 1}}}}}


@pytest.mark.parametrize(("field", "role"), [("deps", "a dependency"), ("outs", "an output")])
def test_files_of_stages_are_no_deps_or_outs(repo: Path, dvnb: Any, field: str, role: str) -> None:
    said = f"DVC file 'a.dvc' cannot be {role}."
    flag = {"deps": "-d", "outs": "-o"}[field]
    added = dvnb("stage", "add", "-n", "s", flag, "a.dvc", "echo")
    assert added.code == 255 and said in added.err and not (repo / "dvc.yaml").exists()
    (repo / "dvc.yaml").write_text(f"stages:\n  s:\n    cmd: echo\n    {field}: [a.dvc]\n")
    for words, code in ((("status",), 1), (("repro",), 255), (("stage", "list"), 255), (("checkout",), 255)):
        done = dvnb(*words)
        assert done.code == code and done.err.endswith(f"ERROR: {said}\n")


def test_commit_of_what_did_not_change_remembers_no_run(project: Path, dvnb: Any) -> None:
    shutil.rmtree(project / ".dvc/cache/runs")
    assert dvnb("commit").code == 0 and not (project / ".dvc/cache/runs").exists()
    assert dvnb("commit", "-f").code == 0 and (project / ".dvc/cache/runs").exists()
