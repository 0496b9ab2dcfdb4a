"""Measure dvnb against stock dvc, and both against what coreutils, make or a bare Python take for the same work.

`python tests/bench/run.py [NAME…]`: the tools run in alternation, and the least of several runs counts. `--large` adds
the rows that take minutes. `--work /dev/shm` measures without a disk, which is often slow and always noisy.
The table goes to standard output, and with all numbers below tests/bench/results/.
"""

from __future__ import annotations

import argparse
import json
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
from rows import ROWS, Bench, Row

HERE = Path(__file__).parent
TOOLS = ("dvnb", "dvc", "limit")
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
    for name in args.names or [name for name, row in ROWS.items() if args.large or not row.large]:
        print(f"{name}: {ROWS[name].what} …", file=sys.stderr, flush=True)
        costs[name] = _measure(ROWS[name], programs, args.runs, args.work)
    text = "\n".join([_machine(args.runs), "", *_table(costs), "", _warm(programs["limit"], args.work)])
    print(text)
    _save(text, costs)
    return int(any(not _met(ROWS[name], cost) for name, cost in costs.items()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"rows to measure: {', '.join(ROWS)} (default: all)")
    parser.add_argument("--large", action="store_true", help="all rows, also those that take minutes")
    parser.add_argument("--runs", type=int, default=3, help="runs of each tool; the least counts (default: 3)")
    parser.add_argument("--bin", type=Path, default=Path(sys.executable).parent, help="folder with dvnb, dvc, python")
    parser.add_argument("--work", type=Path, help="folder for the generated data (default: the temporary folder)")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)} (choose from {', '.join(ROWS)})")
    return args


def _measure(row: Row, programs: dict[str, str], runs: int, work: Path | None) -> dict[str, Cost]:
    home = Path(tempfile.mkdtemp(prefix="dvnb-bench-", dir=work))
    try:
        tools = [tool for tool in TOOLS if row.dvc or tool != "dvc"]
        benches = [Bench(tool, programs[tool], home / tool, _run_untimed) for tool in tools]
        commands = {bench.tool: _command(row, bench) for bench in benches}
        least: dict[str, Cost] = {}
        for bench in benches:
            row.prepare(bench)
            if not row.large:
                _once(row, bench, commands[bench.tool])  # the first run warms caches and bytecode up
        for _ in range(1 if row.large else runs):
            for bench in benches:
                cost = _once(row, bench, commands[bench.tool])
                least[bench.tool] = cost.least(least.get(bench.tool))
        return least
    finally:
        shutil.rmtree(home)


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
    return f"{', '.join(bounds)}: {'met' if _met(row, cost) else 'MISSED'}"


def _table(costs: dict[str, dict[str, Cost]]) -> list[str]:
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
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def _warm(python: str, work: Path | None) -> str:
    """What one more question takes in a process that has asked before."""
    found = subprocess.run(
        [python, str(HERE / "warm.py"), *([str(work)] if work else [])], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def _machine(runs: int) -> str:
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, least of {runs} runs; MB: peak of dvnb / dvc"
    )


def _save(text: str, costs: dict[str, dict[str, Cost]]) -> None:
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    stem = time.strftime("%Y-%m-%d-%H%M%S")
    (folder / f"{stem}.txt").write_text(text + "\n")
    numbers = {name: {tool: asdict(cost) for tool, cost in by_tool.items()} for name, by_tool in costs.items()}
    (folder / f"{stem}.json").write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
