"""Measure whether what a stage costs grows with the number of stages.

`python tests/bench/growth.py [--counts 100 500] [--runs 3] [--work FOLDER]`: chains and fans of trivial stages; CPU
seconds (commands included) of a first repro, of one where nothing changed, of status and dag, and milliseconds a stage.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import run
from work import Bench

SHAPES: dict[str, Callable[[int], str]] = {"chain": lambda number: f"f{number - 1}", "fan": lambda _number: "f0"}
QUESTIONS = {"repro, nothing changed": ["repro"], "status": ["status"], "dag": ["dag", "--mermaid"]}


def main() -> None:
    """Print a row for each shape, number of stages and verb."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    program = str(Path(sys.executable).with_name("dvnb"))
    say("| shape | stages | verb | cpu s | ms a stage |\n|-|-|-|-|-|")
    for shape, reads in SHAPES.items():
        for count in args.counts:
            with tempfile.TemporaryDirectory(prefix="dvnb-growth-", dir=args.work) as work:
                for verb, cpu in measured(program, Path(work), reads, count, args.runs).items():
                    say(f"| {shape} | {count} | {verb} | {cpu:.2f} | {cpu / count * 1000:.2f} |")


def measured(program: str, work: Path, reads: Callable[[int], str], count: int, runs: int) -> dict[str, float]:
    """The least CPU seconds of several runs, by verb."""

    def cpu(*words: str) -> float:
        return run([program, *words], bench.repo, bench.environment).cpu

    def first() -> float:
        nonlocal bench
        shutil.rmtree(bench.home)
        bench = new_bench(program, work / "home")
        bench.init()
        (bench.repo / "f0").write_text("start\n")
        (bench.repo / "dvc.yaml").write_text("".join(["stages:\n", *stages]))
        return cpu("repro")

    numbers = range(1, count + 1)
    stages = [f"  s{n}:\n    cmd: echo {n} > f{n}\n    deps: [{reads(n)}]\n    outs: [f{n}]\n" for n in numbers]
    bench = new_bench(program, work / "home")
    costs = {"first repro": min(first() for _ in range(runs))}
    return costs | {what: min(cpu(*words) for _ in range(runs)) for what, words in QUESTIONS.items()}


def say(line: str) -> None:
    """Write a line of the table at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def new_bench(program: str, home: Path) -> Bench:
    """A folder with nothing in it."""
    return Bench("dvnb", program, home, lambda words, bench: run(words, bench.repo, bench.environment))


if __name__ == "__main__":
    main()
