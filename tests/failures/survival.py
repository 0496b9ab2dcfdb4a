"""What must survive a failure, and dvnb that dies when told to."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

TEMPORARY = re.compile(r"\..*\.tmp")

Picture = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Ended:
    """How a run of dvnb ended; `changes` counts what `mortal.py` counts, and is None for one that was killed."""

    code: int
    out: str
    err: str
    changes: int | None


@dataclass
class Mortal:
    """`mortal("add", "f", die=3)` runs dvnb in the current folder and kills it before its third change of a file."""

    server: subprocess.Popen[str]
    folder: Path
    below: str = field(default="/")

    def __call__(self, *args: str, die: int = 0) -> Ended:
        files = {name: self.folder / name for name in ("out", "err", "counted")}
        files["counted"].unlink(missing_ok=True)
        request = {"args": args, "cwd": os.getcwd(), "env": dict(os.environ), "below": self.below, "die": die}
        request |= {name: str(path) for name, path in files.items()}
        assert self.server.stdin and self.server.stdout
        print(json.dumps(request), file=self.server.stdin, flush=True)
        code = int(self.server.stdout.readline())
        counted = files["counted"]
        changes = int(counted.read_text()) if counted.exists() else None
        return Ended(code, files["out"].read_text(), files["err"].read_text(), changes)


def is_inner(relpath: str) -> bool:
    """Whether a path belongs to the tools, not to their user."""
    return relpath.startswith((".git/", ".dvc/cache/", ".dvc/tmp/"))


def picture(root: Path) -> Picture:
    """Kind and content of everything of the user's."""
    found: Picture = {}
    for folder, dirs, files in os.walk(root):
        for name in [*files, *dirs]:
            path = Path(folder, name)
            relpath = path.relative_to(root).as_posix()
            if is_inner(relpath + "/"):
                continue
            status = path.lstat()
            if path.is_symlink():
                found[relpath] = "link", os.readlink(path)
            elif path.is_dir():
                found[relpath] = "folder", ""
            else:
                kind = "program" if status.st_mode & stat.S_IXUSR else "file"
                found[relpath] = kind, hashlib.md5(path.read_bytes()).hexdigest()
    return found


def contents(root: Path) -> set[str]:
    """MD5 of all files that the user, the cache or the trash has; not of what lies in temporary folders."""
    found: set[str] = set()
    for folder, _, files in os.walk(root):
        for name in files:
            path = Path(folder, name)
            relpath = path.relative_to(root).as_posix()
            inner = relpath.startswith((".git/", ".dvc/tmp/")) and not relpath.startswith(".git/dvnb/")
            if not inner and path.is_file() and not TEMPORARY.fullmatch(name):
                found.add(hashlib.md5(path.read_bytes()).hexdigest())
    return found


def temporaries(root: Path) -> list[str]:
    """Temporary files between those of the user."""
    return [relpath for relpath in picture(root) if TEMPORARY.fullmatch(os.path.basename(relpath))]


def damaged(store: Path) -> list[str]:
    """Objects of a cache or remote whose content is not what their name says."""
    found: list[str] = []
    for path in store.glob("files/md5/??/*"):
        if not TEMPORARY.fullmatch(path.name):
            value = hashlib.md5(path.read_bytes()).hexdigest()
            if value != (path.parent.name + path.name).removesuffix(".dir"):
                found.append(str(path))
    return found


def replace_tree(source: Path, target: Path) -> None:
    """Make one folder a copy of another, with times and hard links; it may be the current folder and stays it."""
    is_current = target.exists() and Path.cwd() == target
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", source, target], cwd="/", check=True)
    if is_current:
        os.chdir(target)


def kept_texts(root: Path) -> list[str]:
    """What lies in the trash, as text."""
    found = (path for path in (root / ".git" / "dvnb" / "trash").rglob("*") if path.is_file())
    return [path.read_text(errors="replace") for path in found if path.name != "journal.jsonl"]
