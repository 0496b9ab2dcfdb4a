from __future__ import annotations

import os
from pathlib import Path

import pytest

from dvnb.errors import TargetError
from dvnb.objects.walk import walk_files, walk_folders


class IgnoreNames:
    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def filter_names(self, folder: str, dirs: list[str], files: list[str]) -> tuple[list[str], list[str]]:
        return [d for d in dirs if d not in self.names], [f for f in files if f not in self.names]


def _relpaths(root: Path, ignore: IgnoreNames | None = None) -> list[str]:
    return sorted(relpath for relpath, _, _ in walk_files(str(root), ignore))


def _make(root: Path, *relpaths: str) -> None:
    for relpath in relpaths:
        (root / relpath).parent.mkdir(parents=True, exist_ok=True)
        (root / relpath).write_text(relpath)


def test_all_files_with_posix_relpaths_and_sizes(root: Path) -> None:
    _make(root, "a", "s/b", "s/t/c")
    (root / "empty").mkdir()
    found = {relpath: (path, stamp[2]) for relpath, path, stamp in walk_files(str(root))}
    assert found == {relpath: (str(root / relpath), len(relpath)) for relpath in ("a", "s/b", "s/t/c")}


def test_ignored_names_are_left_out_with_all_below(root: Path) -> None:
    _make(root, "a", "skip/b", "s/skip", "s/c")
    assert _relpaths(root, IgnoreNames("skip")) == ["a", "s/c"]


def test_what_goes_while_the_folder_is_read_is_not_there(root: Path) -> None:
    class Removes(IgnoreNames):
        def filter_names(self, folder: str, dirs: list[str], files: list[str]) -> tuple[list[str], list[str]]:
            for path in (root / "b", root / "s" / "c"):
                path.unlink(missing_ok=True)
            if (root / "s").exists():
                (root / "s").rmdir()
            return super().filter_names(folder, dirs, files)

    _make(root, "a", "b", "s/c", "z")
    assert _relpaths(root, Removes()) == ["a", "z"]


def test_symlinks_to_files_count_and_to_folders_do_not(root: Path, tmp_path: Path) -> None:
    _make(tmp_path, "outside/x")
    _make(root, "a")
    (root / "link").symlink_to(tmp_path / "outside" / "x")
    (root / "folder").symlink_to(tmp_path / "outside")
    (folder,) = walk_folders(str(root))
    assert sorted(folder.names) == ["a", "link"]
    assert folder.links == {"link"}


def test_a_broken_symlink_is_an_error_in_dvcs_words(root: Path) -> None:
    (root / "s").mkdir()
    (root / "s" / "broken").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError) as caught:
        _relpaths(root)
    assert str(caught.value) == f"[Errno 2] No such file or directory: '{root}/s/broken'"


def test_broken_symlinks_can_be_collected_and_ignored(root: Path) -> None:
    (root / "broken").symlink_to("nowhere")
    broken: list[str] = []
    assert [folder.names for folder in walk_folders(str(root), broken=broken)] == [[]]
    assert broken == [str(root / "broken")]
    assert _relpaths(root, IgnoreNames("broken")) == []


def test_a_dvcignore_inside_is_an_error_in_dvcs_words(root: Path) -> None:
    _make(root, "a", "s/.dvcignore")
    with pytest.raises(TargetError) as caught:
        _relpaths(root)
    assert str(caught.value) == f".dvcignore file should not be in collected dir path: '{root}/s'"


def test_pipes_are_refused(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(TargetError, match="pipe"):
        _relpaths(root)
