"""What the widget of differences holds, does and leaves behind; no browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from PIL import Image

from dvnb import Repo
from dvnb.errors import GitError, TargetError
from tests.conftest import commit_all, git

ROWS = 45


@pytest.fixture
def two(repo: Path) -> Path:
    """Tags `old` and `new`: a tracked folder with a table, a picture, values; a notebook and a script of git's."""
    data = repo / "data"
    for number, tag in ((1, "old"), (2, "new")):
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        rows = "".join(f"{row},{row * number},n{row}\n" for row in range(ROWS + number))
        (data / "table.csv").write_text(f"id,value,name\n{rows}")
        Image.new("RGB", (20, 10), (200 * (number - 1), 0, 0)).save(data / "picture.png")
        (data / "values.json").write_text(json.dumps({f"k{at}": at * number for at in range(31)}))
        (data / f"only-{tag}.txt").write_text(tag)
        (repo / "code.py").write_text(f"a = 1\nb = {number}\n")
        cells = [nbformat.v4.new_code_cell(f"rate = {number}", id="a")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), repo / "steps.ipynb")
        Repo().add("data")
        commit_all(f"{tag} data")
        git("tag", tag)
    return repo


def told(files: list[dict[str, Any]]) -> dict[str, str]:
    return {file["path"]: file["state"] for file in files}


def leaves(data: dict[str, Any]) -> Iterator[str]:
    yield from (leaf["path"] for leaf in data["file"]["tree"]["leaves"])


def test_the_whole_project_by_default_and_the_workspace_against_head(two: Path) -> None:
    assert Repo().diff_widget().data["files"] == []
    (two / "code.py").write_text("a = 1\nb = 2\nc = 3\n")
    data = Repo().diff_widget().data
    assert (data["a"], data["b"], data["path"]) == ("HEAD", "workspace", ".")
    assert told(data["files"]) == {"code.py": "modified"}
    json.dumps(data)


def test_the_project_is_meant_from_a_folder_in_it_too(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two / "data")
    widget = Repo().diff_widget("old", "new")
    assert widget.data["path"] == ".."
    assert told(widget.data["files"])["table.csv"] == "modified"
    assert widget.act("look_inside", path="../code.py"), widget.message
    assert "+b = 2" in widget.data["file"]["text"]["lines"]


def test_files_of_a_folder_with_their_numbers(two: Path) -> None:
    data = Repo().diff_widget("old", "new", "data").data
    assert told(data["files"]) == {
        "data/only-new.txt": "added",
        "data/only-old.txt": "deleted",
        "data/picture.png": "modified",
        "data/table.csv": "modified",
        "data/values.json": "modified",
    }
    assert data["counts"] == {"added": 1, "deleted": 1, "modified": 3, "renamed": 0}
    assert data["file"] is None
    assert next(file for file in data["files"] if file["path"] == "data/table.csv")["what"].startswith("rows: 46 -> 47")


def test_versions_to_choose_from(two: Path) -> None:
    data = Repo().diff_widget("old", "new", "data").data
    groups = {title: [rev for rev, _ in versions] for title, versions in data["versions"]}
    assert groups["Branches"] == ["main"]
    assert groups["Tags"] == ["new", "old"]
    assert [label.split(" ", 2)[2] for _, label in data["versions"][-1][1]] == ["new data", "old data"]
    assert data["paths"] == [".", "data"]


def test_a_tables_rows_page_by_page_and_by_another_key(two: Path) -> None:
    widget = Repo().diff_widget("old", "new", "data/table.csv")
    table = widget.data["file"]["table"]
    assert (table["key"], table["total"], len(table["rows"])) == (["id"], ROWS + 1, 20)
    assert table["rows"][0] == {"kind": "changed", "place": ["1"], "cells": [["1", "2"]]}
    assert widget.act("turn_to", start=40)
    rows = widget.data["file"]["table"]["rows"]
    assert [row["kind"] for row in rows] == ["changed"] * 5 + ["added"]
    assert rows[-1]["place"] == [str(ROWS + 1)]
    assert widget.data["file"]["table"]["columns"] == ["value", "name"]
    assert rows[-1]["cells"] == [[str(2 * (ROWS + 1))], [f"n{ROWS + 1}"]]
    assert widget.act("match_by", columns=["name"])
    assert widget.data["start"] == 0
    assert widget.data["file"]["table"]["rows"][0]["place"] == ["n1"]
    assert widget.act("match_by", columns=["id", "name"])
    assert widget.data["file"]["table"]["places"] == ["id", "name"]


