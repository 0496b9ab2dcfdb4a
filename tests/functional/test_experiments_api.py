"""`dvnb.api.exp_show` and `exp_save`: what `dvc.api` answers of the same repo, and experiments that both tools know."""

from __future__ import annotations

import inspect
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dvc.api
import pytest

from dvnb import Repo, api
from dvnb.errors import GitError, StageFailedError, TargetError
from dvnb.repo.experiments.refs import ExperimentExistsError


def ref(git: Any, name: str, baseline: str = "HEAD") -> str:
    commit = git("rev-parse", baseline).strip()
    return f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"


def write_params(rate: float) -> None:
    Path("params.yaml").write_text(
        f"train:\n  lr: {rate}\n  epochs: 3\n  sizes: [1, 2]\n  empty: {{}}\nword: yes it is\n"
    )


@pytest.fixture(scope="session")
def _lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab") / "repo"


@pytest.fixture
def lab(project: Path, oracle: Any, git: Any, commit_all: Any, _lab: Path) -> Path:
    """Two commits; the first has an experiment of dvc, the second one of dvc and one of dvnb, and a dirty workspace."""
    if not _lab.exists():
        _make_lab(project, oracle, git, commit_all)
        shutil.copytree(project, _lab, symlinks=True)
        return project
    os.chdir(project.parent)
    shutil.rmtree(project)
    shutil.copytree(_lab, project, symlinks=True)
    os.chdir(project)
    return project


def _make_lab(project: Path, oracle: Any, git: Any, commit_all: Any) -> None:
    write_params(0.2)
    assert oracle("exp", "save", "-n", "early")[0] == 0
    (project / "more.json").write_text('{"acc": 0.123456789, "deep": {"er": 1}, "bad": [1]}\n')
    (project / "dvc.yaml").write_text((project / "dvc.yaml").read_text() + "metrics: [more.json]\n")
    Repo().commit(force=True)
    commit_all("two")
    git("tag", "-a", "v2", "-m", "v2")
    write_params(0.3)
    assert oracle("exp", "save", "-n", "theirs")[0] == 0
    write_params(0.4)
    assert api.exp_save("ours") == git("rev-parse", ref(git, "ours")).strip()
    write_params(0.5)


@pytest.mark.parametrize("name", ["exp_show", "exp_save", "get_dataset"])
def test_they_are_called_as_those_of_dvc(name: str) -> None:
    def parameters(module: Any) -> list[tuple[str, Any, Any]]:
        found = inspect.signature(getattr(module, name)).parameters.values()
        return [(parameter.name, parameter.kind, parameter.default) for parameter in found]

    assert parameters(api) == parameters(dvc.api)


