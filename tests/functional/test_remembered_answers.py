"""What a process was asked before it says at once, as long as nothing changed that the answer may depend on."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo, init
from dvnb.errors import DvnbError
from dvnb.events import Event, Warned
from dvnb.pipeline import index
from dvnb.project import watch
from dvnb.repo import answers

STAGES = """\
stages:
  prepare:
    cmd: cp raw/a.txt prepared.txt
    deps: [raw]
    outs: [prepared.txt]
  train:
    cmd: cp prepared.txt model.txt && cp score.txt scores.json
    deps: [prepared.txt]
    params: [rate]
    outs: [model.txt]
    metrics:
    - scores.json:
        cache: false
"""
SETTLED_SECONDS = 0.03
"""After so long a change can be told from the next one by its time."""


def _git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are remembered, however fast they were found."""
    answers.forget()
    monkeypatch.setattr(answers, "SLOW_SECONDS", -1.0)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two stages that are up to date, and data, in git; nothing of it is so young that it could change unseen."""
    monkeypatch.setenv("DVNB_CACHE_DIR", str(tmp_path / "state"))
    root = tmp_path / "repo"
    (root / "raw").mkdir(parents=True)
    _git(root, "init", "-q")
    init(root)
    for name in "abc":
        (root / "raw" / f"{name}.txt").write_text(name)
    (root / "params.yaml").write_text("rate: 1\n")
    (root / "score.txt").write_text('{"score": 1}')
    (root / "dvc.yaml").write_text(STAGES)
    repo = Repo(root)
    repo.add("raw")
    repo.repro()
    _git(root, "add", ".")
    _git(root, "commit", "-qm", "first")
    repo.status()  # makes .dvc/tmp
    time.sleep(SETTLED_SECONDS)
    return root


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows whenever a metafile is read."""
    seen: list[str] = []
    load = index.load_file

    def noted(project: Any, found: Any, relpath: str, **options: Any) -> None:
        seen.append(relpath)
        load(project, found, relpath, **options)

    monkeypatch.setattr(index, "load_file", noted)
    return seen


