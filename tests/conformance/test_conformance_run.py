"""The judge of the conformance runner: what counts as passing, allowed, differing and failing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import run

HERE = Path(run.__file__).parent


def judged(name: str, golden: Any, result: Any) -> run.Judgement:
    scenario = {"id": name, "level": "must"}
    return run.judge(
        scenario, golden, result, required={"must-pass"}, allowed={"may-differ": "because"}, strict=lambda value: value
    )


def test_equal_results_pass() -> None:
    assert judged("must-pass", {"rc": 0}, {"rc": 0}) == run.Judgement("must-pass", "must", run.PASS, [])


def test_a_difference_fails_only_where_passing_is_required() -> None:
    verdicts = {name: judged(name, {"rc": 0}, {"rc": 1}).verdict for name in ("must-pass", "may-differ", "other")}
    assert verdicts == {"must-pass": run.FAILED, "may-differ": run.ALLOWED, "other": run.DIFFERS}


def test_a_scenario_without_recorded_result_does_not_pass() -> None:
    assert judged("must-pass", None, {"rc": 0}).verdict == run.FAILED


def test_the_difference_names_both_sides() -> None:
    lines = judged("other", {"rc": 0}, {"rc": 1}).lines
    assert lines[:2] == ["--- dvc", "+++ dvnb"]
    assert '- "rc": 0' in "\n".join(lines)
    assert '+ "rc": 1' in "\n".join(lines)


def test_only_what_the_comparison_calls_strict_counts() -> None:
    result = run.judge(
        {"id": "a", "level": "must"}, {"rc": 0, "soft": 1}, {"rc": 0, "soft": 2},
        required=set(), allowed={}, strict=lambda value: value["rc"],
    )  # fmt: skip
    assert result.verdict == run.PASS


def test_the_score_counts_families_levels_and_all() -> None:
    lines = run.score([judged("add-a", 1, 1), judged("add-b", 1, 2), judged("may-differ", 1, 2)])
    rows = {line.rsplit(maxsplit=4)[0].strip(): [int(count) for count in line.split()[-4:]] for line in lines[1:]}
    assert rows == {"add": [1, 0, 1, 2], "may": [0, 1, 0, 1], "level must": [1, 1, 1, 3], "all": [1, 1, 1, 3]}


def test_required_names_are_read_without_comments(tmp_path: Path) -> None:
    path = tmp_path / "required.txt"
    path.write_text("# all\nadd-file\n\nadd-dir  # folders\n")
    assert run.read_required(path) == {"add-file", "add-dir"}


def test_an_allowed_difference_needs_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "allowed.toml"
    path.write_text('[gc]\nreason = " "\n')
    with pytest.raises(SystemExit, match="'gc' has no reason"):
        run.read_allowed(path)


def test_no_scenario_is_both_required_and_allowed_to_differ() -> None:
    assert not run.read_required(HERE / "required.txt") & run.read_allowed(HERE / "allowed.toml").keys()
