"""Notebook stages in processes that are kept ready: the same in every way as by the shell, and nothing stays behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.notebooks.warm.command import simple_words
from dvnb.repo.facade.opening import WarmCommands

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the shell starts all commands")

LOOK = """import json, os, random, signal, sys
print(json.dumps({
    "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "argv": sys.argv[:1] + sys.argv[3:],
    "executable": sys.executable, "flags": str(sys.flags), "prefix": sys.prefix,
    "modules": sorted(name for name in sys.modules if name.split(".")[0] in ("dvnb", "papermill", "numpy", "pandas")),
    "session": os.getsid(0) == os.getpid(), "sigint": str(signal.getsignal(signal.SIGINT)),
    "left": [name for name in ("leak", "LEAK") if name in globals() or name in os.environ],
}))
open("seen.txt", "w").write("x")
"""
LEAK = "import os, sys, random\nos.environ['LEAK'] = leak = '1'\nsys.path.insert(0, '/leak')\nos.chdir('/')\nprint(random.random())"
STAGES = ("one", "two", "sub/dvc.yaml:look")


@pytest.fixture
def project(repo: Path, write_notebook: Any) -> Path:
    """Two stages that leave traces, by dvnb and by papermill, and one in a folder that looks for them."""
    write_notebook(repo / "leak1.ipynb", LEAK, "lr = 1")
    write_notebook(repo / "leak2.ipynb", LEAK, "lr = 1")
    write_notebook(repo / "sub" / "look.ipynb", LOOK, "lr = 1")
    (repo / "params.yaml").write_text("lr: 3\n")
    (repo / "dvc.yaml").write_text(
        "stages:\n"
        "  one: {cmd: dvnb notebook run leak1.ipynb leak1.run.ipynb, deps: [leak1.ipynb], outs: [leak1.run.ipynb]}\n"
        "  two: {cmd: papermill leak2.ipynb leak2.run.ipynb -p lr 2, deps: [leak2.ipynb], outs: [leak2.run.ipynb]}\n"
    )
    (repo / "sub" / "dvc.yaml").write_text(
        "stages:\n  look:\n    cmd: dvnb notebook run look.ipynb look.run.ipynb\n    wdir: .\n"
        "    deps: [look.ipynb]\n    params: [../params.yaml: [lr]]\n"
        "    outs: [seen.txt]\n"
    )
    return repo


def outputs(path: Path) -> list[str]:
    cells = json.loads(path.read_text())["cells"]
    return ["".join(out["text"]) for cell in cells for out in cell.get("outputs", []) if out.get("name") == "stdout"]


def timeless(value: Any) -> Any:
    """A copy without what differs from run to run."""
    if isinstance(value, dict):
        drop = {"start_time", "end_time", "duration", "execution", "id", "outputs"}
        return {key: timeless(item) for key, item in value.items() if key not in drop}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def test_warm_and_cold_are_the_same(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("MARK", "a b\nc")
    asked: list[bool] = []
    start = WarmCommands.start

    def noted(self: WarmCommands, command: str, place: Any) -> Any:
        started = start(self, command, place)
        asked.append(started is not None)
        return started

    monkeypatch.setattr(WarmCommands, "start", noted)
    Repo(project).repro(*STAGES, force=True)
    assert asked == [True, True, True]
    told_warm = capfd.readouterr()
    warm = {
        "lock": (project / "sub" / "dvc.lock").read_bytes(),
        "copy": timeless(json.loads((project / "sub" / "look.run.ipynb").read_text())),
        "papermill": timeless(json.loads((project / "leak2.run.ipynb").read_text())),
        "seen": json.loads(outputs(project / "sub" / "look.run.ipynb")[0]),
    }
    first, second = outputs(project / "leak1.run.ipynb"), outputs(project / "leak2.run.ipynb")
    assert first != second  # random numbers

    monkeypatch.setattr(WarmCommands, "start", lambda *_: None)
    Repo(project).repro(*STAGES, force=True)
    told_cold = capfd.readouterr()
    cold = {
        "lock": (project / "sub" / "dvc.lock").read_bytes(),
        "copy": timeless(json.loads((project / "sub" / "look.run.ipynb").read_text())),
        "papermill": timeless(json.loads((project / "leak2.run.ipynb").read_text())),
        "seen": json.loads(outputs(project / "sub" / "look.run.ipynb")[0]),
    }
    for seen in (warm["seen"], cold["seen"]):
        assert seen["env"].pop("JPY_PARENT_PID")
        assert (seen["left"], seen["modules"], seen["cwd"]) == ([], [], str(project / "sub"))
    assert warm["seen"] == cold["seen"]
    assert warm["copy"] == cold["copy"]
    assert warm["papermill"] == cold["papermill"]
    assert warm["lock"] == cold["lock"]
    assert [line for line in told_warm.err.splitlines() if "Notebook:" in line] == [
        line for line in told_cold.err.splitlines() if "Notebook:" in line
    ]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("dvnb notebook run a.ipynb b.ipynb", ["dvnb", "notebook", "run", "a.ipynb", "b.ipynb"]),
        ("dvnb notebook run 'a b.ipynb' -p \"x=1 2\"", ["dvnb", "notebook", "run", "a b.ipynb", "-p", "x=1 2"]),
        ("papermill a.ipynb b.ipynb -p lr 0.1", ["papermill", "a.ipynb", "b.ipynb", "-p", "lr", "0.1"]),
        ("dvnb notebook run a.ipynb && echo", None),
        ("dvnb notebook run $A", None),
        ("dvnb notebook run a.ipynb > log", None),
        ("dvnb notebook run *.ipynb", None),
        ("dvnb notebook run ~/a.ipynb", None),
        ('dvnb notebook run "$A"', None),
        ("dvnb notebook run a.ipynb # why", None),
        ("dvnb notebook run a.ipynb\nls", None),
        ("A=1 dvnb notebook run a.ipynb", None),
        ("dvnb repro", None),
        ("python train.py", None),
        ("dvnb notebook run 'open", None),
    ],
)  # fmt: skip
def test_which_commands_need_no_shell(command: str, words: list[str] | None) -> None:
    assert simple_words(command) == words


def test_a_failing_stage_ends_as_from_the_shell(project: Path, dvnb: Any, write_notebook: Any) -> None:
    write_notebook(project / "leak1.ipynb", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "lr = 1")
    done = dvnb("repro", "one")
    assert done.code == 255
    assert "the kernel of 'leak1.ipynb' died in cell 2: SIGSEGV, a crash inside compiled code (it had used" in done.err
    assert "failed to run: dvnb notebook run leak1.ipynb leak1.run.ipynb, exited with 1" in done.err
