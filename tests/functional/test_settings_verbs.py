"""remote, config, cache dir, version: by the CLI and by the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import ConfigError
from dvnb.version import __version__


def config_of(root: Path, name: str = "config") -> str:
    return (root / ".dvc" / name).read_text()


def test_a_remote_s_life(repo: Path, dvnb: Any) -> None:
    done = dvnb("remote", "add", "-d", "one", "../store")
    assert (done.code, done.out) == (0, "Setting 'one' as a default remote.\n")
    assert config_of(repo) == "[core]\n    remote = one\n['remote \"one\"']\n    url = ../../store\n"
    assert dvnb("remote", "modify", "one", "jobs", "3").code == 0
    assert "    jobs = 3\n" in config_of(repo)
    assert dvnb("remote", "modify", "--unset", "one", "jobs").code == 0
    assert dvnb("remote", "modify", "--local", "one", "jobs", "7").code == 0
    assert "jobs" not in config_of(repo) and "jobs = 7" in config_of(repo, "config.local")
    assert dvnb("remote", "modify", "--local", "--unset", "one", "jobs").code == 0
    assert dvnb("remote", "rename", "one", "two").code == 0
    assert dvnb("remote", "default").out == "two\n"
    assert dvnb("remote", "list").out.split() == ["two", str(repo.parent / "store"), "(default)"]
    assert dvnb("remote", "remove", "two").code == 0
    assert config_of(repo).strip() == ""
    assert dvnb("remote", "list").out == ""


def test_removing_a_remote_leaves_no_orphan_behind(repo: Path, dvnb: Any) -> None:
    project = Repo()
    project.remote_add("one", "../store")
    project.remote_modify("one", "jobs", "7", level="local")
    before = config_of(repo)
    done = dvnb("remote", "remove", "one")
    assert done.code == 251 and "'one' still has options in" in done.err and "config.local" in done.err
    assert config_of(repo) == before
    project.remote_modify("one", "jobs", None, level="local")
    project.remote_remove("one")
    assert Repo().remote_list().remotes == [] and Repo().status().empty


def test_remotes_by_the_api(repo: Path) -> None:
    project = Repo()
    project.remote_add("one", "../store", default=True)
    project.remote_add("two", "s3://bucket/path", level="local")
    rows = {row.name: (row.url, row.default) for row in project.remote_list().remotes}
    assert set(rows) == {"one", "two"} and rows["two"] == ("s3://bucket/path", False) and rows["one"][1]
    project.remote_modify("one", "url", "../elsewhere")
    assert "elsewhere" in config_of(repo)
    assert project.remote_default() == "one"
    assert project.remote_default("two") == "two"
    assert project.remote_default(unset=True) is None
    project.remote_rename("one", "three")
    project.remote_remove("three")
    assert [row["name"] for row in project.remote_list().to_json()["remotes"]] == ["two"]
    with pytest.raises(ConfigError, match="already exists"):
        project.remote_add("two", "../x", level="local")
    project.remote_add("two", "../x", force=True, level="local")


@pytest.mark.parametrize(
    "words",
    [
        ["remote", "add", "-d", "a", "../store"],
        ["remote", "add", "--local", "b", "s3://bucket"],
        ["config", "core.autostage", "true"],
        ["config", "cache.type", "reflink,hardlink,copy"],
        ["cache", "dir", "../extcache"],
        ["cache", "dir", "--local", "/somewhere"],
    ],
)
def test_files_are_those_that_dvc_writes(repo: Path, dvnb: Any, oracle: Any, words: list[str]) -> None:
    files = [repo / ".dvc" / "config", repo / ".dvc" / "config.local"]
    assert dvnb(*words).code == 0
    ours = [file.read_text() for file in files if file.exists()]
    files[0].write_text("")
    files[1].unlink(missing_ok=True)
    assert oracle(*words)[0] == 0
    assert ours == [file.read_text() for file in files if file.exists()]


def test_config_asks_sets_lists_and_unsets(repo: Path, dvnb: Any, oracle: Any) -> None:
    assert dvnb("config", "core.autostage", "true").code == 0
    assert dvnb("config", "core.autostage").out == "true\n"
    assert dvnb("config", "--global", "core.analytics", "false").code == 0
    assert sorted(dvnb("config", "--list").lines) == ["core.analytics=false", "core.autostage=true"]
    done = dvnb("config", "--list", "--show-origin", "--project")
    assert done.out == oracle("config", "--list", "--show-origin", "--project")[1]
    assert dvnb("config", "-u", "core.autostage").code == 0
    assert (dvnb("config", "core.autostage").code, dvnb("config", "core.autostage").out) == (0, "")


def test_config_by_the_api(repo: Path) -> None:
    project = Repo()
    project.config("core.remote", "r")
    assert project.config("core.remote").value == "r"
    assert project.config("core.remote", show_origin=True).items == [(".dvc/config", "r")]
    assert project.config(list=True).to_json()["items"] == [(".dvc/config", "core.remote=r")]
    assert project.config("core.remote", unset=True).value is None
    assert project.config("core.remote").value is None


def test_cache_dir(repo: Path, dvnb: Any) -> None:
    assert dvnb("cache", "dir").out == f"{repo}/.dvc/cache\n"
    assert dvnb("cache", "dir", "../extcache").code == 0
    assert Repo().cache_dir().value == str(repo.parent / "extcache")
    (repo / "f").write_text("f")
    Repo().add("f")
    assert (repo.parent / "extcache" / "files" / "md5").is_dir() and not (repo / ".dvc" / "cache").exists()
    Repo().cache_dir(unset=True)
    assert Repo().cache_dir().to_json()["value"] == f"{repo}/.dvc/cache"


def test_version(repo: Path, dvnb: Any) -> None:
    assert dvnb("--version").out == dvnb("-V").out == f"{__version__}\n"
    done = dvnb("version")
    assert done.code == 0 and __version__ in done.out


def test_remotes_of_the_user_need_no_project(tmp_path: Path, dvnb: Any, oracle: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "user"))
    lines = [
        ["remote", "list"],
        ["remote", "add", "a", "b"],
        ["remote", "add", "--global", "a", "/data"],
        ["remote", "list", "--global"],
        ["remote", "modify", "--global", "a", "jobs", "3"],
        ["remote", "default", "--global", "a"],
        ["remote", "default"],
    ]
    codes = [dvnb(*line).code for line in lines]
    ours = (tmp_path / "user" / "config").read_text()
    (tmp_path / "user" / "config").unlink()
    assert [oracle(*line)[0] for line in lines] == codes
    assert (tmp_path / "user" / "config").read_text() == ours
    assert dvnb("remote", "rename", "--global", "a", "b").code == 0  # dvc does it, and then looks for a project
    assert dvnb("remote", "list").out.split() == ["b", "/data", "(default)"]
    assert dvnb("remote", "remove", "--global", "b").code == 0
