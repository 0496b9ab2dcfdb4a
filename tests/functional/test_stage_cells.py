"""`%%stage` and `%stages` in a real kernel, one for all tests of this file."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import dvnb


class Timed(NotebookClient):
    """Notes when each message arrived."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.arrived: list[Any] = []

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        self.arrived.append((time.monotonic(), msg))
        return super().process_message(msg, cell, cell_index)


class Kernel:
    """A kernel in a project's folder; `kernel(source)` runs a cell."""

    def __init__(self, client: Timed) -> None:
        self._client = client
        self.root = Path()
        self.pid = 0

    def __call__(self, source: str, *, cell: str | None = None) -> list[Any]:
        """The outputs of a cell. Raises: CellExecutionError."""
        self._client.nb.cells.append(nbformat.v4.new_code_cell(source))
        at = len(self._client.nb.cells) - 1
        self._client.arrived.clear()
        if cell is not None:
            return self._as(cell, source)
        return self._client.execute_cell(self._client.nb.cells[at], at).outputs

    def _as(self, cell: str, source: str) -> list[Any]:
        # A front end says which cell it runs; nbclient does not.
        give = f"get_ipython().set_parent({{**get_ipython().parent_header, 'metadata': {{'cellId': {cell!r}}}}})"
        body = f"{give}\nget_ipython().run_cell({source!r}).raise_error()"
        return self(body)

    def fail(self, source: str, **how: Any) -> CellExecutionError:
        """The failure of a cell."""
        with pytest.raises(CellExecutionError) as failure:
            self(source, **how)
        return failure.value

    @property
    def arrived(self) -> list[Any]:
        """(when, message) of the last cell."""
        return self._client.arrived

    def value(self, expression: str) -> Any:
        """What an expression is in the kernel, by JSON."""
        return json.loads(stream(self(f"import json; print(json.dumps({expression}))")))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    cache = tmp_path_factory.mktemp("cache")
    names = ("DVC_STAGE", "JPY_SESSION_NAME", "XDG_CACHE_HOME", "PATH")
    before = {name: os.environ.pop(name, None) for name in names}
    os.environ["XDG_CACHE_HOME"] = os.fspath(cache)
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), before["PATH"] or ""])
    client = Timed(nbformat.v4.new_notebook(), timeout=120, resources={"metadata": {"path": os.fspath(cache)}})
    try:
        with client.setup_kernel():
            kernel = Kernel(client)
            kernel("%load_ext dvnb")
            kernel.pid = int(stream(kernel("import os; print(os.getpid())")))
            yield kernel
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@pytest.fixture
def kernel(running: Kernel, tmp_path: Path) -> Kernel:
    root = tmp_path / "project"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    dvnb.Repo.init(root)
    running.root = root
    running(
        f"%cd -q {root}\nmagics = get_ipython().magics_manager.registry['StageMagics']\n"
        "magics.setup.clear(); magics.defined.clear(); os.environ.pop('JPY_SESSION_NAME', None)"
    )
    return running


def html(outputs: list[Any]) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in outputs)


def stream(outputs: list[Any], name: str = "stdout") -> str:
    return "".join(each.text for each in outputs if each.output_type == "stream" and each.name == name)


def state(kernel: Kernel, stage: str) -> str:
    rows = {row.stage: row for row in dvnb.Repo(kernel.root).cell_stages().stages}
    return rows[stage].state


def definition(kernel: Kernel) -> str:
    path = kernel.root / "dvc.yaml"
    return path.read_text() if path.exists() else ""


# ---- variables