QUESTIONS: dict[str, dict[str, Any]] = {
    "head": {},
    "two commits": {"num": 2},
    "all commits": {"num": -1},
    "no commits": {"num": 0},
    "a rev": {"revs": "HEAD~1"},
    "several revs": {"revs": ["v2", "main~1"]},
    "a rev twice": {"revs": ["v2", "main"]},
    "an experiment": {"revs": "theirs"},
    "only deps": {"param_deps": True},
    "read again": {"force": True},
    "by path": {"repo": "."},
    "a config": {"config": {"core": {"autostage": True}}},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_rows_are_those_of_dvc(lab: Path, question: str) -> None:
    theirs, ours = dvc.api.exp_show(**QUESTIONS[question]), api.exp_show(**QUESTIONS[question])
    assert ours == theirs
    assert [list(map(type, row.values())) for row in ours] == [list(map(type, row.values())) for row in theirs]
    assert [list(row) for row in ours] == [list(row) for row in theirs]
    if question == "head":
        assert {row["Experiment"] for row in ours} == {None, "theirs", "ours"}
        assert [row["train.lr"] for row in ours][:2] == [0.5, 0.2]


def test_rows_of_a_clone(lab: Path, tmp_path: Path, git: Any) -> None:
    Repo().remote_add("store", str(tmp_path / "remote"), default=True)
    git("commit", "-qam", "remote")
    api.exp_save("last")
    bare = f"file://{tmp_path / 'bare.git'}"
    git("clone", "-q", "--mirror", str(lab), str(tmp_path / "bare.git"))
    assert api.exp_show(repo=bare, num=2) == dvc.api.exp_show(repo=bare, num=2)
    assert {row["Experiment"] for row in api.exp_show(repo=bare)} == {None, "last"}
    git("update-ref", "-d", ref(git, "last"), cwd=tmp_path / "bare.git")
    assert {row["Experiment"] for row in api.exp_show(repo=bare)} == {None}


def test_what_dvc_remembers_of_commits_is_used_and_what_dvnb_remembers_by_dvc(lab: Path, git: Any) -> None:
    folder = lab / ".dvc" / "tmp" / "exps" / "cache"
    head = git("rev-parse", "HEAD").strip()
    remembered = folder / head[:2] / head[2:]
    remembered.unlink(missing_ok=True)
    dvc.api.exp_show()
    by_dvc = remembered.read_bytes()
    remembered.unlink()
    api.exp_show()
    assert remembered.read_bytes() == by_dvc
    changed = json.loads(by_dvc)
    changed["params"]["params.yaml"]["data"]["train"]["lr"] = 77
    remembered.write_text(json.dumps(changed))
    assert api.exp_show()[1]["train.lr"] == 77
    assert api.exp_show(force=True)[1]["train.lr"] == 0.2
    remembered.write_text("{broken")
    assert api.exp_show()[1]["train.lr"] == 0.2


def test_broken_files_hide_nothing_else(lab: Path, commit_all: Any, oracle: Any) -> None:
    (lab / "params.yaml").write_text("a: [\n")
    (lab / "more.json").write_text("{\n")
    assert api.exp_show() == dvc.api.exp_show()
    (lab / "dvc.yaml").write_text("stages: 5\n")
    assert api.exp_show()[1:] == dvc.api.exp_show()[1:]
    assert [entry["error"] is not None for entry in Repo().exp_show().to_json()] == [True, False]


def test_values_that_are_missing_or_no_numbers(lab: Path, commit_all: Any) -> None:
    (lab / "params.yaml").write_text("word: no\nnothing: ~\ninf: .inf\ntext: '1e3'\nrev: 5\n")
    (lab / "more.json").write_text("5\n")
    ours, theirs = api.exp_show(), dvc.api.exp_show()
    assert ours == theirs
    assert ours[0]["nothing"] is None or ours[0]["nothing"] == "None"
    assert ours[0]["text"] == 1000.0
    assert ours[0]["params.yaml:rev"] == 5.0


def test_variables_of_templates_are_shown(project: Path, commit_all: Any, oracle: Any) -> None:
    (project / "conf.yaml").write_text("deep: {er: 1}\nunused: 2\n")
    (project / "dvc.yaml").write_text("vars: [conf.yaml]\nstages:\n  a:\n    cmd: echo ${deep.er} > a\n    outs: [a]\n")
    (project / "dvc.lock").unlink()
    Repo().repro("a")
    commit_all("vars")
    assert api.exp_show() == dvc.api.exp_show()
    assert api.exp_show()[0]["deep.er"] == 1.0
    for rev in (None, "HEAD"):
        shown = api.params_show(rev=rev)
        assert shown == dvc.api.params_show(rev=rev)
        assert shown["deep.er"] == 1
    assert api.params_show(stages="a") == dvc.api.params_show(stages="a") == {}
    (project / "conf.yaml").write_text("deep: {er: 3}\n")
    assert Repo().params_diff().files == {"conf.yaml": {"deep.er": {"old": 1, "new": 3, "diff": 2}}}
    assert json.loads(oracle("params", "diff", "--json")[1])["conf.yaml"]["deep.er"]["new"] == 3


def test_without_git_or_commits(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Any) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    Repo.init(".")
    assert api.exp_show() == dvc.api.exp_show() == []
    with pytest.raises(GitError, match="Empty Git repo"):
        api.exp_save()


def test_an_unknown_rev_is_an_error(lab: Path) -> None:
    with pytest.raises(GitError, match="unknown Git revision 'nope'"):
        api.exp_show(revs="nope")


def test_the_name_of_several_experiments_means_that_of_head(lab: Path, git: Any) -> None:
    git("update-ref", ref(git, "early"), ref(git, "ours"))
    assert api.exp_show(revs="early")[1]["train.lr"] == 0.4
    git("commit", "-qam", "three")
    with pytest.raises(TargetError, match="Ambiguous name 'early'"):
        api.exp_show(revs="early")


# ---- exp_save


def test_saving_leaves_head_branch_and_index_alone(lab: Path, git: Any, picture: Callable[[Path], Any]) -> None:
    (lab / "staged.txt").write_text("s\n")
    git("add", "staged.txt")
    (lab / "staged.txt").write_text("s and more\n")
    (lab / "unknown.txt").write_text("u\n")
    before = picture(lab)
    commit = api.exp_save("mine")
    after = picture(lab)
    changed = {path for path in before if before[path] != after.get(path)}
    assert changed == {"dvc.lock", "for-each-ref"}  # what was recorded of the params, as `commit -f` does
    assert git("status", "--porcelain").splitlines() == [
        " M dvc.lock", " M params.yaml", "AM staged.txt", "?? unknown.txt",
    ]  # fmt: skip
    assert git("show", f"{commit}:staged.txt") == "s and more\n"
    assert git("show", f"{commit}:params.yaml") == (lab / "params.yaml").read_text()
    assert git("rev-parse", f"{commit}^") == git("rev-parse", "HEAD")
    assert "unknown.txt" not in git("ls-tree", "-r", "--name-only", commit)


def test_the_commit_is_the_one_that_dvc_makes(lab: Path, git: Any, oracle: Any) -> None:
    (lab / "extra.txt").write_text("e\n")
    ours = api.exp_save("one", include_untracked=["extra.txt"])
    assert oracle("exp", "save", "-n", "two", "-I", "extra.txt")[0] == 0
    theirs = ref(git, "two")
    listed = [line for line in git("ls-tree", "-r", theirs).splitlines() if not line.endswith(".dvc/tmp/repro.dat")]
    assert git("ls-tree", "-r", ours).splitlines() == listed
    assert (
        git("cat-file", "commit", ours).partition("\n\n")[2] == git("cat-file", "commit", theirs).partition("\n\n")[2]
    )
    assert git("log", "-1", "--format=%an %ae", ours) == git("log", "-1", "--format=%an %ae", theirs)


def test_dvc_lists_shows_applies_and_removes_it(lab: Path, git: Any, oracle: Any) -> None:
    (lab / "data.txt").write_text("new\n")
    api.exp_save("mine")
    git("checkout", "-q", ".")
    assert oracle("checkout", "-q", "-f")[0] == 0
    assert (lab / "data.txt").read_text() != "new\n"
    assert "mine" in oracle("exp", "list", "--name-only")[1].split()
    code, _, error = oracle("exp", "apply", "mine")
    assert code == 0, error
    assert (lab / "data.txt").read_text() == "new\n"
    assert "lr: 0.5" in (lab / "params.yaml").read_text()
    assert oracle("exp", "remove", "mine")[0] == 0
    assert {row["Experiment"] for row in api.exp_show()} == {None, "theirs", "ours"}


def test_a_name_is_made_up(lab: Path, git: Any) -> None:
    commit = api.exp_save()
    names = [row["Experiment"] for row in api.exp_show() if row["rev"] == commit[:7]]
    assert len(names) == 1
    assert len(names[0].split("-")) == 2


def test_a_name_that_is_taken_needs_force(lab: Path, git: Any, picture: Callable[[Path], Any]) -> None:
    first = api.exp_save("mine")
    write_params(0.6)
    before = picture(lab)
    with pytest.raises(ExperimentExistsError, match="conflicts with existing experiment 'mine'"):
        api.exp_save("mine")
    assert picture(lab) == before
    saved = Repo().exp_save(name="mine", force=True)
    assert saved.replaced == first != saved.rev == git("rev-parse", ref(git, "mine")).strip()


@pytest.mark.parametrize("name", ["a/b", "a..b", "a b", "x.lock", "~"])
def test_a_name_that_git_cannot_have(lab: Path, name: str, picture: Callable[[Path], Any]) -> None:
    before = picture(lab)
    with pytest.raises(TargetError, match="Invalid exp name"):
        api.exp_save(name)
    assert picture(lab) == before


def test_an_untracked_file_that_is_not_there(lab: Path, picture: Callable[[Path], Any], tmp_path: Path) -> None:
    before = picture(lab)
    for path in ("nope.txt", str(tmp_path)):
        with pytest.raises(TargetError, match="cannot be included in the experiment"):
            api.exp_save("x", include_untracked=[path])
    assert picture(lab) == before


def test_an_output_that_is_missing(lab: Path, git: Any) -> None:
    (lab / "model.txt").unlink()
    with pytest.raises(StageFailedError, match="'model.txt' does not exist"):
        api.exp_save("x")
    assert "/x\n" not in git("for-each-ref", "--format=%(refname)", "refs/exps")


def test_what_top_level_sections_name_is_in_it_but_not_what_the_cache_has(project: Path, git: Any) -> None:
    (project / "dvc.yaml").write_text(
        (project / "dvc.yaml").read_text()
        + "params: [more.toml, absent.yaml]\nmetrics: [sub/own.json]\nplots:\n- model.txt\n- curve:\n    x: {x.csv: a}\n"
        "    y: {y.csv: b}\n- plain.csv: {x: a}\n"
    )
    (project / "sub").mkdir()
    for name in ("more.toml", "sub/own.json", "x.csv", "y.csv", "plain.csv", "other.txt"):
        (project / name).write_text("{}\n" if name.endswith("json") else "")
    saved = Repo().exp_save(name="full")
    files = set(git("ls-tree", "-r", "--name-only", saved.rev).splitlines())
    assert {"more.toml", "sub/own.json", "x.csv", "y.csv", "plain.csv"} <= files
    assert not {"model.txt", "other.txt", "absent.yaml"} & files
    assert saved.left_out == ["other.txt"]


def test_a_project_in_a_folder_of_git(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Any) -> None:
    root = tmp_path / "mono"
    (root / "part").mkdir(parents=True)
    git("init", "-q", str(root))
    Repo.init(root / "part", subdir=True)
    monkeypatch.chdir(root / "part")
    Path("params.yaml").write_text("a: 1\n")
    Path("dvc.yaml").write_text("stages:\n  s:\n    cmd: echo 1 > o\n    params: [a]\n    outs: [o]\n")
    git("add", "-A", cwd=root)
    git("commit", "-qm", "one")
    Repo().repro()
    api.exp_save("sub")
    assert api.exp_show() == dvc.api.exp_show()
    assert "part/dvc.lock" in git("ls-tree", "-r", "--name-only", "--full-tree", ref(git, "sub"))


def test_undo_takes_back_what_was_recorded(lab: Path) -> None:
    before = (lab / "dvc.lock").read_bytes()
    api.exp_save("mine")
    assert (lab / "dvc.lock").read_bytes() != before
    Repo().undo()
    assert (lab / "dvc.lock").read_bytes() == before
