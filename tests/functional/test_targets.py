"""What targets mean: every shape of a target in every verb that takes some, and nothing else is touched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError, TargetError

Picture = Callable[[Path], dict[str, tuple[int, str]]]

A, B, ONE, TWO, TOP, MID, INNER = (
    "data/a.txt",
    "data/b.txt",
    "data/pics/one.txt",
    "data/pics/sub/two.txt",
    "top.txt",
    "mid.txt",
    "sub/in.txt",
)
FILES = (A, B, ONE, TWO, TOP, MID, INNER)
PIPELINE = "stages:\n  {name}:\n    cmd: cp {dep} {out}\n    deps:\n    - {dep}\n    outs:\n    - {out}\n"


class Shape(NamedTuple):
    """A way to write a target: from which folder, the words, and the data files that it means."""

    cwd: str
    words: tuple[str, ...]
    means: set[str]


SHAPES = {
    "dvc-file": Shape("", ("data/a.txt.dvc",), {A}),
    "path": Shape("", (A,), {A}),
    "dotted": Shape("", ("./data/../data/a.txt",), {A}),
    "absolute": Shape("", ("{root}/data/a.txt",), {A}),
    "absolute-dvc-file": Shape("", ("{root}/data/a.txt.dvc",), {A}),
    "tracked-folder": Shape("", ("data/pics",), {ONE, TWO}),
    "tracked-folder-slash": Shape("", ("data/pics/",), {ONE, TWO}),
    "member": Shape("", (ONE,), {ONE}),
    "absolute-member": Shape("", ("{root}/" + ONE,), {ONE}),
    "member-folder": Shape("", ("data/pics/sub",), {TWO}),
    "member-folder-slash": Shape("", ("data/pics/sub/",), {TWO}),
    "two-members": Shape("", (ONE, TWO), {ONE, TWO}),
    "the-same-twice": Shape("", (A, "data/a.txt.dvc"), {A}),
    "whole-and-member": Shape("", ("data/pics", ONE), {ONE, TWO}),
    "folder": Shape("", ("data",), {A, B, ONE, TWO}),
    "folder-slash": Shape("", ("data/",), {A, B, ONE, TWO}),
    "from-below": Shape("sub", ("../data/a.txt",), {A}),
    "member-from-below": Shape("sub", ("../data/pics/one.txt",), {ONE}),
    "folder-from-below": Shape("sub", ("../data",), {A, B, ONE, TWO}),
    "stage": Shape("", ("prepare",), {MID}),
    "stage-of-a-file": Shape("", ("sub/dvc.yaml:insub",), {INNER}),
    "file-of-stages": Shape("", ("sub/dvc.yaml",), {INNER}),
    "stage-out": Shape("", (MID,), {MID}),
    "stage-from-below": Shape("sub", ("insub",), {INNER}),
    "stage-above": Shape("sub", ("../dvc.yaml:prepare",), {MID}),
}
BY_ADD = [name for name, shape in SHAPES.items() if not shape.means & {MID, INNER}]
shapes = pytest.mark.parametrize("shape", list(SHAPES.values()), ids=list(SHAPES))


def md5(content: str) -> str:
    return hashlib.md5(content.encode()).hexdigest()


def original(name: str) -> str:
    """What a file holds at first; what stages made is what they read, said twice so that it is content of its own."""
    return f"first of {name}\n"


def words(shape: Shape, root: Path) -> list[str]:
    return [word.replace("{root}", str(root)) for word in shape.words]


def files_of(store: Path) -> set[str]:
    """The data files whose content a cache or remote has, as it was at first or is after `change`."""
    names = {path.parent.name + path.name for path in (store / "files" / "md5").glob("??/*")}
    return {name for name in FILES if names & {md5(original(name)), md5(f"changed {name}\n")}}


def present() -> set[str]:
    return {name for name in FILES if os.path.lexists(name)}


def change() -> None:
    for name in FILES:
        Path(name).write_text(f"changed {name}\n")


def clear() -> None:
    for name in FILES:
        Path(name).unlink()
    shutil.rmtree("data/pics")


@pytest.fixture(scope="session")
def _tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of `tree`, made once."""
    import subprocess

    root = tmp_path_factory.mktemp("targets") / "repo"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    Repo.init(root)
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(original(name))
    (root / "dvc.yaml").write_text(PIPELINE.format(name="prepare", dep="top.txt", out="mid.txt"))
    (root / "sub" / "dvc.yaml").write_text(PIPELINE.format(name="insub", dep="../top.txt", out="in.txt"))
    repo = Repo(root)
    repo.add("data/a.txt", "data/b.txt", "data/pics", "top.txt")
    repo.commit(force=True)
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    subprocess.run(["git", *identity, "commit", "-qm", "one"], cwd=root, check=True)
    return root