def test_variables_of_all_formats_go_round(kernel: Kernel):
    """Made by one stage, loaded back into the notebook, read by the next; and again when both are skipped."""
    make = (
        "%%stage make --out df=data/t.csv --out arr=data/a.npy \\\n"
        "  --out conf=conf.json --out nested=conf.yaml --out words=words.txt\n"
        "import numpy as np, pandas as pd\n"
        "df = pd.DataFrame({'n': [1, 2], 'x': [0.5, 1.5], 's': ['a', 'ü'], 'b': [True, False]})\n"
        "arr = np.arange(6, dtype='int16').reshape(2, 3)\n"
        "conf = {'best': np.float32(0.5), 'names': ['ä', 'b']}\n"
        "nested = {'deep': {'list': [1, None, 'x']}}\n"
        "words = 'first\\nsecond'"
    )
    read = (
        "%%stage read --in df=data/t.csv --in arr=data/a.npy --in conf=conf.json --in nested=conf.yaml \\\n"
        " --in words=words.txt --out told=told.json\n"
        "told = [df['x'].sum(), arr.sum(), str(arr.dtype), conf['best'], nested['deep']['list'][2], len(words)]"
    )
    made = kernel(make)
    assert "data/t.csv" in html(made) and "ran in" in html(made)
    types = "{c: str(t) for c, t in df.dtypes.items()}"
    assert kernel.value(types) == {"n": "int64", "x": "float64", "s": "str", "b": "bool"}
    assert kernel.value("[arr.tolist(), str(arr.dtype)]") == [[[0, 1, 2], [3, 4, 5]], "int16"]
    assert kernel.value("[conf, nested, words]") == [
        {"best": 0.5, "names": ["ä", "b"]},
        {"deep": {"list": [1, None, "x"]}},
        "first\nsecond",
    ]
    kernel(read)
    assert kernel.value("told") == [2.0, 15, "int16", 0.5, "x", 12]
    kernel("del df, arr, conf, told")
    assert "skipped" in html(kernel(make)) and "skipped" in html(kernel(read))
    assert kernel.value("[len(df), arr.sum().item(), conf['best'], told[1]]") == [2, 15, 0.5, 15]
    lines = definition(kernel)
    assert "- data/t.csv" in lines and lines.count("- conf.json") == 2
    assert dvnb.Repo(kernel.root).status().clean


def test_what_csv_loses_is_told_and_a_named_index_is_kept(kernel: Kernel):
    cell = (
        "%%stage days --out df=days.csv\nimport pandas as pd\n"
        "df = pd.DataFrame({'v': [1, 2]}, index=pd.to_datetime(['2020-01-01', '2020-01-02']).rename('day'))"
    )
    outputs = kernel(cell)
    assert "only .parquet keeps the types of day (datetime64" in stream(outputs) + stream(outputs, "stderr")
    assert kernel.value("list(df.columns)") == ["day", "v"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--out df=t.parquet", "needs pyarrow or fastparquet, which is not installed: `%pip install pyarrow`"),
        ("--out df=t.xyz", "is told by how its name ends"),
        ("--out df", "write it as NAME=PATH"),
        ("--out 1=t.csv", "cannot be the name of a variable"),
        ("--out a=t.csv --out b=t.csv", "is given twice"),
        ("--in m=model.pkl", "reading a pickle can run anything"),
    ],
)
def test_variables_that_cannot_be(kernel: Kernel, options: str, message: str):
    assert message in kernel.fail(f"%%stage s {options}\npass").evalue
    assert not (kernel.root / "dvc.yaml").exists() and not (kernel.root / "stages").exists()


def test_a_value_of_another_kind_fails_the_stage(kernel: Kernel):
    failure = kernel.fail("%%stage s --out words=w.txt\nwords = 3")
    assert "failed to reproduce 's'" in failure.evalue
    assert "--out words=w.txt: text is needed, not int" in stream(kernel._client.nb.cells[-1].outputs, "stderr")
    assert not (kernel.root / "w.txt").exists()


