"""Top-level sections of dvc.yaml files: `metrics`, `params`, `plots`, `artifacts`, `datasets`, templates resolved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from dvnb.pipeline.templating.interpolate import has_expression

if TYPE_CHECKING:
    from dvnb.pipeline.index import Index
    from dvnb.project.project import Project

Section = Literal["metrics", "params", "plots", "artifacts", "datasets"]


def top_level(project: Project, index: Index, section: Section) -> Iterator[tuple[str, Any]]:
    """(absolute path of the dvc.yaml, what its section holds) of each file that has one, in the index's order.

    Raises: FormatError for a template that cannot be resolved.
    """
    for file, parsed in index.files.items():
        raw: Any = getattr(parsed, section)
        if not raw:
            continue
        if not has_expression(raw):
            yield file, raw
            continue
        from dvnb.pipeline.templating.template import Resolver  # variables are read only where a section needs them

        read = _reader(project, index, os.path.dirname(file))
        yield file, Resolver(parsed, project.shown(file), read, cache=project.state, emit=project.emit).top(section)


def _reader(project: Project, index: Index, folder: str) -> Callable[[str], bytes]:
    def read(relpath: str) -> bytes:
        return index.tree.read(project.relpath(os.path.normpath(os.path.join(folder, relpath))))

    return read
