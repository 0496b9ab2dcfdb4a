"""Every line of a cell shows its result, not the last one only."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import dvnb


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    dvnb.Repo.init(".")
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "dvnb")
    yield shell
    InteractiveShell.clear_instance()


def shown(shell, cell: str) -> int:
    """How often a result is shown by the magic itself: the value of the last line is IPython's to show."""
    with capture_output(stdout=True, stderr=True, display=True) as captured:
        done = shell.run_cell(cell)
    done.raise_error()
    return len(captured.outputs)


@pytest.mark.parametrize(
    ("cell", "times"),
    [
        ("%dvc status\n%dvc root", 1),
        ("%dvc status\n1", 1),
        ("%dvc status", 0),
        ("for _ in range(3):\n    %dvc status", 3),
        ("if True:\n    %dvc status\n    %dvc root", 2),
        ("def f():\n    %dvc status\nf()", 1),
        ("a = %dvc status\nb = %dvc root", 0),
        ("%dvc status;\nNone", 0),
        ("%dvc status -q\nNone", 0),
        ("str(get_ipython().run_line_magic('dvc', 'status'))\nNone", 0),
    ],
)
def test_a_result_that_a_cell_drops_is_shown(shell, cell: str, times: int):
    assert shown(shell, cell) == times


def test_nothing_is_shown_to_who_wants_nothing_shown(shell):
    shell.ast_node_interactivity = "none"
    try:
        assert shown(shell, "%dvc status\n%dvc root") == 0
    finally:
        shell.ast_node_interactivity = "last_expr"


def test_a_semicolon_hides_a_result_and_keeps_it_for_its_name(shell):
    assert shell.run_cell("%dvc root;").result is None
    shell.run_cell("a = %dvc root;\ndef f():\n    b = %dvc root ;\n    return b").raise_error()
    assert shell.user_ns["a"].root == shell.run_cell("f()").result.root == "."