def test_a_pickle_is_loaded_back_only_if_it_was_made_here(kernel: Kernel, monkeypatch: pytest.MonkeyPatch):
    cell = "%%stage fit --out model=model.pkl\nmodel = {'weights': (1, 2)}"
    kernel(cell)
    assert kernel.value("[type(model['weights']).__name__, model['weights'][1]]") == ["tuple", 2]
    kernel("del model")
    assert "skipped" in html(kernel(cell))
    assert kernel.value("model['weights'][0]") == 1
    # The same project as another machine has it, which made nothing.
    kernel("kept = os.environ['XDG_CACHE_HOME']; os.environ['XDG_CACHE_HOME'] = kept + '-other'; del model")
    failure = kernel.fail(cell)
    kernel("os.environ['XDG_CACHE_HOME'] = kept")
    assert "'model.pkl' is not loaded: it was not made on this machine" in failure.evalue
    assert kernel.value("'model' in globals()") is False


def test_a_pickle_that_was_exchanged_runs_nothing(kernel: Kernel):
    cell = "%%stage fit --no-run --out model=model.pkl\nmodel = 1"
    kernel(cell)
    evil = b"cos\nsystem\n(S'touch ran'\ntR."
    (kernel.root / "model.pkl").write_bytes(evil)
    (kernel.root / "stages" / "fit.run.ipynb").write_text("{}")
    dvnb.Repo(kernel.root).commit(force=True)
    failure = kernel.fail("%%stage fit --out model=model.pkl\nmodel = 1")
    assert "was not made on this machine" in failure.evalue
    assert not (kernel.root / "ran").exists()


# ---- ways to run


def test_define_only_and_undo(kernel: Kernel):
    outputs = kernel("%%stage later --no-run -o out.txt\nopen('out.txt', 'w').write('x')")
    assert "created" in html(outputs)
    assert state(kernel, "later") == "never run"
    assert not (kernel.root / "out.txt").exists()
    kernel("%dvc undo")
    assert not (kernel.root / "dvc.yaml").exists()
    assert not (kernel.root / "stages" / "later.ipynb").exists()


def test_undo_takes_a_changed_cell_and_its_run_back(kernel: Kernel):
    kernel("%%stage s --out v=v.json\nv = 1")
    before = {
        path.name: path.read_bytes()
        for path in kernel.root.rglob("*")
        if path.name in ("dvc.yaml", "dvc.lock", "s.ipynb", "v.json")
    }
    kernel("%%stage s --out v=v.json --desc changed\nv = 2")
    assert (kernel.root / "v.json").read_text() == "2\n"
    kernel("%dvc undo")
    after = {name: next(kernel.root.rglob(name)).read_bytes() for name in before}
    assert after == before
    assert dvnb.Repo(kernel.root).status().clean


def test_inline_runs_here_and_status_tells_the_truth(kernel: Kernel):
    (kernel.root / "params.yaml").write_text("n: 3\n")
    kernel("here = 10")
    outputs = kernel("%%stage s --inline -p n --out v=v.json\nv = here * n")
    assert "not recorded and not yet reproducible" in stream(outputs, "stderr")
    assert kernel.value("v") == 30 and (kernel.root / "v.json").read_text() == "30\n"
    assert state(kernel, "s") == "never run"
    assert not (kernel.root / "dvc.lock").exists()
    # In a fresh kernel it cannot work, and says so; what was tried stays.
    assert "failed to reproduce 's'" in kernel.fail("%%stage s -p n --out v=v.json\nv = here * n").evalue
    assert (kernel.root / "v.json").read_text() == "30\n"
    assert "ran in" in html(kernel("%%stage s -p n --out v=v.json\nv = 10 * n"))
    assert state(kernel, "s") == "fresh"
    kernel("%%stage s --inline -p n --out v=v.json\nv = 11 * n")
    assert state(kernel, "s") == "stale"
    kernel("%dvc undo")
    assert (kernel.root / "v.json").read_text() == "30\n"
    assert state(kernel, "s") == "fresh"


