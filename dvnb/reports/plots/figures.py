"""Figures: what the same plot is in all revs, side by side.

Source: dvc's render/match.py, render/converter/image.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dvnb.reports.plots import datafiles, definitions
from dvnb.reports.plots.definitions import Declared, Files, Props
from dvnb.reports.plots.points import Point, points_of
from dvnb.reports.plots.problems import Encoded, encoded


@dataclass(slots=True)
class RevPlots:
    """What one rev has: its plots by id, the content of their files, what could not be read, or why nothing could.

    `asked` are ids that are files asked for, and no plots by themselves.
    """

    rev: str
    plots: dict[str, tuple[str, Props]] = field(default_factory=dict[str, tuple[str, Props]])
    content: dict[str, Any] = field(default_factory=dict[str, Any])
    errors: dict[str, Encoded] = field(default_factory=dict[str, Encoded])
    error: Encoded | None = None
    asked: frozenset[str] = frozenset()


@dataclass(slots=True)
class Image:
    """One picture of a rev; `path` is where it was written, "" where it was not."""

    rev: str
    filename: str
    data: bytes = field(repr=False)
    path: str = ""

    @property
    def name(self) -> str:
        """The name of its file in a folder of pictures of several revs."""
        return f"{self.rev}_{self.filename}".replace("/", "_").replace("\\", "_")


@dataclass(slots=True)
class Figure:
    """A plot over revs: `points` with the `props` to draw them by (and then `spec`, Vega-Lite), or `images`.

    `anchors` is what `--split` takes out of `spec`. `source_errors`: rev -> file -> why it could not be read;
    `errors`: rev -> why its data could not be drawn. `asked`: it is a file asked for, and no plot by itself.
    """

    name: str
    kind: Literal["vega", "image"] = "vega"
    revisions: list[str] = field(default_factory=list[str])
    points: list[Point] = field(default_factory=list[Point], repr=False)
    props: Props = field(default_factory=dict[str, Any])
    spec: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    anchors: dict[str, Any] | None = None
    images: list[Image] = field(default_factory=list[Image])
    source_errors: dict[str, dict[str, Encoded]] = field(default_factory=dict[str, "dict[str, Encoded]"])
    errors: dict[str, Encoded] = field(default_factory=dict[str, "Encoded"])
    asked: bool = False

    def to_json(self) -> list[dict[str, Any]]:
        """As dvc prints it: one spec for all revs, or an entry for each picture; nothing where there is no data."""
        if self.kind == "image":
            return [{"type": "image", "revisions": [image.rev], "url": image_url(image)} for image in self.images]
        if not self.points:
            return []
        split = {} if self.anchors is None else {"anchor_definitions": self.anchors}
        return [{"type": "vega", "revisions": self.revisions, "content": self.spec, **split}]

    def problems(self) -> list[dict[str, Any]]:
        """What went wrong in each rev, as dvc prints it."""
        found: list[dict[str, Any]] = [
            {"name": self.name, "rev": rev, "source": source, **error}
            for rev, by_source in self.source_errors.items()
            for source, error in by_source.items()
        ]
        return found + [{"name": self.name, "rev": rev, **error} for rev, error in self.errors.items()]


def collect(rev: str, declared: Declared, files: Files, targets: Sequence[str], props: Props) -> RevPlots:
    """The plots of a rev with the content of their files."""
    found, asked = definitions.definitions(declared, files, targets, props)
    collected = RevPlots(rev, definitions.by_id(found), asked=asked)
    own = {out.path: out.props for out in declared.outs}
    wanted = [source for plots in found.values() for item in plots.items() for source in definitions.sources(*item)]
    for path in dict.fromkeys(wanted):
        header = (own.get(path, {}) | props).get("header", True)
        try:
            collected.content[path] = datafiles.parse(files.read(path), path, header=header)
        # One unreadable file must not hide the others, whatever is wrong with it: its error is part of the result.
        except Exception as error:  # noqa: BLE001
            collected.errors[path] = encoded(error, path)
    return collected


def figures(revs: Iterable[RevPlots]) -> list[Figure]:
    """Each plot of any rev, with the data of all revs that have it."""
    groups: dict[str, list[tuple[RevPlots, str, Props]]] = {}
    for collected in revs:
        for full_id, (plot_id, props) in collected.plots.items():
            groups.setdefault(full_id, []).append((collected, plot_id, props))
    return [_figure(full_id, group) for full_id, group in groups.items()]


def distinct(found: Sequence[Figure]) -> list[Figure]:
    """The figures to look at: of a file that is asked for, and also a plot of some dvc.yaml, that plot alone.

    dvc has two figures of it, `a.csv` and `dvc.yaml::a.csv`, the first without its properties.
    """
    written = [figure.name for figure in found if not figure.asked]
    return [
        figure
        for figure in found
        if not (figure.asked and any(f"::{name}".endswith(f"::{figure.name}") for name in written))
    ]


def _figure(name: str, group: list[tuple[RevPlots, str, Props]]) -> Figure:
    props: Props = {}
    for _, _, own in reversed(group):  # of several revs the first one's properties count
        props |= own
    is_image = datafiles.is_image(group[-1][1])
    figure = Figure(group[-1][1] if is_image else name, "image" if is_image else "vega")
    figure.asked = all(plot_id in collected.asked and plot_id == name for collected, plot_id, _ in group)
    for collected, plot_id, own in group:
        files = definitions.sources(plot_id, own)
        bad = {file: collected.errors[file] for file in files if file in collected.errors}
        if bad:
            figure.source_errors[collected.rev] = bad
        content = {file: collected.content[file] for file in files if collected.content.get(file)}
        if is_image:
            _add_images(figure, collected.rev, content)
        else:
            _add_points(figure, plot_id, props, content, collected.rev)
    if not is_image:
        figure.props.setdefault("title", name)
    return figure


def _add_images(figure: Figure, rev: str, content: Mapping[str, Any]) -> None:
    images = [Image(rev, file, data) for file, data in content.items() if isinstance(data, bytes)]
    figure.images.extend(images)
    if images and rev not in figure.revisions:
        figure.revisions.append(rev)


def _add_points(figure: Figure, plot_id: str, props: Props, content: Mapping[str, Any], rev: str) -> None:
    try:
        points, drawn = points_of(plot_id, props, content, rev)
    except Exception as error:  # noqa: BLE001 - as above: other revs are drawn nevertheless
        figure.errors[rev] = encoded(error)
        return
    if points and rev not in figure.revisions:
        figure.revisions.append(rev)
    if not figure.props:
        figure.props = dict(drawn)
    figure.points.extend(points)


_TYPES = {".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".png": "png", ".svg": "svg+xml"}


def image_url(image: Image) -> str:
    """Where a picture is: the file it was written to, else itself as a data URI."""
    if image.path:
        return image.path
    return data_uri(image)


def data_uri(image: Image) -> str:
    """The picture as text."""
    from base64 import b64encode  # with pictures only

    kind = _TYPES.get(posixpath.splitext(image.filename)[1].lower(), "png")
    return f"data:image/{kind};base64,{b64encode(image.data).decode()}"
