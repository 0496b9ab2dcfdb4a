"""Reproducing stages, in this process: order, outcomes, failures, the run cache, what is asked and told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from dvnb import Repo
from dvnb.errors import StageFailedError
from dvnb.events import CommandOutput, CommandStarted, Event, StageFailed, StageRestored, StageSkipped, Warned


class Bench:
    """A project without git, and what its last run told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.heard: list[Event] = []
        Repo.init(root, no_scm=True)

    @property
    def repo(self) -> Repo:
        self.heard.clear()
        return Repo(self.root, listener=self.heard.append, capture=True)

    def stages(self, text: str) -> None:
        (self.root / "dvc.yaml").write_text("stages:\n" + text)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    @property
    def lock(self) -> dict[str, object]:
        return yaml.safe_load(self.read("dvc.lock"))["stages"]

    def told(self, kind: type[Event]) -> list[str]:
        return [getattr(event, "stage", getattr(event, "message", "")) for event in self.heard if type(event) is kind]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


CHAIN = (
    "  c: {cmd: 'cat b > c', deps: [b], outs: [c]}\n"
    "  b: {cmd: 'cat a > b', deps: [a], outs: [b]}\n"
    "  a: {cmd: 'cat in > a', deps: [in], outs: [a]}\n"
)


def test_stages_run_in_the_order_of_the_graph_and_only_once(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN)
    assert bench.repo.repro().ran == ["a", "b", "c"]
    assert bench.read("c") == "1\n"
    result = bench.repo.repro()
    assert (result.skipped, result.ran) == (["a", "b", "c"], [])
    assert bench.told(StageSkipped) == ["a", "b", "c"]


def test_reasons_are_those_of_status(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN)
    bench.repo.repro()
    bench.write("in", "2\n")
    (bench.root / "c").unlink()
    status = bench.repo.status().stages
    runs = {run.stage: run for run in bench.repo.repro().stages}
    assert runs["a"].reasons == status["a"] == [{"changed deps": {"in": "modified"}}]
    assert runs["c"].reasons[-1] == {"changed outs": {"c": "deleted"}}
    assert all(run.seconds >= 0 for run in runs.values())


def test_equal_results_stop_the_chain(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN.replace("cat in > a", "wc -l < in > a"))
    bench.repo.repro()
    bench.write("in", "2\n")
    result = bench.repo.repro()
    assert (result.ran, result.skipped) == (["a"], ["b", "c"])


def test_force_runs_all_and_force_downstream_what_follows(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN)
    bench.repo.repro()
    assert bench.repo.repro(force=True).ran == ["a", "b", "c"]
    assert bench.repo.repro("b", force=True, single_item=True).ran == ["b"]
    bench.stages(CHAIN.replace("cat a > b", "cat  a > b"))
    result = bench.repo.repro(force_downstream=True)
    assert (result.skipped, result.ran) == (["a"], ["b", "c"])


def test_run_cache_restores_without_running(bench: Bench) -> None:
    bench.stages("  s: {cmd: 'echo x >> log && cat in > out', deps: [in], outs: [out]}\n")
    for text in ("1\n", "2\n", "1\n"):
        bench.write("in", text)
        result = bench.repo.repro()
    assert [run.outcome for run in result.stages] == ["restored"]
    assert bench.told(StageRestored) == ["s"]
    assert (bench.read("out"), bench.read("log")) == ("1\n", "x\nx\n")
    bench.write("in", "2\n")
    assert bench.repo.repro(no_run_cache=True).ran == ["s"]