def test_params_arrive_under_the_names_that_the_cell_gives_them(kernel: Kernel):
    (kernel.root / "params.yaml").write_text("batch-size: 3\ntrain: {lr: 0.5}\n")
    assert "--map" in kernel.fail("%%stage s -p batch-size -O out.txt\n1").evalue
    named = "%%stage s --map size=batch-size --map rate=train.lr -p batch-size -O out.txt"
    cell = f"{named}\nopen('out.txt', 'w').write(f'{{size}} {{rate}}')"
    for inline in (" --inline", ""):
        kernel(cell.replace("%%stage s", f"%%stage s{inline}"))
        assert (kernel.root / "out.txt").read_text() == "3 0.5"
    assert "- batch-size\n    - train.lr" in definition(kernel)
    (kernel.root / "params.yaml").write_text("batch-size: 4\ntrain: {lr: 0.5}\n")
    assert state(kernel, "s") == "stale"
    offered = dvnb.Repo(kernel.root).notebook_params("stages/s.ipynb").parameters
    assert [(one.name, one.comment) for one in offered] == [("size", ""), ("rate", "")]
    assert "cannot be a variable's name" in kernel.fail("%%stage s --map 1x=batch-size\n1").evalue


def test_inline_that_fails_brings_the_old_outs_back(kernel: Kernel):
    kernel("%%stage s -o out.txt\nopen('out.txt', 'w').write('good')")
    failure = kernel.fail("%%stage s --inline -o out.txt\nopen('out.txt', 'w').write('half')\n1 / 0")
    assert "its outputs are as they were before" in failure.evalue
    assert (kernel.root / "out.txt").read_text() == "good"
    assert "does not assign 'unmade'" in kernel.fail("%%stage t --inline --out unmade=v.json\nw = 1").evalue
    assert "cannot be written: TypeError" in kernel.fail("%%stage t --inline --out v=v.txt\nv = 1").evalue
    for magic in ("%%stage t --inline", "%%stage --setup"):
        assert "the cell awaits" in kernel.fail(f"{magic}\nimport asyncio\nawait asyncio.sleep(0)").evalue


def test_a_failure_shows_the_cells_traceback_and_keeps_the_old_outs(kernel: Kernel):
    kernel("%%stage s -o out.txt\nopen('out.txt', 'w').write('good')")
    failure = kernel.fail("%%stage s -o out.txt\nopen('out.txt', 'w').write('half')\nlost = 1 / 0")
    shown = stream(kernel._client.nb.cells[-1].outputs, "stderr")
    assert "ZeroDivisionError" in shown and "lost" in shown
    assert "failed to reproduce 's'" in failure.evalue
    assert (kernel.root / "out.txt").read_text() == "good"


def test_a_failure_shows_no_traceback_of_an_earlier_one(kernel: Kernel):
    kernel.fail("%%stage s\nraise ValueError('first')")
    kernel.fail("%%stage s\nraise KeyError('second')")
    shown = stream(kernel._client.nb.cells[-1].outputs, "stderr")
    assert "KeyError" in shown and "Traceback (most recent call last)" in shown and "first" not in shown
    kernel.fail("%%stage s -d nosuch.csv\npass")
    assert "Error" not in stream(kernel._client.nb.cells[-1].outputs, "stderr")


def test_an_out_variable_that_the_cell_does_not_assign_is_named(kernel: Kernel):
    shown = kernel.fail("%%stage s --out y=y.json\nz = 1").traceback
    assert "the cell does not assign 'y', which --out is to write to 'y.json'" in shown
    assert "_json" not in stream(kernel._client.nb.cells[-1].outputs, "stderr").partition("Traceback")[2]
    shown = kernel.fail("%%stage s --out y=y.json\ny = y + 1").traceback
    assert "does not assign" not in shown
    assert "Traceback" in stream(kernel._client.nb.cells[-1].outputs, "stderr")


