"""Measure dvnb against stock dvc, and both against what coreutils, make or a bare Python take for the same work.

`python tests/bench/run.py [NAME…]`: the tools run in alternation, and the least of several runs counts. `--large` adds
the rows that take minutes. `--work /dev/shm` measures without a disk, which is often slow and always noisy.
The table goes to standard output, and with all numbers below tests/bench/results/.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from measure import Cost, run
from rows import ROWS
from work import Bench, Row

HERE = Path(__file__).parent
TOOLS = ("dvnb", "dvc", "limit")
WARM = "status of a tiny repo in a warm process, edited each time"
WARM_SECONDS = 0.01
HEADER = (
    "work",
    "dvnb wall/cpu s",
    "dvc wall/cpu s",
    "limit wall/cpu s",
    "dvc/dvnb cpu",
    "dvnb/limit cpu",
    "MB",
    "target",
)


def main() -> int:
    """Measure the rows asked for; 1 if a target was missed."""
    args = _arguments()
    programs = {"dvnb": str(args.bin / "dvnb"), "dvc": str(args.bin / "dvc"), "limit": str(args.bin / "python")}
    costs: dict[str, dict[str, Cost]] = {}
    started = time.strftime("%Y-%m-%d-%H%M%S")
    with tempfile.TemporaryDirectory(prefix="dvnb-bench-", dir=args.work) as work:
        for name in _chosen(args.names, large=args.large):
            print(f"{name}: {ROWS[name].what} …", file=sys.stderr, flush=True)
            costs[name] = _measure(ROWS[name], programs, args.runs, Path(work))
            # What was measured is kept, should one of the later rows be interrupted.
            text = "\n".join([_machine(args.runs), "", *_table(costs), *_growth(costs)])
            _save(text, costs, started)
    warm = Cost(**json.loads(_told_by("warm.py", programs["limit"], args.work)))
    more = [_told_by(script, programs["limit"], args.work) for script in ("kernel.py", "again.py")]
    text = "\n".join([_machine(args.runs), "", *_table(costs, warm), *_growth(costs), "", *more])
    print(text)
    _save(text, {**costs, "warm-status": {"dvnb": warm}}, started)
    return int(
        any(not _met(ROWS[name], cost) for name, cost in costs.items())
        or warm.wall > WARM_SECONDS
        or any("MISSED" in line for line in more)
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"rows to measure, or patterns of names: {', '.join(ROWS)}"
    )
    parser.add_argument("--large", action="store_true", help="all rows, also those that take minutes")
    parser.add_argument("--runs", type=int, default=3, help="runs of each tool; the least counts (default: 3)")
    parser.add_argument("--bin", type=Path, default=Path(sys.executable).parent, help="folder with dvnb, dvc, python")
    parser.add_argument("--work", type=Path, help="folder for the generated data (default: the temporary folder)")
    args = parser.parse_args()
    unknown = [name for name in args.names if not fnmatch.filter(ROWS, name)]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)} (choose from {', '.join(ROWS)})")
    return args


def _chosen(patterns: list[str], *, large: bool) -> list[str]:
    if not patterns:
        return [name for name, row in ROWS.items() if large or not row.large]
    return [name for name in ROWS if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def _measure(row: Row, programs: dict[str, str], runs: int, work: Path) -> dict[str, Cost]:
    home = Path(tempfile.mkdtemp(dir=work))
    try:
        tools = [tool for tool in TOOLS if row.dvc or tool != "dvc"]
        benches = [Bench(tool, programs[tool], home / tool, _run_untimed) for tool in tools]
        commands = {bench.tool: _command(row, bench) for bench in benches}
        least: dict[str, Cost] = {}
        if row.large:  # one after the other: there may not be room for all of them
            for bench in benches:
                _prepare(row, bench)
                least[bench.tool] = _once(row, bench, commands[bench.tool])
                shutil.rmtree(bench.home)
            return least
        for bench in benches:
            _prepare(row, bench)
            _once(row, bench, commands[bench.tool])  # the first run warms caches and bytecode up
        for _ in range(runs):
            for bench in benches:
                cost = _once(row, bench, commands[bench.tool])
                least[bench.tool] = cost.least(least.get(bench.tool))
        return least
    finally:
        shutil.rmtree(home)


def _prepare(row: Row, bench: Bench) -> None:
    # In another process: a command's peak memory is at least that of the process that starts it.
    maker = multiprocessing.get_context("fork").Process(target=row.prepare, args=(bench,))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise SystemExit(f"the folder for {row.what} could not be made")


def _once(row: Row, bench: Bench, command: list[str]) -> Cost:
    if row.reset is not None:
        row.reset(bench)
    return run(command, bench.repo, bench.environment)


def _command(row: Row, bench: Bench) -> list[str]:
    if bench.versions:
        return [bench.program, *row.verb]
    # Without a shell in between where none is needed: it takes a tenth of a bare Python.
    text = row.limit.format(python=bench.program) if "{python}" in row.limit else row.limit
    return ["sh", "-c", text] if any(mark in text for mark in "|;'") else text.split()


def _run_untimed(command: list[str], bench: Bench) -> None:
    run(command, bench.repo, bench.environment)


def _met(row: Row, cost: dict[str, Cost]) -> bool:
    dvnb, limit = cost["dvnb"], cost["limit"]
    return (
        (row.times_limit is None or dvnb.cpu <= row.times_limit * limit.cpu)
        and (row.wall_limit is None or dvnb.wall <= row.wall_limit * limit.wall)
        and (row.dvc_share is None or dvnb.cpu * row.dvc_share <= cost["dvc"].cpu)
        and (row.memory is None or dvnb.memory <= row.memory)
        and (row.seconds is None or dvnb.wall <= row.seconds)
    )


def _target(row: Row, cost: dict[str, Cost]) -> str:
    bounds = []
    if row.times_limit is not None:
        bounds.append(f"<= {row.times_limit:g}x limit")
    if row.wall_limit is not None:
        bounds.append(f"wall <= {row.wall_limit:g}x limit")
    if row.dvc_share is not None:
        bounds.append(f">= {row.dvc_share:g}x less than dvc")
    if row.memory is not None:
        bounds.append(f"<= {row.memory:g} MB")
    if row.seconds is not None:
        bounds.append(f"<= {row.seconds:g} s")
    if not bounds:
        return "-"
    return f"{', '.join(bounds)}: {'met' if _met(row, cost) else 'MISSED'}"


def _table(costs: dict[str, dict[str, Cost]], warm: Cost | None = None) -> list[str]:
    rows: list[tuple[str, ...]] = [HEADER]
    for name, cost in costs.items():
        rows.append(
            (
                ROWS[name].what,
                *(f"{cost[tool].wall:.3f} / {cost[tool].cpu:.3f}" if tool in cost else "-" for tool in TOOLS),
                f"{cost['dvc'].cpu / cost['dvnb'].cpu:.1f}x" if "dvc" in cost else "-",
                f"{cost['dvnb'].cpu / cost['limit'].cpu:.1f}x",
                f"{cost['dvnb'].memory:.0f} / {cost['dvc'].memory:.0f}"
                if "dvc" in cost
                else f"{cost['dvnb'].memory:.0f}",
                _target(ROWS[name], cost),
            )
        )
    if warm is not None:
        word = "met" if warm.wall <= WARM_SECONDS else "MISSED"
        target = f"<= {WARM_SECONDS:g} s: {word}"
        rows.append((WARM, f"{warm.wall:.4f} / {warm.cpu:.4f}", "-", "-", "-", "-", f"{warm.memory:.0f}", target))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def _growth(costs: dict[str, dict[str, Cost]]) -> list[str]:
    """What a stage costs where there are 100 of them, and where there are 500; and what two at once are worth."""
    lines: list[str] = []
    for name in costs:
        if name.endswith("-100") and (longer := f"{name[:-4]}-500") in costs:
            few, many = costs[name]["dvnb"].cpu / 100, costs[longer]["dvnb"].cpu / 500
            lines.append(f"{name[:-4]}: {few * 1000:.2f} ms of CPU a stage of 100, {many * 1000:.2f} ms of 500")
    if "sleep-j1" in costs and "sleep-j2" in costs:
        one, two = costs["sleep-j1"]["dvnb"].wall, costs["sleep-j2"]["dvnb"].wall
        lines.append(f"-j 2 is {one / two:.2f} times as fast as -j 1")
    return ["", *lines] if lines else []


def _told_by(script: str, python: str, work: Path | None) -> str:
    """What a measurement of its own prints: questions in a warm process, asked again, and in a real kernel."""
    found = subprocess.run(
        [python, str(HERE / script), *([str(work)] if work else [])], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def _machine(runs: int) -> str:
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, least of {runs} runs; MB: peak of dvnb / dvc"
    )


def _save(text: str, costs: dict[str, dict[str, Cost]], stem: str) -> None:
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{stem}.txt").write_text(text + "\n")
    numbers = {name: {tool: asdict(cost) for tool, cost in by_tool.items()} for name, by_tool in costs.items()}
    (folder / f"{stem}.json").write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
