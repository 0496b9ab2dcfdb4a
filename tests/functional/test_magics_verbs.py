"""`%dvc VERB` in a real IPython shell, verb by verb: the value that comes back, and how it is shown."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dvnb.magics.errors import DvcFailed
from dvnb.repo import results

EVIL = "<img src=x onerror=alert(1)>.txt"


class Notebook:
    """A shell: `notebook("add a")` runs `%dvc add a`; its value, with what it shows in `html` and `text`."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        self.shell = InteractiveShell(config=config)
        self.shell.run_line_magic("load_ext", "dvnb")
        self.html = self.text = ""

    def __call__(self, line: str) -> Any:
        done = self.shell.run_cell(f"%dvc {line}")
        done.raise_error()
        assert self.shell.display_formatter is not None
        shown, _ = self.shell.display_formatter.format(done.result)
        self.html, self.text = shown.get("text/html", ""), shown.get("text/plain", "")
        return done.result


@pytest.fixture
def notebook(project: Path) -> Iterator[Notebook]:
    notebook = Notebook()
    yield notebook
    notebook.shell.reset(new_session=False)


@pytest.fixture
def shared(project: Path, notebook: Notebook) -> Path:
    """A remote that has everything."""
    notebook("remote add -d storage ../storage")
    notebook("push -q")
    return project.parent / "storage"


def test_add_commit_status_and_data_status(project: Path, notebook: Notebook) -> None:
    (project / "new.csv").write_text("x\n1\n")
    assert notebook("add new.csv").outs[0].path == "new.csv"
    assert "<table" in notebook.html and "new.csv.dvc" in notebook.html
    (project / "new.csv").write_text("x\n2\n")
    assert not notebook("status").clean
    assert "new.csv" in notebook.html and "modified" in notebook.html
    assert notebook("data status --granular").groups["uncommitted"] == {"modified": ["new.csv"]}
    assert "uncommitted" in notebook.html
    assert notebook("commit -f new.csv").stages == ["new.csv.dvc"]
    assert "recorded" in notebook.html
    assert notebook("status").clean
    assert "up to date" in notebook.html


def test_checkout(project: Path, notebook: Notebook) -> None:
    (project / "data.txt").unlink()
    assert notebook("checkout").added == ["data.txt"]
    assert "data.txt" in notebook.html and "1 file added" in notebook.html


def test_diff(project: Path, notebook: Notebook, commit_all: Callable[..., None]) -> None:
    assert notebook("diff").groups == {}
    assert "No data differs" in notebook.html
    (project / "data.txt").write_text("other\n")
    (project / "pictures" / "three.txt").write_text("three\n")
    notebook("add -q data.txt pictures")
    groups = notebook("diff").groups
    assert [change["path"] for change in groups["modified"]] == ["data.txt", "pictures/"]
    assert groups["added"] == [{"path": "pictures/three.txt"}]
    assert "<table" in notebook.html and "pictures/three.txt" in notebook.html and "1 added" in notebook.html
    commit_all()
    assert notebook("diff HEAD~1 HEAD --show-hash").groups["added"][0]["hash"]
    assert "Hash" in notebook.html


def test_list_and_du(project: Path, notebook: Notebook) -> None:
    assert [row.path for row in notebook("list . pictures -R").rows] == ["one.txt", "sub/two.txt"]
    assert "sub/two.txt" in notebook.html and ">data</span>" in notebook.html
    assert notebook("ls . -T").nested
    assert "padding-left" in notebook.html
    assert notebook("du . pictures").sizes[-1] == ("pictures", 8)
    assert "8 B" in notebook.html and "100%" not in notebook.html
    assert notebook("--cd pictures list . sub").rows[0].path == "two.txt"


