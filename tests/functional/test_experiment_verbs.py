"""`dvnb exp show`, `list` and `save`: the output is that of stock dvc, in a terminal and in a notebook."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dvnb import Repo


@pytest.fixture(scope="session")
def _tried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tried") / "repo"


@pytest.fixture
def tried(project: Path, oracle: Any, git: Any, commit_all: Any, _tried: Path) -> Path:
    """Two commits with two experiments each, by both tools in turn; made once."""
    if not _tried.exists():
        for name, rate in (("a", 0.2), ("b", 0.123456789)):
            _try(name, rate, oracle)
        git("commit", "-qam", "two")
        git("tag", "v2")
        git("branch", "other", "HEAD~1")
        for name, rate in (("c", 0.7), ("d", 0.05)):
            _try(name, rate, oracle)
        shutil.copytree(project, _tried, symlinks=True)
        return project
    os.chdir(project.parent)
    shutil.rmtree(project)
    shutil.copytree(_tried, project, symlinks=True)
    os.chdir(project)
    return project


def _try(name: str, rate: float, oracle: Any) -> None:
    Path("params.yaml").write_text(f"train:\n  lr: {rate}\n  epochs: 3\n  sizes: [1, {rate}]\n")
    Path("metrics.json").write_text(json.dumps({"acc": rate * 3, "long": 0.1234567891}))
    if name in "ac":
        assert oracle("exp", "save", "-q", "-n", name)[0] == 0
    else:
        Repo().exp_save(name=name)


SHOWN = [
    "--csv",
    "--md",
    "--json",
    "--csv --precision 3",
    "-A --json",
    "-n 2 --csv",
    "-n -1 --md",
    "-a --csv",
    "-T --csv",
    "--rev other --csv",
    "--rev v2 --rev other --csv",
    "--sha --csv",
    "--hide-workspace --csv",
    "--param-deps --csv",
    "--only-changed --csv",
    "--only-changed --md",
    "--only-changed --keep long --csv",
    "--drop acc --drop train --csv",
    "--drop .*txt --keep data --md",
    "--sort-by acc --csv",
    "--sort-by metrics.json:acc --sort-order desc --csv",
    "--sort-by train.lr --md -n 2",
    "-f --csv",
    "--hide-queued --hide-failed --no-fetch --csv",
]


@pytest.mark.parametrize("flags", SHOWN)
def test_shown_as_dvc_does(tried: Path, dvnb: Any, oracle: Any, flags: str) -> None:
    code, out, _ = oracle("exp", "show", "--no-pager", *flags.split())
    done = dvnb("exp", "show", *flags.split())
    assert done.code == code == 0
    if "--json" in flags:
        assert json.loads(done.out) == json.loads(out)
        return
    assert done.out == (out.replace("\r\n", "\n") if "--csv" in flags else out)
    assert done.out.count("\n") > 2


def test_a_table_for_the_terminal(tried: Path, dvnb: Any, oracle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert dvnb("exp", "show").out == oracle("exp", "show", "--no-pager")[1]
    assert dvnb("experiments", "show").out == dvnb("exp", "show", "--no-pager").out


def test_precision_counts_in_every_table(tried: Path, dvnb: Any) -> None:
    assert "| 0.37  |" in dvnb("exp", "show", "--md", "--precision", "2").out  # dvc has it in CSV alone
    assert "  0.37 " in dvnb("exp", "show", "--precision", "2").out


def test_list_has_a_short_name(tried: Path, dvnb: Any) -> None:
    assert dvnb("experiments", "ls").out == dvnb("exp", "list").out != ""


def test_csv_ends_lines_as_dvc_does(tried: Path, oracle: Any) -> None:
    ours = subprocess.run([sys.executable, "-m", "dvnb", "exp", "show", "--csv"], capture_output=True, check=True)
    assert ours.stdout.count(b"\r\n") == ours.stdout.count(b"\n") == 5


@pytest.mark.parametrize("flags", ["", "--name-only", "--names-only", "--sha-only", "--rev other", "-n 1"])
def test_listed_as_dvc_does(tried: Path, dvnb: Any, oracle: Any, flags: str) -> None:
    code, out, _ = oracle("exp", "list", *flags.split())
    done = dvnb("exp", "list", *flags.split())
    assert (done.code, done.out) == (code, out)


def test_all_are_listed_here_and_elsewhere(tried: Path, dvnb: Any, oracle: Any, tmp_path: Path, git: Any) -> None:
    assert sorted(dvnb("exp", "list", "-A").lines) == sorted(oracle("exp", "list", "-A")[1].splitlines())
    copy = tmp_path / "copy.git"
    git("clone", "-q", "--mirror", str(tried), str(copy))
    git("remote", "add", "there", str(copy))
    for place in ("there", str(copy)):
        assert sorted(dvnb("exp", "list", "-A", place).lines) == sorted(
            oracle("exp", "list", "-A", place)[1].splitlines()
        )
    head = git("rev-parse", "HEAD").strip()
    assert json.loads(dvnb("exp", "list", "--json", "there").out) == {head: {"c": None, "d": None}}
    assert Repo().exp_list(git_remote="there").names == {head: "main"}


def test_what_is_no_experiment_is_not_shown(tried: Path, dvnb: Any, git: Any) -> None:
    for name in ("stash", "celery/stash", "celery/failed", "exec/EXEC_HEAD", "apply/ORIG_HEAD", "temp/x"):
        git("update-ref", f"refs/exps/{name}", "HEAD")
    assert sorted(dvnb("exp", "list", "-A", "--name-only").lines) == ["a", "b", "c", "d"]
    assert dvnb("exp", "show", "-A", "--csv").code == 0


def test_packed_refs_are_found(tried: Path, dvnb: Any, git: Any) -> None:
    before = dvnb("exp", "show", "-A", "--json").out
    git("pack-refs", "--all")
    assert dvnb("exp", "show", "-A", "--json").out == before
    assert dvnb("exp", "save", "-n", "c").code == 1


def test_saved(tried: Path, dvnb: Any, git: Any) -> None:
    (tried / "new.txt").write_text("n\n")
    done = dvnb("exp", "save", "-n", "e", "-m", "tried that")
    assert (done.code, done.lines) == (0, ["Experiment has been saved as: e"])
    assert "will not be included in the experiment commit:\n\tnew.txt" in done.err
    commit = json.loads(dvnb("exp", "save", "-n", "e", "-f", "--json", "-I", "new.txt").out)["ref"]
    assert git("show", f"{commit}:new.txt") == "n\n"
    assert commit in git("for-each-ref", "refs/exps")
    replaced = dvnb("exp", "save", "-n", "e", "-f")
    assert replaced.lines[1].startswith(f"It was {commit[:7]} before: git update-ref refs/exps/")


ERRORS = {
    "exp save -n c": (1, "failed to save experiment - Experiment conflicts with existing experiment 'c'."),
    "exp save -n a/b": (1, "failed to save experiment - Invalid exp name a/b, the exp name must follow rules in"),
    "exp save -I nope": (1, "failed to save experiment - 'nope' cannot be included in the experiment: it does not"),
    "exp save nosuch": (1, "failed to save experiment - "),
    "exp show --rev nope": (1, "failed to show experiments - unknown Git revision 'nope'"),
    "exp show --sort-by nope": (255, "Unknown sort column 'nope'"),
    "exp show --drop (": (255, "'(' is no regular expression: "),
    "exp list --rev nope": (255, "unknown Git revision 'nope'"),
    "exp list nowhere": (255, "git ls-remote failed: "),
    "exp list --name-only --sha-only": (254, "argument --sha-only"),
    "exp": (254, "the following arguments are required: cmd"),
}


@pytest.mark.parametrize("line", ERRORS)
def test_bad_input(tried: Path, dvnb: Any, picture: Any, line: str) -> None:
    before = picture(tried)
    done = dvnb(*line.split())
    code, said = ERRORS[line]
    assert done.code == code
    assert f"ERROR: {said}" in done.err
    assert picture(tried) == before


@pytest.mark.parametrize("line", ["exp save -n c", "exp save -n a/b", "exp show --rev nope", "exp list --rev nope"])
def test_bad_input_has_the_exit_codes_of_dvc(tried: Path, dvnb: Any, oracle: Any, line: str) -> None:
    assert dvnb(*line.split()).code == oracle(*line.split())[0]


def test_without_git(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dvnb: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Repo.init(".", no_scm=True)
    for verb in ("show", "list", "save"):
        done = dvnb("exp", verb)
        assert done.code in (1, 255)
        assert "Git" in done.err or "git" in done.err


def test_in_a_notebook(tried: Path) -> None:
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    shell.run_line_magic("load_ext", "dvnb")

    def run(line: str) -> tuple[Any, str]:
        done = shell.run_cell(f"%dvc {line}")
        done.raise_error()
        return done.result, done.result._repr_mimebundle_()["text/html"]

    shown, html = run("exp show --precision 3")
    assert "<strong>workspace</strong>" in html
    assert "└── " in html
    assert [state.name for state in shown.states] == [None, "main"]
    assert "<code" in run("exp list")[1]
    saved, html = run("exp save -n cell")
    assert "Saved as" in html
    assert saved.name == "cell"


def test_repo_methods_return_what_json_shows(tried: Path, dvnb: Any) -> None:
    assert Repo().exp_show(num=2).to_json() == json.loads(dvnb("exp", "show", "-n", "2", "--json").out)
    assert Repo().exp_list(all_commits=True).to_json() == json.loads(dvnb("exp", "list", "-A", "--json").out)
