"""Several things at once in one kernel: widgets, subshells and threads work while cells run. One kernel for all tests."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import dvnb

SECONDS = 60.0

SLOW = """\
import sys, time
from pathlib import Path
name = sys.argv[1]
print(name, 'begins', flush=True)
Path(name + '.began').touch()
while not Path(name + '.go').exists(): time.sleep(.02)
print(name, 'ends', flush=True)
Path(name + '.txt').write_text('made')
"""


class Kernel:
    """A kernel in a project's folder, whose cells may run at once."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client
        self.root = Path()
        self._heard: list[Any] = []
        client.control_channel.send(client.session.msg("create_subshell_request", {}))
        self.subshell: str = client.get_control_msg(timeout=SECONDS)["content"]["subshell_id"]

    def send(self, source: str, *, subshell: bool = False) -> str:
        """Begin a cell; its id."""
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        message = self.client.session.msg("execute_request", content)
        if subshell:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def ended(self, cell: str) -> str:
        """Wait for a cell; all that it shows as text."""
        until = time.monotonic() + SECONDS
        while not any(self._is_end(message, cell) for message in self._heard):
            assert time.monotonic() < until, self.text(cell)
            self._hear()
        return self.text(cell)

    def __call__(self, source: str, *, subshell: bool = False) -> str:
        """Run a cell; all that it shows as text."""
        return self.ended(self.send(source, subshell=subshell))

    def text(self, cell: str) -> str:
        """What a cell has shown."""
        while self._hear(0.3):
            pass
        return "".join(map(_text, (message for message in self._heard if _cell_of(message) == cell)))

    def _hear(self, seconds: float = 1.0) -> bool:
        try:
            self._heard.append(self.client.get_iopub_msg(timeout=seconds))
        except queue.Empty:
            return False
        return True

    def _is_end(self, message: Any, cell: str) -> bool:
        return _cell_of(message) == cell and message["content"].get("execution_state") == "idle"


def _cell_of(message: Any) -> str:
    return str(message["parent_header"].get("msg_id"))


def _text(message: Any) -> str:
    content = message["content"]
    if message["msg_type"] == "error":
        return "\n".join(content["traceback"])
    if message["msg_type"] in ("display_data", "execute_result"):
        return str(content["data"].get("text/plain", "")) + "\n"
    return str(content.get("text", "")) if message["msg_type"] == "stream" else ""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    cache = tmp_path_factory.mktemp("cache")
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    environment = {**os.environ, "XDG_CACHE_HOME": os.fspath(cache), "PATH": path}
    environment.pop("DVC_STAGE", None)
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=os.fspath(cache), env=environment)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=SECONDS)
        kernel = Kernel(manager, client)
        kernel("%load_ext dvnb\nimport dvnb, os, threading, time\nfrom pathlib import Path")
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(running: Kernel, tmp_path: Path) -> Kernel:
    root = tmp_path / "project"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    dvnb.Repo.init(root)
    (root / "slow.py").write_text(SLOW)
    stages = "".join(
        f"  {name}:\n    cmd: python slow.py {name}\n    deps: [slow.py]\n    outs: [{name}.txt]\n" for name in "ab"
    )
    (root / "dvc.yaml").write_text(f"stages:\n{stages}")
    running.root = root
    running(f"%cd -q {root}\nrepo = dvnb.Repo()")
    return running


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def began(kernel: Kernel, name: str) -> None:
    wait_until((kernel.root / f"{name}.began").exists)


def go(kernel: Kernel, name: str) -> None:
    (kernel.root / f"{name}.go").touch()


def by_widget(kernel: Kernel, name: str) -> None:
    said = kernel(f"w = repo.stages_widget()\nw._receive(w, {{'do': 'run', 'with': {{'stage': '{name}'}}}}, [])")
    assert said == ""
    began(kernel, name)


def let_widget_end(kernel: Kernel, name: str) -> str:
    """What the widget tells of its stage."""
    go(kernel, name)
    return kernel(f"until = time.monotonic() + {SECONDS}\nwhile w.busy and time.monotonic() < until: time.sleep(.02)\n"
                  "print(w.message['text'])")  # fmt: skip


# ---- what is shown where


@pytest.mark.parametrize("call", ["repo.repro('a')", "%dvc repro a", "%dvc repro -j 2 a"])
def test_what_a_stage_writes_is_shown_by_the_cell_that_runs_it_though_another_has_begun(kernel: Kernel, call: str):
    ran = kernel.send(call, subshell=True)
    began(kernel, "a")
    other = kernel.send("print('other begins')\nuntil = time.monotonic() + 30\n"
                        "while not Path('a.txt').exists() and time.monotonic() < until: time.sleep(.02)\n"
                        "print('other ends')")  # fmt: skip
    wait_until(lambda: "other begins" in kernel.text(other))
    go(kernel, "a")
    assert kernel.ended(other) == "other begins\nother ends\n"
    shown = kernel.ended(ran)
    assert "a begins\n" in shown
    assert "a ends\n" in shown


def test_what_stages_write_is_captured_with_the_rest_of_a_cell(kernel: Kernel):
    go(kernel, "a")
    assert kernel("%%capture said\nrepo.repro('a')") == ""
    assert "a begins\na ends\n" in kernel("print(said.stdout)")


def test_a_line_that_a_thread_runs_is_answered_in_the_cell_that_started_it(kernel: Kernel):
    started = kernel.send(
        "thread = threading.Thread(target=get_ipython().run_line_magic, args=('dvc', 'repro a'))\nthread.start()"
    )
    began(kernel, "a")
    kernel.ended(started)
    go(kernel, "a")
    assert kernel("print('other')\nthread.join()") == "other\n"
    assert "a begins\na ends\n" in kernel.text(started)


# ---- while a widget works


def test_lines_that_need_what_a_widget_is_making_say_so(kernel: Kernel):
    by_widget(kernel, "a")
    for line in ("%dvc status", "%dvc repro a"):
        said = kernel(line)
        assert "a.txt' is busy: another thread of this process runs a stage that uses it" in said, line
        assert not {"PID", "rwlock", "Traceback"} & set(said.replace("'", " ").split()), line
    go(kernel, "b")
    assert "b ends" in kernel("%dvc repro b")
    assert "a ran in" in let_widget_end(kernel, "a")


def test_an_interrupt_ends_the_line_of_the_cell_and_not_the_widget(kernel: Kernel):
    by_widget(kernel, "a")
    line = kernel.send("%dvc repro b")
    began(kernel, "b")
    kernel.manager.interrupt_kernel()
    said = kernel.ended(line)
    assert "interrupted by the user: nothing was recorded" in said
    assert "%dvc repro b goes on from there" in said
    assert "a ran in" in let_widget_end(kernel, "a")
    assert not (kernel.root / "b.txt").exists()