def test_get_and_get_url(project: Path, notebook: Notebook, tmp_path: Path) -> None:
    assert notebook(f"get {project} pictures/one.txt -o copy.txt").path == "copy.txt"
    assert "copied" in notebook.html and "pictures/one.txt" in notebook.html
    assert (project / "copy.txt").read_text() == "one\n"
    (tmp_path / "plain.csv").write_text("1\n")
    assert notebook("get-url ../plain.csv").path == "plain.csv"
    assert (project / "plain.csv").read_text() == "1\n"
    assert [entry.path for entry in notebook("list-url pictures -R").entries] == ["one.txt", "sub/two.txt"]
    assert "4 B" in notebook.html


def test_import_import_url_and_update(project: Path, notebook: Notebook, tmp_path: Path) -> None:
    source = tmp_path / "plain.csv"
    source.write_text("1\n")
    assert notebook("import-url ../plain.csv").imported[0][1] == "plain.csv"
    assert "plain.csv" in notebook.html and "!git add" in notebook.html
    notebook("update plain.csv.dvc")
    assert "up to date" in notebook.html
    source.write_text("1\n2\n")
    assert notebook("update plain.csv.dvc").imported
    assert (project / "plain.csv").read_text() == "1\n2\n"
    assert notebook(f"import {project} data.txt -o mine.txt").imported[0][1] == "mine.txt"
    assert "mine.txt" in notebook.html


def test_move_remove_and_unprotect(project: Path, notebook: Notebook) -> None:
    assert notebook("move data.txt moved.txt").file == "moved.txt.dvc"
    assert "moved to" in notebook.html
    assert notebook("unprotect moved.txt").paths == ["moved.txt"]
    assert "can be edited" in notebook.html
    assert notebook("remove moved.txt.dvc").stages == ["moved.txt.dvc"]
    assert "no longer tracked" in notebook.html
    assert (project / "moved.txt").exists()


def test_gc_tells_how_much(
    project: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data.txt").write_text("x" * 1500)
    notebook("add -q data.txt")
    (project / "data.txt").write_text("y")
    notebook("add -q data.txt")
    dry = notebook("gc -w --dry")
    assert dry.dry and sum(store.removed for store in dry.stores) >= 1
    assert "Would remove" in notebook.html and "1.5 kB" in notebook.html and "<details" in notebook.html
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO())
        assert notebook("gc -w").refused
    assert "Nobody can be asked here, so the answer is no." in capsys.readouterr().err
    assert sum(store.removed for store in notebook("gc -w -f").stores) >= 1
    assert "Removed" in notebook.html


def test_push_fetch_and_pull(project: Path, notebook: Notebook, shared: Path) -> None:
    assert notebook("push").transferred == 0
    assert "up to date" in notebook.html
    notebook("gc -w -f -q")
    for path in ("data.txt", ".dvc/cache"):
        os.rename(project / path, project.parent / path.rpartition("/")[2])
    assert notebook("fetch data.txt").transferred == 1
    assert "1 file fetched" in notebook.html
    assert notebook("pull data.txt").checkout.added == ["data.txt"]
    assert "data.txt" in notebook.html


def test_remotes_and_config(project: Path, notebook: Notebook, shared: Path) -> None:
    notebook("remote add archive ../archive")
    assert "archive</code> saved" in notebook.html
    assert [(row.name, row.default) for row in notebook("remote list").remotes] == [
        ("storage", True),
        ("archive", False),
    ]
    assert "<table" in notebook.html and "default" in notebook.html
    assert notebook("config core.remote").value == "storage"
    assert ("core.remote=storage") in [line for _, line in notebook("config -l").items]
    assert "<th" in notebook.html and ">storage<" in notebook.html
    assert notebook("remote default archive").to_json()
    assert notebook("remote default").value == "archive"


def test_params_metrics_stages_dag_and_freeze(project: Path, notebook: Notebook) -> None:
    assert {row.stage for row in notebook("stage list").stages} >= {"prepare", "train"}
    assert "train" in notebook.html
    assert notebook("dag").edges
    assert "<svg" in notebook.html
    assert "acc" in str(notebook("metrics show").revs)
    assert "0.5" in notebook.html
    (project / "params.yaml").write_text("train:\n  lr: 0.2\n  epochs: 3\n")
    assert notebook("params diff").files["params.yaml"]["train.lr"]["new"] == 0.2
    assert "0.2" in notebook.html
    assert [row.stage for row in notebook("freeze train").stages] == ["train"]
    assert "frozen" in notebook.html
    notebook("unfreeze train")
    assert "unfrozen" in notebook.html


