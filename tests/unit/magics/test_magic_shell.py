"""The magics in a real IPython shell."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import dvnb
from dvnb.magics.complete import paths
from dvnb.magics.errors import DvcFailed
from dvnb.repo import results


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    dvnb.Repo.init(".")
    return root


def run(shell: InteractiveShell, cell: str) -> Any:
    done = shell.run_cell(cell)
    done.raise_error()
    return done.result


def fail(shell: InteractiveShell, cell: str) -> DvcFailed:
    error = shell.run_cell(cell).error_in_exec
    assert isinstance(error, DvcFailed)
    return error


def test_loading_is_quick_and_lazy():
    code = (
        "import sys, time; from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance()\n"
        "t = time.perf_counter(); s.run_line_magic('load_ext', 'dvnb'); t = time.perf_counter() - t\n"
        "print(t, 'dvnb.repo.facade' in sys.modules or 'papermill' in sys.modules)"
    )
    seconds, loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()[-2:]
    assert float(seconds) < 0.15
    assert loaded == "False"


def test_unknown_verb_is_one_red_line(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]):
    error = fail(shell, "%dvc nosuch")
    assert error.code == 254
    shown = capsys.readouterr().out
    assert "argument command: invalid choice: 'nosuch'" in shown
    assert "Traceback" not in shown
    assert "\x1b[31m" in shown


def test_help_is_printed(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]):
    assert run(shell, "%dvc add --help") is None
    assert "usage: %dvc add" in capsys.readouterr().out


def test_outside_of_a_repo(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    error = fail(shell, "%dvc status")
    assert error.code == 253
    assert str(error).startswith("you are not inside of a DVC repository")


def test_an_error_shows_its_hint_as_a_magic_and_the_traceback_only_with_v(
    shell: InteractiveShell, repo: Path, capsys: pytest.CaptureFixture[str]
):
    fail(shell, "%dvc add missing.txt")
    assert "Traceback" not in capsys.readouterr().out
    fail(shell, "%dvc add -v missing.txt")
    assert "Traceback" in capsys.readouterr().out


def test_a_result_is_returned_and_assigned(shell: InteractiveShell, repo: Path):
    (repo / "a.csv").write_text("1")
    run(shell, "name = 'a.csv'\nadded = %dvc add {name}")
    added = shell.user_ns["added"]
    assert isinstance(added, results.AddResult)
    assert added.outs[0].path == "a.csv"
    (repo / "a.csv").write_text("2")
    assert run(shell, "%dvc status").stages == {"a.csv.dvc": [{"changed outs": {"a.csv": "modified"}}]}
    assert run(shell, "%dvc status;") is None
    # `-q` fails nowhere and shows nothing
    assert not run(shell, "%dvc status -q").clean


def test_cd_leaves_the_kernel_where_it_is(shell: InteractiveShell, repo: Path):
    (repo / "sub").mkdir()
    assert run(shell, "%dvc --cd sub root").root == ".."
    assert Path.cwd() == repo


def test_what_a_stage_writes_arrives_in_the_cell(
    shell: InteractiveShell, repo: Path, capsys: pytest.CaptureFixture[str]
):
    (repo / "params.yaml").write_text("x: hello")
    run(shell, "x = 'mine'\n%dvc stage add -n s -o out 'echo ${x} | tee out'")
    capsys.readouterr()
    done = run(shell, "done = %dvc repro")
    assert done is None
    assert shell.user_ns["done"].ran == ["s"]
    assert "hello\n" in capsys.readouterr().out


def test_completion(shell: InteractiveShell, repo: Path):
    (repo / "data").mkdir()
    (repo / "data.csv").touch()

    def complete(line: str) -> list[str]:
        with provisionalcompleter():
            return [found.text for found in shell.Completer.completions(line, len(line))]

    assert {"status", "stage"} <= set(complete("%dvc sta"))
    assert "add" in complete("%dvc stage a")
    assert "--force" in complete("%dvc add --fo")
    assert {"data/", "data.csv"} <= set(complete("%dvc add da"))
    dvnb.Repo().remote_add("storage", "../storage")
    dvnb.Repo().stage_add("train", "true")
    assert complete("%dvc push -r st") == ["storage"]
    assert "train" in complete("%dvc repro tr")
    assert complete("%dvc completion -s z") == ["zsh"]
    assert "data.csv" not in complete("%dvc remote default ")


def test_paths_of_the_home_folder_are_completed(repo: Path, monkeypatch: pytest.MonkeyPatch):
    (repo / "data").mkdir()
    (repo / "data" / "d.csv").touch()
    monkeypatch.setenv("HOME", str(repo))
    assert paths("~/da") == ["~/data/"]
    assert paths("~/data/") == ["~/data/d.csv"]
    assert paths("~data/") == []


def test_setup_cells_run_here_and_are_remembered_in_order(shell: InteractiveShell, repo: Path):
    run(shell, "%%stage --setup\na = 1")
    run(shell, "%%stage --setup second\nb = a + 1")
    run(shell, "%%dvc_stage --setup\na = 1")
    run(shell, "%%stage --setup second\nb = a + 2")
    assert shell.user_ns["b"] == 3
    setup = shell.magics_manager.registry["StageMagics"].setup
    assert list(setup.values()) == ["a = 1\n", "b = a + 2\n"]


def test_a_setup_cell_that_fails_is_not_remembered(shell: InteractiveShell, repo: Path):
    assert "setup cell failed" in str(fail(shell, "%%stage --setup\n1 / 0"))
    assert not shell.magics_manager.registry["StageMagics"].setup


def test_stage_needs_a_name(shell: InteractiveShell, repo: Path):
    assert fail(shell, "%%stage -o x\npass").code == 254


def test_stage_refuses_inside_a_stage(shell: InteractiveShell, repo: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DVC_STAGE", "outer")
    assert "inside stage 'outer'" in str(fail(shell, "%%stage s\npass"))
    assert not (repo / "stages").exists()


def test_stage_refuses_names_of_others(shell: InteractiveShell, repo: Path):
    run(shell, "%dvc stage add -n s -o out 'touch out'")
    assert "was not made by a %%stage cell" in str(fail(shell, "%%stage s\npass"))
    assert "cannot be the name of a stage" in str(fail(shell, "%%stage a/b\npass"))


def test_stage_runs_in_a_fresh_kernel_once(shell: InteractiveShell, repo: Path, capsys: pytest.CaptureFixture[str]):
    (repo / "params.yaml").write_text("n: 3\n")
    run(shell, "%%stage --setup\nfrom pathlib import Path")
    cell = "%%stage make -p n -o out.txt\nprint('making', n)\nPath('out.txt').write_text('x' * n)"
    first = run(shell, cell)
    assert first.ran == ["make"]
    assert "making 3" in capsys.readouterr().out
    assert (repo / "out.txt").read_text() == "xxx"
    assert (repo / "stages" / "make.ipynb").exists()
    assert "n" not in shell.user_ns
    definition = (repo / "dvc.yaml").read_text()
    assert "dvnb notebook run stages/make.ipynb stages/make.run.ipynb" in definition
    written = (repo / "stages" / "make.ipynb").read_bytes()

    second = run(shell, cell)
    assert (second.ran, second.skipped) == ([], ["make"])
    assert (repo / "stages" / "make.ipynb").read_bytes() == written
    assert (repo / "dvc.yaml").read_text() == definition
    assert "didn&#x27;t change, skipped" in second._repr_mimebundle_()["text/html"]

    (repo / "params.yaml").write_text("n: 4\n")
    assert run(shell, cell).ran == ["make"]
    assert (repo / "out.txt").read_text() == "xxxx"


def test_stage_that_fails_shows_its_traceback_and_keeps_nothing(
    shell: InteractiveShell, repo: Path, capsys: pytest.CaptureFixture[str]
):
    error = fail(shell, "%%stage bad -o out.txt\nopen('out.txt', 'w').write('x')\n1 / 0")
    assert "failed to reproduce 'bad'" in str(error)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert run(shell, "%dvc status").stages["bad"]


def test_stage_in_a_sub_folder_uses_its_paths(shell: InteractiveShell, repo: Path, monkeypatch: pytest.MonkeyPatch):
    (repo / "sub").mkdir()
    monkeypatch.chdir(repo / "sub")
    (repo / "sub" / "in.txt").write_text("abc")
    assert run(shell, "%%stage s -d in.txt -o out.txt\nopen('out.txt', 'w').write(open('in.txt').read())").ran
    assert (repo / "sub" / "out.txt").read_text() == "abc"
    assert "wdir: sub" in (repo / "dvc.yaml").read_text()
    assert (repo / "stages" / "s.ipynb").exists()
    monkeypatch.chdir(repo)
    assert run(shell, "%dvc status").clean


def test_progress_is_told_by_bars_after_a_second(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    from dvnb.commands.progress import Bars
    from dvnb.events import Progress

    bars = Bars(patience=0.05)
    bars.update(Progress("hash", 1, 10))
    assert capsys.readouterr().err == ""
    time.sleep(0.06)
    bars.update(Progress("hash", 5, 10))
    assert "Hash:  50%" in capsys.readouterr().err
    bars.update(Progress("hash", 10, 10))
    bars.close()
    assert os.linesep not in capsys.readouterr().err
