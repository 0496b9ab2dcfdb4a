"""`Repo` with its widgets: the class that `dvnb.Repo` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.repo.facade import Repo as PlainRepo

if TYPE_CHECKING:
    from dvnb.widgets.versions import VersionsWidget


class Repo(PlainRepo):
    """The project around a folder: every verb a method, and widgets for notebooks.

    Widgets need a front end that shows ipywidgets; elsewhere each is a table or a picture.
    """

    def versions_widget(self, path: str) -> VersionsWidget:
        """The versions of tracked data: pick one, see what differs, check it out, undo.

        Raises: DvnbError for a path that is not tracked.
        """
        from dvnb.widgets.versions import VersionsWidget

        return VersionsWidget(self, path)


Repo.__doc__ = f"{Repo.__doc__}\n{PlainRepo.__doc__}"
