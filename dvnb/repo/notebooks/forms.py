"""A notebook's parameters as a form: where each value comes from, and writing those that someone filled in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, cast

from dvnb.errors import NotebookError
from dvnb.formats import dvcyaml, yamlio
from dvnb.notebooks.command_lines import NotebookCommand, notebook_calls
from dvnb.notebooks.parameters import DEFAULT_FILE, default_name
from dvnb.notebooks.stages import propose_params
from dvnb.objects.files import read_if_there
from dvnb.pipeline.params import get_key, load_params
from dvnb.pipeline.stage import Stage
from dvnb.records import dataclass
from dvnb.repo.notebooks import reading
from dvnb.repo.results.notebooks import FormField, NotebookFormResult
from dvnb.repo.session import Session


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of a params file (absolute; `text` as the stage has it); no `key`: fixed by the stage's command."""

    path: str = ""
    text: str = ""
    key: str = ""


def form(session: Session, notebook: str, stage: str | None = None) -> NotebookFormResult:
    """What a notebook's tagged cell offers, with the values that its stage would give it now.

    Raises: NotebookError for what is no notebook, and where several stages run it and none is named.
    """
    offered = reading.params(session.project.cwd, notebook)
    owner = _owner(session, notebook, stage)
    keys = _keys_of(session, owner, [each.name for each in offered.parameters])
    fields: list[FormField] = []
    for parameter in offered.parameters:
        key = keys.get(parameter.name)
        found = _value(session, key) if key else None
        shown = FormField(parameter, parameter.default, parameter.has_default)
        if key and not key.key:
            shown = FormField(parameter, parameter.default, parameter.has_default, fixed=True)
        elif key and found is not None:
            where = f"{session.project.shown(key.path)}:{key.key}"
            shown = FormField(parameter, found[0], has_value=True, source=where)
        fields.append(shown)
    name = session.index.address(owner[0]) if owner else None
    return NotebookFormResult(notebook, name, offered.cell, fields)


def fill(session: Session, notebook: str, values: Mapping[str, Any], stage: str | None = None) -> list[str]:
    """Write what differs from now into params files, and let the stage depend on keys that are new to it.

    Without a stage values go to params.yaml of this folder, where `notebook stage` finds them. What changed, as
    `file:key`. Raises: NotebookError, and then nothing is written.
    """
    found = form(session, notebook, stage)
    known = {each.parameter.name: each for each in found.fields}
    unknown = [name for name in values if name not in known]
    if unknown:
        raise NotebookError(f"'{notebook}' has no parameter '{unknown[0]}': it offers {', '.join(known) or 'none'}")
    owner = _owner(session, notebook, stage)
    keys = _keys_of(session, owner, list(known))
    default = os.path.join(owner[0].wdir if owner else session.project.cwd, DEFAULT_FILE)
    changed: dict[str, dict[str, Any]] = {}
    new: list[str] = []
    for name, value in values.items():
        field_, key = known[name], keys.get(name)
        if field_.fixed:
            if not same(value, field_.value):
                raise NotebookError(f"'{name}' is fixed by the command of stage '{found.stage}'")
        elif key:
            if not same(value, field_.value):
                changed.setdefault(key.path, {})[key.key] = value
        elif value is not None and (owner is None or not (field_.has_value and same(value, field_.value))):
            new.append(name)
            changed.setdefault(default, {})[name] = value
    _write(session, changed)
    if owner and new:
        _declare(session, owner[0], new)
    return [f"{session.project.shown(path)}:{key}" for path, pairs in changed.items() for key in pairs]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to a notebook: True is not 1, but 1 is 1.0."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def untracked(session: Session, notebook: str) -> list[str]:
    """The notebook, its pipeline and params files, as far as git does not know them: an experiment is nothing without.

    They are relative to the current folder.
    """
    project = session.project
    owner = _owner(session, notebook, None)
    if project.git is None or owner is None:
        return []
    paths = [session.absolute(notebook), owner[0].file, *(dep.path for dep in owner[0].params)]
    git = project.git
    return [os.path.relpath(path, project.cwd) for path in paths if os.path.exists(path) and not git.is_tracked(path)]