QUESTIONS: dict[str, Callable[[Repo], Any]] = {
    "status": lambda repo: repo.status(),
    "status of a target": lambda repo: repo.status("train", with_deps=True),
    "dag": lambda repo: repo.dag(),
    "stage list": lambda repo: repo.stage_list(all=True),
    "params diff": lambda repo: repo.params_diff(),
    "metrics show": lambda repo: repo.metrics_show(all_tags=True),
    "metrics diff": lambda repo: repo.metrics_diff(),
    "lineage": lambda repo: repo.lineage("model.txt"),
    "why": lambda repo: repo.why("train"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_read_for_the_same_question(root: Path, loads: list[str], question: str) -> None:
    ask = QUESTIONS[question]
    first = ask(Repo(root)).to_json()
    ask(Repo(root))  # git may have written its index anew when it was asked first
    assert loads
    loads.clear()
    assert ask(Repo(root)).to_json() == first
    assert loads == []


def test_what_is_found_fast_is_asked_anew(root: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "SLOW_SECONDS", 60.0)
    for _ in range(3):
        loads.clear()
        assert Repo(root).status().stages == {}
        assert loads


def test_who_asks_once_remembers_nothing(root: Path, loads: list[str]) -> None:
    for _ in range(3):
        loads.clear()
        assert Repo(root, once=True).status().stages == {}
        assert loads


def test_a_result_is_the_askers_own(root: Path) -> None:
    repo = Repo(root)
    (root / "raw" / "a.txt").write_text("other")
    time.sleep(SETTLED_SECONDS)
    expected = repo.status().to_json()
    repo.status().stages.clear()
    assert repo.status().to_json() == expected != {}


def test_warnings_come_again_and_progress_does_not(root: Path, loads: list[str]) -> None:
    (root / "dvc.yaml").write_text(STAGES.replace("    cmd: cp raw", "    frozen: true\n    cmd: cp raw"))
    time.sleep(SETTLED_SECONDS)
    heard: list[Event] = []
    for _ in range(3):
        loads.clear()
        heard.clear()
        Repo(root, listener=heard.append).status()
        assert [event for event in heard if isinstance(event, Warned) and "is frozen" in event.message]
    assert not loads


@pytest.mark.parametrize("where", ["dep", "params", "vars", "metrics", "variable"])
def test_what_depends_on_files_elsewhere_is_asked_anew(root: Path, where: str, loads: list[str]) -> None:
    outside = root.parent / "outside.yaml"
    outside.write_text("rate: 1\npace: 2\n")
    (root / "params.yaml").write_text("rate: 1\nplace: ../outside.yaml\n")
    text = {
        "dep": STAGES.replace("deps: [prepared.txt]", "deps: [prepared.txt, ../outside.yaml]"),
        "params": STAGES.replace("params: [rate]", "params: [../outside.yaml: [rate]]"),
        "vars": "vars: [../outside.yaml:pace]\n" + STAGES.replace("cp prepared.txt", "cp ${pace} prepared.txt"),
        "metrics": STAGES + "metrics: [../outside.yaml]\n",
        "variable": STAGES.replace("deps: [prepared.txt]", "deps: ['${place}']"),
    }[where]
    (root / "dvc.yaml").write_text(text)
    time.sleep(SETTLED_SECONDS)
    for _ in range(3):
        loads.clear()
        Repo(root).status()
        assert loads


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_seen(root: Path) -> None:
    repo = Repo(root)
    for _ in range(2):
        assert repo.status().stages == {}
    path, old = root / "raw" / "a.txt", (root / "raw" / "a.txt").stat()
    (root.parent / "new").write_text("b")
    os.utime(root.parent / "new", ns=(old.st_atime_ns, old.st_mtime_ns))
    (root.parent / "new").replace(path)
    time.sleep(SETTLED_SECONDS)
    assert "raw.dvc" in repo.status().stages


def test_what_changed_just_now_is_not_trusted(root: Path) -> None:
    project = Repo(root).project
    look = watch.Watch(project).look
    assert look() is not None
    (root / "raw" / "a.txt").write_text("other")
    assert look() is None
    time.sleep(SETTLED_SECONDS)
    assert look() is not None


def test_another_environment_is_another_question(
    root: Path, tmp_path: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(root)
    repo.status()
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "config"))
    loads.clear()
    repo.status()
    assert loads


def test_what_the_users_git_ignores_counts(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text(f"[include]\n\tpath = {tmp_path}/more\n")
    (tmp_path / "more").write_text(f"[core]\n\texcludesFile = {tmp_path}/excludes\n")
    (root / "below").mkdir()
    _put(root / "below" / "dvc.yaml", "1")
    time.sleep(SETTLED_SECONDS)
    repo = Repo(root)
    (tmp_path / "others").write_text("below\n")
    for text, named, below in (
        ("", "excludes", True),
        ("below\n", "excludes", False),
        ("other\n", "excludes", True),
        ("", "others", False),
    ):
        if named == "excludes":
            (tmp_path / "excludes").write_text(text)
        (tmp_path / "more").write_text(f"[core]\n\texcludesFile = {tmp_path}/{named}\n")
        for _ in range(2):
            time.sleep(SETTLED_SECONDS)
            assert ("below/dvc.yaml:below1" in repo.dag().nodes) is below


def test_the_cache_counts(root: Path) -> None:
    repo = Repo(root)
    for _ in range(2):
        assert repo.status().stages == {}
    cached = next(path for path in (root / ".dvc/cache/files/md5").rglob("*") if path.is_file())
    os.chmod(cached.parent, 0o755)
    cached.unlink()
    assert "not in cache" in str(repo.status().stages)


def test_too_many_files_are_not_looked_at(root: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST", 5)
    for _ in range(3):
        loads.clear()
        assert Repo(root).status().stages == {}
        assert loads


def test_an_environment_that_git_ignores_is_left_out(root: Path, loads: list[str]) -> None:
    repo = Repo(root)
    (root / ".venv").mkdir()
    (root / ".venv" / "pyvenv.cfg").touch()
    with (root / ".gitignore").open("a") as file:
        file.write(".venv\n")
    time.sleep(SETTLED_SECONDS)
    repo.status()
    (root / ".venv" / "module.py").touch()
    loads.clear()
    repo.status()
    assert loads == []
    (root / ".gitignore").write_text((root / ".gitignore").read_text().replace(".venv\n", ""))
    (root / ".venv" / "dvc.yaml").write_text("stages:\n  more:\n    cmd: 'true'\n")
    assert "always changed" in str(repo.status().stages)


def test_two_threads_ask_while_a_third_edits(root: Path) -> None:
    """An answer that was found before an edit is not remembered as one after it."""
    repo = Repo(root)
    wrong: list[Any] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            repo.params_diff()

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    try:
        for number in range(2, 25):
            (root / "params.yaml").write_text(f"rate: {number}\n")
            time.sleep(0.02 * (number % 3))
            told = repo.params_diff().files["params.yaml"]["rate"]["new"]
            if told != number:
                wrong.append((number, told))
    finally:
        stop.set()
        for asker in askers:
            asker.join()
    assert wrong == []


def _edits(root: Path, chance: random.Random) -> dict[str, Callable[[], object]]:
    """Things that people and programs do to a project."""
    names = [root / "raw" / f"{name}.txt" for name in "abcd"]
    one, other = chance.sample(names, 2)
    text = str(chance.randrange(1000, 9999))

    def replace_keeping_time() -> None:
        if one.exists():
            old = one.stat()
            new = root / "new"
            new.write_text(text[: old.st_size])
            os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
            new.replace(one)

    def swap() -> None:
        if one.exists() and other.exists():
            one.rename(root / "aside")
            other.rename(one)
            (root / "aside").rename(other)

    return {
        "write a file": lambda: one.write_text(text),
        "remove a file": lambda: one.unlink(missing_ok=True),
        "replace a file, keeping its time": replace_keeping_time,
        "exchange two files": swap,
        "edit params": lambda: (root / "params.yaml").write_text(f"rate: {text}\n"),
        "edit metrics": lambda: (root / "scores.json").write_text(f'{{"score": {text}}}'),
        "add a stage": lambda: (root / "dvc.yaml").write_text(
            f"{STAGES}  s{text}:\n    cmd: 'true'\n    outs: [o{text}]\n"
        ),
        "take it away": lambda: (root / "dvc.yaml").write_text(STAGES),
        "ignore": lambda: (root / ".dvcignore").write_text(chance.choice(["", "raw/a.txt\n", "*.csv\n"])),
        "a pipeline below": lambda: ((root / "sub").mkdir(exist_ok=True), _put(root / "sub" / "dvc.yaml", text)),
        "no pipeline below": lambda: shutil.rmtree(root / "sub", ignore_errors=True),
        "git ignores": lambda: _put(root / ".git" / "info" / "exclude", chance.choice(["", "sub\n"]), raw=True),
        "commit": lambda: _git(root, "commit", "-qam", text, "--allow-empty"),
        "back": lambda: _git(root, "reset", "-q", "--soft", "HEAD^", "--") if _commits(root) > 1 else None,
        "tag": lambda: _git(root, "tag", "-f", "v1"),
        "repro": lambda: Repo(root).repro(on_error="keep-going"),
        "checkout": lambda: Repo(root).checkout(force=True),
        "link": lambda: _link(root / "raw" / "link.txt", one),
    }


def _put(path: Path, text: str, *, raw: bool = False) -> None:
    path.write_text(text if raw else f"stages:\n  below{text}:\n    cmd: 'true'\n    outs: [out{text}]\n")


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _commits(root: Path) -> int:
    words = ["git", "rev-list", "--count", "HEAD"]
    return int(subprocess.run(words, cwd=root, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_answers_are_those_of_a_new_process(
    root: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    warm = Repo(root)
    done: list[str] = []
    given_again: list[bytes] = []
    load = pickle.loads

    def noted(pickled: bytes) -> Any:
        given_again.append(pickled)
        return load(pickled)

    monkeypatch.setattr(answers.pickle, "loads", noted)
    for _ in range(40):
        edits = _edits(root, chance)
        for name in chance.choices(list(edits), k=chance.choice([0, 1, 1, 2])):
            done.append(name)
            with suppress(DvnbError):  # of broken links and missing objects
                edits[name]()
        if chance.random() < 0.5:
            time.sleep(SETTLED_SECONDS)
        question = chance.choice(list(QUESTIONS))
        done.append(f"{question}?")
        assert _said(warm, question) == _said(Repo(root, once=True), question), done
    assert given_again


def _said(repo: Repo, question: str) -> Any:
    try:
        return QUESTIONS[question](repo).to_json()
    except Exception as error:  # noqa: BLE001 - what is refused has to be refused in the same words
        return type(error), str(error)
