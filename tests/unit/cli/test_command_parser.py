"""Words to commands: choices, groups, global options, what is refused and how."""

from __future__ import annotations

import shlex

import pytest

from dvnb.commands import parser, registry
from dvnb.commands.command import Command
from dvnb.commands.stages import command_line

ALL = [command for verb in registry.VERBS for command in registry.commands(verb)]


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.words)
def test_every_command_has_help_with_a_description_and_an_example(command: Command):
    with pytest.raises(parser.HelpWanted) as wanted:
        parser.parse([*command.name, "--help"])
    assert command.help in " ".join(wanted.value.text.split())
    assert f"dvnb {command.examples[0].line}" in wanted.value.text


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.words)
def test_examples_are_commands(command: Command):
    for example in command.examples:
        found, _ = parser.parse(shlex.split(example.line))
        assert found is command


def test_top_level_help_lists_every_verb():
    with pytest.raises(parser.HelpWanted) as wanted:
        parser.parse(["--help"])
    for verb in registry.VERBS:
        assert f"\n    {verb} " in wanted.value.text


def test_unknown_verb_lists_all_choices():
    with pytest.raises(parser.UsageError) as error:
        parser.parse(["nosuch"])
    assert str(error.value).startswith(
        "argument command: invalid choice: 'nosuch' (choose from 'add', 'artifacts', 'cache'"
    )
    assert "'version', 'doctor', 'why')" in str(error.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the following arguments are required: command"),
        ("stage", "the following arguments are required: cmd"),
        ("stage foo", "argument cmd: invalid choice: 'foo' (choose from 'add', 'list')"),
        ("remote -q list --bad", "unrecognized arguments: --bad"),
        ("add", "the following arguments are required: targets"),
        ("add --desc x data.csv", "unrecognized arguments: --desc"),
        ("--cd", "argument --cd: expected one argument"),
        ("root --cd x", "unrecognized arguments: --cd x"),
        (
            "config foo",
            "argument name: name argument should look like remote.name.option or db.name.option or section.option",
        ),
        ("push -j x", "argument -j/--jobs: invalid int value: 'x'"),
        ("stage add echo", "the following arguments are required: -n/--name"),
        ("add -q -v x", "argument -v/--verbose: not allowed with argument -q/--quiet"),
    ],
)
def test_errors_are_worded_as_dvc_words_them(line: str, message: str):
    with pytest.raises(parser.UsageError) as error:
        parser.parse(shlex.split(line))
    assert message in str(error.value)
    assert error.value.help.startswith("usage: dvnb")


def test_the_help_beside_an_error_is_that_of_the_verb():
    with pytest.raises(parser.UsageError) as error:
        parser.parse(["remote", "list", "--bad"])
    assert error.value.help.startswith("usage: dvnb remote list ")


@pytest.mark.parametrize("line", ["-q status", "status -q"])
def test_quiet_stands_before_or_after_the_verb(line: str):
    assert parser.parse(line.split())[1].quiet == 1


def test_quiet_stands_between_a_group_and_its_verb():
    assert parser.parse(["remote", "-q", "list"])[1].quiet == 1


def test_global_options():
    command, args = parser.parse(["--cd", "sub", "--wait-for-lock", "-vv", "status", "-v"])
    assert (command.words, args.cd, args.wait_for_lock, args.verbose) == ("status", "sub", True, 3)


def test_alias():
    assert parser.parse(["doctor"])[0].words == "version"


def test_version():
    with pytest.raises(parser.VersionWanted):
        parser.parse(["-q", "--version"])


def test_the_rest_of_the_line_is_the_stage_command():
    _, args = parser.parse(["stage", "add", "-n", "s", "-d", "in", "-o", "out", "python", "x.py", "-o", "not-ours"])
    assert args.command == ["python", "x.py", "-o", "not-ours"]
    assert (args.deps, args.outs) == (["in"], ["out"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["echo a > b && c"], "echo a > b && c"),
        (["echo", "a b", "$X"], 'echo "a b" $X'),
        (["echo", "", 'say "x y"'], 'echo "" say "x y"'),
        (["--", "echo", "a"], "echo a"),
    ],
)
def test_command_line_is_joined_by_dvcs_rule(words: list[str], line: str):
    assert command_line(words) == line


def test_program_with_a_percent_sign_is_shown():
    with pytest.raises(parser.UsageError) as error:
        parser.parse(["stage"], "%dvc")
    assert error.value.help.startswith("usage: %dvc stage ")
