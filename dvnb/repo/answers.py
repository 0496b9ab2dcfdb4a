"""Answers that a process gives again as long as nothing changed that they may depend on.

A kernel or a server asks the same things again and again. To look at the stamps of all files takes a small part of the
time that reading, resolving and comparing them takes.
"""

from __future__ import annotations

import copy
import os
import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from dvnb.events import Event
from dvnb.pipeline.index import Index, load_index
from dvnb.project.watch import Sight, Watch
from dvnb.records import dataclass
from dvnb.repo.facade.opening import Opened
from dvnb.repo.session import Session

T = TypeVar("T")
Question = tuple[str, str]
"""The folder that is asked from; the verb with its arguments."""

SLOW_SECONDS = 0.01
"""What takes less is asked anew: to remember it would not make it faster."""
_PROJECTS = 8
_QUESTIONS = 500  # of one project


@dataclass(frozen=True)
class _Answer:
    pickled: bytes
    events: list[Event]


class _Memory:
    """What was asked about one project since it changed last."""

    def __init__(self) -> None:
        self.watch: Watch | None = None
        self.sight: Sight | None = None
        self.environment: dict[str, str] = {}
        self.answers: dict[Question, _Answer] = {}
        self.fast: set[Question] = set()


_guard = threading.Lock()
_memories: OrderedDict[str, _Memory] = OrderedDict()


def answer(repo: Opened, ask: Callable[[Opened], T], text: str, *, elsewhere: bool) -> T:
    """What `ask` says of `repo`, or said before if it must still be so; `text` is the question.

    `elsewhere`: the question is also about where imports come from. Warnings come again with the answer.
    """
    question = repo.cwd, text
    memory = _memory(repo.root)
    if question in memory.fast:
        started = time.perf_counter()
        result = ask(repo)
        if time.perf_counter() - started > SLOW_SECONDS:
            memory.fast.discard(question)
        return result
    known = _look(memory, repo)
    found = memory.answers.get(question) if known is not None else None
    if found is not None:
        repo.tell(found.events)
        return cast("T", pickle.loads(found.pickled))  # noqa: S301 - written below, by this process
    return _ask(memory, known, repo, ask, question, elsewhere=elsewhere)


def forget() -> None:
    """Remember nothing of what was asked before."""
    with _guard:
        _memories.clear()


def _memory(root: str) -> _Memory:
    with _guard:
        memory = _memories.setdefault(root, _Memory())
        _memories.move_to_end(root)
        while len(_memories) > _PROJECTS:
            _memories.popitem(last=False)
        return memory


def _look(memory: _Memory, repo: Opened) -> Sight | None:
    """What is there now. If that is what was there before, it is the very same object."""
    environment = dict(os.environ)
    watch, before = memory.watch, memory.sight
    sight = watch.look() if watch is not None and environment == memory.environment else None
    if sight is not None and sight == before:
        return before
    watch = _watch(repo)
    sight = watch.look()
    with _guard:
        memory.watch, memory.sight, memory.environment, memory.answers = watch, sight, environment, {}
    return sight


def _watch(repo: Opened) -> Watch:
    project = repo.project
    try:
        return Watch(project)
    finally:
        project.close()


def _ask(
    memory: _Memory,
    known: Sight | None,
    repo: Opened,
    ask: Callable[[Opened], T],
    question: Question,
    *,
    elsewhere: bool,
) -> T:
    """Ask, and remember the answer for as long as `known`, which was seen before, is what is there."""
    asked = copy.copy(repo)
    events = asked.listen_in()
    started = time.perf_counter()
    result = ask(asked)
    if time.perf_counter() - started <= SLOW_SECONDS:
        _make_room(memory.fast)
        memory.fast.add(question)
    elif known is not None and memory.watch is not None and _is_seen(asked, memory.watch, elsewhere=elsewhere):
        with _guard:
            if memory.sight is known:
                _make_room(memory.answers)
                memory.answers[question] = _Answer(pickle.dumps(result), events)
    return result


def _make_room(questions: dict[Question, _Answer] | set[Question]) -> None:
    if len(questions) >= _QUESTIONS:
        questions.clear()


def _is_seen(asked: Opened, watch: Watch, *, elsewhere: bool) -> bool:
    """Whether all that stages name lies where a change of it would be seen."""
    session = asked.session
    if session is None:
        return False
    index = _index(session)
    paths: list[str] = []
    for stage in index.stages:
        paths += [stage.file, stage.wdir, *(out.path for out in stage.outs), *(item.path for item in stage.params)]
        for dep in stage.deps:
            if dep.repo is None and dep.db is None and "://" not in dep.path:
                paths.append(dep.path)
            elif elsewhere:
                return False
    root = session.project.root
    return all(path == root or watch.covers(path) for path in (*paths, *_named_files(index)))


def _index(session: Session) -> Index:
    """The workspace's, which not every question loads for the session."""
    if "index" in session.__dict__:
        return session.index
    try:
        return load_index(session.project, tolerant=True)
    finally:
        session.project.close()


def _named_files(index: Index) -> Iterator[str]:
    """What dvc.yaml files name beside deps and outs (absolute); "" stands for what cannot be told."""
    for file, parsed in index.files.items():
        for text in _strings([parsed.vars, parsed.params, parsed.metrics, parsed.plots]):
            path = os.path.normpath(os.path.join(os.path.dirname(file), text.partition(":")[0]))
            yield "" if "${" in text else path
        for definition in parsed.stages.values():
            body: dict[str, Any] = definition.get("do") or {}
            own = [definition.get("vars"), body.get("vars")]
            yield from ("" for text in _strings(own) if text.startswith("/") or ".." in text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(list(cast("dict[Any, Any]", value).items()))
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from _strings(item)
