"""Every verb in every face: help with an example, a method or function, words for its result, a look in notebooks."""

from __future__ import annotations

import dataclasses
import inspect
import shlex
import sys
from typing import Any

import pytest

import dvnb
from dvnb.commands import parser, registry
from dvnb.commands.command import Command
from dvnb.display import bundle as views
from dvnb.repo import results
from dvnb.repo.elsewhere import anywhere
from dvnb.repo.facade import Repo
from dvnb.repo.results import Result

COMMANDS = {command.words: command for verb in registry.VERBS for command in registry.commands(verb)}
# Verbs whose method has another name, or is another verb's: git's hooks do what these verbs do.
METHODS = {
    "import": "import_",
    "git-hook pre-commit": "status",
    "git-hook post-checkout": "wants_checkout",
    "git-hook pre-push": "push",
    "git-hook merge-driver": "merge_metafile",
    "trash list": "operations",
}
# Verbs that need no project, and what `dvnb` calls them.
FUNCTIONS = {
    "init": "init",
    "root": "root",
    "version": "doctor",
    "get": "get",
    "get-url": "get_url",
    "list": "ls",
    "list-url": "list_url",
    "du": "du",
}
# Only a command line is completed: `dvnb.commands.completion.completions` is all that it says.
COMMAND_LINE_ONLY = {"completion"}
# They show text as it is: scripts, and what git reads.
TEXT_ONLY = {"completion", *(words for words in COMMANDS if words.startswith("git-hook"))}


def signature(words: str) -> inspect.Signature:
    function: Any = getattr(dvnb, FUNCTIONS[words]) if words in FUNCTIONS else getattr(Repo, method(words))
    return inspect.signature(function)


def method(words: str) -> str:
    return METHODS.get(words, words.replace(" ", "_").replace("-", "_"))


@pytest.mark.parametrize("words", COMMANDS)
def test_help_has_an_example_that_parses(words: str) -> None:
    command = COMMANDS[words]
    assert command.examples
    shown = parser.build(command).format_help()
    for example in command.examples:
        assert f"dvnb {example.line}" in shown
        assert example.what in shown
        found, _ = parser.parse(shlex.split(example.line))
        assert found.words == words


@pytest.mark.parametrize("words", COMMANDS)
def test_every_argument_is_explained(words: str) -> None:
    for action in parser.build(COMMANDS[words])._actions:
        assert action.help, action


@pytest.mark.parametrize("words", sorted(set(COMMANDS) - COMMAND_LINE_ONLY))
def test_the_api_has_it_with_words_and_a_typed_result(words: str) -> None:
    function = getattr(anywhere, FUNCTIONS[words]) if words in FUNCTIONS else getattr(Repo, method(words))
    assert inspect.getdoc(function)
    assert signature(words).return_annotation not in (inspect.Signature.empty, "Any")


@pytest.mark.parametrize("words", sorted(FUNCTIONS))
def test_functions_are_public_and_told_of(words: str) -> None:
    name = FUNCTIONS[words]
    assert getattr(dvnb, name) is getattr(anywhere, name)
    assert name in dvnb.__all__ and name in dir(dvnb)
    assert f"`{name}`" in (dvnb.__doc__ or "")


@pytest.mark.parametrize("words", COMMANDS)
def test_results_have_words(words: str) -> None:
    assert callable(COMMANDS[words].text)
    returned = _returned(COMMANDS[words])
    assert returned
    for kind in returned:
        assert dataclasses.is_dataclass(kind) and issubclass(kind, Result)


def _returned(command: Command) -> list[Any]:
    """The result types that the call of a command is annotated with."""
    names = inspect.signature(command.call).return_annotation.split(" | ")
    here = vars(sys.modules[command.call.__module__])
    return [here.get(name) or getattr(results, name) for name in names]


@pytest.mark.parametrize("words", sorted(set(COMMANDS) - TEXT_ONLY))
def test_notebooks_show_more_than_text(words: str) -> None:
    assert words in views._VIEWS
    assert inspect.getdoc(views._VIEWS[words])


# What only says how a face shows the result.
SHOWN = {
    "json",
    "markdown",
    "summary",
    "size",
    "show_hash",
    "precision",
    "no_path",
    "name_only",
    "sha_only",
    "csv",
    "keep",
    "drop",
    "only_changed",
    "sort_by",
    "sort_order",
    "no_pager",
    "table_form",
    "ascii",
    "dot",
    "mermaid",
    "tree",
}
# Arguments that the method of a verb knows by another name, or that its face settles before it calls.
OTHERWISE: dict[str, set[str]] = {
    "check-ignore": {"all", "targets", "details", "non_matching", "stdin"},
    "dag": {"collapse_foreach_matrix"},
    # `url` and `kind`
    "dataset add": {"dc", "dvc"},
    "data status": {"remote_refresh"},
    "destroy": {"force"},
    # `Repo.diff_content`
    "diff": {"content", "key", "limit", "no_header", "path"},
    # There is no queue, and nothing is fetched: these only have to be understood.
    "exp show": {"hide_failed", "hide_queued", "no_fetch"},
    "fsck": {"in_remote"},
    "git-hook post-checkout": {"args"},
    "git-hook pre-commit": {"args"},
    "git-hook pre-push": {"args"},
    "log": {"all", "max_count"},
    "logs": {"list"},
    "metrics diff": {"a_rev", "b_rev"},
    "move": {"src", "dst"},
    # `Repo.notebook_filter`
    "notebook clean": {"filter", "install_filter", "remove_filter"},
    "params diff": {"a_rev", "b_rev"},
    "plots diff": {"open", "show_vega"},
    "plots show": {"open", "show_vega"},
    "remote modify": {"unset"},
    # Does nothing: what dvc asked for in its first years.
    "remove": {"force"},
    "trash empty": {"force"},
    "undo": {"list"},
    # `Repo.cloud_status` is a method of its own
    "status": {"cloud", "remote", "jobs", "all_branches", "all_tags", "all_commits"},
}


@pytest.mark.parametrize("words", sorted(set(COMMANDS) - COMMAND_LINE_ONLY))
def test_what_a_command_line_can_ask_for_the_api_can(words: str) -> None:
    parameters = signature(words).parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    actions = parser.build(COMMANDS[words])._actions
    asked = {action.dest for action in actions} - {"==SUPPRESS==", "quiet", "verbose"}
    assert asked - SHOWN - set(parameters) == OTHERWISE.get(words, set())