def test_an_interrupt_ends_the_stage_and_keeps_the_old_outs(kernel: Kernel):
    kernel("%%stage s -o out.txt\nopen('out.txt', 'w').write('good')")
    seen = kernel.root / "begun"
    stop = threading.Thread(target=lambda: (_wait(seen), os.kill(kernel.pid, signal.SIGINT)), daemon=True)
    stop.start()
    cell = "%%stage s -o out.txt\nimport time\nopen('out.txt', 'w').write('half')\nopen('begun', 'w').close()\ntime.sleep(600)"
    started = time.monotonic()
    failure = kernel.fail(cell)
    assert time.monotonic() - started < 300
    assert "interrupted by the user" in failure.evalue
    assert (kernel.root / "out.txt").read_text() == "good"


def _wait(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)


# ---- what is shown


PICTURE = """%%stage pictures -o out.txt
import time
from IPython.display import HTML, display
print('early')
display(HTML('<b>first</b>'))
time.sleep(1.5)
print('late')
display(HTML('<b>second</b>'))
open('out.txt', 'w').close()"""


def test_what_a_stage_shows_arrives_as_it_comes_and_stays_when_it_is_skipped(kernel: Kernel):
    outputs = kernel(PICTURE)
    when = {}
    for at, message in kernel.arrived:
        if message["msg_type"] == "execute_input":
            continue
        text = json.dumps(message["content"], default=str)
        for word in ("early", "first", "late", "second", "ran in"):
            if word in text:
                when.setdefault(word, at)
    assert sorted(when, key=when.__getitem__) == ["early", "first", "late", "second", "ran in"]
    assert when["second"] - when["first"] > 1
    assert when["late"] - when["early"] > 1
    assert html(outputs).count("<b>first</b>") == 1
    assert "IPython.core.display.HTML" not in stream(outputs) and "\x1b" not in stream(outputs)
    again = kernel(PICTURE)
    assert "skipped" in html(again)
    assert html(again).count("<b>first</b>") == html(again).count("<b>second</b>") == 1


# ---- names


def save_notebook(kernel: Kernel, name: str, *cells: str) -> None:
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), kernel.root / name
    )
    kernel(f"os.environ['JPY_SESSION_NAME'] = {os.fspath(kernel.root / name)!r}")


def test_a_removed_cell_is_noticed_and_its_stage_removed(kernel: Kernel):
    old, other = "%%stage old -o old.txt\nopen('old.txt', 'w').close()", "%%stage other --no-run -o other.txt\npass"
    save_notebook(kernel, "work.ipynb", old, other)
    kernel(old)
    assert "old" not in stream(kernel(other), "stderr")
    time.sleep(0.05)
    save_notebook(kernel, "work.ipynb", other)
    assert "stage 'old' has no cell in this notebook any more: `%stages --remove old`" in stream(
        kernel(other), "stderr"
    )
    assert "its cell is gone" in html(kernel("%stages"))
    kernel("%stages --remove old")
    assert "old" not in definition(kernel) and not (kernel.root / "stages" / "old.ipynb").exists()
    assert (kernel.root / "old.txt").exists()
    assert "other" in definition(kernel)


def test_a_renamed_cell_is_noticed_and_takes_its_outs_along(kernel: Kernel):
    """A front end that gives its cells ids is enough: the notebook need not be saved, nor known."""
    body = " -o out.txt\nopen('out.txt', 'w').close()"
    kernel(f"%%stage before{body}", cell="c1")
    failure = kernel.fail(f"%%stage after{body}", cell="c1")
    assert "already specified in stage: 'before'" in failure.traceback
    assert "%%stage after --rename-from before" in failure.traceback
    assert not (kernel.root / "stages" / "after.ipynb").exists()
    kernel(f"%%stage after --rename-from before{body}", cell="c1")
    assert "before" not in definition(kernel) and "stages/after.ipynb" in definition(kernel)
    assert not (kernel.root / "stages" / "before.ipynb").exists()
    kernel("%dvc undo")
    assert "stages/before.ipynb" in definition(kernel)
    # Without outs in common both exist, and the cell tells.
    told = stream(kernel("%%stage third -o third.txt\nopen('third.txt', 'w').close()", cell="c1"), "stderr")
    assert "`%stages --remove before` removes it" in told


