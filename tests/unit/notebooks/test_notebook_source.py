import json
import os
import shutil
import stat
import subprocess

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvnb.errors import NotebookError
from dvnb.notebooks.javascript import javascript_number, render
from dvnb.notebooks.source import NotebookCanonical, canonical_bytes, load, write_atomically
from dvnb.notebooks.versions.cleaning import cleaned
from dvnb.objects.hashing import md5_bytes

IDS = st.text("abcdefghij0123456789", min_size=4, max_size=8)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
SOURCES = st.one_of(TEXT, st.just(""), st.just("a = 1\nprint(a)\n"), st.just("a\r\nb\x0cc\u2028d"))
NOISE = {
    "execution": {"iopub.status.busy": "2024-01-01"},
    "papermill": {"duration": 1.5},
    "collapsed": True,
    "scrolled": False,
    "trusted": True,
    "vscode": {"languageId": "python"},
    "ExecuteTime": {"end_time": "x"},
    "executionInfo": {"elapsed": 3},
    "outputId": "abc",
    "widgets": {},
    "jupyter": {"outputs_hidden": True, "source_hidden": False},
    "tags": [],
}
NOTEBOOK_NOISE = {
    "papermill": {"version": "2"},
    "widgets": {"state": {}},
    "signature": "sha256:1",
    "orig_nbformat": 3,
    "toc": {"base_numbering": 1},
    "varInspector": {},
    "vscode": {"interpreter": {}},
    "language_info": {"name": "python", "version": "3.9"},
}


def code(source, identity="abcd", **extra):
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identity,
        "metadata": {},
        "outputs": [],
        "source": source,
        **extra,
    }


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def form(nb):
    return canonical_bytes(json.dumps(nb).encode())


@st.composite
def notebooks(draw):
    cells = []
    for identity in draw(st.lists(IDS, max_size=5, unique=True)):
        kind = draw(st.sampled_from(["code", "markdown", "raw"]))
        metadata = draw(
            st.sampled_from([{}, {"tags": ["parameters"]}, {"name": "x", "slideshow": {"slide_type": "-"}}])
        )
        cell = {"cell_type": kind, "id": identity, "metadata": metadata, "source": draw(SOURCES)}
        if kind == "code":
            cell |= {"outputs": [], "execution_count": None}
        cells.append(cell)
    kernelspec = draw(
        st.sampled_from([{}, {"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}}])
    )
    return notebook(*cells, **kernelspec)


@st.composite
def noisy(draw, nb):
    """The same notebook after someone ran and saved it."""
    nb = json.loads(json.dumps(nb))
    for cell in nb["cells"]:
        for key in draw(st.lists(st.sampled_from(sorted(NOISE)), unique=True)):
            cell["metadata"].setdefault(key, NOISE[key])
        if cell["cell_type"] == "code":
            cell["execution_count"] = draw(st.one_of(st.none(), st.integers(1, 99)))
            text = draw(TEXT)
            cell["outputs"] = draw(
                st.lists(st.just({"output_type": "stream", "name": "stdout", "text": [text]}), max_size=2)
            )
        if draw(st.booleans()):
            cell["source"] = cell["source"].splitlines(keepends=True)
    for key in draw(st.lists(st.sampled_from(sorted(NOTEBOOK_NOISE)), unique=True)):
        nb["metadata"][key] = NOTEBOOK_NOISE[key]
    if "kernelspec" in nb["metadata"]:
        nb["metadata"]["kernelspec"]["display_name"] = draw(TEXT)
    return nb


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_running_and_saving_never_changes_the_form(data):
    nb = data.draw(notebooks())
    assert form(data.draw(noisy(nb))) == form(nb)


@settings(max_examples=60, deadline=None)
@given(notebooks())
def test_form_is_stable_valid_and_as_json_dumps_writes_it(nb):
    once = form(nb)
    assert canonical_bytes(once) == once
    parsed = json.loads(once)
    nbformat.validate(parsed)
    assert (
        once.decode() == json.dumps(parsed, sort_keys=True, indent=1, ensure_ascii=False, separators=(",", ": ")) + "\n"
    )


@settings(max_examples=60, deadline=None)
@given(notebooks(), TEXT)
def test_a_changed_source_changes_the_form(nb, text):
    nb["cells"].append(code(text + "1"))
    other = json.loads(json.dumps(nb))
    other["cells"][-1]["source"] = text + "2"
    assert form(nb) != form(other)


@settings(max_examples=40, deadline=None)
@given(notebooks())
def test_nbformat_saves_a_copy_of_the_same_form(nb):
    saved = nbformat.writes(nbformat.reads(json.dumps(nb), as_version=4))
    assert canonical_bytes(saved.encode()) == form(nb)


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb["cells"][0].update(id="other"),
        lambda nb: nb.update(nbformat_minor=4),
        lambda nb: nb["metadata"].update(jupytext={"formats": "ipynb,py"}),
        lambda nb: nb["metadata"].update(kernelspec={"name": "ir", "display_name": "R"}),
        lambda nb: nb["cells"][0]["metadata"].update(tags=["parameters"]),
        lambda nb: nb["cells"].reverse(),
        lambda nb: nb["cells"][0].update(cell_type="raw"),
    ],
)
def test_what_people_decide_counts(change):
    nb = notebook(code("a", "aaaa"), code("b", "bbbb"))
    before = form(nb)
    change(nb)
    assert form(nb) != before


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_numbers_are_written_as_javascript_writes_them():
    values = [
        0.0, -0.0, 1.0, -2.5, 0.1, 1e21, 1e20, 123456789012345678901.0, 1.5e-7, 1e-6, 1.234e-5, 123e-20, 5e-324,
        1.7976931348623157e308, 2**53 + 0.0, 1e16, 123456.789, 4.35, 9007199254740993.0, 1 / 3, 1e-7, 100.0,
    ]  # fmt: skip
    script = f"console.log(JSON.stringify({values!r}.map(String)))"
    said = json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout)
    assert [javascript_number(value) for value in values] == said