@pytest.fixture
def tree(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _tracked: Path) -> Path:
    """A committed project with files of all kinds, and a remote that is empty; it is the current folder."""
    root = tmp_path / "repo"
    shutil.copytree(_tracked, root, symlinks=True)
    monkeypatch.chdir(root)
    Repo().remote_add("far", str(tmp_path / "far"), default=True)
    return root


@pytest.fixture
def cache(tree: Path) -> Path:
    return tree / ".dvc" / "cache"


@pytest.fixture
def far(tmp_path: Path) -> Path:
    return tmp_path / "far"


@shapes
def test_checkout(tree: Path, shape: Shape) -> None:
    clear()
    result = Repo(shape.cwd or ".").checkout(*words(shape, tree))
    assert present() == shape.means
    assert result.files_added == len(shape.means)
    assert len(result.added) == len(set(result.added))


@shapes
def test_checkout_of_a_rev(tree: Path, shape: Shape) -> None:
    change()
    Repo().commit(force=True)
    Repo(shape.cwd or ".").checkout(*words(shape, tree), rev="HEAD")
    assert {name for name in FILES if Path(name).read_text() == original(name)} == shape.means


@shapes
def test_commit(tree: Path, cache: Path, shape: Shape) -> None:
    change()
    shutil.rmtree(cache / "files")
    for listing in tree.glob("data/pics.dvc"):  # members need to know the others
        value = listing.read_text().split("md5: ")[1].split("\n")[0]
        _put_listing(cache, value)
    Repo(shape.cwd or ".").commit(*words(shape, tree), force=True)
    assert files_of(cache) == shape.means


def _put_listing(cache: Path, value: str) -> None:
    entries = [{"md5": md5(original(ONE)), "relpath": "one.txt"}, {"md5": md5(original(TWO)), "relpath": "sub/two.txt"}]
    path = cache / "files" / "md5" / value[:2] / value[2:]
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(entries))
    assert md5(path.read_text()) + ".dir" == value


@shapes
def test_push(tree: Path, far: Path, shape: Shape) -> None:
    Repo(shape.cwd or ".").push(*words(shape, tree))
    assert files_of(far) == shape.means


@shapes
def test_fetch(tree: Path, cache: Path, shape: Shape) -> None:
    Repo().push()
    shutil.rmtree(cache)
    clear()
    Repo(shape.cwd or ".").fetch(*words(shape, tree))
    assert files_of(cache) == shape.means
    assert present() == set()


@shapes
def test_pull(tree: Path, cache: Path, shape: Shape) -> None:
    Repo().push()
    shutil.rmtree(cache)
    clear()
    result = Repo(shape.cwd or ".").pull(*words(shape, tree))
    assert files_of(cache) == present() == shape.means
    assert result.checkout.files_added == len(shape.means)


@shapes
def test_status(tree: Path, shape: Shape) -> None:
    change()
    found = Repo(shape.cwd or ".").status(*words(shape, tree)).stages
    groups = [reason["changed outs"] for reasons in found.values() for reason in reasons if "changed outs" in reason]
    changed = {os.path.normpath(os.path.join(shape.cwd, path)) for group in groups for path in group}
    assert changed == {"data/pics" if "pics" in name else name for name in shape.means}
    assert len(groups) == len(found)


