"""Which notebooks a command line runs: by `dvnb notebook run`, or by papermill's own program."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator

from dvnb.records import dataclass, field

_OPERATORS = set("();|&")
_STARTERS = {"-m", "run", "exec", "time", "nice"}  # what may stand before a program's name
_ONE = 1
_TWO = 2
_DVNB_OPTIONS: dict[str, int] = dict.fromkeys(
    ("-p", "--param", "--parameters", "-k", "--kernel", "--timeout", "--notebook-timeout", "--stage"), _ONE
)
_PAPERMILL_OPTIONS: dict[str, int] = {
    **dict.fromkeys(("-p", "--parameters", "-r", "--parameters_raw"), _TWO),
    **dict.fromkeys(("-f", "--parameters_file", "-y", "--parameters_yaml", "-b", "--parameters_base64"), _ONE),
    **dict.fromkeys(("-k", "--kernel", "-l", "--language", "--engine", "--cwd", "--log-level"), _ONE),
    **dict.fromkeys(("--stdout-file", "--stderr-file", "--autosave-cell-every"), _ONE),
    **dict.fromkeys(("--start-timeout", "--start_timeout", "--execution-timeout"), _ONE),
}
"""Options that take values, and how many; every other one is a switch."""

_DVNB_PARAMETERS = {"-p", "--param", "--parameters"}
_RAW = {"-r", "--parameters_raw"}
_PAPERMILL_PARAMETERS = {"-p", "--parameters", *_RAW}


@dataclass(frozen=True, slots=True)
class NotebookCommand:
    """One call that runs SOURCE into OUTPUT, paths as written; `params` are `NAME=…`, `program` is who runs it.

    To dvnb what follows a name may be a key of the params; to papermill it is a value.
    """

    source: str
    output: str | None = None
    params: list[str] = field(default_factory=list[str])
    program: str = "dvnb"


def notebook_calls(line: str) -> list[NotebookCommand]:
    """All calls in one shell command line that run a notebook, variables expanded as the environment has them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:  # an open quote: not for us to judge
        return []
    return list(_calls(tokens))


def _calls(tokens: list[str]) -> Iterator[NotebookCommand]:
    for at, word in enumerate(tokens):
        if word == "notebook" and tokens[at + 1 : at + 2] == ["run"]:
            call = _parse(_own_words(tokens[at + 2 :]), _DVNB_OPTIONS)
            if call.paths:
                yield call.command("dvnb", _DVNB_PARAMETERS)
        elif os.path.basename(word) == "papermill" and _starts_a_program(tokens, at):
            call = _parse(_own_words(tokens[at + 1 :]), _PAPERMILL_OPTIONS)
            if call.paths and call.paths[0] != "-":
                yield call.command("papermill", _PAPERMILL_PARAMETERS)


def _starts_a_program(tokens: list[str], at: int) -> bool:
    before = tokens[at - 1] if at else ";"
    return (
        set(before) <= _OPERATORS or before in _STARTERS or ("=" in before and before.partition("=")[0].isidentifier())
    )


def _own_words(tokens: list[str]) -> list[str]:
    """The words up to the next operator, without redirections."""
    words: list[str] = []
    rest = iter(tokens)
    for token in rest:
        if token and set(token) <= _OPERATORS:
            break
        if token[:1] in ("<", ">"):
            if words and words[-1].isdigit():  # the 2 of `2>file`
                words.pop()
            next(rest, None)
        else:
            words.append(token)
    return words


@dataclass(frozen=True, slots=True)
class _Parsed:
    paths: list[str]
    values: list[tuple[str, str]]

    def command(self, program: str, parameters: set[str]) -> NotebookCommand:
        params = [_quoted(value) if option in _RAW else value for option, value in self.values if option in parameters]
        return NotebookCommand(self.paths[0], self.paths[1] if len(self.paths) > 1 else None, params, program)


def _quoted(assignment: str) -> str:
    """`NAME=07` as `NAME="07"`: a text, whatever it looks like."""
    name, _, value = assignment.partition("=")
    return f"{name}={json.dumps(value)}"


def _parse(words: list[str], options: dict[str, int]) -> _Parsed:
    """Paths, and the values of options; two values of one option are joined by `=`."""
    paths: list[str] = []
    values: list[tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        option, joined = _option(word, options)
        if word == "--":
            paths += rest
        elif option in options:
            taken = [joined] if joined is not None else []
            taken += [next(rest, "") for _ in range(options[option] - len(taken))]
            values.append((option, "=".join(taken)))
        elif word == "-" or not word.startswith("-"):
            paths.append(word)
    return _Parsed([os.path.expandvars(os.path.expanduser(path)) for path in paths], values)


def _option(word: str, options: dict[str, int]) -> tuple[str, str | None]:
    """The option that a word is, and the value that is part of it."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    if word[:2] in options and len(word) > len("-p"):
        return word[:2], word[2:]
    return word, None
