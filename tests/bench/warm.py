"""What one more `status` of a tiny repo takes in a process that is warm, as a kernel is; the file changes in between."""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

TIMES = 30


def main() -> None:
    """Print what the middle one of many questions took, each about another content: seconds, and MB at most."""
    work = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=work) as folder:
        os.environ["DVNB_CACHE_DIR"] = os.path.join(folder, "state")
        from dvnb import Repo, init  # reads the environment when it is used first

        root = Path(folder, "repo")
        root.mkdir()
        init(root, no_scm=True)
        data = root / "a"
        data.write_text("first")
        repo = Repo(root)
        repo.add("a")
        walls: list[float] = []
        cpus: list[float] = []
        for number in range(TIMES):
            data.write_text(f"content {number}")
            start, worked = time.perf_counter(), time.process_time()
            found = repo.status()
            walls.append(time.perf_counter() - start)
            cpus.append(time.process_time() - worked)
            if not found.stages:
                sys.exit("a stale answer")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = {"wall": statistics.median(walls), "cpu": statistics.median(cpus), "memory": memory}
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main()
