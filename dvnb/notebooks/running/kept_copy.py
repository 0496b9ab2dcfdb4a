"""Where an executed copy stays: its folder, and a second place for that of a failed run."""

from __future__ import annotations

import os


def keep_copy(output: str, kept: str | None) -> str:
    """Give the executed copy a second place, if there is one for it; where it stays."""
    if kept is None:
        return output
    try:
        make_folder_of(kept)
        if os.path.exists(kept):
            if os.path.samefile(output, kept):
                return kept
            os.unlink(kept)  # that of an earlier failure, which may have another name in the trash
        _link_or_copy(output, kept)
    except OSError:  # no room for a second one
        return output
    return kept


def _link_or_copy(source: str, target: str) -> None:
    # The copy is only ever replaced, never written into, so that a second name is as good as a second file.
    try:
        os.link(source, target)
    except OSError:
        import shutil  # for failures only

        shutil.copyfile(source, target)


def make_folder_of(path: str) -> None:
    """Make the folder that a file is to lie in."""
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
