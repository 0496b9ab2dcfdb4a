"""What a verb is, as data, and what a face lends to it when it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from dvnb.errors import DvnbError
from dvnb.events import Listener, ignore_events
from dvnb.records import dataclass

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.facade import Repo
    from dvnb.repo.results import Result


class Invocation:
    """One call of a verb: where it happens, who listens, and whom to ask; it opens the repo at most once.

    `start` is the folder the verb works in, `capture` says whether stage commands' output shall arrive as events,
    `confirm` answers questions (None: nobody is there to ask), `lines` are what standard input holds,
    `words` the command line, for the journal; `streams` standard input and output as bytes, where they are a shell's.
    `once`: the process ends with it.
    """

    def __init__(  # noqa: PLR0913 - named, and what a face can lend
        self,
        start: str = ".",
        *,
        listener: Listener = ignore_events,
        capture: bool = False,
        wait_for_lock: bool = False,
        confirm: Callable[[str], bool] | None = None,
        lines: Iterable[str] = (),
        words: Sequence[str] = (),
        streams: tuple[BinaryIO, BinaryIO] | None = None,
        once: bool = False,
    ) -> None:
        self.start = start
        self.listener = listener
        self.capture = capture
        self.wait_for_lock = wait_for_lock
        self.confirm = confirm
        self.lines = lines
        self.words = words
        self.streams = streams
        self.once = once
        self._repo: Repo | None = None

    def repo(self) -> Repo:
        """The repo around `start`."""
        if self._repo is None:
            from dvnb.project.lock import WAIT_SECONDS  # the engine is loaded by verbs that need it only
            from dvnb.repo.facade import Repo

            wait = None if self.wait_for_lock else WAIT_SECONDS
            self._repo = Repo(
                self.start,
                listener=self.listener,
                capture=self.capture,
                wait=wait,
                command=" ".join(self.words) or None,
                once=self.once,
            )
        return self._repo


@dataclass(frozen=True, slots=True)
class Example:
    """A command line without the program's name, and what it does."""

    line: str
    what: str


def _no_arguments(parser: ArgumentParser) -> None:
    """Add nothing: for verbs without arguments of their own."""


def _success(result: Any, args: Namespace) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Command:
    """One verb: its words, its arguments, the call that does it, and how faces tell its result and its failure.

    `failure` stands before an error's message (`failed to push data to the cloud - …`), `failure_code` is the exit
    code of such an error; `locked_code` that of a repo lock held by others, where it is another. `exit_code` is that of
    a result. `aside` is what dvc does not say of a result: a terminal has it on stderr, so that stdout is dvc's.
    """

    words: str
    help: str
    examples: list[Example]
    call: Callable[[Invocation, Namespace], Result]
    text: Callable[[Any, Namespace, Style], str]
    add_arguments: Callable[[ArgumentParser], None] = _no_arguments
    details: str = ""
    failure: str | Callable[[Namespace], str] = ""
    failure_code: int | Callable[[Namespace], int] = 255
    locked_code: int | None = None
    exit_code: Callable[[Any, Namespace], int] = _success
    aside: Callable[[Any, Style], str] | None = None

    @property
    def name(self) -> tuple[str, ...]:
        """The verb, and the one below it in a group: ("stage", "add")."""
        return tuple(self.words.split())

    def told(self, result: Any, args: Namespace, style: Style) -> str:
        """The words of a result, or its table in the form that was asked for."""
        form = getattr(args, "table_form", None)
        if form is None:
            return self.text(result, args, style)
        from dvnb.commands.text.tables import formed

        return formed(result, form, args)

    def failure_text(self, message: str, args: Namespace) -> str:
        """`message` after what failed, as dvc puts it."""
        failure = self.failure if isinstance(self.failure, str) else self.failure(args)
        return f"{failure} - {message}" if failure else message


class MisuseError(DvnbError):
    """Arguments that parse but contradict each other; faces end with `code`."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
