"""The magics asked through a real kernel, as JupyterLab asks: completion, speed, interruption, what stays in the file."""

from __future__ import annotations

import os
import queue
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

import dvnb

PATIENCE = 60  # seconds
OUTPUTS = ("stream", "error", "display_data", "update_display_data", "execute_result")
PIPELINE = """\
stages:
  prepare:
    cmd: cp data.txt mid.txt
    deps: [data.txt]
    outs: [mid.txt]
  train:
    cmd: touch ../started; echo begun; sleep 60; cp mid.txt model.txt
    deps: [mid.txt]
    params: [train.lr]
    outs: [model.txt]
"""


class Kernel:
    """A kernel in a project, asked by messages."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager = manager
        self._client = client

    def complete(self, code: str) -> tuple[list[str], str, float]:
        """What the kernel offers where `|` stands, what that replaces, and the milliseconds it took."""
        at = code.index("|")
        code = code.replace("|", "", 1)
        start = time.perf_counter()
        asked = self._client.complete(code, at)
        while True:
            reply = self._client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == asked:
                break
        took = (time.perf_counter() - start) * 1000
        content = reply["content"]
        return content["matches"], code[content["cursor_start"] : content["cursor_end"]], took

    def run(
        self, code: str, interrupt_at: str = "", interrupt_when: Callable[[], bool] | None = None
    ) -> list[dict[str, Any]]:
        """The contents of all outputs; the kernel is interrupted once one shows that text, or that is so."""
        end = time.monotonic() + PATIENCE
        asked = self._client.execute(code)
        outputs: list[dict[str, Any]] = []
        waits = bool(interrupt_at or interrupt_when)
        while time.monotonic() < end:
            try:
                message = self._client.get_iopub_msg(timeout=0.01)
            except queue.Empty:
                message = None
            if message and message["parent_header"].get("msg_id") == asked:
                if message["content"].get("execution_state") == "idle":
                    return outputs
                if message["msg_type"] in OUTPUTS:
                    outputs.append(message["content"])
            if waits and (interrupt_when() if interrupt_when else interrupt_at in str(outputs)):
                self._manager.interrupt_kernel()
                waits = False
        raise AssertionError(f"{code} did not end: {outputs}")


MANY = 6_000  # files: work that goes on for long after its first objects are there


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kernel") / "repo"
    root.mkdir()
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "main", root], check=True)
    dvnb.init(root)
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "params.yaml").write_text("train:\n  lr: 0.1\n  epochs: 3\n")
    for name in ("data.txt", "my data.csv"):
        (root / name).write_text("1\n")
    (root / "sub").mkdir()
    repo = dvnb.Repo(root)
    repo.add("data.txt", "my data.csv")
    repo.remote_add("storage", str(root.parent / "storage"), default=True)
    for command in (["add", "-A"], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *command], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def kernel(root: Path) -> Iterator[Kernel]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "DVNB_", "GIT_"))}
    manager, client = start_new_kernel(cwd=str(root), env=env)
    try:
        kernel = Kernel(manager, client)
        assert kernel.run("%load_ext dvnb") == []
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    ("code", "replaced", "offered"),
    [
        ("%dvc sta|", "sta", {"status", "stage"}),
        ("x = %dvc me|", "me", {"metrics"}),
        ("if x:\n    %dvc -q me|", "me", {"metrics"}),
        ("%dvc stage a|", "a", {"add"}),
        ("%dvc notebook pa|", "pa", {"params"}),
        ("%dvc add --fo|", "--fo", {"--force"}),
        ("%dvc checkout --ver|", "--ver", {"--verify", "--verbose"}),
        ("%dvc push -r |", "", {"storage"}),
        ("%dvc checkout --rev |", "", {"main", "v1"}),
        ("%dvc checkout --rev=v|", "v", {"v1"}),
        ("%dvc completion -s z|", "z", {"zsh"}),
        ("%dvc repro tr|ain -f", "tr", {"train"}),
        ("%dvc why pre|", "pre", {"prepare"}),
        ("%dvc stage add -n a -p train.|", "train.", {"train.lr", "train.epochs"}),
        ("%dvc stage add -n a -p train.lr,train.e|", "train.e", {"train.epochs"}),
        ("%dvc stage add -n a \\\n  -d da|", "da", {"data.txt", "data.txt.dvc"}),
        ("%dvc add my|", "my", {"my\\ data.csv", "my\\ data.csv.dvc"}),
        ("%dvc add 'my d|'", "'my d", {"'my data.csv", "'my data.csv.dvc"}),
        ("%dvc --cd s|", "s", {"sub/"}),
        ("%dvc plots show -t conf|", "conf", {"confusion", "confusion_normalized"}),
        ("%dvc exp save -m w|", "", set()),
        ("%dvc nosuch x|", "", set()),
        ("which = ['data.txt']\n%dvc add {|", "", set()),
        ("%%stage train --des|\nimport os", "--des", {"--desc"}),
        ("%%stage train -p train.l|", "train.l", {"train.lr"}),
        ("%%stage train \\\n  -p train.l|\nimport os", "train.l", {"train.lr"}),
        ("%stages --re|", "--re", {"--remove"}),
        ("%stages --remove tr|", "tr", {"train"}),
        ("dvc stat|", "stat", {"status"}),
    ],
)
def test_completion(kernel: Kernel, code: str, replaced: str, offered: set[str]) -> None:
    kernel.complete(code)  # the first time, a family of verbs is imported
    found, fragment, took = min((kernel.complete(code) for _ in range(3)), key=lambda answer: answer[2])
    assert set(found) == offered
    assert fragment == replaced
    assert took < 100


def test_completion_offers_operations_latest_first_variables_and_nothing_of_python(kernel: Kernel, root: Path) -> None:
    operations, _, _ = kernel.complete("%dvc undo |")
    assert operations == sorted(operations, reverse=True) and len(operations) >= 2
    kernel.run("some_paths = ['data.txt']")
    assert kernel.complete("%dvc add {some_|")[:2] == (["some_paths}"], "some_")
    assert kernel.complete("%dvc add $some_|")[:2] == (["some_paths"], "some_")
    assert "and" not in kernel.complete("%dvc |")[0]
    kernel.run("%config Completer.use_jedi = False")  # which takes seconds when it is asked first
    # Below its first line a cell is Python
    assert "some_paths" in kernel.complete("%%stage x\nsome_pat|")[0]
    assert "data.txt" not in kernel.complete("dat|")[0]


def test_a_result_is_assigned_and_becomes_a_data_frame(kernel: Kernel) -> None:
    (shown,) = kernel.run("x = %dvc metrics show -T\nprint(type(x).__name__, type(x.to_df()).__name__)")
    assert shown["text"] == "MetricsShowResult DataFrame\n"


def test_interrupting_stages_says_which_are_kept(kernel: Kernel, root: Path) -> None:
    outputs = kernel.run("%dvc repro", interrupt_at="begun")
    assert outputs[-1]["ename"] == "DvcFailed"
    assert outputs[-1]["evalue"] == (
        "interrupted by the user: recorded and kept: prepare; did not end, so its outputs are as they were before: train"
    )
    assert "%dvc repro goes on from there" in outputs[-1]["traceback"][-1]
    assert "prepare" in (root / "dvc.lock").read_text() and "train" not in (root / "dvc.lock").read_text()
    assert not (root / "model.txt").exists()


def test_lines_of_parallel_stages_are_shown_as_they_come(kernel: Kernel, root: Path) -> None:
    """Neither stage ever ends: what one has said is seen all the same, in this cell, with its name."""
    other = root.parent / "parallel"
    other.mkdir()
    dvnb.init(other, no_scm=True)
    (other / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: echo from a; sleep 100\n    outs: [a]\n"
        "  b:\n    cmd: sleep 0.5; echo from b; sleep 100\n    outs: [b]\n"
    )
    outputs = kernel.run(f"%dvc --cd {other} repro -j 2", "[b] from b")
    text = "".join(output.get("text", "") for output in outputs)
    assert text.index("[a] > echo from a") < text.index("[a] from a\n") < text.index("[b] from b\n")
    assert outputs[-1]["evalue"].startswith("interrupted by the user")


def test_interrupting_parallel_stages(kernel: Kernel, root: Path) -> None:
    started = root.parent / "started"
    started.unlink(missing_ok=True)
    outputs = kernel.run("%dvc repro -j 2 train", interrupt_when=started.exists)
    assert "did not end, so its outputs are as they were before: train" in outputs[-1]["evalue"]


def begins_to_fill(store: Path) -> Callable[[], bool]:
    """Whether more objects have arrived than are there now."""

    def count() -> int:
        return sum(1 for _ in store.glob("files/md5/*/*"))

    before = count()
    return lambda: count() > before


def test_interrupting_add_and_push_goes_on_later(kernel: Kernel, root: Path) -> None:
    (root / "many").mkdir()
    for number in range(MANY):
        (root / "many" / str(number)).write_text(f"{number}")
    outputs = kernel.run("%dvc add many", interrupt_when=begins_to_fill(root / ".dvc" / "cache"))
    assert outputs[-1]["evalue"].startswith("interrupted by the user: what is complete is tracked")
    assert not (root / "many.dvc").exists()
    assert kernel.run("done = %dvc add many\nprint(done.outs[0].nfiles)")[-1]["text"] == f"{MANY}\n"
    outputs = kernel.run("%dvc push many", interrupt_when=begins_to_fill(root.parent / "storage"))
    assert outputs[-1]["evalue"].startswith("interrupted by the user")
    sent = sum(len(files) for _, _, files in os.walk(root.parent / "storage"))
    assert sent <= MANY
    # Nothing that arrived is sent again
    rest = kernel.run("done = %dvc push many\nprint('rest', done.transferred)")
    assert f"rest {MANY + 1 - sent}\n" in str([output.get("text") for output in rest]).replace("\\n", "\n")


def test_errors_are_short_unless_v_is_given(kernel: Kernel) -> None:
    short = kernel.run("%dvc push -r nosuch")[-1]
    assert short["ename"] == "DvcFailed"
    assert "Traceback" not in str(short) and len(short["traceback"]) <= 2
    assert "Traceback" in str(kernel.run("%dvc push -r nosuch -v")[-1]["traceback"])
    hint = kernel.run("%dvc repr train")[-1]["traceback"][-1]
    assert hint == "\x1b[33mHINT:\x1b[0m %dvc repro"


def test_a_progress_bar_leaves_nothing_in_the_file(kernel: Kernel) -> None:
    outputs = kernel.run(
        "from dvnb.commands.progress import Bars\nfrom dvnb.events import Progress\n"
        "import time\nbars = Bars(notebook=True, patience=0.01)\nbars.update(Progress('push', 1, 10))\n"
        "time.sleep(0.05)\nbars.update(Progress('push', 2, 10))\nbars.close()"
    )
    shown = [output["data"] for output in outputs if "text/plain" in output.get("data", {})]
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert shown[-1] == {"text/plain": ""}
