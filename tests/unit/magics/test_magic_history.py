"""`%dvc log` and `%dvc diff --content` in a real IPython shell."""

from __future__ import annotations

import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

import dvnb
from dvnb.magics.errors import DvcFailed
from dvnb.repo import results

EVIL = "<b>&'"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tracked folder with a table, a text, a tree and a picture, of which the workspace has others than HEAD."""
    root = tmp_path / "repo"
    (root / "d").mkdir(parents=True)
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    identity = ["-c", "user.name=T & T", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "-q"], check=True)
    dvnb.Repo.init(".")
    for number in (0, 1):
        (root / "d/t.csv").write_text(f"id,{EVIL}\n1,{EVIL}{number}\n2,x\n")
        (root / "d/n.txt").write_text(f"same\n{EVIL}{number}\n")
        (root / "d/m.json").write_text(f'{{"{EVIL}": {number}}}')
        image = Image.new("RGB", (4, 4))
        image.putpixel((1, 1), (number, 0, 0))
        image.save(root / "d/p.png")
        if not number:
            dvnb.Repo(".").add("d")
            subprocess.run(["git", "add", "-A"], check=True)
            subprocess.run(["git", *identity, "commit", "-qm", f"one {EVIL}"], check=True)
    return root


class Pictures(HTMLParser):
    """Every tag is closed, and nothing is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag in {"div", "table", "thead", "tbody", "tr", "th", "td", "span", "code", "br", "img"}
        self.sources += [value for name, value in attrs if name == "src"]
        if tag not in {"br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def drawn(shell: InteractiveShell, line: str) -> tuple[Any, str, list[str]]:
    done = shell.run_cell(f"%dvc {line}")
    done.raise_error()
    result: Any = done.result
    html = result._repr_mimebundle_()["text/html"]
    parser = Pictures()
    parser.feed(html)
    assert not parser.open
    assert EVIL not in html
    return result, html, parser.sources


def test_log_is_a_table(shell: InteractiveShell, repo: Path):
    result, html, _ = drawn(shell, "log d --files")
    assert isinstance(result, results.LogResult)
    assert result.rows[0].rev == "workspace"
    for text in ("<table", "4 modified", "4 added", "T &amp; T", "one &lt;b&gt;", "d/p.png"):
        assert text in html
    assert drawn(shell, "log -n 1 --since HEAD")[0].rows[0].modified == 4


def test_a_table_is_shown_by_columns_and_rows(shell: InteractiveShell, repo: Path):
    result, html, _ = drawn(shell, "diff --content d/t.csv")
    assert isinstance(result, results.ContentDiffResult)
    for text in ("matched by position", "changed</span>", "&lt;b&gt;&amp;&#x27;0 -&gt; &lt;b&gt;&amp;&#x27;1"):
        assert text in html


def test_lines_and_values(shell: InteractiveShell, repo: Path):
    html = drawn(shell, "diff --content d/n.txt")[1]
    assert "+&lt;b&gt;&amp;&#x27;1</span>" in html
    assert "white-space:pre" in html
    assert "1 changed" in drawn(shell, "diff --content d/m.json")[1]


def test_pictures_stand_side_by_side(shell: InteractiveShell, repo: Path):
    _, html, sources = drawn(shell, "diff --content HEAD d/p.png")
    assert [source[:22] for source in sources] == ["data:image/png;base64,"] * 2
    assert sources[0] != sources[1]
    assert "1 of 16 differ" in html


def test_a_folder_is_a_table_of_files(shell: InteractiveShell, repo: Path):
    _, html, sources = drawn(shell, "diff --content d")
    assert html.count("<tr") == 5
    assert sources == []
    assert "4 modified, 0 unchanged" in html
    assert "No differences" in drawn(shell, "diff --content HEAD HEAD d")[1]


def test_a_plain_diff_is_still_one(shell: InteractiveShell, repo: Path):
    assert "d/t.csv" in drawn(shell, "diff")[1]


def test_a_failure_is_one_line(shell: InteractiveShell, repo: Path):
    error = shell.run_cell("%dvc log nosuch").error_in_exec
    assert isinstance(error, DvcFailed)
    assert "no version of 'nosuch' is recorded" in str(error)