def test_what_is_no_key_is_told_and_nothing_changes(two: Path) -> None:
    (two / "data" / "table.csv").unlink()
    (two / "data" / "table.csv").write_text("id,value,name\n1,5,x\n2,5,y\n")
    widget = Repo().diff_widget("old", None, "data/table.csv")
    before = widget.data
    assert not widget.act("match_by", columns=["value"])
    assert "no key" in widget.message["text"]
    assert widget.data == before
    assert not widget.act("compare", a="nothing", b="new", path="data")
    assert widget.message["text"] == "unknown Git revision 'nothing'"
    assert widget.data == before


def test_inside_of_files_and_back(two: Path) -> None:
    widget = Repo().diff_widget("old", "new")
    assert widget.act("look_inside", path="data/values.json")
    assert list(leaves(widget.data))[:2] == ["k1", "k2"]
    assert widget.act("turn_to", start=20)
    assert list(leaves(widget.data)) == [f"k{at}" for at in range(21, 31)]
    assert widget.act("look_inside", path="data/picture.png")
    assert all(uri.startswith("data:image/png;base64,") for uri in widget.data["file"]["image"]["uris"])
    assert widget.act("look_inside", path="steps.ipynb")
    assert "+rate = 2" in widget.data["file"]["cells"]
    assert widget.act("go_back")
    assert widget.data["file"] is None
    assert len(widget.data["files"]) == 7


def test_other_versions_and_paths_are_chosen(two: Path) -> None:
    widget = Repo().diff_widget("old", "new", "data")
    assert widget.act("compare", a="HEAD", b="workspace", path="code.py")
    assert widget.data["file"] is None
    (two / "code.py").write_text("a = 1\n")
    assert widget.act("reload")
    assert "-b = 2" in widget.data["file"]["text"]["lines"]


def test_names_are_known_where_the_cache_lacks_content(two: Path) -> None:
    table = next(line for line in (two / "data.dvc").read_text().splitlines() if "md5:" in line).split()[-1]
    listing = json.loads((two / f".dvc/cache/files/md5/{table[:2]}/{table[2:]}").read_text())
    lost = next(item["md5"] for item in listing if item["relpath"] == "table.csv")
    (two / f".dvc/cache/files/md5/{lost[:2]}/{lost[2:]}").unlink()
    widget = Repo().diff_widget("old", "new", "data")
    assert told(widget.data["files"])["data/table.csv"] == "modified"
    assert "not in the cache" in widget.data["note"]
    assert "fetch" in widget.data["note"]
    assert not widget.act("look_inside", path="data/table.csv")
    assert "not in the cache" in widget.message["text"]
    assert widget.act("look_inside", path="data/values.json")


def test_how_it_looks_where_no_kernel_runs(two: Path) -> None:
    widget = Repo().diff_widget("old", "new", "data")
    part, text = widget.still()
    assert "data/table.csv" in part and "data/table.csv" in text
    assert "<script" not in part
    widget.act("look_inside", path="data/picture.png")
    part, text = widget.still()
    assert part.count("<img") == 2
    assert "pixels: 200 of 200 differ" in text and "data/values.json" in text


def test_what_nobody_has_is_refused(two: Path) -> None:
    with pytest.raises(TargetError, match="exists neither in 'old' nor in 'new'"):
        Repo().diff_widget("old", "new", "nowhere")
    with pytest.raises(GitError, match="unknown Git revision 'bad'"):
        Repo().diff_widget("bad")