def test_doctor_root_install_and_check_ignore(project: Path, notebook: Notebook) -> None:
    assert notebook("doctor").root == str(project)
    assert "<table" in notebook.html and "hardlink" in notebook.html
    assert notebook("version").python
    assert notebook("--cd pictures root").root == ".."
    assert ">..<" in notebook.html
    assert any(file.endswith("pre-push") for file in notebook("install").files)
    assert "pre-push" in notebook.html
    (project / ".dvcignore").write_text("*.tmp\n")
    assert notebook("check-ignore a.tmp").matches[0].ignored
    assert ".dvcignore" in notebook.html and "*.tmp" in notebook.html


@pytest.mark.parametrize(
    "line",
    ["add new", "status", "data status --granular", "diff", "list .", "du .", "check-ignore new", "remove new.dvc"],
)
def test_names_of_files_stay_text(project: Path, notebook: Notebook, line: str) -> None:
    (project / EVIL).write_text("1\n")
    notebook.shell.user_ns["new"] = EVIL
    if line != "add new":
        notebook(f'add -q "{EVIL}"')
    if line in ("status", "data status --granular"):
        (project / EVIL).write_text("2\n")
    notebook(line.replace("new", f'"{EVIL}"').replace('".dvc', '.dvc"'))
    assert EVIL not in notebook.html and escape(EVIL) in notebook.html


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("diff nosuch", "nosuch"),
        ("list nosuch", "nosuch"),
        ("get . nosuch", "nosuch"),
        ("import-url ../nosuch", "nosuch"),
        ("move nosuch other", "nosuch"),
        ("remove nosuch", "nosuch"),
        ("unprotect nosuch", "nosuch"),
        ("push -r nosuch", "nosuch"),
        ("update nosuch.dvc", "nosuch"),
        ("gc", "-w"),
    ],
)
def test_failures_are_one_line(project: Path, notebook: Notebook, line: str, said: str) -> None:
    with pytest.raises(DvcFailed, match=said):
        notebook(line)


def test_a_value_is_the_result_itself(project: Path, notebook: Notebook) -> None:
    notebook.shell.run_cell("sizes = %dvc du .").raise_error()
    sizes = notebook.shell.user_ns["sizes"]
    assert isinstance(sizes, results.DiskUsageResult)
    assert sizes.to_json()


def test_checkout_by_reading_every_object(
    project: Path, notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pictures" / "one.txt").unlink()
    assert notebook("checkout --verify").modified == ["pictures/"]
    data = (project / "pictures" / "one.txt").read_bytes()
    (victim,) = [path for path in project.glob(".dvc/cache/files/md5/??/*") if path.read_bytes() == data]
    victim.chmod(0o644)
    victim.write_bytes(data.upper())
    (project / "pictures" / "one.txt").unlink()
    with pytest.raises(Exception, match="pictures"):
        notebook("checkout --verify")
    assert not (project / "pictures" / "one.txt").exists()
    assert "is damaged" in capsys.readouterr().err


def test_a_function_s_own_names_are_filled_in(project: Path, notebook: Notebook) -> None:
    cell = "name = 'nothere'\ndef ask(name):\n    for verb in ['root']:\n        %dvc $verb\n    r = %dvc status {name}\n    return r"
    notebook.shell.run_cell(cell).raise_error()
    asked = notebook.shell.run_cell("ask('data.txt.dvc')")
    asked.raise_error()
    assert asked.result.clean


def test_a_folder_that_is_gone_is_named(project: Path, notebook: Notebook) -> None:
    gone = project / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    try:
        with pytest.raises(DvcFailed, match="the current folder is gone"):
            notebook("status")
    finally:
        os.chdir(project)
