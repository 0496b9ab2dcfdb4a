"""Where plots are written: pictures as files, and the page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.errors import DvnbError, TargetError
from dvnb.events import Warned
from dvnb.objects.files import write_atomic
from dvnb.reports.plots.page import MARK, page

if TYPE_CHECKING:
    from dvnb.project.project import Project
    from dvnb.repo.compare.plots import PlotOptions
    from dvnb.repo.results.plots import PlotsResult
    from dvnb.reports.plots.figures import Image

DEFAULT_FOLDER = "dvc_plots"
_PAGE = "index.html"
_PICTURES = "static"
# A page of dvc's, or of ours: both can be drawn again, anything else is its owner's.
_DRAWN = (MARK.encode(), b"vegaEmbed(", b"<title>DVC Plot</title>")


def write(project: Project, result: PlotsResult, options: PlotOptions) -> None:
    """Write the pictures, and with `options.page` the page, into the folder asked for; the result says where.

    Raises: TargetError for a template that is not there; PlotError for one that does not fit.
    """
    folder = os.path.normpath(
        os.path.join(project.cwd, options.out or project.config.get("plots.out_dir") or DEFAULT_FOLDER)
    )
    template = _template(project, options) if options.page else None
    _write_pictures(os.path.join(folder, _PICTURES) if options.page else folder, result)
    if not options.page:
        return
    if not result.figures:
        project.emit(Warned("No plots were loaded, visualization file will not be created."))
        return

    def source(image: Image) -> str:
        return os.path.relpath(image.path, folder).replace(os.sep, "/")

    text = page(result.figures, result.errors, source, template)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, _PAGE)
    _keep(project, path)
    write_atomic(path, text.encode("utf-8", "replace"))
    result.page = path


def _template(project: Project, options: PlotOptions) -> str | None:
    """The page to fill: one given is relative to the current folder, a configured one to `.dvc`."""
    given = options.html_template
    configured = project.config.get("plots.html_template")
    if not given and not configured:
        return None
    path = os.path.join(project.cwd, given) if given else os.path.join(project.dvc_dir, configured)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError as exc:
        raise TargetError(f"HTML template '{given or configured}' does not exist") from exc
    except UnicodeDecodeError as exc:
        raise DvnbError(f"HTML template '{given or configured}' is not UTF-8") from exc


def _write_pictures(folder: str, result: PlotsResult) -> None:
    images = [image for figure in result.figures for image in figure.images]
    if not images:
        return
    os.makedirs(folder, exist_ok=True)
    for image in images:
        path = os.path.join(folder, image.name)
        write_atomic(path, image.data)
        image.path = path


def _keep(project: Project, path: str) -> None:
    """Move a file into the trash that is no page of plots. Raises: TargetError where there is no trash."""
    if not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        content = file.read()
    if any(mark in content for mark in _DRAWN):
        return
    if project.git is None and not os.path.isdir(project.dvc_dir):
        raise TargetError(f"'{project.shown(path)}' is no page of plots: choose another folder with `--out`")
    project.journal.move(path)
