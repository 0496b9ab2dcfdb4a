"""The rows of notebook stages: one, and ten; what each further one takes is a ninth of the difference."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from work import Bench, Row

EXECUTE = "{python} -m jupyter execute"  # nbclient alone, one notebook after the other in one process
SPEC = {"display_name": "python3", "language": "python", "name": "python3"}
FIRST_SECONDS = 1.5
FURTHER_SECONDS = 0.3


def new(count: int) -> Callable[[Bench], None]:
    """Trivial notebooks that never ran, as stages: by dvnb's own command, for stock dvc by papermill's."""

    def prepare(bench: Bench) -> None:
        bench.init()
        papermill = Path(bench.program).with_name("papermill")
        program = "dvnb notebook run" if bench.tool == "dvnb" else str(papermill)
        stages = ["stages:\n"]
        for number in range(count):
            _write(bench.repo / f"n{number}.ipynb", f"open('made{number}', 'w').write('{number}')")
            stages.append(
                f"  s{number}:\n    cmd: {program} n{number}.ipynb run{number}.ipynb\n    deps: [n{number}.ipynb]\n"
                f"    outs: [made{number}, run{number}.ipynb]\n"
            )
        (bench.repo / "dvc.yaml").write_text("".join(stages))

    return prepare


def _write(path: Path, source: str) -> None:
    cell = {"cell_type": "code", "execution_count": None, "id": "one", "metadata": {}, "outputs": []}
    notebook = {"cells": [{**cell, "source": [source]}], "metadata": {"kernelspec": SPEC}}
    path.write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}, sort_keys=True, indent=1) + "\n")


def forget(bench: Bench) -> None:
    """As if none of them had ever run."""
    bench.forget()
    made = [path.name for pattern in ("made*", "run*.ipynb") for path in bench.repo.glob(pattern)]
    bench.remove(".dvc/cache", "dvc.lock", ".gitignore", *made)


def _row(count: int, *, dvc_share: float) -> Row:
    names = " ".join(f"n{number}.ipynb" for number in range(count))
    what = f"repro of {count} notebook stages" if count > 1 else "repro of a notebook stage"
    seconds = FIRST_SECONDS + (count - 1) * FURTHER_SECONDS
    return Row(what, new(count), ["repro"], f"{EXECUTE} {names}", forget, dvc_share=dvc_share, seconds=seconds)


NOTEBOOKS: dict[str, Row] = {"notebook": _row(1, dvc_share=2), "notebooks": _row(10, dvc_share=7)}
