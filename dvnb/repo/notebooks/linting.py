"""Lint of notebooks, each with what the stages that run it declare."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from dvnb.errors import NotebookError
from dvnb.events import Listener, Warned
from dvnb.notebooks import lockfiles
from dvnb.notebooks.owner import NotebookCommand
from dvnb.notebooks.parameters import default_name, kernel_name
from dvnb.notebooks.review.declared import Declared
from dvnb.notebooks.review.findings import ENVIRONMENT, RULES, Finding
from dvnb.notebooks.review.lint import lint_notebook
from dvnb.notebooks.review.silence import chosen
from dvnb.notebooks.source import SUFFIX, load, openable
from dvnb.pipeline.stage import Stage
from dvnb.project.project import Project
from dvnb.repo.notebooks import tracememory
from dvnb.repo.notebooks.watched_run import calling_stages
from dvnb.repo.results import NotebookLintResult
from dvnb.repo.session import Session

_REQUIREMENTS = re.compile(r"require|constraint|freeze")

Call = tuple[Stage, NotebookCommand]


def lint(
    project: Project | None,
    cwd: str,
    notebooks: Sequence[str],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    emit: Listener,
) -> NotebookLintResult:
    """Findings in notebooks; without any named, in all below `cwd` that are no executed copies.

    Raises: NotebookError for a file that is missing or no notebook, and for codes that no rule has.
    """
    _check_codes([*select, *ignore])
    stages = Session(project).index.stages if project else []
    result = NotebookLintResult(list(notebooks) or list(_all_notebooks(cwd, stages)))
    environments = _Environments(emit)
    for shown in result.notebooks:
        path = os.path.normpath(os.path.join(cwd, shown))
        parsed = load(openable(cwd, shown))
        calls = calling_stages(stages, path)
        declared = _declared(project, calls, path) if project else None
        found = lint_notebook(parsed, shown, declared)
        kernel = kernel_name(parsed)
        found += [one for stage, _ in calls for one in environments.findings(shown, stage, kernel)]
        result.findings += list(dict.fromkeys(chosen(found, select, ignore)))
    return result


def _check_codes(codes: Sequence[str]) -> None:
    for code in codes:
        if not code or not any(rule.startswith(code) for rule in RULES):
            known = ", ".join(RULES)
            raise NotebookError(f"no rule of lint begins with '{code}'; there are {known}")


def _all_notebooks(cwd: str, stages: Sequence[Stage]) -> Iterator[str]:
    outs = {out.path for stage in stages for out in stage.outs}
    for folder, names, files in os.walk(cwd):
        names[:] = sorted(
            name
            for name in names
            if not name.startswith(".") and name != "node_modules" and os.path.join(folder, name) not in outs
            if not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        )
        for name in sorted(files):
            path = os.path.join(folder, name)
            if name.endswith(SUFFIX) and not name.startswith(".") and path not in outs:
                yield os.path.relpath(path, cwd)


def _declared(project: Project, calls: Sequence[Call], path: str) -> Declared | None:
    """What the stages that run a notebook declare, taken together."""
    if not calls:
        return None
    first = calls[0][0]
    declared = Declared(first.name or "", project.root, first.wdir, path, [path], [])
    for stage, call in calls:
        declared.deps += [dep.path for dep in [*stage.deps, *stage.params]]
        declared.outs += [out.path for out in stage.outs]
        own = stage.params if call.program == "dvnb" else []  # papermill knows nothing of the stage's params
        declared.has_params = declared.has_params or bool(own or call.params)
        declared.injected |= {default_name(dep.text, key) for dep in own for key in dep.keys or [""]}
        declared.injected |= {assignment.partition("=")[0].strip() for assignment in call.params}
    declared.traced = tracememory.recall(project, path)
    return declared


def _is_environment(path: str) -> bool:
    """Whether a dep says which packages are wanted; a text file only where its name says so."""
    name = os.path.basename(path).lower()
    return lockfiles.is_known(path) and (not name.endswith(".txt") or bool(_REQUIREMENTS.search(name)))


class _Environments:
    """Comparisons of environment files with kernels, each made once."""

    def __init__(self, emit: Listener) -> None:
        self._emit = emit
        self._known: dict[tuple[str, str | None], list[tuple[str, str]]] = {}

    def findings(self, shown: str, stage: Stage, kernel: str | None) -> Iterator[Finding]:
        """A finding for each package that is not as an environment file among the stage's deps asks."""
        for dep in stage.deps:
            if _is_environment(dep.path) and os.path.isfile(dep.path):
                for message, fix in self._compare(dep.path, dep.text, kernel):
                    yield Finding(shown, ENVIRONMENT, message, fix)

    def _compare(self, path: str, text: str, kernel: str | None) -> list[tuple[str, str]]:
        if (path, kernel) not in self._known:
            self._known[path, kernel] = self._ask(path, text, kernel)
        return self._known[path, kernel]

    def _ask(self, path: str, text: str, kernel: str | None) -> list[tuple[str, str]]:
        from dvnb.notebooks.environment import compare  # starts an interpreter

        try:
            found = compare(path, kernel)
        except NotebookError as error:
            self._emit(Warned(f"'{text}' was not compared with the kernel: {error}"))
            return []
        return [
            (
                f"'{text}' asks for {one.name}{one.wanted}, the kernel has {one.installed or 'none'}",
                f"install what '{text}' asks for into the kernel's environment, or update '{text}'",
            )
            for one in found
        ]