@shapes
def test_cloud_status(tree: Path, shape: Shape) -> None:
    result = Repo(shape.cwd or ".").cloud_status(*words(shape, tree))
    paths = {os.path.normpath(os.path.join(shape.cwd, path)) for path in result.paths}
    assert paths - {"data/pics"} == shape.means
    assert set(result.paths.values()) == {"new"}


@shapes
def test_diff(tree: Path, shape: Shape) -> None:
    change()
    groups = Repo(shape.cwd or ".").diff(targets=words(shape, tree)).groups
    changed = {str(change["path"]) for change in groups["modified"]}
    assert changed - {"data/pics/"} == shape.means
    assert ("data/pics/" in changed) == ({ONE, TWO} <= shape.means and "two-members" not in _name(shape))


def _name(shape: Shape) -> str:
    return next(name for name, other in SHAPES.items() if other is shape)


@shapes
def test_unprotect(tree: Path, shape: Shape) -> None:
    repo = Repo()
    repo.config("cache.type", "symlink")
    repo.checkout(relink=True)
    Repo(shape.cwd or ".").unprotect(*words(shape, tree))
    assert {name for name in FILES if not Path(name).is_symlink()} == shape.means


@pytest.mark.parametrize("name", BY_ADD)
def test_remove(tree: Path, name: str) -> None:
    shape = SHAPES[name]
    Repo(shape.cwd or ".").remove(*words(shape, tree), outs=True)
    assert present() == set(FILES) - shape.means
    assert Repo().checkout().added == []


@pytest.mark.parametrize(
    "name", [name for name in BY_ADD if "folder" not in name or "tracked" in name or "member" in name]
)
def test_add(tree: Path, cache: Path, name: str) -> None:
    shape = SHAPES[name]
    change()
    if any(word.endswith(".dvc") for word in shape.words):
        with pytest.raises(TargetError, match="cannot be an output"):
            Repo(shape.cwd or ".").add(*words(shape, tree))
        return
    Repo(shape.cwd or ".").add(*words(shape, tree))
    stored = {path.parent.name + path.name for path in (cache / "files" / "md5").glob("??/*")}
    assert {name for name in FILES if md5(f"changed {name}\n") in stored} == shape.means


@pytest.mark.parametrize("shape", [SHAPES["folder"], SHAPES["folder-slash"], SHAPES["folder-from-below"]])
def test_a_folder_around_tracked_data_cannot_be_added(tree: Path, shape: Shape, picture: Picture) -> None:
    before = picture(tree)
    with pytest.raises(DvnbError, match="overlapping with other DVC tracked output"):
        Repo(shape.cwd or ".").add(*words(shape, tree))
    assert picture(tree) == before


# ---- patterns

