"""Results and events in dvc's words."""

from __future__ import annotations

import shlex

from dvnb import events
from dvnb.commands import parser
from dvnb.commands.style import Style
from dvnb.commands.text.events import Narrator
from dvnb.errors import Hint
from dvnb.repo import results
from dvnb.repo.results import Result


def told(line: str, result: Result) -> str:
    command, args = parser.parse(shlex.split(line))
    return command.text(result, args, Style())


def test_status_names_reasons_as_dvc_does():
    result = results.StatusResult(
        {
            "prep": [{"changed deps": {"in.txt": "modified"}}, {"changed outs": {"mid.txt": "deleted"}}],
            "train": [
                {"changed deps": {"mid.txt": "deleted", "params.yaml": {"lr": "deleted", "train.epochs": "modified"}}},
                "changed command",
            ],
        }
    )
    assert told("status", result).splitlines() == [
        "prep:",
        "\tchanged deps:",
        "\t\tmodified:           in.txt",
        "\tchanged outs:",
        "\t\tdeleted:            mid.txt",
        "train:",
        "\tchanged deps:",
        "\t\tdeleted:            mid.txt",
        "\t\tparams.yaml:",
        "\t\t\tdeleted:            lr",
        "\t\t\tmodified:           train.epochs",
        "\tchanged command",
    ]


def test_status_of_a_clean_and_of_an_empty_project():
    assert told("status", results.StatusResult()) == "Data and pipelines are up to date."
    empty = told("status", results.StatusResult(empty=True))
    assert empty == (
        "There are no data or pipelines tracked in this project yet.\nSee <https://dvc.org/doc/start> to get started!"
    )


def test_cloud_status():
    assert told("status -c", results.CloudStatusResult({"d/x": "new"})) == "\tnew:                d/x"
    assert told("status -r up", results.CloudStatusResult(remote="up")) == "Cache and remote 'up' are in sync."


def test_quiet_status_says_by_its_exit_code_whether_anything_changed():
    command, args = parser.parse(["status", "-q"])
    assert command.exit_code(results.StatusResult({"s": ["changed command"]}), args) == 1
    assert command.exit_code(results.StatusResult(), args) == 0
    command, args = parser.parse(["status"])
    assert command.exit_code(results.StatusResult({"s": ["changed command"]}), args) == 0


def test_checkout_lists_paths_or_counts():
    result = results.CheckoutResult(["d/"], ["f"], [], 1, 1, 2)
    assert told("checkout", result) == "M       d/\nA       f"
    assert told("checkout --summary", result) == "1 file modified, 1 file added and 2 files deleted"
    assert told("checkout --summary", results.CheckoutResult()) == "No changes."
    assert told("checkout --relink", results.CheckoutResult(relinked=True)) == "Relinked successfully"


def test_add_says_what_git_should_be_told():
    result = results.AddResult([], ["it's.dvc", ".gitignore"])
    assert told("add x", result) == (
        "\nTo track the changes with git, run:\n\n\tgit add 'it'\"'\"'s.dvc' .gitignore\n"
        "\nTo enable auto staging, run:\n\n\tdvnb config core.autostage true"
    )
    assert told("add x", results.AddResult([], ["x.dvc"], staged=True)) == ""


def test_repro_ends_with_what_comes_next():
    ran = results.ReproResult([results.StageRun("s", "ran")], ["dvc.lock"])
    lines = told("repro", ran).splitlines()
    assert lines[1] == "To track the changes with git, run:"
    assert lines[-1] == "Use `dvnb push` to send your updates to remote storage."
    skipped = results.ReproResult([results.StageRun("s", "skipped")])
    assert told("repro", skipped) == "Data and pipelines are up to date."


def test_transfers_are_counted():
    assert told("push", results.TransferSummary(3)) == "3 files pushed"
    assert told("fetch", results.TransferSummary()) == "Everything is up to date."
    pulled = results.PullResult(results.TransferSummary(3), results.CheckoutResult(added=["d/"], files_added=4))
    assert told("pull", pulled) == "A       d/\n3 files fetched and 4 files added"


def test_remote_list_is_dvcs_table():
    result = results.RemoteListResult(
        [
            results.RemoteRow("r1", "/tw/remote-cmds/remote", default=True),
            results.RemoteRow("r2", "s3://b", default=False),
        ]
    )
    assert told("remote list", result) == "r1      /tw/remote-cmds/remote  (default)\nr2      s3://b"


def test_remote_default_without_one_is_a_failure():
    command, args = parser.parse(["remote", "default"])
    assert command.text(results.ConfigResult(), args, Style()) == "No default remote set"
    assert command.exit_code(results.ConfigResult(), args) == 1
    command, args = parser.parse(["remote", "default", "r"])
    assert command.exit_code(results.ConfigResult(), args) == 0


def test_stage_list():
    rows = [results.StageRow("a", "Outputs x"), results.StageRow("long", "Depends on y")]
    assert told("stage list", results.StageListResult(rows)) == "a     Outputs x\nlong  Depends on y"
    assert told("stage list --name-only", results.StageListResult(rows)) == "a\nlong"


