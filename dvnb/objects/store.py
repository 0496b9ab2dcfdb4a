"""Writing objects: the cache, or a remote that is a local folder (SPEC 2.6, 2.8, 2.9, 2.10)."""

from __future__ import annotations

import os
import stat

from dvnb.objects.hashing import MD5, WHOLE, HashInfo, hash_file, md5_bytes
from dvnb.objects.links import (
    CREATE_FLAGS,
    READ_FLAGS,
    can_reflink,
    clone_descriptor,
    copy_descriptor,
    discard,
    write_all,
)
from dvnb.objects.meter import Meter
from dvnb.objects.names import temporary_name
from dvnb.objects.object_folder import ObjectFolder
from dvnb.objects.pipe import copy_and_hash
from dvnb.objects.soundness import OBJECT_MODE, looks_sound
from dvnb.objects.stamp import Stamp, stamp_of
from dvnb.objects.tree import Tree

SHARED_FOLDER_MODE = 0o2775


class LocalStore(ObjectFolder):
    """Objects below the folder `root`, which is made when first written to.

    An object is a read-only file, written under a temporary name and renamed. `shared_group`: folders are writable
    for the group.
    """

    def __init__(self, root: str, *, shared_group: bool = False) -> None:
        super().__init__(root)
        self._shared_group = shared_group
        self._chmod: bool | None = None

    def put_bytes(self, data: bytes, hash_info: HashInfo) -> None:
        """Store bytes whose hash is known, unless they are there already."""
        target = self.path(hash_info)
        if not self._holds(target):
            self._put_data(data, target)

    def put_tree(self, tree: Tree) -> HashInfo:
        """Store a folder's listing; its members should be there already."""
        data = tree.to_bytes()
        hash_info = HashInfo(tree.algorithm, md5_bytes(data) + ".dir")
        self.put_bytes(data, hash_info)
        self._trees[hash_info] = tree
        return hash_info

    def can_reflink(self, source: str) -> bool:
        """Whether objects can share their blocks with the file or folder `source`."""
        self.make_folder(self.root)
        return can_reflink(source, self.root)

    def put_file(
        self, source: str, hash_info: HashInfo, *, stamp: Stamp | None = None, clone: bool | None = None
    ) -> bool:
        """Store a copy (or reflink) of a file whose hash is known, unless it is there already.

        With a `stamp`, a file that has another one after it was copied is not stored, and False returned.
        `clone`: whether reflinks can be made, where that is known.
        """
        target = self.path(hash_info)
        if self._holds(target):
            return True
        clone = self.can_reflink(source) if clone is None else clone
        fd = os.open(source, READ_FLAGS)
        try:
            temporary, new = self._create(os.path.dirname(target))
            try:
                try:
                    if clone:
                        clone_descriptor(fd, new)
                    else:
                        copy_descriptor(fd, new, os.fstat(fd).st_size)
                finally:
                    os.close(new)
                if stamp is not None and stamp_of(os.fstat(fd)) != stamp:
                    discard(temporary)
                    return False
                os.replace(temporary, target)
            except BaseException as exc:
                self._give_up(temporary, exc)
                raise
        finally:
            os.close(fd)
        return True

    def ingest(self, source: str, size: int, *, clone: bool = False, meter: Meter | None = None) -> str:
        """Hash and store a file, reading it once; its MD5. What is stored is what was hashed, whoever writes meanwhile.

        `size` is what the file is expected to have; `clone`: reflinks can be made.
        """
        fd = os.open(source, READ_FLAGS)
        try:
            if size < WHOLE and not clone:
                data = os.read(fd, size + 1)
                if len(data) <= size:
                    value = md5_bytes(data)
                    target = f"{self._bases[MD5]}{value[:2]}{os.sep}{value[2:]}"
                    if not self._holds(target):
                        self._put_data(data, target)
                    return value
                os.lseek(fd, 0, os.SEEK_SET)
            return self._ingest_through_file(fd, clone=clone, meter=meter)
        finally:
            os.close(fd)

    def put_link(self, source: str, hash_info: HashInfo) -> bool:
        """Make a file itself an object by a hard link, shared read-only; False if it cannot be.

        The caller makes sure that the file still is what was hashed.
        """
        target = self.path(hash_info)
        folder = os.path.dirname(target)
        temporary = os.path.join(folder, temporary_name())
        try:
            self.make_folder(folder)
            os.link(source, temporary)
            os.chmod(temporary, OBJECT_MODE)
            os.replace(temporary, target)
        except OSError:
            discard(temporary)
            return False
        return True

    def make_folder(self, path: str) -> None:
        """Make a folder of the store and those above it, with the store's modes."""
        if os.path.isdir(path):
            return
        if path != self.root and path.startswith(self.root):
            self.make_folder(os.path.dirname(path))
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            os.mkdir(path)
        except FileExistsError:
            return
        if self._shared_group:
            os.chmod(path, SHARED_FOLDER_MODE)

    def _holds(self, target: str) -> bool:
        # One that may be damaged is replaced: the right bytes are at hand.
        return os.access(target, os.F_OK) and looks_sound(target)

    def _put_data(self, data: bytes, target: str) -> None:
        temporary, fd = self._create(target.rpartition(os.sep)[0])
        try:
            try:
                write_all(fd, data)
            finally:
                os.close(fd)
            os.replace(temporary, target)
        except BaseException as exc:
            self._give_up(temporary, exc)
            raise

    def _give_up(self, temporary: str, error: BaseException) -> None:
        discard(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = self.root  # writing to a descriptor failed: on a full disk, say

    def _create(self, folder: str) -> tuple[str, int]:
        temporary = f"{folder}{os.sep}{temporary_name()}"
        try:
            fd = os.open(temporary, CREATE_FLAGS, OBJECT_MODE)
        except FileNotFoundError:
            self.make_folder(folder)
            fd = os.open(temporary, CREATE_FLAGS, OBJECT_MODE)
        if self._chmod is None:
            self._chmod = stat.S_IMODE(os.fstat(fd).st_mode) != OBJECT_MODE
        if self._chmod:  # the umask takes read rights away
            os.chmod(temporary, OBJECT_MODE)
        return temporary, fd

    def _ingest_through_file(self, fd: int, *, clone: bool, meter: Meter | None) -> str:
        base = self._bases[MD5].rstrip(os.sep)
        temporary, new = self._create(base)
        try:
            try:
                if clone:
                    clone_descriptor(fd, new)
                    value = hash_file(temporary, MD5, meter)
                else:
                    value = copy_and_hash(fd, new, meter)
            finally:
                os.close(new)
            target = f"{base}{os.sep}{value[:2]}{os.sep}{value[2:]}"
            if self._holds(target):
                os.unlink(temporary)
            else:
                self.make_folder(os.path.dirname(target))
                os.replace(temporary, target)
        except BaseException as exc:
            self._give_up(temporary, exc)
            raise
        return value