PATTERNS = {
    "data/*.txt": {A, B},
    "data/*.dvc": {A, B, ONE, TWO},
    "data/?.txt": {A, B},
    "data/[ab].txt": {A, B},
    "dat*": {A, B, ONE, TWO},
    "data/pics/*.txt": {ONE},
    "data/pics/s*": {TWO},
    "**/two.txt": {TWO},
    "*.txt": {TOP, MID},
    "**/*.txt": set(FILES),
    "{root}/data/*.txt": {A, B},
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_of_push(tree: Path, far: Path, pattern: str) -> None:
    Repo().push(pattern.replace("{root}", str(tree)), glob=True)
    assert files_of(far) == PATTERNS[pattern]


@pytest.mark.parametrize("pattern", ["data/*.txt", "data/*.dvc"])
def test_patterns_of_pull_need_no_workspace(tree: Path, cache: Path, pattern: str, dvnb: Any) -> None:
    Repo().push()
    shutil.rmtree(cache)
    clear()
    assert dvnb("pull", "--glob", pattern).code == 0
    assert present() == PATTERNS[pattern]


def test_patterns_from_below(tree: Path, far: Path) -> None:
    Repo("sub").push("../data/*.txt", glob=True)
    assert files_of(far) == {A, B}


@pytest.mark.parametrize("verb", ["add", "push", "pull"])
def test_a_pattern_that_matches_nothing(tree: Path, dvnb: Any, oracle: Any, verb: str, picture: Picture) -> None:
    before = picture(tree)
    done = dvnb(verb, "--glob", "nope*")
    code, _, theirs = oracle(verb, "--glob", "nope*")
    assert (done.code, done.err) == (code, theirs)
    assert picture(tree) == before


# ---- what is refused

VERBS: dict[str, tuple[list[str], int]] = {
    "commit": (["commit", "-f"], 1),
    "checkout": (["checkout"], 255),
    "checkout-rev": (["checkout", "--rev", "HEAD"], 255),
    "push": (["push"], 1),
    "pull": (["pull"], 1),
    "fetch": (["fetch"], 1),
    "status": (["status"], 1),
    "status-c": (["status", "-c"], 1),
    "remove": (["remove"], 1),
    "unprotect": (["unprotect"], 255),
    "update": (["update"], 1),
    "add": (["add"], 1),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("target", ["nope", "nope.dvc", "dvc.yaml:nope"])
def test_what_is_not_there(tree: Path, dvnb: Any, picture: Picture, verb: str, target: str) -> None:
    before = picture(tree)
    command, code = VERBS[verb]
    done = dvnb(*command, target)
    assert done.code == code
    assert done.out == ""
    assert done.err.count("ERROR") == 1
    assert target.rpartition(":")[2] in done.err
    assert picture(tree) == before


def test_a_stage_is_not_removed_by_its_output(tree: Path, dvnb: Any, picture: Picture) -> None:
    before = picture(tree)
    done = dvnb("remove", MID)
    assert done.code == 1
    assert "'mid.txt' is an output of stage 'prepare': 'dvnb remove prepare' removes that stage" in done.err
    assert picture(tree) == before


# ---- beside stock dvc

SAME = ["dvc-file", "path", "member", "member-folder-slash", "two-members", "from-below", "stage", "stage-of-a-file"]


@pytest.mark.parametrize("name", SAME)
def test_pull_as_dvc(tree: Path, cache: Path, oracle: Any, picture: Picture, name: str) -> None:
    shape = SHAPES[name]
    Repo().push()
    shutil.rmtree(cache)
    clear()
    shutil.copytree(tree, tree.parent / "kept", symlinks=True)
    os.chdir(tree / shape.cwd)
    Repo().pull(*words(shape, tree))
    ours = picture(tree)
    os.chdir(tree.parent)
    shutil.rmtree(tree)
    (tree.parent / "kept").rename(tree)
    os.chdir(tree / shape.cwd)
    code, _, err = oracle("pull", *words(shape, tree))
    assert code == 0, err
    assert picture(tree) == ours


# ---- asking a remote


def test_a_remote_is_not_asked_file_by_file(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvnb.objects.store import LocalStore

    asked: list[int] = []
    missing = LocalStore.missing

    def counted(self: LocalStore, hashes: Any) -> Any:
        if self.root.endswith("far"):
            asked.append(len(hashes))
        return missing(self, hashes)

    monkeypatch.setattr(LocalStore, "missing", counted)
    assert len(Repo().cloud_status().paths) == len(FILES) + 1
    assert len(asked) <= 2  # outs, then members
    assert sum(asked) == len(FILES) + 1


@pytest.mark.parametrize(
    ("source", "way_out"),
    [(ONE, "rename it yourself, then run 'dvnb add data/pics'"), ("data", "such as 'data/a.txt'"), ("nope", "'nope'")],
)
def test_what_cannot_be_moved(tree: Path, dvnb: Any, picture: Picture, source: str, way_out: str) -> None:
    before = picture(tree)
    done = dvnb("move", source, "elsewhere")
    assert done.code == 1
    assert f"Unable to find DVC file with output '{source}'" in done.err
    assert way_out in done.err
    assert picture(tree) == before
