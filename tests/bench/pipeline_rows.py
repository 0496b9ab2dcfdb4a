"""The rows of pipelines: chains and fans of stages, stages that wait, and a repo of many dvc.yaml files."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable

from work import Bench, Row

Write = Callable[[int], tuple[str, str]]
"""A dvc.yaml of so many stages, and the same as a Makefile."""

SLEEPERS = 100
FOLDERS = 33
SETS = [f"set{number}" for number in range(9)]
STAGES = 650
QUESTION_SECONDS = 1.0


def chain(count: int) -> tuple[str, str]:
    """Each stage copies what the one before made."""
    numbers = range(1, count + 1)
    stages = [f"  s{n}:\n    cmd: cp f{n - 1} f{n}\n    deps: [f{n - 1}]\n    outs: [f{n}]\n" for n in numbers]
    # The last one first: it is what make makes when nothing is named.
    return _files(stages, [f"f{n}: f{n - 1}\n\tcp f{n - 1} f{n}\n" for n in reversed(numbers)])


def fan(count: int) -> tuple[str, str]:
    """All stages copy the same file."""
    numbers = range(1, count + 1)
    stages = [f"  s{n}:\n    cmd: cp f0 f{n}\n    deps: [f0]\n    outs: [f{n}]\n" for n in numbers]
    return _files(stages, [_all(numbers), *(f"f{n}: f0\n\tcp f0 f{n}\n" for n in numbers)])


def sleepers(count: int) -> tuple[str, str]:
    """Stages that have nothing to do with each other, and wait."""
    numbers = range(1, count + 1)
    stages = [f"  s{n}:\n    cmd: sleep 0.05 && touch f{n}\n    outs: [f{n}]\n" for n in numbers]
    return _files(stages, [_all(numbers), *(f"f{n}:\n\tsleep 0.05 && touch f{n}\n" for n in numbers)])


def _all(numbers: range) -> str:
    return f"all: {' '.join(f'f{n}' for n in numbers)}\n"


def _files(stages: list[str], rules: list[str]) -> tuple[str, str]:
    return "".join(["stages:\n", *stages]), "".join(rules)


def new(write: Write, count: int) -> Callable[[Bench], None]:
    """Stages that never ran."""

    def prepare(bench: Bench) -> None:
        bench.init()
        stages, rules = write(count)
        (bench.repo / "f0").write_text("start\n")
        (bench.repo / "dvc.yaml").write_text(stages)
        (bench.repo / "Makefile").write_text(rules)

    return prepare


def done(write: Write, count: int) -> Callable[[Bench], None]:
    """Stages that are up to date."""

    def prepare(bench: Bench) -> None:
        new(write, count)(bench)
        if bench.versions:
            bench(bench.maker, "repro", "-q")
            bench.verb("repro", "-q")
        else:
            bench("make", "-s")

    return prepare


def forget_runs(bench: Bench) -> None:
    """As if no stage had ever run."""
    bench.forget()
    outs = [path.name for path in bench.repo.glob("f*") if path.name != "f0"]
    bench.remove(".dvc/cache", "dvc.lock", ".gitignore", *outs)


def edit_source(bench: Bench) -> None:
    """Another content of what the first stage reads, each time."""
    (bench.repo / "f0").write_bytes(random.randbytes(8).hex().encode())


def many_files(bench: Bench) -> None:
    """A repo of 650 stages in 33 dvc.yaml files, with templates, params and metrics; one param was edited since HEAD.

    It is made once, and copied for each question.
    """
    made = bench.home.parent.parent / f"many-{bench.tool}"
    if made.exists():
        bench.remove(".")
        shutil.copytree(made, bench.repo, symlinks=True)
    else:
        make_many(bench)
        shutil.copytree(bench.repo, made, symlinks=True)
    if bench.versions:
        bench.verb("status")


def make_many(bench: Bench) -> None:
    """The repo of `many_files`, whatever was made before."""
    bench.init()
    raw = bench.repo / "raw"
    raw.mkdir()
    for name in SETS:
        (raw / f"{name}.txt").write_text(f"{name}\n")
    for number in range(FOLDERS):
        folder = bench.repo / f"part{number:02}"
        folder.mkdir()
        (folder / "params.yaml").write_text(f"rate: 0.{number + 1}\nsteps: 3\nsets: [{', '.join(SETS)}]\n")
        (folder / "dvc.yaml").write_text(_one_of_many(number))
    if bench.versions:
        bench(bench.maker, "repro", "-q", "--all-pipelines")
    bench("git", "add", ".")
    bench("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "first")
    path = bench.repo / "part07" / "params.yaml"
    path.write_text(path.read_text().replace("rate: 0.8", "rate: 0.9"))


def _one_of_many(number: int) -> str:
    before = [f"../part{number - 1:02}/merged.txt"] if number else []
    scores = [f"score-{name}.json" for name in SETS]
    text = (
        "stages:\n"
        "  prepare:\n    foreach: ${sets}\n    do:\n"
        "      cmd: cp ../raw/${item}.txt prepared-${item}.txt\n      deps: ['../raw/${item}.txt']\n"
        "      params: [steps]\n      outs: ['prepared-${item}.txt']\n"
        "  score:\n    foreach: ${sets}\n    do:\n"
        "      cmd: |\n        echo '{\"score\": ${rate}}' > score-${item}.json\n"
        "      deps: ['prepared-${item}.txt']\n"
        "      params: [rate]\n      metrics:\n      - score-${item}.json:\n          cache: false\n"
        f"  merge:\n    cmd: cat {' '.join(scores)} > merged.txt\n    deps: [{', '.join([*scores, *before])}]\n"
        "    outs: [merged.txt]\n"
    )
    # 19 stages in each file, one more in the first ones, so that there are 650.
    if number < STAGES - FOLDERS * (2 * len(SETS) + 1):
        text += "  report:\n    cmd: cp merged.txt report.txt\n    deps: [merged.txt]\n    outs: [report.txt]\n"
    return text


def _shape(name: str, write: Write, count: int) -> dict[str, Row]:
    """The rows of one shape and number of stages. dvc's own repro takes many minutes where there are more than 100."""
    is_small = count == 100
    fresh, finished, what = new(write, count), done(write, count), f"{name} of {count}"
    large = not (is_small and name == "chain")
    return {
        f"repro-{name}-{count}": Row(
            f"first repro, {what}",
            fresh,
            ["repro"],
            "make",
            forget_runs,
            large=large,
            dvc=is_small,
            dvc_share=10 if is_small else None,
        ),
        f"repro-none-{name}-{count}": Row(
            f"repro, nothing changed, {what}",
            finished,
            ["repro"],
            "make",
            dvc_share=12 if is_small else 25,
            large=large,
        ),
        f"repro-edited-{name}-{count}": Row(
            f"repro, source edited, {what}",
            finished,
            ["repro"],
            "make",
            edit_source,
            dvc_share=15 if is_small else None,
            large=True,
            dvc=is_small,
        ),
        f"status-{name}-{count}": Row(
            f"status, {what}", finished, ["status"], "make", dvc_share=None if is_small else 12, large=True
        ),
        f"dag-{name}-{count}": Row(
            f"dag, {what}", finished, ["dag", "--mermaid"], "make", dvc_share=None if is_small else 12, large=True
        ),
    }


