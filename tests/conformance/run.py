"""Run the conformance scenarios with dvnb in the place of dvc, compare with dvc's recorded results, and keep score.

The scenarios, their recorded results (`golden/`) and the runner `twin.py` live outside this project; this file picks
what to run, judges each difference, and prints families and a score. Exit code 1: a scenario of `required.txt` differs
or could not be run; 2: there are no scenarios to run.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import fcntl
import fnmatch
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PASS, ALLOWED, DIFFERS, FAILED = "pass", "allowed", "differs", "FAILED"


@dataclass(frozen=True)
class Judgement:
    """What became of one scenario; `lines` is the difference, golden first."""

    scenario: str
    level: str
    verdict: str
    lines: list[str]


def load_twin(folder: Path) -> Any:
    """The runner `twin.py` of the scenarios' folder, as a module."""
    spec = importlib.util.spec_from_file_location("twin", folder / "twin.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder / "twin.py")
    twin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(twin)
    return twin


def read_required(path: Path) -> set[str]:
    """Names of the scenarios that must pass: one a line, `#` starts a comment."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


def read_allowed(path: Path) -> dict[str, str]:
    """Scenarios that differ on purpose -> the reason, which each must have."""
    allowed: dict[str, str] = {}
    for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if not str(entry.get("reason", "")).strip():
            raise SystemExit(f"{path}: '{name}' has no reason")
        allowed[name] = str(entry["reason"])
    return allowed


def difference(golden: Any, result: Any) -> list[str]:
    """Unified diff of two recorded results as JSON text; empty where they agree."""
    if golden == result:
        return []
    texts = [json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).split("\n") for value in (golden, result)]
    return list(difflib.unified_diff(*texts, "dvc", "dvnb", lineterm="", n=2))


def judge(
    scenario: dict[str, Any],
    golden: Any,
    result: Any,
    *,
    required: set[str],
    allowed: dict[str, str],
    strict: Callable[[Any], Any],
) -> Judgement:
    """Compare one result with the recorded one (None: there is none, which is a difference)."""
    name, level = scenario["id"], scenario["level"]
    lines = difference(strict(golden), strict(result))
    if not lines:
        verdict = PASS
    elif name in required:
        verdict = FAILED
    else:
        verdict = ALLOWED if name in allowed else DIFFERS
    return Judgement(name, level, verdict, lines)


def family(scenario: str) -> str:
    """`add-file` belongs to `add`."""
    return scenario.split("-", maxsplit=1)[0]


def score(judgements: list[Judgement]) -> list[str]:
    """The table of families and the totals, as lines."""
    lines = [f"{'family':<14}{'pass':>6}{'allowed':>9}{'differ':>8}{'of':>5}"]
    for name in sorted({family(judged.scenario) for judged in judgements}):
        lines.append(_row(name, [judged for judged in judgements if family(judged.scenario) == name]))
    for level in sorted({judged.level for judged in judgements}):
        lines.append(_row(f"level {level}", [judged for judged in judgements if judged.level == level]))
    lines.append(_row("all", judgements))
    return lines


def _row(title: str, judgements: list[Judgement]) -> str:
    counts = [sum(judged.verdict in verdicts for judged in judgements) for verdicts in ((PASS,), (ALLOWED,))]
    differ = len(judgements) - sum(counts)
    return f"{title:<14}{counts[0]:>6}{counts[1]:>9}{differ:>8}{len(judgements):>5}"


@contextlib.contextmanager
def one_run_at_a_time() -> Iterator[None]:
    """Wait for another run on this machine: results hold paths, so every run uses the same folder.

    Set TWIN_BASE to run elsewhere; scenarios whose results depend on the path then differ.
    """
    base = os.environ.get("TWIN_BASE", os.path.join(tempfile.gettempdir(), "tw"))
    with open(f"{base}.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another run uses {base}; waiting for it to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_scenarios(
    twin: Any, chosen: list[dict[str, Any]], exe: str, jobs: int, report: Callable[[dict[str, Any], Any], None]
) -> None:
    """Run each scenario and hand its result to `report` as it ends."""
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(twin.run_one, scenario, exe): scenario for scenario in chosen}
        for future in as_completed(running):
            # By way of JSON, as the recorded results went: tuples become lists, keys become text.
            report(running[future], json.loads(json.dumps(future.result())))


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare dvnb with the recorded results of dvc.")
    parser.add_argument("--scenarios", type=Path, default=HERE / "../../../shared/conformance", metavar="FOLDER")
    parser.add_argument("--exe", default=str(Path(sys.executable).parent / "dvnb"), help="the program to try")
    parser.add_argument("--only", default="*", metavar="GLOB[,GLOB]", help="run only these scenarios")
    parser.add_argument("--required", action="store_true", help="run only those of required.txt")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("-v", "--verbose", action="store_true", help="show every difference, in full")
    return parser.parse_args()


def main() -> int:
    """Run, compare, print; the exit code."""
    args = parse_arguments()
    if not (args.scenarios / "twin.py").is_file():
        print(f"no scenarios: {args.scenarios} has no twin.py", file=sys.stderr)
        return 2
    exe = shutil.which(args.exe)
    if exe is None:
        print(f"no program to try: '{args.exe}' not found", file=sys.stderr)
        return 2
    required, allowed = read_required(HERE / "required.txt"), read_allowed(HERE / "allowed.toml")
    if both := required & allowed.keys():
        raise SystemExit(f"required and allowed to differ at once: {', '.join(sorted(both))}")
    twin = load_twin(args.scenarios)
    scenarios = {scenario["id"]: scenario for scenario in twin.scenarios()}
    if unknown := (required | allowed.keys()) - scenarios.keys():
        raise SystemExit(f"required.txt or allowed.toml name unknown scenarios: {', '.join(sorted(unknown))}")
    chosen = [
        scenario
        for name, scenario in scenarios.items()
        if any(fnmatch.fnmatch(name, glob) for glob in args.only.split(",")) and (name in required or not args.required)
    ]

    judgements: list[Judgement] = []

    def report(scenario: dict[str, Any], result: Any) -> None:
        recorded = args.scenarios / "golden" / f"{scenario['id']}.json"
        golden = json.loads(recorded.read_text(encoding="utf-8")) if recorded.is_file() else None
        judged = judge(scenario, golden, result, required=required, allowed=allowed, strict=twin.strict)
        judgements.append(judged)
        mark = " (required)" if judged.scenario in required else ""
        print(f"{len(judgements):>3}/{len(chosen)} {judged.verdict:<8} {judged.scenario}{mark}", flush=True)
        shown = len(judged.lines) if args.verbose else 40 if judged.verdict == FAILED else 0
        print("".join(f"      {line}\n" for line in judged.lines[:shown]), end="", flush=True)

    start = time.monotonic()
    with one_run_at_a_time():
        run_scenarios(twin, chosen, os.path.abspath(exe), args.jobs, report)
    print("\n" + "\n".join(score(judgements)))
    for judged in sorted(judgements, key=lambda judged: judged.scenario):
        if judged.verdict == ALLOWED:
            print(f"allowed: {judged.scenario}: {allowed[judged.scenario]}")
        elif judged.verdict == PASS and judged.scenario in allowed:
            print(f"no longer differs, take it off allowed.toml: {judged.scenario}")
    failed = sorted(judged.scenario for judged in judgements if judged.verdict == FAILED)
    ran = [judged.scenario for judged in judgements if judged.scenario in required]
    print(f"required: {len(ran) - len(failed)} of {len(ran)} pass ({time.monotonic() - start:.0f} s)")
    if failed:
        print(f"must pass, but differ: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