def test_always_changed_and_callbacks_run_every_time(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(
        "  always: {cmd: 'cat in > out', deps: [in], outs: [out], always_changed: true}\n  callback: {cmd: echo hi}\n"
    )
    for _ in range(2):
        assert set(bench.repo.repro().ran) == {"always", "callback"}


def test_dry_tells_and_changes_nothing(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN)
    # As with dvc, a dep that an earlier stage has yet to make stops a dry run.
    with pytest.raises(StageFailedError, match="failed to reproduce 'b'"):
        bench.repo.repro(dry=True)
    assert sorted(os.listdir(bench.root)) == [".dvc", ".dvcignore", "dvc.yaml", "in"]
    bench.repo.repro()
    bench.write("in", "2\n")
    result = bench.repo.repro(dry=True)
    assert result.stages[0].outcome == "would-run" and result.ran == []
    assert [event.command for event in bench.heard if isinstance(event, CommandStarted)] == ["cat in > a"]
    assert bench.read("a") == "1\n" and bench.repo.status("a").stages


def test_failure_leaves_what_succeeded_and_restores_the_rest(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN)
    bench.repo.repro()
    bench.write("in", "2\n")
    bench.stages(CHAIN.replace("cat a > b", "echo half > b; exit 7"))
    with pytest.raises(StageFailedError) as caught:
        bench.repo.repro()
    assert caught.value.stage == "b"
    assert str(caught.value).endswith("failed to run: echo half > b; exit 7, exited with 7")
    assert (bench.read("a"), bench.read("b"), bench.read("c")) == ("2\n", "1\n", "1\n")
    assert bench.lock["b"]["cmd"] == "cat a > b"
    trashed = [path.read_text() for path in (bench.root / ".dvc" / "tmp" / "dvnb" / "trash").rglob("b")]
    assert trashed == ["half\n"]
    assert not list((bench.root / ".dvc" / "tmp" / "dvnb" / "aside").glob("*"))


def test_out_that_is_not_made_is_a_failure(bench: Bench) -> None:
    bench.stages("  s: {cmd: 'true', outs: [never]}\n")
    with pytest.raises(StageFailedError, match="output 'never' does not exist"):
        bench.repo.repro()
    assert not (bench.root / "dvc.lock").exists()


def test_out_that_was_there_and_is_not_made_again_comes_back(bench: Bench) -> None:
    bench.write("kept", "by hand\n")
    bench.stages("  s: {cmd: 'true', outs: [kept]}\n")
    with pytest.raises(StageFailedError):
        bench.repo.repro()
    assert bench.read("kept") == "by hand\n"


def test_keep_going_blocks_only_dependents(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN.replace("cat in > a", "false") + "  free: {cmd: 'echo 1 > free', outs: [free]}\n")
    with pytest.raises(StageFailedError, match="failed to reproduce 'a'"):
        bench.repo.repro(on_error="keep-going")
    assert bench.told(StageFailed) == ["a"]
    assert any("'b' and 'c' will be skipped" in message or "'c' and 'b'" in message for message in bench.told(Warned))
    assert bench.read("free") == "1\n"
    assert not (bench.root / "b").exists()


def test_several_failures_are_named_together(bench: Bench) -> None:
    bench.stages("  x: {cmd: 'false'}\n  y: {cmd: 'false'}\n")
    with pytest.raises(StageFailedError, match="failed to reproduce stages: '[xy]' and '[xy]'"):
        bench.repo.repro(on_error="keep-going")
    assert set(bench.repo.repro(on_error="ignore").failed) == {"x", "y"}


def test_missing_dependency(bench: Bench) -> None:
    bench.stages("  s: {cmd: 'cat gone > out', deps: [gone], outs: [out]}\n")
    with pytest.raises(
        StageFailedError, match=r"failed to reproduce 's': \[Errno 2\] No such file or directory: .*gone"
    ):
        bench.repo.repro()


def test_frozen_stage_is_not_run(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN)
    bench.repo.repro()
    bench.repo.freeze("a")
    bench.write("in", "2\n")
    assert bench.repo.repro().ran == []
    assert any("'a' is frozen" in message for message in bench.told(Warned))
    bench.repo.unfreeze("a")
    assert bench.repo.repro().ran == ["a", "b", "c"]


def test_persistent_out_is_there_while_the_command_runs(bench: Bench) -> None:
    bench.stages("  s: {cmd: 'echo x >> log', outs: [log: {persist: true}], always_changed: true}\n")
    bench.repo.repro()
    bench.repo.repro()
    assert bench.read("log") == "x\nx\n"


def test_other_outs_are_away_while_the_command_runs(bench: Bench) -> None:
    bench.stages("  s: {cmd: 'test ! -e log && echo x > log', outs: [log], always_changed: true}\n")
    bench.repo.repro()
    assert bench.repo.repro().ran == ["s"]


def test_commands_get_dvc_s_environment_their_folder_and_stop_at_the_first_failure(bench: Bench) -> None:
    (bench.root / "sub").mkdir()
    bench.stages(
        "  s:\n    wdir: sub\n    cmd:\n"
        "    - 'echo $DVC_STAGE > env; pwd >> env; echo $DVC_ROOT >> env'\n    - 'false'\n    - touch never\n"
    )
    with pytest.raises(StageFailedError, match="failed to run: false, exited with 1"):
        bench.repo.repro()
    assert bench.read("sub/env").splitlines() == ["s", str(bench.root / "sub"), str(bench.root)]
    assert not (bench.root / "sub" / "never").exists()


def test_output_of_commands_arrives_as_events(bench: Bench) -> None:
    bench.stages("  s: {cmd: 'echo out; echo err >&2'}\n")
    bench.repo.repro()
    said = "".join(event.text for event in bench.heard if isinstance(event, CommandOutput))
    assert "out\n" in said and "err\n" in said


def test_params_and_their_files(bench: Bench) -> None:
    bench.write("params.yaml", "lr: 1\nother: 1\n")
    bench.write("more.json", '{"deep": {"x": 1}}')
    bench.stages("  s:\n    cmd: echo run >> log\n    params: [lr, more.json: [deep.x]]\n")
    assert bench.repo.repro().ran == ["s"]
    bench.write("params.yaml", "lr: 1\nother: 2\n")
    assert bench.repo.repro().skipped == ["s"]
    bench.write("more.json", '{"deep": {"x": 2}}')
    (run,) = bench.repo.repro().stages
    assert (run.outcome, run.reasons) == ("ran", [{"changed deps": {"more.json": {"deep.x": "modified"}}}])
    assert bench.lock["s"]["params"] == {"params.yaml": {"lr": 1}, "more.json": {"deep.x": 2}}


def test_data_source_that_changed_is_recorded_first(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.repo.add("in")
    bench.stages(CHAIN)
    bench.repo.repro()
    bench.write("in", "2\n")
    result = bench.repo.repro()
    assert (result.stages[0].stage, result.stages[0].outcome) == ("in.dvc", "verified")
    assert result.ran == ["a", "b", "c"]
    assert bench.repo.status().clean


def test_no_commit_records_but_does_not_cache(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.stages(CHAIN)
    bench.repo.repro("a", no_commit=True)
    assert "a" in bench.lock
    assert bench.repo.status("a").stages == {"a": [{"changed outs": {"a": "not in cache"}}]}
    bench.repo.commit("a")
    assert bench.repo.status("a").clean


def test_confirmation_that_is_denied_stops(bench: Bench) -> None:
    bench.stages("  s: {cmd: touch ran}\n")
    with pytest.raises(StageFailedError, match="aborted by the user"):
        bench.repo.repro(interactive=lambda _: False)
    assert not (bench.root / "ran").exists()


def test_allow_missing_takes_the_recorded_hash_of_a_missing_dependency(bench: Bench) -> None:
    bench.write("in", "1\n")
    bench.repo.add("in")
    bench.stages(CHAIN)
    bench.repo.repro()
    (bench.root / "in").unlink()
    result = bench.repo.repro(allow_missing=True)
    assert result.ran == []