def _question(what: str, *words: str, dvc: bool = True) -> Row:
    return Row(
        f"{what}, 650 stages in 33 files",
        many_files,
        list(words),
        "find . -name dvc.yaml",
        seconds=QUESTION_SECONDS,
        large=True,
        dvc=dvc,
    )


PIPELINES: dict[str, Row] = {
    **_shape("chain", chain, 100),
    **_shape("fan", fan, 100),
    **_shape("chain", chain, 500),
    **_shape("fan", fan, 500),
    "sleep-j1": Row(
        "repro of 100 x sleep 0.05", new(sleepers, SLEEPERS), ["repro"], "make", forget_runs, large=True, dvc=False
    ),
    "sleep-j2": Row(
        "repro -j 2 of 100 x sleep 0.05",
        new(sleepers, SLEEPERS),
        ["repro", "-j", "2"],
        "make -j 2",
        forget_runs,
        large=True,
        dvc=False,
    ),
    "many-status": _question("status", "status"),
    "many-dag": _question("dag", "dag", "--mermaid"),
    "many-dag-ascii": _question("dag as a picture of boxes", "dag", dvc=False),
    "many-stages": _question("stage list --all", "stage", "list", "--all"),
    "many-params": _question("params diff", "params", "diff"),
    "many-metrics": _question("metrics show", "metrics", "show"),
    "many-lineage": _question("lineage", "lineage", "part32/merged.txt", dvc=False),
}
