"""Completion, asked of the shells themselves: verbs, options, and the names that only the project knows."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.commands import registry, suggest
from dvnb.commands.completion import completions
from tests.conftest import Run

# `make test` says so where one of them is not installed.
SHELLS = [shell for shell in ("bash", "zsh", "fish") if shutil.which(shell)]
# what is typed -> what is completed; every answer is the only one
LINES = {
    "ch": {"check-ignore", "checkout"},
    "stage ": {"add", "list"},
    "add --no-c": {"--no-commit"},
    "completion -s z": {"zsh"},
    "push -r st": {"storage"},
    "push --remote ": {"storage", "archive"},
    "remote default arc": {"archive"},
    "remote modify storage endpoint": {"endpointurl"},
    "repro tr": {"train"},
    "repro sub/dvc.yaml:la": {"sub/dvc.yaml:later"},
    "checkout pictures/": {"pictures/one.txt", "pictures/sub"},
    "push pict": {"pictures", "pictures.dvc"},
    "diff --targets dat": {"data.txt", "data.txt.dvc"},
    "diff v": {"v1"},
    "-q gc --rev mai": {"main"},
    "--cd sub repro lat": {"later"},
    "add my": {"my file"},
    "config core.auto": {"core.autostage"},
    "nothing qqq": set(),
}


@pytest.fixture
def named(project: Path, git: Callable[..., str]) -> Path:
    """A project with remotes, a tag, a stage in a folder below, and a name with a blank."""
    repo = Repo()
    repo.remote_add("storage", "../storage", default=True)
    repo.remote_add("archive", "../archive")
    (project / "sub").mkdir()
    Repo(project / "sub").stage_add("later", "true")
    (project / "my file").touch()
    git("tag", "v1")
    return project


def test_bash_is_here() -> None:
    assert "bash" in SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes(named: Path, dvnb: Run, shell: str) -> None:
    script = named.parent / f"dvnb.{shell}"
    script.write_text(dvnb("completion", "-s", shell).out)
    complete = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]
    assert complete(script, list(LINES)) == LINES


# What bash-completion's callers do: readline's words, and what is found replaces the last of them.
BASH = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
rest=$2 COMP_WORDS=()
while [[ $rest =~ ^([^\ :]+|:|\ +)(.*)$ ]]; do
    [[ ${BASH_REMATCH[1]} == \ * ]] || COMP_WORDS+=("${BASH_REMATCH[1]}")
    rest=${BASH_REMATCH[2]}
done
[[ $2 == *\  ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_dvnb
printf '%s\n' "${COMPREPLY[@]}"
"""


def _bash(script: Path, typed: list[str]) -> dict[str, set[str]]:
    return {text: _bash_line(script, f"dvnb {text}") for text in typed}


def _bash_line(script: Path, line: str) -> set[str]:
    done = subprocess.run(["bash", "-c", BASH, "-", script, line], capture_output=True, text=True, check=True)
    assert not done.stderr
    begun = line.rpartition(" ")[2]
    before = begun[: begun.rfind(":") + 1]
    return {before + word for word in done.stdout.splitlines() if word}


FISH = """
source $argv[1]
for line in $argv[2..-1]
    echo "LINE $line"
    complete -C"$line"
end
"""


def _fish(script: Path, typed: list[str]) -> dict[str, set[str]]:
    lines = [f"dvnb {text}" for text in typed]
    done = subprocess.run(
        ["fish", "--no-config", "-c", FISH, script, *lines], capture_output=True, text=True, check=True
    )
    assert not done.stderr
    return _answers(done.stdout)


def _answers(text: str) -> dict[str, set[str]]:
    """By what was typed, what was found; fish tells descriptions behind a tab."""
    found: dict[str, set[str]] = {}
    for block in text.split("LINE dvnb ")[1:]:
        typed, *words = block.splitlines()
        names = (word.partition("\t")[0].replace("\\ ", " ") for word in words)
        # some shells write a folder with a slash at once, some when it is chosen
        found[typed] = {name.rstrip("/") for name in names if name}
    return found


# A person's shell, in a terminal of its own; what its completion system is given is written down.
ZSH = r"""
PS1='READY> ' LISTMAX=10000
autoload -U compinit && compinit -u -D
setopt mark_dirs
source {script}
compadd() {{
    # with -O, -A or -D nothing is added; -p is what stands before all of them
    local -a found; local at=${{@[(i)-p]}} before=
    (( at < $# )) && before=${{@[at+1]}}
    if (( ! ${{@[(I)-[OAD]]}} )); then
        builtin compadd -O found "$@"
        print -rl -- $before${{^found}} >> {answers}
    fi
    builtin compadd "$@"
}}
bindkey '^I' list-choices
print STAR''TED
"""


def _zsh(script: Path, typed: list[str]) -> dict[str, set[str]]:
    answers, setup = script.parent / "answers", script.parent / "setup.zsh"
    setup.write_text(ZSH.format(script=script, answers=answers))
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("zsh", ["zsh", "-f", "-i"])
    try:
        _say(terminal, f"source {setup}\r", "STARTED.*READY> ")
        for text in typed:
            with answers.open("a") as file:
                file.write(f"LINE dvnb {text}\n")
            # Control-U drops the line again
            _say(terminal, f"dvnb {text}\t\x15print -r DO''NE\r", "DONE.*READY> ")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    return _answers(answers.read_text())


def _say(terminal: int, text: str, until: str) -> None:
    os.write(terminal, text.encode())
    heard, end = "", time.monotonic() + 20
    while not re.search(until, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", heard), re.DOTALL):
        assert time.monotonic() < end, heard
        if select.select([terminal], [], [], 1)[0]:
            heard += os.read(terminal, 4096).decode(errors="replace")


def test_every_verb_is_completed_with_all_its_options() -> None:
    completed = {command.name: command for command in completions("bash").commands}
    assert set(completed[""].words) == set(registry.names())
    for name in registry.names():
        verb = registry.ALIASES.get(name, name)
        for command in registry.commands(verb):
            known = completed[f"{name} {command.name[1]}" if verb in registry.GROUPS else name]
            options = {option for action in suggest.arguments(command) for option in action.option_strings}
            assert set(known.options) == options


def test_names_are_asked_for_in_a_process(named: Path, dvnb: Run) -> None:
    assert dvnb("completion", "--for", "push", "-r").lines == ["archive", "storage"]
    assert dvnb("completion", "--for", "--cd", "sub", "repro").lines == [
        "../dvc.yaml:prepare",
        "../dvc.yaml:train",
        "later",
    ]
    assert dvnb("completion", "--for", "move", "data.txt").lines == []


@pytest.mark.parametrize("words", [["repro"], ["push", "-r"], ["diff"], ["config"]])
def test_a_project_that_is_broken_or_missing_disturbs_nobody(named: Path, dvnb: Run, words: list[str]) -> None:
    (named / "dvc.yaml").write_text("stages: [")
    assert dvnb("completion", "--for", *words).err == ""
    assert dvnb("completion", "--for", *words, cwd=named.parent).code == 0
