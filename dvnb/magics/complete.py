"""Completion of the lines of our magics: verbs, options and their values, names of the project, variables, paths."""

from __future__ import annotations

import os
from numbers import Number
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.completer import SimpleCompletion, context_matcher

from dvnb.magics import typed
from dvnb.magics.typed import Typed

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Callable, Iterable, Sequence

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

_FIRST = 1000.0  # before jedi, which takes seconds when it is asked first, and knows none of this


class Candidate(NamedTuple):
    """What may stand where the cursor is; `kind` says what that is: "verb", "option", "stage", "path"."""

    text: str
    kind: str


class _Nothing(list[SimpleCompletion]):
    """No completion, and none of Python's names either: IPython keeps those back for results that have a length."""

    def __len__(self) -> int:
        return 1


def register(shell: InteractiveShell) -> None:
    """Let the shell's completer ask us first."""
    completer = shell.Completer
    if completer is None:
        return

    @context_matcher(identifier="dvnb", priority=_FIRST)
    def match(context: CompletionContext) -> SimpleMatcherResult:
        return _match(context, shell)

    others = [each for each in completer.custom_matchers if getattr(each, "matcher_identifier", "") != "dvnb"]
    completer.custom_matchers = [match, *others]


def _match(context: CompletionContext, shell: InteractiveShell) -> SimpleMatcherResult:
    found = _typed(context, shell)
    if found is None:
        return {"completions": []}
    line, answers = found
    behind = context.line_with_cursor[context.cursor_position :]
    completions = [
        SimpleCompletion(
            line.written(
                answer.text, closed=not answer.text.endswith("/") and not behind.startswith(line.quote or "\n")
            ),
            type=answer.kind,
        )
        for answer in answers
    ]
    return {
        "completions": completions or _Nothing(),
        "matched_fragment": line.fragment,
        "suppress": True,
        "ordered": True,
    }


def _typed(context: CompletionContext, shell: InteractiveShell) -> tuple[Typed, list[Candidate]] | None:
    """What is completed and by what; None where the cursor is in no line of ours."""
    before = context.full_text.split("\n")[: context.cursor_line]
    text = context.text_until_cursor
    while before and before[-1].endswith("\\"):
        text = f"{before.pop()[:-1]} {text}"
    if not before and (line := typed.of_cell(text)):
        return _answered(line, shell, _Asked.of_cell)
    if line := typed.of_list(text):
        return _answered(line, shell, _Asked.of_list)
    if text.startswith("dvc") and not (shell.automagic and "dvc" not in shell.user_ns):
        return None
    line = typed.of_line(text)
    return _answered(line, shell, _Asked.of_line) if line else None


def _answered(
    line: Typed, shell: InteractiveShell, ask: Callable[[list[str]], _Asked]
) -> tuple[Typed, list[Candidate]]:
    mark = line.begun[:1]
    if mark in ("{", "$") and line.fragment == line.begun:
        line = line.continued(mark)
        end = "}" if mark == "{" else ""
        own = shell.user_ns.keys() - shell.user_ns_hidden.keys()
        names = sorted(name for name in own if name.startswith(line.begun) and not name.startswith("_"))
        return line, [Candidate(name + end, "variable") for name in names if _can_be_an_argument(shell.user_ns[name])]
    if line.begun.startswith("--") and "=" in line.begun:
        option = line.begun.partition("=")[0]
        line = line.continued(f"{option}=")._replace(words=[*line.words, option])
    asked = ask(line.words)
    if asked.kind == "params" and "," in line.begun:  # `-p lr,epochs`
        line = line.continued(line.begun[: line.begun.rindex(",") + 1])
    return line, asked.candidates(line.begun)


def _can_be_an_argument(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike, list, tuple, Number))


class _Asked:
    """What may come next behind `words`."""

    def __init__(self, words: Sequence[str], command: str, actions: Iterable[Action], rest: Sequence[str]) -> None:
        from dvnb.commands import suggest

        self.words = words
        self.folder = "."
        self.actions = list(actions)
        self.action = suggest.next_argument(self.actions, rest)
        self.kind = suggest.kind(command, self.action) if self.action else None
        self.verbs: list[str] = []

    @classmethod
    def of_line(cls, words: Sequence[str]) -> _Asked:
        from dvnb.commands import completion, registry, suggest

        command, rest, folder = suggest.locate(words)
        if command is not None:
            asked = cls(words, command.words, suggest.arguments(command), rest)
        else:
            asked = cls(words, "", [], [])
            group = registry.commands(_verb(rest[0])) if len(rest) == 1 and _verb(rest[0]) in registry.GROUPS else []
            asked.verbs = [each.name[1] for each in group] if rest else [*registry.names(), *completion.TOP_OPTIONS]
        asked.folder = folder or "."
        return asked

    @classmethod
    def of_cell(cls, words: Sequence[str]) -> _Asked:
        from dvnb.commands import suggest
        from dvnb.magics.stage import cell_parser

        return cls(words, "stage-cell", suggest.shown(cell_parser()), words)

    @classmethod
    def of_list(cls, words: Sequence[str]) -> _Asked:
        from dvnb.commands import suggest
        from dvnb.magics.stage import stages_parser

        return cls(words, "stages", suggest.shown(stages_parser()), words)

    def candidates(self, begun: str) -> list[Candidate]:
        """Verbs, options, or values, that begin like this."""
        return [candidate for candidate in self._all(begun) if candidate.text.startswith(begun)]

    def _all(self, begun: str) -> list[Candidate]:
        if self.words[-1:] == ["--cd"]:
            return [Candidate(path, "folder") for path in paths(begun) if path.endswith("/")]
        options = [Candidate(name, "option") for action in self.actions for name in action.option_strings]
        verbs = [Candidate(name, "option" if name.startswith("-") else "verb") for name in self.verbs]
        if begun.startswith("-"):
            return [*options, *verbs]
        verbs = [each for each in verbs if each.kind == "verb"]
        waits = self.action is not None and self.action.option_strings  # an option, for its value
        return (
            verbs or self._values(begun) or ([] if waits else [each for each in options if len(each.text) > len("-x")])
        )

    def _values(self, begun: str) -> list[Candidate]:
        from dvnb.commands import suggest

        if self.action is None:
            return []
        if self.action.choices:
            return [Candidate(str(choice), "value") for choice in self.action.choices]
        names = suggest.known(self.kind, self.folder) if self.kind else []
        files = paths(begun, self.folder) if suggest.takes_files(self.kind, self.action) else []
        kinds = dict.fromkeys(files, "path") | dict.fromkeys(names, (self.kind or "").removesuffix("s"))
        return [Candidate(name, kinds[name]) for name in dict.fromkeys([*names, *files])]


def _verb(name: str) -> str:
    from dvnb.commands import registry

    return registry.ALIASES.get(name, name)


def candidates(before: Sequence[str], begun: str) -> list[str]:
    """What may follow the words of a `%dvc` line; `begun` is the start of the next one."""
    return [candidate.text for candidate in _Asked.of_line(before).candidates(begun)]


def paths(begun: str, within: str = ".") -> list[str]:
    """Paths that begin like this, seen from `within`; folders end in a slash."""
    folder, start = os.path.split(begun)
    place = os.path.expanduser(folder) if folder.split(os.sep)[0] == "~" else folder
    try:
        entries = sorted(os.scandir(os.path.join(within, place)), key=lambda entry: entry.name)
    except OSError:
        return []
    return [
        os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "")
        for entry in entries
        if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
    ]
