import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import nbformat
import pytest

from dvnb.errors import NotebookError
from dvnb.events import CellFinished, CellOutput, CellRunning, ignore_events
from dvnb.notebooks.running.execute import execute
from dvnb.notebooks.running.run import RunOptions
from dvnb.notebooks.source import NotebookCanonical, cells_of


def write(path, *cells, **metadata):
    made = []
    for number, cell in enumerate(cells):
        kind, source, tags = cell if isinstance(cell, tuple) else ("code", cell, [])
        entry = {
            "cell_type": kind,
            "id": f"cell-{number}",
            "metadata": {"tags": tags} if tags else {},
            "source": source,
        }
        made.append(entry | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    path.write_text(json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return str(path)


PARAMETERS = ("code", "lr = 0.1\nname = 'x'", ["parameters"])
PYTHON3 = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture
def run(tmp_path):
    def go(*cells, parameters=None, metadata=None, emit=ignore_events, **options):
        source = write(tmp_path / "a.ipynb", *cells, **(metadata or {}))
        options.setdefault("cwd", str(tmp_path))
        return execute(source, str(tmp_path / "a.run.ipynb"), parameters, RunOptions(**options), emit=emit)

    return go


def copy_of(tmp_path):
    return json.loads((tmp_path / "a.run.ipynb").read_bytes())


def texts(nb):
    return ["".join("".join(out.get("text", [])) for out in cell.get("outputs", [])) for cell in nb["cells"]]


def test_result_events_and_outputs(run, tmp_path):
    told = []
    result = run(("markdown", "# hi", []), "print('one')", "import os; print(os.getcwd()); 3", "", emit=told.append)
    events = [event for event in told if isinstance(event, CellFinished)]
    outputs = [
        (event.index, event.output["output_type"], event.text) for event in told if isinstance(event, CellOutput)
    ]
    assert (result.cells, result.output_path) == (2, str(tmp_path / "a.run.ipynb"))
    assert result.seconds < 60
    assert [(event.index, event.total, event.failed) for event in events] == [(2, 4, False), (3, 4, False)]
    assert [type(event).__name__.removeprefix("Cell") for event in told if event.index == 3] == [
        "Started", "Output", "Output", "Finished"
    ]  # fmt: skip
    assert all(event.notebook == str(tmp_path / "a.ipynb") and event.total == 4 for event in told)
    assert (events[0].remaining, events[1].remaining) == (events[0].elapsed, 0)
    assert events[0].seconds <= events[0].elapsed <= events[1].elapsed
    assert outputs == [(2, "stream", "one\n"), (3, "stream", f"{tmp_path}\n"), (3, "execute_result", "3\n")]
    nb = copy_of(tmp_path)
    nbformat.validate(nb)
    assert nb["cells"][2]["outputs"][1]["data"] == {"text/plain": ["3"]}
    assert nb["metadata"]["papermill"]["exception"] is None
    assert nb["metadata"]["language_info"]["name"] == "python"
    assert nb["cells"][1]["metadata"]["papermill"]["status"] == "completed"
    assert "iopub.status.busy" in nb["cells"][1]["metadata"]["execution"]
    assert sorted(os.listdir(tmp_path)) == ["a.ipynb", "a.run.ipynb"]


def test_executed_copy_has_the_form_of_its_source(run, tmp_path):
    run("x = 1\nx", PARAMETERS, ("raw", "r", []), "print(x)", metadata={"kernelspec": PYTHON3})
    hashed = NotebookCanonical().hash
    assert hashed(str(tmp_path / "a.run.ipynb")) == hashed(str(tmp_path / "a.ipynb"))


def test_what_the_schema_does_not_know_runs_without_a_word(tmp_path, recwarn):
    write(source := tmp_path / "a.ipynb", "print(1)", "print(2)", "print(3)")
    notebook = json.loads(source.read_text())
    one, two, three = notebook["cells"]
    one["mine"] = 1
    two["id"] = one["id"]
    del three["id"]
    source.write_text(json.dumps(notebook))
    assert execute(str(source), str(tmp_path / "a.run.ipynb"), None, RunOptions(cwd=str(tmp_path))).cells == 3
    assert texts(copy_of(tmp_path)) == ["1\n", "2\n", "3\n"]
    assert [str(one.message) for one in recwarn if "id" in str(one.message)] == []


def test_parameters_come_after_the_tagged_cell(run, tmp_path):
    values = {"lr": 0.5, "name": 'a"b\n', "m": {"k": [1, None, True]}, "inf": float("inf")}
    run("print(0)", PARAMETERS, "print(repr((lr, name, m, inf)))", parameters=values)
    nb = copy_of(tmp_path)
    assert nb["cells"][2]["metadata"]["tags"] == ["injected-parameters"]
    assert texts(nb)[3] == f"{(0.5, 'a' + chr(34) + 'b' + chr(10), {'k': [1, None, True]}, float('inf'))}\n"
    assert nb["metadata"]["papermill"]["parameters"] == values | {"inf": "inf"}


def test_an_executed_copy_can_be_run_again(run, tmp_path):
    run(PARAMETERS, "print(lr)", parameters={"lr": 2})
    again = str(tmp_path / "b.ipynb")
    execute(str(tmp_path / "a.run.ipynb"), again, {"lr": 3})
    nb = json.loads((tmp_path / "b.ipynb").read_bytes())
    assert [cell["metadata"]["tags"] for cell in nb["cells"]] == [["parameters"], ["injected-parameters"], []]
    assert texts(nb)[2] == "3\n"


def without_times(nb, ids=("injected-parameters", "papermill-error-cell-tag")):
    nb["metadata"]["papermill"] |= dict.fromkeys(("start_time", "end_time", "duration", "input_path", "output_path"))
    for cell in nb["cells"]:
        cell["metadata"].pop("execution", None)
        if cell["metadata"].get("papermill"):
            cell["metadata"]["papermill"] |= dict.fromkeys(("start_time", "end_time", "duration"))
        if set(ids) & set(cell["metadata"].get("tags", [])):
            cell["id"] = "random"
        for output in cell.get("outputs", []):
            output.pop("traceback", None)
    return nb


@pytest.mark.parametrize("last", ["1 + 1", "1 / 0", "import sys; sys.exit(0)"])
def test_result_is_what_papermill_makes(run, tmp_path, last):
    import papermill
    from papermill.exceptions import PapermillExecutionError

    cells = ["print(0)", PARAMETERS, ("markdown", "text", []), "print(lr)", last, "print('later')"]
    try:
        run(*cells, parameters={"lr": 0.5}, metadata={"kernelspec": PYTHON3})
    except NotebookError:
        assert last == "1 / 0"
    theirs = tmp_path / "theirs.ipynb"
    try:
        papermill.execute_notebook(
            str(tmp_path / "a.ipynb"), str(theirs), {"lr": 0.5}, language="python", cwd=tmp_path, progress_bar=False
        )
    except PapermillExecutionError:
        assert last == "1 / 0"
    assert without_times(copy_of(tmp_path)) == without_times(json.loads(theirs.read_bytes()))


def test_a_failing_cell_is_named_and_the_copy_kept(run, tmp_path):
    events = []
    with pytest.raises(NotebookError) as caught:
        run(
            PARAMETERS,
            "def f(x):\n    return x / 0\n",
            "a = 1\n\nf(a)\n",
            "print('later')",
            parameters={"lr": 1},
            emit=events.append,
        )
    assert str(caught.value) == (
        f"'{tmp_path}/a.ipynb' failed in cell 3, line 3: ZeroDivisionError: division by zero (`f(a)`); "
        f"the copy up to there is '{tmp_path}/a.run.ipynb'"
    )
    assert (caught.value.cell, caught.value.ename) == (3, "ZeroDivisionError")
    events = [event for event in events if isinstance(event, CellFinished)]
    assert [(event.index, event.failed) for event in events] == [(1, False), (2, False), (3, True)]
    nb = copy_of(tmp_path)
    assert nb["metadata"]["papermill"]["exception"] is True
    assert texts(nb)[-1] == ""


@pytest.mark.parametrize(
    ("source", "line", "shown"),
    [
        ("x = (", 1, "x = ("),
        ("def f():\n    raise KeyError('k')\nf()", 2, "raise KeyError('k')"),
        ("raise SystemExit(3)", None, "raise SystemExit(3)"),
    ],
)
def test_the_line_that_is_shown(run, source, line, shown):
    with pytest.raises(NotebookError) as caught:
        run(source)
    assert f"failed in cell 1{f', line {line}' if line else ''}: " in str(caught.value)
    assert f"(`{shown}`); " in str(caught.value)


def test_what_ipython_only_prints_is_named(run):
    with pytest.raises(NotebookError, match=r"UsageError: Line magic function `%nosuch` not found"):
        run("x = 1\n%nosuch")


def test_expected_failures_do_not_fail(run, tmp_path):
    assert run(("code", "1 / 0", ["raises-exception"]), "print('on')").cells == 2
    assert texts(copy_of(tmp_path))[1] == "on\n"


def test_leaving_with_zero_is_well(run, tmp_path):
    events = []
    run("import sys; sys.exit(0)", "print('later')", emit=events.append)
    assert [event.failed for event in events if isinstance(event, CellFinished)] == [False]
    assert texts(copy_of(tmp_path))[1] == ""


def test_kernel_death_is_explained(run, tmp_path):
    with pytest.raises(NotebookError) as caught:
        run("print('before')", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    message = str(caught.value)
    assert "died in cell 2: killed by SIGKILL, most often because memory ran out (it had used up to " in message
    assert sys.platform != "linux" or " when last seen)" in message
    assert (caught.value.cell, caught.value.ename) == (2, "DeadKernelError")
    assert "before\n" in texts(copy_of(tmp_path))


def test_a_cell_that_takes_too_long_is_stopped(run, tmp_path):
    started = time.monotonic()
    with pytest.raises(NotebookError, match=r"stopped in cell 2: it took longer than 0.5 s \(`time.sleep\(600\)`\)"):
        run("import time", "time.sleep(600)", timeout=0.5)
    assert time.monotonic() - started < 300


def test_a_notebook_that_takes_too_long_is_stopped(run, tmp_path):
    events = []
    with pytest.raises(
        NotebookError, match=r"stopped in cell 3: the notebook took longer than 5 s \(`time.sleep\(60\)`\)"
    ):
        run("import time", "time.sleep(1.2)", "time.sleep(60)", timeout=30, notebook_timeout=5, emit=events.append)
    running = [event for event in events if isinstance(event, CellRunning)]
    assert running[0].index == 2
    assert running[0].seconds >= 1
    if sys.platform == "linux":
        assert running[0].memory > 10_000_000
    assert texts(copy_of(tmp_path)) != []


def test_unknown_kernel_lists_the_installed(run):
    spec = {"kernelspec": {"name": "no-such", "display_name": "x"}}
    with pytest.raises(NotebookError, match=r"a.ipynb' asks for the kernel 'no-such', .* installed: .*python3"):
        run("1", metadata=spec)
    with pytest.raises(NotebookError, match=r"there is no kernel 'other' here; installed: .*python3"):
        run("1", kernel="other")
    assert run("1", metadata=spec, kernel="python3").cells == 1


def make_kernel(folder, argv):
    spec = folder / "kernels" / "mine"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Mine", "language": "python"}))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["/no/such/python", "{connection_file}"], "kernel 'mine' cannot be started: there is no program '/no/such/python'"),
        ([sys.executable, "-c", "raise SystemExit('no ipykernel here')"], "died while it started, its process ended itself with code 1:\nno ipykernel here"),
        ([sys.executable, "-c", "import time; time.sleep(30)"], "kernel 'mine' did not answer within 2 s"),
    ],
)  # fmt: skip
def test_kernels_that_do_not_start(run, tmp_path, monkeypatch, argv, words):
    make_kernel(tmp_path / "jupyter", argv)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    with pytest.raises(NotebookError) as caught:
        run("1", metadata={"kernelspec": {"name": "mine"}}, startup_timeout=2)
    assert words in str(caught.value)


def test_the_kernelspec_decides_the_interpreter(run, tmp_path, monkeypatch):
    shown = "import sys; print(sys.flags.utf8_mode, sys.flags.no_site)"
    make_kernel(
        tmp_path / "jupyter", [sys.executable, "-X", "utf8", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    run(shown, metadata={"kernelspec": {"name": "mine"}})
    assert texts(copy_of(tmp_path)) == ["1 0\n"]


def test_without_a_kernelspec_it_is_dvnbs_own_interpreter(run, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    run("import sys; print(sys.executable)")
    assert texts(copy_of(tmp_path)) == [sys.executable + "\n"]


def test_refuses_to_overwrite_the_notebook_and_makes_folders(tmp_path):
    source = write(tmp_path / "a.ipynb", "1")
    with pytest.raises(NotebookError, match="over the notebook itself"):
        execute(source, str(tmp_path / "x" / ".." / "a.ipynb"))
    with pytest.raises(NotebookError, match="it is a folder"):
        execute(source, str(tmp_path))
    execute(source, str(tmp_path / "new" / "deep" / "b.ipynb"))
    assert (tmp_path / "new" / "deep" / "b.ipynb").exists()


def test_a_linked_old_copy_is_replaced_not_written_through(run, tmp_path):
    cached = tmp_path / "cached"
    cached.write_text("old")
    (tmp_path / "a.run.ipynb").symlink_to(cached)
    run("1")
    assert cached.read_text() == "old"


SCRIPT = """
import signal
from dvnb.notebooks.running.execute import execute
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the tests were started by
execute("a.ipynb", "a.run.ipynb", emit=lambda event: print(getattr(event, "text", ""), end="", flush=True))
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, -2)])
def test_stopped_from_outside_keeps_the_copy_and_ends_the_kernel(tmp_path, number, status):
    write(tmp_path / "a.ipynb", "import os, time; print(os.getpid())", "time.sleep(60)")
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    kernel = int(process.stdout.readline())
    time.sleep(0.3)
    process.send_signal(number)
    assert process.wait(timeout=20) == status
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)
    assert f"{kernel}\n" in texts(copy_of(tmp_path))


def test_the_copy_is_there_after_every_cell(run, tmp_path):
    source = textwrap.dedent("""
        import json, time
        for _ in range(100):
            cells = json.load(open("a.run.ipynb"))["cells"]
            if cells[0]["outputs"]:
                break
            time.sleep(.05)
        print([cell["metadata"]["papermill"]["status"] for cell in cells], cells[0]["outputs"][0]["text"])
    """)
    run("print('first')", source, "3")
    assert texts(copy_of(tmp_path))[1] == "['completed', 'running', 'pending'] ['first\\n']\n"


def test_later_cells_update_outputs_of_earlier_ones(run, tmp_path):
    run("from IPython.display import display\nh = display('old', display_id=True)", "h.update('new')")
    assert copy_of(tmp_path)["cells"][0]["outputs"][0]["data"]["text/plain"] == ["'new'"]


def test_runs_inside_a_running_event_loop(tmp_path):
    import asyncio

    source = write(tmp_path / "a.ipynb", "print('looped')")

    async def main():
        return execute(source, str(tmp_path / "a.run.ipynb"))

    assert asyncio.run(main()).cells == 1
    assert cells_of(copy_of(tmp_path))[0]["outputs"][0]["text"] == ["looped\n"]


def test_local_modules_can_be_imported(run, tmp_path):
    (tmp_path / "mine.py").write_text("x = 5\n")
    run("import mine; print(mine.x)")
    assert texts(copy_of(tmp_path)) == ["5\n"]