def _owner(session: Session, notebook: str, stage: str | None) -> tuple[Stage, NotebookCommand] | None:
    path = os.path.realpath(session.absolute(notebook))
    found = [
        (each, call)
        for each in session.index.stages
        for line in each.commands()
        for call in notebook_calls(line)
        if call.program == "dvnb" and os.path.realpath(os.path.join(each.wdir, call.source)) == path
    ]
    if stage is not None:
        found = [pair for pair in found if stage in (pair[0].name, session.index.address(pair[0]))]
        if not found:
            raise NotebookError(f"there is no stage '{stage}' that runs '{notebook}'")
    if len(found) > 1:
        names = ", ".join(f"'{session.index.address(each)}'" for each, _ in found)
        raise NotebookError(f"several stages run '{notebook}': {names}; say which by `stage`")
    return found[0] if found else None


def _keys_of(session: Session, owner: tuple[Stage, NotebookCommand] | None, names: list[str]) -> dict[str, _Key]:
    """Which key feeds which name; where there is no stage, as `notebook stage` would propose it."""
    if owner:
        return dict(_keys(*owner))
    path = os.path.join(session.project.cwd, DEFAULT_FILE)
    data = load_params(read_if_there(path) or b"", session.project.shown(path))
    return {name: _Key(path, DEFAULT_FILE, key) for name, key in propose_params(names, data).keys.items()}


def _keys(stage: Stage, call: NotebookCommand) -> Iterator[tuple[str, _Key]]:
    """Which key feeds which name, as a run binds them."""
    mapped: dict[str, _Key] = {}
    for assignment in call.params:
        name, _, text = assignment.partition("=")
        mapped[name] = next(_declared(stage, text), _Key())
    for dep in stage.params:
        for key in dep.keys:
            here = _Key(dep.path, dep.text, key)
            if here not in mapped.values():
                yield default_name(dep.text, key), here
    yield from mapped.items()


def _declared(stage: Stage, text: str) -> Iterator[_Key]:
    for dep in stage.params:
        key = text.removeprefix(f"{dep.text}:")
        if not dep.keys or any(key == known or key.startswith(f"{known}.") for known in dep.keys):
            value = read_if_there(dep.path)
            try:
                get_key(load_params(value or b"", dep.text), key)
            except KeyError:
                continue
            yield _Key(dep.path, dep.text, key)


def _value(session: Session, key: _Key) -> tuple[Any] | None:
    data = read_if_there(key.path) if key.path else None
    if data is None:
        return None
    try:
        return (get_key(load_params(data, session.project.shown(key.path)), key.key),)
    except KeyError:
        return None


def _write(session: Session, changed: Mapping[str, Mapping[str, Any]]) -> None:
    texts = {path: _edited(session, path, pairs) for path, pairs in changed.items()}
    for path, data in texts.items():
        session.project.journal.write(path, data)


def _edited(session: Session, path: str, pairs: Mapping[str, Any]) -> bytes:
    shown, old = session.project.shown(path), read_if_there(path)
    suffix = os.path.splitext(path)[1].lower()
    if suffix in (".toml", ".py"):
        raise NotebookError(f"cannot write params into '{shown}': edit it by hand, or keep them in a YAML or JSON file")
    if suffix == ".json":
        data: Any = load_params(old or b"{}", shown)
        for key, value in pairs.items():
            _set(data, key, value)
        return (json.dumps(data, indent=4, ensure_ascii=False) + "\n").encode()
    document = yamlio.Document.from_bytes(old, shown)
    for key, value in pairs.items():
        _set(document.data, key, value)
    return document.to_bytes()


def _set(data: Any, dotted: str, value: Any) -> None:
    above, _, last = dotted.rpartition(".")
    place: Any = get_key(data, above) if above else data
    if isinstance(place, list):
        cast("list[Any]", place)[int(last)] = value
    else:
        place[next((key for key in place if str(key) == last), last)] = value


def _declare(session: Session, stage: Stage, names: list[str]) -> None:
    """Let a stage depend on keys of params.yaml."""
    project = session.project
    shown, name = project.shown(stage.file), stage.name or ""
    if stage.generator is not None or stage.templated:
        raise NotebookError(f"stage '{name}' has variables: let it depend on {', '.join(names)} in '{shown}' yourself")
    old = read_if_there(stage.file) or b""
    known: list[Any] = dvcyaml.parse(old, shown).stages[name].get("params") or []
    project.journal.write(stage.file, dvcyaml.set_fields(old, shown, name, {"params": [*known, *names]}))
