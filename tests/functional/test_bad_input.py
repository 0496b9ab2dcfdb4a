"""What cannot be done: one clear error, dvc's exit code, and nothing has changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dvnb import Repo
from dvnb.errors import ConfigFileError, CycleError, DvnbError, FormatError, GraphError

BROKEN = "stages:\n  a:\n    cmd: [x\n    deps: y: z\n"


class Case(NamedTuple):
    """`setup` makes the trouble, `args` meet it, every one of `said` is in the error."""

    setup: Callable[[], object]
    args: list[str]
    code: int
    said: list[str]


def nothing() -> None:
    pass


def write(path: str, text: str) -> Callable[[], object]:
    def make() -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)

    return make


def both(*setups: Callable[[], object]) -> Callable[[], object]:
    return lambda: [setup() for setup in setups]


def edit(path: str, old: str, new: str) -> Callable[[], object]:
    def make() -> None:
        text = Path(path).read_text()
        assert old in text
        Path(path).write_text(text.replace(old, new))

    return make


def append(path: str, text: str) -> Callable[[], object]:
    return lambda: Path(path).write_text(Path(path).read_text() + text)


def track_parent() -> None:
    write("parent/a.txt", "a")()
    Repo().add("parent/a.txt")


unknown_key = edit("dvc.yaml", "    params:", "    parms:")
circle = edit("dvc.yaml", "    - data.txt\n", "    - data.txt\n    - model.txt\n")
remote = "remote 'nope' doesn't exist"
no_target = "'nope' does not exist as an output or a stage name in 'dvc.yaml'"

CASES = {
    "missing file": Case(nothing, ["add", "nope"], 1, ["output 'nope' does not exist"]),
    "member that is missing": Case(nothing, ["add", "pictures/nope"], 1, ["pictures/nope"]),
    "folder around tracked data": Case(
        track_parent, ["add", "parent"], 1, ["Cannot add 'parent'", "overlapping", "'parent/a.txt'"]
    ),
    "outside": Case(write("../out.txt", "x"), ["add", "../out.txt"], 1, ["outside of DVC project: "]),
    "ignored": Case(
        both(write(".dvcignore", "*.tmp\n"), write("x.tmp", "x")),
        ["add", "x.tmp"],
        1,
        ["x.tmp' is ignored by .dvcignore:1:*.tmp"],
    ),
    "dvc's own": Case(nothing, ["add", ".dvc/config"], 1, [".dvc/config' is ignored by :.dvc/"]),
    "in git": Case(nothing, ["add", "code.py"], 1, ["already tracked by SCM", "git rm -r --cached 'code.py'"]),
    "a .dvc file": Case(nothing, ["add", "data.txt.dvc"], 1, ["DVC file 'data.txt.dvc' cannot be an output"]),
    "below a symlinked folder": Case(
        lambda: os.symlink("pictures", "alias"), ["add", "alias/one.txt"], 1, ["symlinked directories"]
    ),
    "a symlinked folder": Case(lambda: os.symlink("pictures", "alias"), ["add", "alias"], 1, ["symlinked directories"]),
    "broken symlink": Case(lambda: os.symlink("nowhere", "gone"), ["add", "gone"], 1, ["gone"]),
    "symlink to nowhere in a folder": Case(
        both(write("new/x", "x"), lambda: os.symlink("nowhere", "new/gone")), ["add", "new"], 1, ["new/gone"]
    ),
    "broken dvc.yaml, status": Case(write("dvc.yaml", BROKEN), ["status"], 1, ["'./dvc.yaml' is invalid", "line 3"]),
    "broken dvc.yaml, repro": Case(write("dvc.yaml", BROKEN), ["repro"], 255, ["'./dvc.yaml' is invalid", "line 4"]),
    "broken dvc.yaml, add": Case(
        both(write("dvc.yaml", BROKEN), write("new.txt", "x")), ["add", "new.txt"], 1, ["'./dvc.yaml' is invalid"]
    ),
    "duplicate keys": Case(
        append("dvc.yaml", "  train:\n    cmd: y\n"), ["repro"], 255, ['duplicate key "train"', "in line 19, column 3"]
    ),
    "unknown key": Case(
        unknown_key, ["status"], 1, ["extra keys not allowed, in stages -> train -> parms, line 13, column 5"]
    ),
    "unknown key, repro": Case(unknown_key, ["repro"], 255, ["in stages -> train -> parms, line 13"]),
    "deps that are no list": Case(
        edit("dvc.yaml", "    deps:\n    - data.txt\n", "    deps: data.txt\n"),
        ["status"],
        1,
        ["expected a list, in stages -> prepare -> deps, line 3"],
    ),
    "not utf-8": Case(
        lambda: Path("dvc.yaml").write_bytes(b"stages:\n  a:\n    cmd: \xff\n"), ["status"], 1, ["not valid utf-8"]
    ),
    "unknown variable": Case(
        edit("dvc.yaml", "head -n 2", "head -n ${nope}"),
        ["repro"],
        255,
        ["failed to parse 'stages.prepare.cmd' in 'dvc.yaml': Could not find 'nope'"],
    ),
    "cycle": Case(circle, ["repro"], 255, ["both a dependency and an output in stages: ", "train", "prepare"]),
    "cycle, dag": Case(circle, ["dag"], 255, ["both a dependency and an output in stages: "]),
    "out of two stages": Case(
        edit("dvc.yaml", "    - model.txt\n", "    - mid.txt\n"),
        ["repro"],
        255,
        ["output 'mid.txt' is specified in:", "- train", "- prepare"],
    ),
    "out within tracked data": Case(
        write("sub/dvc.yaml", "stages:\n  z:\n    cmd: x\n    outs: [../pictures/sub]\n"),
        ["repro"],
        255,
        ["'pictures'('pictures.dvc')", "'pictures/sub'('sub/dvc.yaml:z')", "overlap"],
    ),
    "bad rev, params": Case(nothing, ["params", "diff", "nope"], 255, ["unknown Git revision 'nope'"]),
    "bad rev, metrics": Case(nothing, ["metrics", "diff", "HEAD", "nope"], 255, ["unknown Git revision 'nope'"]),
    "unknown remote": Case(nothing, ["push", "-r", "nope"], 1, ["failed to push data to the cloud", remote]),
    "unknown remote, status": Case(nothing, ["status", "-c", "-r", "nope"], 1, [remote]),
    "no remote": Case(nothing, ["push"], 1, ["no remote specified", "remote add -d <remote name> <remote url>"]),
    "unknown remote, default": Case(
        nothing, ["remote", "default", "nope"], 251, ["default remote must be present in remote list"]
    ),
    "unknown remote, modify": Case(nothing, ["remote", "modify", "nope", "url", "x"], 251, [remote]),
    "unknown remote, remove": Case(nothing, ["remote", "remove", "nope"], 251, [remote]),
    "unknown remote, rename": Case(nothing, ["remote", "rename", "nope", "x"], 251, [remote]),
    "unknown scheme": Case(nothing, ["remote", "add", "x", "foo://bar"], 251, ["Unsupported URL type foo://"]),
    "bad value": Case(nothing, ["config", "core.autostage", "maybe"], 251, ["expected true or false", "autostage"]),
    "unknown option": Case(nothing, ["config", "core.nope", "1"], 251, ["data['core']['nope']"]),
    "unset option": Case(nothing, ["config", "-u", "core.remote"], 251, ["option 'remote' doesn't exist"]),
    "bad config file": Case(
        append(".dvc/config", "[core]\n    nope = 1\n"),
        ["status"],
        251,
        ["configuration error", "data['core']['nope']"],
    ),
    "bad config file, push": Case(
        append(".dvc/config", "[core]\n    nope = 1\n"), ["push"], 251, ["configuration error", "data['core']['nope']"]
    ),
    "broken config file": Case(append(".dvc/config", "[core\n"), ["status"], 251, ["configuration error", "line 1"]),
    "broken .dvc file": Case(
        write("data.txt.dvc", "outs:\n- md5: [x\n  path: data.txt\n"), ["status"], 1, ["'./data.txt.dvc'", "line 2"]
    ),
    "unknown key in a .dvc file": Case(
        append("data.txt.dvc", "  nope: 1\n"), ["checkout"], 255, ["extra keys not allowed, in outs -> 0 -> nope"]
    ),
    "merge conflict": Case(
        write("data.txt.dvc", "<<<<<<< HEAD\nouts:\n- md5: x\n=======\nouts:\n- md5: y\n>>>>>>> b\n"),
        ["status"],
        1,
        ["(possible merge conflicts)", "line 2"],
    ),
    "broken dvc.lock": Case(
        write("dvc.lock", "schema: '2.0'\nstages:\n  a: [\n"), ["repro"], 255, ["'./dvc.lock' is invalid", "line 4"]
    ),
    "lock of another version": Case(
        edit("dvc.lock", "'2.0'", "'3.0'"), ["status"], 1, ["invalid schema version, in schema"]
    ),
    "broken params": Case(write("params.yaml", "a: [1\n"), ["repro"], 255, ["unable to read: 'params.yaml'", "line 1"]),
    "param that is missing": Case(
        write("params.yaml", "a: 1\n"), ["repro"], 255, ["Parameters 'train.lr' are missing from 'params.yaml'"]
    ),
    "dependency that is missing": Case(
        lambda: os.unlink("data.txt"), ["repro"], 255, ["failed to reproduce 'data.txt.dvc': missing data 'source'"]
    ),
    "unknown stage": Case(nothing, ["repro", "nope"], 255, ["Stage 'nope' not found inside 'dvc.yaml' file"]),
    "no such file": Case(nothing, ["repro", "nope/dvc.yaml:x"], 255, ["nope/dvc.yaml' does not exist"]),
    "unknown target, status": Case(nothing, ["status", "nope"], 1, [no_target]),
    "unknown target, commit": Case(nothing, ["commit", "nope"], 1, [no_target]),
    "unknown target, dag": Case(nothing, ["dag", "nope"], 255, [no_target]),
    "unknown target, freeze": Case(nothing, ["freeze", "nope"], 1, ["Stage 'nope' not found"]),
    "target in git": Case(nothing, ["checkout", "code.py"], 255, ["Did you mean `git checkout code.py`?"]),
    "unsaved change": Case(write("data.txt", "z"), ["checkout"], 255, ["Can't remove the following unsaved files"]),
    "changed data": Case(write("data.txt", "z"), ["commit"], 1, ["unable to commit changed stage: "]),
    "stage that exists": Case(nothing, ["stage", "add", "-n", "train", "x"], 255, ["Stage 'train' already exists"]),
    "bad stage name": Case(nothing, ["stage", "add", "-n", "a.b", "x"], 255, ["cannot contain punctuation"]),
    "stage without command": Case(nothing, ["stage", "add", "-n", "x"], 255, ["command is not specified"]),
    "out of another stage": Case(
        nothing, ["stage", "add", "-n", "x", "-o", "mid.txt", "c"], 255, ["already specified in stage: 'prepare'"]
    ),
    "out outside": Case(nothing, ["stage", "add", "-n", "x", "-o", "../x", "c"], 255, ["outside of DVC project: "]),
    "out that is a dependency": Case(
        nothing, ["stage", "add", "-n", "x", "-o", "q", "-d", "q", "c"], 255, ["as an output and as a dependency"]
    ),
    "stage in a folder that is missing": Case(
        nothing, ["stage", "add", "-n", "x", "-w", "nope", "c"], 255, ["nope' does not exist"]
    ),
    "stage without name": Case(nothing, ["stage", "add", "c"], 254, ["required: -n/--name"]),
    "unknown verb": Case(nothing, ["frobnicate"], 254, ["invalid choice: 'frobnicate'"]),
    "unknown flag": Case(nothing, ["status", "--frob"], 254, ["unrecognized arguments: --frob"]),
    "no verb": Case(nothing, [], 254, ["the following arguments are required"]),
    "nothing to add": Case(nothing, ["add"], 254, ["required: targets"]),
    "no such folder": Case(nothing, ["--cd", "nope", "status"], 255, ["No such file or directory: 'nope'"]),
    "project again": Case(nothing, ["init"], 1, ["'.dvc' exists. Use `-f` to force."]),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_as_by_dvc_and_nothing_changes(
    project: Path, oracle: Any, picture: Any, dvnb: Any, git: Any, name: str
) -> None:
    case = CASES[name]
    case.setup()
    before = picture(project), git("status", "--porcelain")
    done = dvnb(*case.args)
    assert (picture(project), git("status", "--porcelain")) == before
    assert done.code == case.code
    assert done.err.startswith("ERROR: ") and done.err.count("ERROR") == 1 and "Traceback" not in done.err
    for text in case.said:
        assert text in done.err
    assert oracle(*case.args)[0] == case.code


def test_one_bad_target_of_two_leaves_the_other_alone(project: Path, picture: Any, dvnb: Any) -> None:
    write("new/x.txt", "x")()
    before = picture(project)
    assert dvnb("add", "new/x.txt", "nope").code == 1
    assert picture(project) == before


def test_status_tells_of_a_cycle_and_of_outs_of_two_stages_with_dvc_s_exit_code(
    project: Path, oracle: Any, dvnb: Any
) -> None:
    circle()
    done = dvnb("status")
    assert done.code == oracle("status")[0] == 0
    assert "both a dependency and an output" in done.err
    with pytest.raises(CycleError):
        Repo().repro()
    edit("dvc.yaml", "    - data.txt\n    - model.txt\n", "    - data.txt\n")()
    edit("dvc.yaml", "    - model.txt\n", "    - mid.txt\n")()
    done = dvnb("status", "--json")
    assert done.code == oracle("status", "--json")[0] == 0
    assert "output 'mid.txt' is specified in:" in done.err
    with pytest.raises(GraphError):
        Repo().dag()


def test_format_errors_say_file_line_and_column(project: Path) -> None:
    unknown_key()
    with pytest.raises(FormatError) as caught:
        Repo().status()
    assert (caught.value.path, caught.value.line, caught.value.column) == ("dvc.yaml", 13, 5)
    write("dvc.yaml", BROKEN)()
    with pytest.raises(FormatError) as caught:
        Repo().status()
    assert (caught.value.path, caught.value.line) == ("dvc.yaml", 4)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["status"], 0),
        (["params", "diff"], 0),
        (["metrics", "diff"], 0),
        (["metrics", "show", "-a"], 0),
        (["data", "status"], 0),
        (["dag"], 0),
    ],
)
def test_git_without_a_commit(
    project: Path, oracle: Any, picture: Any, dvnb: Any, git: Any, args: list[str], code: int
) -> None:
    shutil.rmtree(".git")
    git("init", "-q")
    before = picture(project)
    done = dvnb(*args)
    assert (done.code, done.err) == (code, "")
    assert picture(project) == before
    assert oracle(*args)[0] == code


def test_data_of_a_rev_without_a_commit_or_of_a_bad_rev(project: Path, picture: Any, dvnb: Any, git: Any) -> None:
    before = picture(project)
    done = dvnb("checkout", "--rev", "nope", "data.txt")
    assert (done.code, done.err) == (255, "ERROR: unknown Git revision 'nope'\n")
    assert picture(project) == before
    shutil.rmtree(".git")
    git("init", "-q")
    before = picture(project)
    done = dvnb("checkout", "--rev", "HEAD", "data.txt")
    assert (done.code, done.err) == (255, "ERROR: unknown Git revision 'HEAD'\n")
    assert picture(project) == before


@pytest.mark.parametrize("verb", [["status"], ["add", "x"], ["repro"], ["checkout"], ["dag"], ["push"], ["root"]])
def test_outside_a_repo(home: Path, tmp_path: Path, oracle: Any, dvnb: Any, verb: list[str], monkeypatch: Any) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "x").write_text("x")
    monkeypatch.chdir(folder)
    done = dvnb(*verb)
    assert done.code == oracle(*verb)[0] == 253
    assert done.err.startswith("ERROR: you are not inside of a DVC repository")
    assert os.listdir(folder) == ["x"]


def test_init_where_no_git_is(home: Path, tmp_path: Path, oracle: Any, dvnb: Any, monkeypatch: Any) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    done = dvnb("init")
    assert done.code == oracle("init")[0] == 1
    assert "is not tracked by any supported SCM tool" in done.err
    assert os.listdir(folder) == []


def test_the_verbs_that_mend_a_bad_config_file_work(project: Path, dvnb: Any) -> None:
    append(".dvc/config", "[core]\n    nope = 1\n")()
    with pytest.raises(ConfigFileError, match="nope"):
        Repo().status()
    assert dvnb("config", "core.nope").out == "1\n"
    assert dvnb("config", "-u", "core.nope").code == 0
    assert dvnb("status").code == 0


def test_metrics_and_params_that_cannot_be_read_do_not_hide_the_rest(project: Path, oracle: Any, dvnb: Any) -> None:
    write("metrics.json", "{")()
    for args in (["metrics", "show"], ["metrics", "diff"]):
        done = dvnb(*args)
        code, out, _ = oracle(*args)
        assert (done.code, code) == (0, 0)
        assert _same(done.out, out)
        assert "failed to load some metrics for following revisions" in done.err
    write("params.yaml", "a: [1\n")()
    done = dvnb("params", "diff", "--json")
    code, out, _ = oracle("params", "diff", "--json")
    assert (done.code, code) == (0, 0)
    assert _same(done.out, out)
    assert "failed to load params in revision 'workspace', unable to read: 'params.yaml'" in done.err
    assert Repo().params_diff().errors == ["workspace"]


def test_a_folder_where_a_file_is_expected(project: Path, picture: Any, dvnb: Any) -> None:
    os.unlink("data.txt.dvc")
    os.mkdir("data.txt.dvc")
    before = picture(project)
    done = dvnb("add", "data.txt")
    assert done.code != 0 and "Traceback" not in done.err and done.err.count("ERROR") == 1
    assert picture(project) == before


def test_unreadable_state_and_locks_are_told(project: Path, dvnb: Any, oracle: Any) -> None:
    write(".dvc/tmp/rwlock", "{")()
    done = dvnb("repro")
    assert done.code == oracle("repro")[0]
    assert "JSON structure is corrupted" in done.err


def can_mount_read_only(folder: Path) -> bool:
    """Whether this process may make a read-only view of a folder, as root in its own mount namespace may."""
    command = [
        "unshare",
        "-m",
        "sh",
        "-c",
        f"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}'",
    ]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def test_a_read_only_checkout_can_be_asked(project: Path, dvnb: Any) -> None:
    if not can_mount_read_only(project):
        pytest.skip("this machine does not let tests mount")
    Path("data.txt").write_text("new\n")
    script = (
        f"mount --bind '{project}' '{project}' && mount -o remount,ro,bind '{project}' && cd '{project}' && "
        'for verb in "status --json" "stage list" dag "metrics show" "params diff" root "data status"; '
        "do python -m dvnb $verb || exit 9; done; touch x 2>/dev/null && exit 8; python -m dvnb add data.txt; exit $?"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode not in (0, 8, 9), done.stderr
    assert '"data.txt": "modified"' in done.stdout
    assert "Read-only file system" in done.stderr and "Traceback" not in done.stderr


def test_every_refusal_is_of_the_family(project: Path) -> None:
    repo = Repo()
    for call in (
        lambda: repo.add("nope"),
        lambda: repo.repro("nope"),
        lambda: repo.checkout("nope"),
        repo.push,
        lambda: repo.params_diff("nope"),
        lambda: repo.remote_modify("nope", "url", "x"),
        lambda: repo.stage_add("a.b", "x"),
    ):
        with pytest.raises(DvnbError):
            call()


def _same(one: str, other: str) -> bool:
    """Whether two texts say the same; dvc's order of keys and rows changes from run to run."""
    if one.startswith("{"):
        return json.loads(one) == json.loads(other)
    return sorted(one.splitlines()) == sorted(other.splitlines())


@pytest.mark.parametrize("place", ["/mnt/storage", "s3://bucket/path", "../storage"])
def test_adding_what_is_meant_as_a_remote(repo: Path, dvnb, place: str) -> None:
    done = dvnb("add", "storage", place)
    assert done.code == 1
    assert done.err == (
        "ERROR: 'storage' does not exist. To add a remote of this name, use 'remote add'\n"
        f"HINT: dvnb remote add storage {place}\n"
    )
    assert "remote" not in (repo / ".dvc" / "config").read_text()