def test_data_status_groups():
    result = results.DataStatusResult(
        {"not_in_cache": ["d/"], "uncommitted": {"modified": ["d/x"], "renamed": [{"old": "a", "new": "b"}]}}
    )
    assert told("data status", result).splitlines() == [
        "Not in cache:",
        '  (use "dvnb fetch <file>..." to download files)',
        "        d/",
        "",
        "DVC uncommitted changes:",
        '  (use "dvnb commit <file>..." to track changes)',
        '  (use "dvnb checkout <file>..." to discard changes)',
        "        modified: d/x",
        "        renamed: a -> b",
    ]
    assert told("data status", results.DataStatusResult()) == "No changes."


def test_check_ignore_details():
    match = results.IgnoreMatch("d/a.tmp", True, ".dvcignore", 1, "*.tmp")
    negated = results.IgnoreMatch("d/keep.tmp", False, ".dvcignore", 2, "!keep.tmp")
    builtin = results.IgnoreMatch(".dvc/config", True, "", None, ".dvc/")
    none = results.IgnoreMatch("b", False)
    result = results.IgnoreResult([match, negated, builtin, none])
    assert told("check-ignore x", result) == "d/a.tmp\n.dvc/config"
    assert told("check-ignore -d -n x", result).splitlines() == [
        ".dvcignore:1:*.tmp\td/a.tmp",
        ".dvcignore:2:!keep.tmp\td/keep.tmp",
        ":.dvc/\t.dvc/config",
        "::\tb",
    ]
    command, args = parser.parse(["check-ignore", "b"])
    assert command.exit_code(results.IgnoreResult([none]), args) == 1
    assert command.exit_code(result, args) == 0


def test_metrics_tables():
    shown = results.MetricsShowResult({"": {"data": {"m.json": {"data": {"acc": 0.5, "loss": {"val": 1.25}}}}}})
    assert told("metrics show", shown) == "Path    acc    loss.val\nm.json  0.5    1.25"
    diff = results.DiffResult({"m.json": {"acc": {"old": 0.5, "new": 0.75, "diff": 0.25}}}, a="HEAD", b="workspace")
    assert (
        told("metrics diff --no-path", diff)
        == "Metric    HEAD    workspace    Change\nacc       0.5     0.75         0.25"
    )


def test_dag_languages():
    result = results.DagResult(["a", "b"], [("a", "b")])
    assert told("dag --dot", result).splitlines() == ["strict digraph {", '"a";', '"b";', '"a" -> "b";', "}"]
    assert told("dag --md", result).startswith("```mermaid\nflowchart TD\n")
    assert "| a |" in told("dag", result)


def narrated(*happened: events.Event) -> tuple[str, str]:
    out: list[str] = []
    err: list[str] = []
    narrator = Narrator(Style(), say=out.append, warn=err.append)
    for event in happened:
        narrator(event)
    return "".join(out), "".join(err)


def test_a_run_is_told_as_dvc_tells_it():
    out, err = narrated(
        events.StageSkipped("in.txt.dvc"),
        events.StageStarted("prep"),
        events.CommandStarted("prep", "echo a"),
        events.CommandOutput("prep", "a\n"),
        events.FileWritten("dvc.lock", "lock", created=True),
        events.StageFinished("prep"),
        events.StageRestored("train"),
        events.FileWritten("dvc.lock", "lock"),
        events.StageFinished("train"),
        events.StageSkipped("eval"),
        events.Warned("stage: 'x' is frozen."),
    )
    assert out.splitlines() == [
        "'in.txt.dvc' didn't change, skipping",
        "Running stage 'prep':",
        "> echo a",
        "a",
        "Generating lock file 'dvc.lock'",
        "Updating lock file 'dvc.lock'",
        "",
        "Stage 'train' is cached - skipping run, checking out outputs",
        "Updating lock file 'dvc.lock'",
        "",
        "Stage 'eval' didn't change, skipping",
    ]
    assert err == "WARNING: stage: 'x' is frozen.\n"


def test_sources_and_definitions_are_told():
    out, _ = narrated(
        events.SourceVerified("in.txt.dvc"),
        events.SourceVerified("x", frozen=True),
        events.FileWritten("dvc.yaml", "stage-added", stage="s"),
        events.FileWritten("dvc.yaml", "stage-modified", stage="s"),
    )
    assert out.splitlines() == [
        "Verifying data sources in stage: 'in.txt.dvc'",
        "Verifying outputs in frozen stage: 'x'",
        "Added stage 's' in 'dvc.yaml'",
        "Modifying stage 's' in 'dvc.yaml'",
    ]


def test_hints_are_worded_for_the_face():
    assert Style().hint(Hint("pull", "my data")) == "dvnb pull 'my data'"
    assert Style("%dvc").hint(Hint("remote default", "<name>")) == "%dvc remote default <name>"


def test_colours_only_where_wanted():
    assert Style(colours=True).paint("M", "yellow") == "\x1b[33mM\x1b[0m"
    assert Style().paint("M", "yellow") == "M"
