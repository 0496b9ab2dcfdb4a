"""A remote far away: every verb that talks to remotes, against a server of s3 on this machine."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import s3fs
from moto.server import ThreadedMotoServer

from dvnb import Repo
from dvnb.errors import RemoteError

DATA, TWO = "a\nb\nc\n", "two\n"
SECRETS = {"access_key_id": "somebody", "secret_access_key": "secret"}


class Storage(NamedTuple):
    """A bucket of its own, as its user and as its owner see it."""

    url: str
    endpoint: str
    filesystem: Any

    def names(self) -> list[str]:
        """Of all objects, below the URL."""
        self.filesystem.invalidate_cache()
        return [name.partition("/store/")[2] for name in self.filesystem.find(self.url)]

    def place(self, content: str) -> str:
        value = md5(content)
        return f"{self.url}/files/md5/{value[:2]}/{value[2:]}"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Storage:
    filesystem = s3fs.S3FileSystem(key="owner", secret="owner", endpoint_url=endpoint, skip_instance_cache=True)
    name = f"bucket-{hashlib.md5(str(tmp_path).encode()).hexdigest()[:12]}"
    filesystem.mkdir(name)
    return Storage(f"s3://{name}/store", endpoint, filesystem)


@pytest.fixture
def far(project: Path, bucket: Storage) -> Path:
    """The project with the bucket as its default remote."""
    repo = Repo(project)
    repo.remote_add("far", bucket.url, default=True)
    repo.remote_modify("far", "endpointurl", bucket.endpoint)
    for option, value in SECRETS.items():
        repo.remote_modify("far", option, value, level="local")
    return project


def md5(content: str) -> str:
    return hashlib.md5(content.encode()).hexdigest()


def forget(project: Path) -> None:
    """Lose the cache and the data."""
    shutil.rmtree(project / ".dvc" / "cache")
    shutil.rmtree(project / "pictures")
    for name in ("data.txt", "mid.txt", "model.txt"):
        (project / name).unlink()


def test_what_is_pushed_comes_back(far: Path, bucket: Storage, dvnb: Any) -> None:
    assert dvnb("status", "-c").out.count("new:") == 5  # data.txt, pictures, its members, mid.txt
    pushed = dvnb("push")
    assert (pushed.code, pushed.out) == (0, "5 files pushed\n"), pushed.err
    cached = {path.relative_to(far / ".dvc/cache").as_posix() for path in (far / ".dvc/cache/files").glob("*/*/*")}
    assert len(bucket.names()) == 5 and cached.issuperset(bucket.names())  # metrics.json is git's
    assert dvnb("push").out == "Everything is up to date.\n"
    assert dvnb("status", "-c").out == "Cache and remote 'far' are in sync.\n"
    before = {path: path.read_bytes() for path in far.glob("**/*.txt") if ".dvc" not in path.parts}
    forget(far)
    pulled = dvnb("pull")
    assert (pulled.code, pulled.out.splitlines()[-1]) == (0, "5 files fetched and 5 files added"), pulled.err
    assert {path: path.read_bytes() for path in far.glob("**/*.txt") if ".dvc" not in path.parts} == before


def test_a_member_and_the_run_cache(far: Path, bucket: Storage, dvnb: Any) -> None:
    assert dvnb("push", "pictures/sub/two.txt").code == 0
    assert bucket.names() == [bucket.place(TWO).partition("/store/")[2]]
    assert Repo().push(run_cache=True).transferred == 6
    assert sum(name.startswith("runs/") for name in bucket.names()) == 2
    forget(far)
    shutil.rmtree(far / ".dvc" / "tmp", ignore_errors=True)
    assert dvnb("pull", "pictures/one.txt").code == 0
    assert [path.name for path in (far / "pictures").rglob("*.txt")] == ["one.txt"]
    assert Repo().fetch(run_cache=True).transferred == 5 - 2
    assert len(list((far / ".dvc/cache/runs").glob("*/*/*"))) == 2


def test_garbage_is_collected_there_too(far: Path, bucket: Storage, dvnb: Any, git: Any) -> None:
    Repo().push(run_cache=True)
    legacy = f"{bucket.url}/{md5('legacy')[:2]}/{md5('legacy')[2:]}"
    bucket.filesystem.pipe_file(legacy, b"legacy")
    bucket.filesystem.pipe_file(f"{bucket.url}/README", b"no object of dvc's")
    (far / "data.txt").write_text("new\n")
    Repo().add("data.txt")
    Repo().push()
    before = bucket.names()
    dry = dvnb("gc", "-w", "-c", "-f", "--dry")
    assert f"Removing {md5(DATA)}" in dry.out
    assert bucket.names() == before
    done = dvnb("gc", "-w", "-c", "-f")
    assert done.code == 0 and done.out.count("Removed 1 objects from remote.") == 2, done.err  # dvc 2's are told apart
    gone = {path.partition("/store/")[2] for path in (bucket.place(DATA), legacy)}
    assert set(before) - set(bucket.names()) == gone


def test_what_the_remote_lacks_or_damaged_is_told(far: Path, bucket: Storage, dvnb: Any) -> None:
    Repo().push()
    bucket.filesystem.rm_file(bucket.place(TWO))
    found = json.loads(dvnb("data", "status", "--not-in-remote", "--granular", "--json").out)
    assert found["not_in_remote"] == ["pictures/sub/two.txt"]
    assert dvnb("push").out == "1 file pushed\n"
    bucket.filesystem.pipe_file(bucket.place(TWO), b"damaged")
    forget(far)
    done = dvnb("pull")
    assert done.code == 1 and "Traceback" not in done.err
    assert f"'{md5(TWO)}' - the object is damaged" in done.err
    assert not (far / "pictures/sub/two.txt").exists()


def test_urls_of_the_bucket(far: Path, bucket: Storage, dvnb: Any) -> None:
    Repo().push()
    place = bucket.place(DATA)
    assert dvnb("get", ".", "data.txt", "--show-url").out == f"{place}\n"
    assert dvnb("get-url", f"remote://far/{place.partition('/store/')[2]}", "got.txt").code == 0
    assert (far / "got.txt").read_text() == DATA
    assert dvnb("list-url", "remote://far/").out == "files\n"
    settings = [f"--fs-config={key}={value}" for key, value in ({"endpointurl": bucket.endpoint} | SECRETS).items()]
    assert dvnb("list-url", bucket.url, *settings).out == "files\n"
    assert dvnb("import-url", f"remote://far/{place.partition('/store/')[2]}", "imported.txt").code == 0
    assert f"etag: {md5(DATA)}" in (far / "imported.txt.dvc").read_text()
    bucket.filesystem.pipe_file(place, b"changed\n")
    assert dvnb("update", "imported.txt.dvc").code == 0
    assert (far / "imported.txt").read_text() == "changed\n"


def test_data_goes_there_without_coming_here(far: Path, bucket: Storage, dvnb: Any, tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "one").write_text("somewhere else\n")
    done = dvnb("add", str(tmp_path / "big"), "--to-remote", "-o", "big")
    assert done.code == 0, done.err
    assert bucket.filesystem.cat(bucket.place("somewhere else\n")) == b"somewhere else\n"
    assert not (far / "big").exists()
    assert dvnb("pull", "big").code == 0
    assert (far / "big" / "one").read_text() == "somewhere else\n"


@pytest.mark.parametrize("verb", ["push", "fetch"])
def test_a_server_that_is_not_there(far: Path, dvnb: Any, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # it would try again for ten seconds
    Repo().remote_modify("far", "endpointurl", "http://127.0.0.1:1")
    Repo().remote_modify("far", "connect_timeout", "1")
    if verb == "fetch":
        forget(far)
    done = dvnb(verb)
    assert done.code == 1
    assert done.err.count("ERROR: ") == 1 and "Traceback" not in done.err
    assert "http://127.0.0.1:1" in done.err


def test_a_bucket_that_is_not_there_is_no_success(far: Path, dvnb: Any) -> None:
    Repo().remote_modify("far", "url", "s3://no-such-bucket/store")
    done = dvnb("push")
    assert done.code == 1
    assert "bucket does not exist" in done.err and done.err.count("ERROR: ") == 1
    with pytest.raises(RemoteError, match="4 files failed to upload"):
        Repo().push()
