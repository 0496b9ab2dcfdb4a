"""What the magics cost in a real kernel: `%load_ext dvnb` to ready, a `%dvc status` of a tiny repo, a completion."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

TIMES = 30
TARGETS_MS = {"load": 150.0, "status": 20.0, "completion": 100.0}

# Timed within the kernel, since what JupyterLab and ZeroMQ take is not ours.
CELL = """\
import time
start = time.perf_counter()
get_ipython().run_line_magic("load_ext", "dvnb")
load = [(time.perf_counter() - start) * 1000]
status = []
for number in range({times}):
    with open("a", "w") as file:
        file.write(f"content {{number}}")
    start = time.perf_counter()
    found = get_ipython().run_line_magic("dvc", "status")
    get_ipython().display_formatter.format(found)
    status.append((time.perf_counter() - start) * 1000)
    assert found.stages
print(*load, *status)
"""


def main() -> None:
    """Print the median of each."""
    work = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=work) as folder:
        os.environ["DVNB_CACHE_DIR"] = os.path.join(folder, "state")
        from dvnb import Repo, init  # reads the environment when it is used first

        root = Path(folder, "repo")
        root.mkdir()
        init(root, no_scm=True)
        (root / "a").write_text("first")
        Repo(root).add("a")
        manager, client = start_new_kernel(cwd=str(root))
        try:
            said: list[str] = []

            def note(message: Any) -> None:
                if message["msg_type"] == "stream":
                    said.append(message["content"]["text"])

            client.execute_interactive(CELL.format(times=TIMES), output_hook=note, timeout=60)
            load, *status = map(float, "".join(said).split())
            completion = [_completion(client) for _ in range(TIMES)]
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    spans = {"load": [load], "status": status, "completion": completion}
    told = [f"{name} {_median(found):.1f} ms ({_verdict(name, found)})" for name, found in spans.items()]
    sys.stdout.write(f"in a kernel: {', '.join(told)}\n")


def _completion(client: Any) -> float:
    """Milliseconds from question to answer, both ways included."""
    code = "%dvc add a"
    start = time.perf_counter()
    client.complete(code, len(code), reply=True, timeout=60)
    return (time.perf_counter() - start) * 1000


def _median(spans: list[float]) -> float:
    return sorted(spans)[len(spans) // 2]


def _verdict(name: str, spans: list[float]) -> str:
    return f"<= {TARGETS_MS[name]:g}: {'met' if _median(spans) <= TARGETS_MS[name] else 'MISSED'}"


if __name__ == "__main__":
    main()