def test_numbers_in_metadata_take_their_javascript_form():
    text = '{"cells": [], "metadata": {"x": [1.0, 1e2, 1E-7, 12345678901234567890, -0, 2.50, 1e999, true, NaN]}}'
    written = canonical_bytes(text.encode()).decode()
    inside = [line.strip().rstrip(",") for line in written.splitlines()[4:13]]
    assert inside == ["1", "100", "1e-7", "12345678901234567000", "0", "2.5", "null", "true", "null"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"cells": [],\n "metadata": }', "not valid JSON at line 2, column 14"),
        (b"", "not valid JSON at line 1"),
        (b'{"cells": [\n\n"\xff"]}', "line 3 is not UTF-8"),
        (b"[]", "no notebook"),
        (b'{"metadata": {}}', "no notebook"),
        (b'{"cells": [1]}', "no notebook"),
        (b'{"cells": [{"source": [1]}]}', "no notebook"),
        (b'{"cells": [\n{"source": "\\ud800 \\ud83d\\ude00"}]}', "line 2 holds half of a surrogate pair"),
    ],
)
def test_refuses_with_path_and_line(tmp_path, data, words):
    path = tmp_path / "bad.ipynb"
    path.write_bytes(data)
    with pytest.raises(NotebookError, match="bad.ipynb") as caught:
        NotebookCanonical().hash(str(path))
    assert words in str(caught.value)


def test_surrogate_pairs_and_lone_ones_in_outputs_are_fine():
    nb = b'{"cells": [{"cell_type": "code", "source": "\\ud83d\\ude00", "outputs": ["\\ud800"]}], "metadata": {}}'
    assert "😀" in canonical_bytes(nb).decode()


def test_hash_is_that_of_the_clean_file(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(notebook(code("1", outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]))))
    os.chmod(path, 0o640)
    before = NotebookCanonical().hash(str(path))
    data = cleaned(str(path))
    assert data is not None
    write_atomically(str(path), [data])
    assert before == NotebookCanonical().hash(str(path)) == (md5_bytes(data), len(data))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert cleaned(str(path)) is None
    assert os.listdir(tmp_path) == ["a.ipynb"]


def test_writing_does_not_follow_a_link(tmp_path):
    cached = tmp_path / "cached"
    cached.write_text(json.dumps(notebook(code("1", execution_count=3))))
    cached.chmod(0o444)
    link = tmp_path / "a.ipynb"
    link.symlink_to(cached)
    before = cached.read_bytes()
    write_atomically(str(link), [cleaned(str(link)) or b""])
    assert cached.read_bytes() == before
    assert not link.is_symlink()


def test_applies_to_notebooks_only():
    assert NotebookCanonical().applies("/x/a.ipynb")
    assert not NotebookCanonical().applies("/x/a.ipynb.dvc")


def test_format_3_worksheets_are_read():
    cell = {"cell_type": "code", "input": ["a\n", "b"], "outputs": [1], "prompt_number": 3, "metadata": {}}
    nb = {"worksheets": [{"cells": [cell], "metadata": {}}], "metadata": {"name": "x"}, "nbformat": 3}
    parsed = json.loads(form(nb))
    assert parsed["worksheets"][0]["cells"][0] == {
        "cell_type": "code",
        "input": ["a\n", "b"],
        "outputs": [],
        "metadata": {},
    }


def test_load_names_a_missing_file(tmp_path):
    with pytest.raises(NotebookError, match="does not exist"):
        load(str(tmp_path / "no.ipynb"))
    with pytest.raises(NotebookError, match="is a folder"):
        load(str(tmp_path))


def test_render_of_empty_things():
    assert render({"a": [], "b": {}, "c": [[]]}) == '{\n "a": [],\n "b": {},\n "c": [\n  []\n ]\n}\n'
