"""One path inside a tracked folder, while the rest of that folder is neither in the workspace nor in the cache."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError, MissingObjectsError, TargetError

Picture = Callable[[Path], dict[str, tuple[int, str]]]

ONE, TWO, THREE, WHOLE = "pictures/one.txt", "pictures/sub/two.txt", "pictures/sub/three.txt", "pictures"


def md5(content: str) -> str:
    return hashlib.md5(content.encode()).hexdigest()


def objects(store: Path) -> set[str]:
    """Hashes of what is in a cache or remote."""
    found = (store / "files" / "md5").glob("??/*")
    return {path.parent.name + path.name for path in found if not path.name.endswith(".tmp")}


def recorded() -> str:
    """The hash that pictures.dvc has."""
    return Path("pictures.dvc").read_text().split("md5: ")[1].split("\n")[0]


def listing(store: Path) -> dict[str, str]:
    """The members that pictures.dvc records, as a store tells them."""
    value = recorded()
    entries = json.loads((store / "files" / "md5" / value[:2] / value[2:]).read_bytes())
    return {entry["relpath"]: entry["md5"] for entry in entries}


def here() -> set[str]:
    """The files of the tracked folder that the workspace has."""
    return {path.as_posix() for path in Path(WHOLE).rglob("*") if path.is_file()}


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """The folder of the remote."""
    return tmp_path / "far"


@pytest.fixture
def cache(project: Path) -> Path:
    """The cache."""
    return project / ".dvc" / "cache"


@pytest.fixture
def partial(project: Path, far: Path, cache: Path, commit_all: Callable[..., None]) -> Path:
    """A project of which only pictures/one.txt was ever pulled; its remote has everything."""
    Path(THREE).write_text("three\n")
    repo = Repo()
    repo.remote_add("far", str(far), default=True)
    repo.add(WHOLE)
    repo.push()
    commit_all("two")
    shutil.rmtree(cache)
    shutil.rmtree(WHOLE)
    result = Repo().pull(ONE)
    assert result.fetch.transferred == 2  # the member, and what the folder consists of
    return project


def test_pull_brings_nothing_but_the_member(partial: Path, cache: Path) -> None:
    assert here() == {ONE}
    assert objects(cache) == {md5("one\n"), recorded()}


def test_fetch_brings_nothing_but_the_member(partial: Path, cache: Path) -> None:
    assert Repo().fetch(TWO).transferred == 1
    assert objects(cache) == {md5("one\n"), md5("two\n"), recorded()}
    assert here() == {ONE}


def test_fetch_of_a_subfolder(partial: Path, cache: Path) -> None:
    assert Repo().fetch("pictures/sub").transferred == 2
    assert objects(cache) == {md5("one\n"), md5("two\n"), md5("three\n"), recorded()}


def test_checkout_restores_the_member_alone(partial: Path, dvnb: Any) -> None:
    Path(ONE).unlink()
    done = dvnb("checkout", ONE)
    assert (done.code, here()) == (0, {ONE})
    assert Path(ONE).read_text() == "one\n"


def test_checkout_of_a_member_that_is_not_here_takes_nothing_away(partial: Path, dvnb: Any, picture: Picture) -> None:
    before = picture(partial)
    assert dvnb("checkout", TWO).code == 255
    assert picture(partial) == before


def test_an_unknown_member_is_told(partial: Path, dvnb: Any, picture: Picture) -> None:
    before = picture(partial)
    done = dvnb("checkout", "pictures/nope.txt")
    assert (done.code, done.out) == (0, "")
    assert "'pictures/nope.txt' is not recorded in 'pictures'." in done.err
    assert picture(partial) == before


def test_checkout_of_an_older_member(partial: Path) -> None:
    Path(ONE).write_text("changed\n")
    Repo().add(ONE)
    assert Repo().checkout(ONE, rev="HEAD").modified == ["pictures/"]
    assert Path(ONE).read_text() == "one\n"
    assert here() == {ONE}


@pytest.mark.parametrize("verb", [["add"], ["commit", "-f"]])
def test_a_changed_member_is_recorded(partial: Path, cache: Path, dvnb: Any, verb: list[str]) -> None:
    Path(ONE).write_text("changed\n")
    old = recorded()
    assert dvnb(*verb, ONE).code == 0
    assert listing(cache) == {"one.txt": md5("changed\n"), "sub/three.txt": md5("three\n"), "sub/two.txt": md5("two\n")}
    assert objects(cache) == {md5("one\n"), md5("changed\n"), old, recorded()}
    assert here() == {ONE}


def test_commit_asks_before_it_records_a_changed_member(partial: Path, dvnb: Any, picture: Picture) -> None:
    assert dvnb("commit", ONE).code == 0  # the rest being absent is no change
    Path(ONE).write_text("changed\n")
    before = picture(partial)
    done = dvnb("commit", ONE)
    assert done.code == 1
    assert "unable to commit changed stage: 'pictures.dvc'" in done.err
    assert picture(partial) == before


def test_a_new_member_is_recorded(partial: Path, cache: Path) -> None:
    Path("pictures/sub").mkdir()
    Path("pictures/sub/new.txt").write_text("new\n")
    Repo().add("pictures/sub/new.txt")
    assert listing(cache).keys() == {"one.txt", "sub/new.txt", "sub/three.txt", "sub/two.txt"}
    assert here() == {ONE, "pictures/sub/new.txt"}


def test_the_size_is_summed_only_for_what_is_new(project: Path, dvnb: Any, oracle: Any) -> None:
    pointer = Path("pictures.dvc")
    before = pointer.read_text()
    written: list[list[str]] = []
    for run in (dvnb, oracle):
        pointer.write_text(before)
        texts: list[str] = []
        for name in ("new/x", "sub/more"):
            Path("pictures", name).parent.mkdir(exist_ok=True)
            Path("pictures", name).write_text("more\n")
            run("add", f"pictures/{name.split('/')[0]}")
            texts.append(pointer.read_text())
        written.append(texts)
        shutil.rmtree("pictures/new")
        Path("pictures/sub/more").unlink()
    assert written[0] == written[1]
    assert ["size" in text for text in written[0]] == [True, False]


@pytest.mark.parametrize("verb", [["add"], ["commit", "-f"]])
def test_a_part_of_a_whole_folder_is_recorded_as_dvc_records_it(
    project: Path, cache: Path, dvnb: Any, oracle: Any, verb: list[str]
) -> None:
    pointer = Path("pictures.dvc")
    before = pointer.read_text()
    written: list[tuple[str, set[str]]] = []
    for run in (dvnb, oracle):
        pointer.write_text(before)
        shutil.copytree(cache, "kept")
        Path(TWO).write_text("changed\n")
        run(*verb, "pictures/sub")
        written.append((pointer.read_text(), objects(cache)))
        shutil.rmtree(cache)
        shutil.move("kept", cache)
    assert written[0] == written[1]
    assert ("size" in written[0][0]) == (verb != ["add"])


def test_a_subfolder_is_recorded_as_it_is_now(partial: Path, cache: Path) -> None:
    Path("pictures/sub").mkdir()
    Path(TWO).write_text("changed\n")
    Repo().add("pictures/sub")
    assert listing(cache) == {"one.txt": md5("one\n"), "sub/two.txt": md5("changed\n")}


def test_a_deleted_member_is_recorded(partial: Path, cache: Path, far: Path) -> None:
    Path(ONE).unlink()
    Repo().add(ONE)
    assert listing(cache).keys() == {"sub/three.txt", "sub/two.txt"}
    assert md5("one\n") in objects(cache)


def test_a_folder_where_a_file_was_takes_its_place(partial: Path, cache: Path) -> None:
    Path(ONE).unlink()
    Path(ONE).mkdir()
    Path(ONE, "inner").write_text("inner\n")
    Repo().add(f"{ONE}/inner")
    assert listing(cache).keys() == {"one.txt/inner", "sub/three.txt", "sub/two.txt"}


def test_two_members_at_once_without_the_cache(partial: Path, cache: Path) -> None:
    Path(ONE).write_text("changed\n")
    Path("pictures/new.txt").write_text("new\n")
    Repo().add(ONE, "pictures/new.txt", no_commit=True)
    # what the folder consists of is known nowhere else
    assert listing(cache).keys() == {"new.txt", "one.txt", "sub/three.txt", "sub/two.txt"}
    assert not {md5("changed\n"), md5("new\n")} & objects(cache)
    Repo().commit(ONE, "pictures/new.txt")
    assert {md5("changed\n"), md5("new\n")} < objects(cache)


def test_no_commit_leaves_the_cache_alone_where_the_folder_is_whole(project: Path, cache: Path) -> None:
    before = objects(cache)
    Path(ONE).write_text("changed\n")
    Repo().add(ONE, no_commit=True)
    assert objects(cache) == before
    Repo().commit(WHOLE)
    assert listing(cache)["one.txt"] == md5("changed\n")


def test_a_member_that_is_not_there_at_all(partial: Path, picture: Picture) -> None:
    before = picture(partial)
    with pytest.raises(TargetError, match=r"'pictures/nope\.txt' does not exist"):
        Repo().add("pictures/nope.txt")
    assert picture(partial) == before


def test_an_ignored_member_is_refused(partial: Path, picture: Picture) -> None:
    Path(".dvcignore").write_text("*.log\n")
    Path("pictures/x.log").write_text("log\n")
    before = picture(partial)
    with pytest.raises(TargetError, match=r"is ignored by \.dvcignore:1:\*\.log"):
        Repo().add("pictures/x.log")
    assert picture(partial) == before


@pytest.mark.parametrize("outs", [False, True])
def test_remove_takes_the_member_out_of_the_record(partial: Path, cache: Path, outs: bool) -> None:
    result = Repo().remove(ONE, outs=outs)
    assert result.members == [ONE]
    assert listing(cache).keys() == {"sub/three.txt", "sub/two.txt"}
    assert here() == (set() if outs else {ONE})
    assert md5("one\n") in objects(cache)


def test_what_remove_would_lose_goes_to_the_trash(partial: Path, kept: Any) -> None:
    Path(ONE).write_text("nobody else has this\n")
    repo = Repo()
    repo.remove(ONE, outs=True)
    assert not Path(ONE).exists()
    contents = [path.read_text() for path in kept(Path.cwd()).values()]
    assert "nobody else has this\n" in contents


def test_diff_of_a_member_says_nothing_of_the_others(partial: Path, dvnb: Any) -> None:
    assert json.loads(dvnb("diff", "--json", "--targets", ONE).out or "{}") == {}
    Path(ONE).write_text("changed\n")
    groups = json.loads(dvnb("diff", "--json", "--targets", ONE).out)
    assert groups["modified"] == [{"path": ONE}]
    assert not groups["deleted"]


def test_diff_of_a_member_between_revs(partial: Path, commit_all: Callable[..., None]) -> None:
    Path(ONE).write_text("changed\n")
    Repo().add(ONE)
    commit_all("three")
    groups = Repo().diff("HEAD~1", "HEAD", targets=[ONE]).groups
    assert groups["modified"] == [{"path": ONE}]
    assert not (groups["deleted"] or groups["added"])


def test_push_of_a_changed_member_completes_the_remote(partial: Path, far: Path, cache: Path) -> None:
    Path(ONE).write_text("changed\n")
    Repo().add(ONE)
    result = Repo().push(ONE)
    assert (result.transferred, result.missing) == (2, [])
    assert recorded() in objects(far)
    assert md5("two\n") not in objects(cache)
    shutil.rmtree(cache)
    shutil.rmtree(WHOLE)
    Repo().pull(WHOLE)
    assert here() == {ONE, TWO, THREE}


def test_push_of_a_part_tells_that_the_rest_is_lacking(partial: Path, far: Path, dvnb: Any) -> None:
    shutil.rmtree(far)
    done = dvnb("push", ONE)
    assert done.code == 0
    assert "the remote lacks other members of 'pictures'" in done.err
    # stock dvc would take a listing as proof that all members are there
    assert objects(far) == {md5("one\n")}


@pytest.mark.parametrize("verb", ["add", "remove", "commit"])
def test_the_listing_is_asked_of_the_remote_and_nothing_else(partial: Path, cache: Path, verb: str, far: Path) -> None:
    shutil.rmtree(cache)
    Path(ONE).write_text("changed\n")
    old = recorded()
    {"add": Repo().add, "remove": Repo().remove, "commit": lambda path: Repo().commit(path, force=True)}[verb](ONE)
    saved = {md5("changed\n")} if verb != "remove" else set()
    assert objects(cache) == {old, recorded()} | saved
    assert here() == {ONE}


def test_without_any_listing_nothing_changes(partial: Path, cache: Path, far: Path, picture: Picture) -> None:
    shutil.rmtree(cache)
    shutil.rmtree(far)
    Path(ONE).write_text("changed\n")
    before = picture(partial)
    with pytest.raises(MissingObjectsError, match="neither the cache nor a remote says what 'pictures' consists of"):
        Repo().add(ONE)
    assert picture(partial) == before


@pytest.mark.parametrize("verb", ["fetch", "pull"])
def test_a_member_that_the_remote_lost(partial: Path, far: Path, cache: Path, dvnb: Any, verb: str) -> None:
    lost = md5("two\n")
    (far / "files" / "md5" / lost[:2] / lost[2:]).unlink()
    done = dvnb(verb, WHOLE)
    assert done.code == 1
    assert lost in done.err or "pictures" in done.err
    assert md5("three\n") in objects(cache)
    assert ONE in here()


def test_a_member_of_a_stages_folder(project: Path, cache: Path) -> None:
    Repo().stage_add(
        "make", "mkdir -p made && cp data.txt made/a && cp data.txt made/b", outs=["made"], deps=["data.txt"]
    )
    Repo().repro("make")
    Path("made/a").write_text("by hand\n")
    with pytest.raises(DvnbError, match="cannot update 'made'"):
        Repo().add("made/a")
    Repo().commit("made/a", force=True)
    assert Repo().status("make").stages == {}
    assert md5("by hand\n") in objects(cache)


def test_dvc_reads_what_members_made_of_the_folder(partial: Path, oracle: Any) -> None:
    Path(ONE).write_text("changed\n")
    Repo().add(ONE)
    Repo().push(ONE)
    code, out, _ = oracle("pull", WHOLE)
    assert code == 0, out
    assert here() == {ONE, TWO, THREE}
    assert json.loads(oracle("status", "--json", "pictures.dvc")[1]) == {}


def test_links_that_lead_nowhere_are_not_recorded_as_nothing(repo: Path, dvnb: Any) -> None:
    assert dvnb("config", "cache.type", "symlink").code == 0
    (repo / "data").mkdir()
    for name in "ab":
        (repo / "data" / name).write_text(name)
    Repo().add("data")
    (repo / "data/a").resolve().unlink()
    before = (repo / "data.dvc").read_bytes()
    for verb in (["commit", "-f"], ["add"], ["add", "--no-commit"]):
        for target in ("data", "data/a"):
            done = dvnb(*verb, target)
            assert done.code != 0 and "No such file or directory" in done.err, (verb, target, done.err)
            assert (repo / "data.dvc").read_bytes() == before
    (repo / "b").write_text("new")
    (repo / "b").replace(repo / "data/b")
    assert dvnb("commit", "-f", "data/b").code == 0
    assert (repo / "data.dvc").read_bytes() != before
