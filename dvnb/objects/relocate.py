"""Moving files and folders, across filesystems too, so that at each moment one whole copy exists."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress

from dvnb.errors import DvnbError
from dvnb.objects.hashing import hash_file
from dvnb.objects.names import temporary_name
from dvnb.objects.removal import remove_path
from dvnb.objects.staging import place_for


def relocate(source: str, target: str) -> None:
    """Rename a file, symlink or folder (absolute); copy, verify and remove it where `target` is another filesystem's.

    Raises: DvnbError if there is no room for the copy, or the source changed meanwhile.
    """
    try:
        os.rename(source, target)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        _relocate_across(source, target)


def sizes(path: str) -> Iterator[int]:
    """Bytes of each file at or below a path, as far as it does not go meanwhile."""
    with suppress(FileNotFoundError):
        for file in files_below(path):
            yield os.lstat(file).st_size


def _relocate_across(source: str, target: str) -> None:
    """The source stays until the copy is known to be whole and on the disk."""
    import shutil

    needed = sum(sizes(source))
    free = shutil.disk_usage(os.path.dirname(target)).free
    if needed > free:
        raise DvnbError(f"cannot keep '{source}' safe: it takes {needed} bytes, and the trash has room for {free}")
    folder = os.path.dirname(target)
    if not _copy_and_rename(source, os.path.join(place_for(folder), temporary_name()), target):
        _copy_and_rename(source, os.path.join(folder, temporary_name()), target)
    remove_path(source)


def _copy_and_rename(source: str, temporary: str, target: str) -> bool:
    """Copy under another name first; False if nothing can be renamed from there."""
    import shutil

    try:
        if os.path.isdir(source) and not os.path.islink(source):
            shutil.copytree(source, temporary, symlinks=True)
        else:
            shutil.copy2(source, temporary, follow_symlinks=False)
        for original, copied in zip(files_below(source), files_below(temporary), strict=True):
            _verify(original, copied)
        os.replace(temporary, target)
    except BaseException as exc:
        remove_path(temporary)
        is_apart = isinstance(exc, OSError) and exc.errno == errno.EXDEV and exc.filename2 == target
        if is_apart and os.path.dirname(temporary) != os.path.dirname(target):
            return False
        raise
    return True


def _verify(original: str, copied: str) -> None:
    if os.path.islink(original):
        same = os.readlink(original) == os.readlink(copied)
    else:
        with open(copied, "rb") as file:
            os.fsync(file.fileno())
        same = hash_file(original) == hash_file(copied)
    if not same:
        raise DvnbError(f"'{original}' changed while it was being moved into the trash")


def files_below(path: str) -> Iterator[str]:
    """The files and symlinks at or below a path, in a fixed order."""
    if os.path.islink(path) or not os.path.isdir(path):
        yield path
        return
    for name in sorted(os.listdir(path)):
        yield from files_below(os.path.join(path, name))