def test_a_name_of_another_notebook_is_refused(kernel: Kernel):
    save_notebook(kernel, "theirs.ipynb", "%%stage s --no-run -o a.txt\npass")
    kernel("%%stage s --no-run -o a.txt\npass")
    before = definition(kernel)
    save_notebook(kernel, "mine.ipynb", "%%stage s --no-run -o b.txt\npass")
    assert "stage 's' belongs to 'theirs.ipynb'" in kernel.fail("%%stage s --no-run -o b.txt\npass").evalue
    assert definition(kernel) == before


def test_the_table_of_stages(kernel: Kernel):
    save_notebook(kernel, "work.ipynb", "%%stage mine -o a.txt\nopen('a.txt', 'w').close()")
    kernel("%%stage mine -o a.txt\nopen('a.txt', 'w').close()")
    kernel("%dvc stage add -n theirs -d a.txt -o b.txt 'cp a.txt b.txt'")
    outputs = kernel("shown = %stages\nshown")
    assert html(outputs).index("mine") < html(outputs).index("theirs")
    assert "fresh" in html(outputs) and "never run" in html(outputs)
    text = "".join(each.get("data", {}).get("text/plain", "") for each in outputs)
    assert "theirs" in text and "this one" in text
    kernel("ran = shown.act('run', stage='theirs')")
    assert kernel.value("[ran, shown.message['tone'], [s['state'] for s in shown.data['stages']]]") == [
        True,
        "good",
        ["fresh", "fresh"],
    ]
    assert (kernel.root / "b.txt").exists()
    (kernel.root / "a.txt").unlink()
    assert kernel.value("(shown.act('reload'), {s['key']: s['why'] for s in shown.data['stages']})[1]") == {
        "mine": ["outs a.txt deleted"],
        "theirs": ["deps a.txt deleted", "after mine, which is stale"],
    }


def test_setup_cells_that_were_not_run_are_missed(kernel: Kernel):
    kernel("%%stage --setup\nx = 1")
    kernel("%%stage s --no-run -o o.txt\npass")
    kernel("magics.setup.clear()")
    assert "run the cells with `%%stage --setup` first" in stream(kernel("%%stage s --no-run -o o.txt\npass"), "stderr")


def test_help_and_refusal_inside_a_stage(kernel: Kernel):
    shown = stream(kernel("%%stage --help"))
    assert "--inline" in shown and "--out" in shown and "%%stage --setup" in shown
    kernel("os.environ['DVC_STAGE'] = 'outer'")
    try:
        assert "inside stage 'outer'" in kernel.fail("%%stage s\npass").evalue
    finally:
        kernel("del os.environ['DVC_STAGE']")
    assert not (kernel.root / "stages").exists()


def test_stock_dvc_runs_the_stage_and_agrees(
    kernel: Kernel, oracle: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
):
    (kernel.root / "params.yaml").write_text("n: 2\n")
    kernel("%%stage --setup\nimport math")
    kernel("%%stage a -p n --out v=v.json\nv = {'n': n, 'pi': math.floor(math.pi)}")
    kernel("%%stage b --in v=v.json --out w=w.txt\nw = str(v['n'] * v['pi'])")
    before = hashlib.md5((kernel.root / "w.txt").read_bytes()).hexdigest()
    monkeypatch.chdir(kernel.root)
    monkeypatch.setenv("PATH", os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    assert "up to date" in oracle("status")[1]
    (kernel.root / "params.yaml").write_text("n: 3\n")
    code, _, told = oracle("repro")
    assert code == 0, told
    assert (kernel.root / "w.txt").read_text() == "9"
    assert hashlib.md5((kernel.root / "w.txt").read_bytes()).hexdigest() != before
    assert dvnb.Repo(kernel.root).status().clean
