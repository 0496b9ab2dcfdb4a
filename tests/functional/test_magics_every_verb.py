"""Every verb of the registry once as `%dvc VERB` in a real IPython shell; what it shows stands by itself."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from argparse import SUPPRESS
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from dvnb import Repo
from dvnb.commands import parser, registry
from dvnb.magics.arguments import split
from dvnb.repo.results import Result

COMMANDS = [command for verb in registry.VERBS for command in registry.commands(verb)]

# In this order, in one project; a line may need what those before it did.
STORY = """
init ../fresh --no-scm
root
version
config core.autostage false
cache dir
install
git-hook pre-commit
git-hook post-checkout HEAD HEAD 1
git-hook merge-driver --ancestor ../old.dvc --our ../our.dvc --their ../their.dvc
completion -s bash
check-ignore data.txt
add new.csv
status
data status --granular
commit -f
diff
diff --content HEAD data.txt
list . -R
du .
list-url pictures
remote add -d storage ../storage
remote add spare ../spare
remote modify storage verify true
remote list
remote rename spare more
remote remove more
remote default
git-hook pre-push origin
push
fetch
pull
checkout --verify
unprotect data.txt
get . data.txt -o got.txt
get-url ../plain.csv copied.csv
import-url ../plain.csv linked.csv
import ../other data.txt -o imported.txt
update linked.csv.dvc
move new.csv newer.csv
remove newer.csv.dvc
dataset add plain --dvc ../other --path data.txt
dataset update plain
artifacts get ../other model -o artifact.txt
stage add -n extra -d data.txt -o extra.txt 'cp data.txt extra.txt'
run -n again -d data.txt -o again.txt 'cp data.txt again.txt'
stage list
freeze extra
unfreeze extra
why extra
repro -j 2
logs extra
logs --list
dag
lineage model.txt
metrics show -T
metrics diff
params diff
plots templates
plots show
plots diff HEAD
plots modify drawn.csv -t linear
pipeline list
pipeline show train
log data.txt
exp save -n tried
exp show
exp list
notebook params train.ipynb
notebook run train.ipynb train.run.ipynb -p rate=2
notebook lint train.ipynb
notebook trace train.ipynb
notebook clean train.run.ipynb
notebook diff train.ipynb HEAD
notebook export train.ipynb -o page.html
notebook stage train.ipynb -n other -o late.txt
notebook promote lone.ipynb
metrics modify metrics.json -t json
migrate --dry
cache migrate --dry
fsck
gc -w --dry
trash list
undo --list
undo
trash empty --older-than 400 -f
destroy -f
""".strip().splitlines()
# They print what their readers take, whatever face they have.
PLAIN = {"completion", "git-hook pre-commit", "git-hook post-checkout", "git-hook pre-push", "git-hook merge-driver"}


class _Strict(HTMLParser):
    """Collects what an output that stands by itself must not have: scripts, handlers, addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "object", "embed", "style"):
            self.faults.append(tag)
        for name, value in attrs:
            outside = name in ("src", "href", "xlink:href") and not (value or "").startswith(("data:", "#"))
            if name.startswith("on") or outside or "url(" in (value or "").replace("url(#", ""):
                self.faults.append(f"{tag} {name}={value}")


@pytest.fixture
def world(project: Path, git: Callable[..., str], commit_all: Callable[..., None]) -> Path:
    """The project with what the story needs beside it: notebooks, points, another repo with an artifact."""
    (project.parent / "plain.csv").write_text("x\n1\n")
    (project / "points.csv").write_text("step,loss\n1,3\n2,2\n")
    definition = (project / "dvc.yaml").read_text()
    (project / "dvc.yaml").write_text(
        definition
        + "  draw:\n    cmd: cp points.csv drawn.csv\n    deps:\n    - points.csv\n    plots:\n    - drawn.csv\n"
        + "artifacts:\n  model:\n    path: data.txt\n"
    )
    Repo(project).repro()
    for name, source in (
        ("train.ipynb", ["rate = 1", "open('late.txt', 'w').write(str(rate))"]),
        ("lone.ipynb", ["open('lone.txt', 'w').write('1')"]),
    ):
        cells = [nbformat.v4.new_code_cell(text) for text in source]
        if len(cells) > 1:
            cells[0].metadata["tags"] = ["parameters"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), project / name)
    for side in ("old", "our", "their"):
        shutil.copy(project / "data.txt.dvc", project.parent / f"{side}.dvc")
    commit_all()
    git("tag", "-a", "model@v1.0.0", "-m", "one")
    shutil.copytree(project, project.parent / "other", symlinks=True)
    (project / "new.csv").write_text("x\n1\n")
    return project


def test_the_story_has_every_verb() -> None:
    assert {parser.parse(shlex.split(line))[0].words for line in STORY} == {command.words for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_examples_parse_as_they_do_in_a_shell(command: Any) -> None:
    for example in command.examples:
        words = split(example.line, {"name": "never", "lr": 1})
        assert words == shlex.split(example.line)
        found, args = parser.parse(words, "%dvc")
        assert found.words == command.words
        assert vars(args) == vars(parser.parse(shlex.split(example.line))[1])


def test_every_verb_works_and_shows_itself(
    world: Path, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = {}
    for line in STORY:
        done = shell.run_cell(f"got = %dvc {line}")
        said = capsys.readouterr()
        if not done.success:
            faults[line] = f"{done.error_in_exec or done.error_before_exec}; {said.err}"
        elif found := _faults(shell, shell.user_ns["got"], parser.parse(shlex.split(line))[0].words):
            faults[line] = found
    assert not faults, "\n".join(f"{line}: {fault}" for line, fault in faults.items())


def _faults(shell: InteractiveShell, got: Any, words: str) -> str:
    """What is wrong with a result or how it is shown."""
    assert shell.display_formatter is not None
    if not isinstance(got, Result):
        return f"{type(got)} is no result"
    json.dumps(got.to_json())
    bundle, _ = shell.display_formatter.format(got)
    if re.search(r"object at 0x|\x1b", bundle["text/plain"]):
        return bundle["text/plain"]
    if words in PLAIN:
        return ""
    strict = _Strict()
    strict.feed(bundle["text/html"])
    shown = re.sub(r"<[^>]*>", "", bundle["text/html"]).strip()
    return ", ".join(strict.faults) or ("" if shown else "its HTML is empty")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_a_question_mark_shows_the_help_of_every_verb(
    command: Any, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell(f"%dvc {command.words}?").raise_error()
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: %dvc {command.words}")
    for action in parser.build(command)._actions:
        assert action.help == SUPPRESS or not action.option_strings or action.option_strings[-1] in shown


def test_a_question_mark_without_a_verb_shows_all_of_them(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%dvc?").raise_error()
    shown = capsys.readouterr().out
    assert all(f"    {verb}" in shown for verb in registry.VERBS)
    shell.run_cell("%%stage?").raise_error()
    assert capsys.readouterr().out.startswith("usage: %%stage")
    shell.run_cell('text = """\n%dvc add?\n"""').raise_error()
    assert shell.user_ns["text"] == "\n%dvc add?\n"


def test_an_unknown_verb_names_the_one_that_was_meant(shell: InteractiveShell) -> None:
    error: Any = shell.run_cell("%dvc statsu").error_in_exec
    assert error.code == 254
    assert str(error) == "argument command: invalid choice: 'statsu'"
    assert error.hint == "%dvc status"
