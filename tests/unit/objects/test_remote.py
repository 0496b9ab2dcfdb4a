from __future__ import annotations

import os
import uuid
from pathlib import Path

import fsspec
import pytest

from dvnb.errors import RemoteError
from dvnb.objects.hashing import HashInfo, md5_bytes
from dvnb.objects.remotes.fsspec_store import FsspecStore
from dvnb.objects.remotes.options import filesystem_options
from dvnb.objects.remotes.remote import ObjectStore, all_hashes, far_store, open_remote, remove_object, run_files
from dvnb.objects.store import LocalStore

LEGACY = "md5-dos2unix"
RUN = f"runs/ab/ab{'0' * 62}/{'1' * 64}"


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return open_remote(str(tmp_path / "remote") if request.param == "folder" else memory_url(), {})


def memory_url() -> str:
    return f"memory://{uuid.uuid4().hex}/some/remote"


def hash_of(data: bytes, suffix: str = "", algorithm: str = "md5") -> HashInfo:
    return HashInfo(algorithm, md5_bytes(data) + suffix)


def source_file(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "source"
    path.write_bytes(data)
    return str(path)


def test_what_was_put_is_there_and_reads_the_same(store: ObjectStore, tmp_path: Path) -> None:
    one, two = hash_of(b"one"), hash_of(b"two")

    store.put_bytes(b"one", one)
    store.put_file(source_file(tmp_path, b"two"), two)

    assert store.has(one)
    assert store.missing([one, two, hash_of(b"three")]) == {hash_of(b"three")}
    with store.open(two) as file:
        assert file.read() == b"two"


def test_an_object_that_is_not_there_cannot_be_opened(store: ObjectStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.open(hash_of(b"x"))


def test_many_are_looked_up_at_once(store: ObjectStore) -> None:
    present = [hash_of(b"%d" % number) for number in range(700)]
    absent = {hash_of(b"a%d" % number) for number in range(700)}
    for number, hash_info in enumerate(present):
        store.put_bytes(b"%d" % number, hash_info)

    assert store.missing([*present, *absent]) == absent
    assert store.missing_values([]) == set()


def test_legacy_objects_and_listings_are_objects_of_their_own(store: ObjectStore) -> None:
    kinds = {hash_of(b"x"), hash_of(b"x", algorithm=LEGACY), hash_of(b"[]", ".dir"), hash_of(b"[]", ".dir", LEGACY)}
    for hash_info in kinds:
        assert store.missing(kinds) >= {hash_info}
        store.put_bytes(b"[]" if hash_info.is_dir else b"x", hash_info)

    assert store.missing(kinds) == set()
    assert set(all_hashes(store)) == kinds


def test_removed_objects_are_gone_and_removing_again_does_nothing(store: ObjectStore) -> None:
    store.put_bytes(b"x", hash_of(b"x"))

    remove_object(store, hash_of(b"x"))
    remove_object(store, hash_of(b"x"))

    assert not store.has(hash_of(b"x"))


def test_run_cache_files_can_be_listed_read_and_written(store: ObjectStore) -> None:
    files = run_files(store)
    assert files.names() == set()

    files.write(RUN, b"cmd: x\n")

    assert files.names() == {RUN}
    assert files.read(RUN) == b"cmd: x\n"


def test_a_path_is_a_local_store_with_the_layout_of_the_cache(tmp_path: Path) -> None:
    for url in (str(tmp_path / "r"), f"file://{tmp_path}/r"):
        remote = open_remote(url, {"url": url})
        assert isinstance(remote, LocalStore)
        assert remote.root == str(tmp_path / "r")


def test_a_shared_local_remote_gives_the_group_write_rights(tmp_path: Path) -> None:
    open_remote(str(tmp_path / "r"), {"shared": "group"}).put_bytes(b"x", hash_of(b"x"))

    folder = tmp_path / "r" / "files" / "md5" / hash_of(b"x").value[:2]
    assert folder.stat().st_mode & 0o7777 == 0o2775


def test_objects_elsewhere_lie_below_the_url_and_leave_no_temporary_files() -> None:
    url = memory_url()
    remote = open_remote(url, {})
    new, old = hash_of(b"x"), hash_of(b"y", algorithm=LEGACY)
    remote.put_bytes(b"x", new)
    remote.put_bytes(b"y", old)

    memory = fsspec.filesystem("memory")
    root = "/" + url.removeprefix("memory://")
    assert sorted(memory.find(root)) == sorted(
        [f"{root}/files/md5/{new.value[:2]}/{new.value[2:]}", f"{root}/{old.value[:2]}/{old.value[2:]}"]
    )


class HalfWrittenError(RuntimeError):
    """The connection broke."""


def test_a_broken_upload_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = memory_url()
    memory = fsspec.filesystem("memory")
    remote = FsspecStore(memory, url.removeprefix("memory://"), url=url)

    def write_half(local: str, path: str) -> None:
        memory.pipe_file(path, b"ha")
        raise HalfWrittenError

    monkeypatch.setattr(memory, "put_file", write_half)
    with pytest.raises(HalfWrittenError):
        remote.put_file(source_file(tmp_path, b"half"), hash_of(b"half"))

    assert not remote.has(hash_of(b"half"))
    assert memory.find(url.removeprefix("memory://")) == []


def test_temporary_files_of_others_are_no_objects() -> None:
    url = memory_url()
    remote = open_remote(url, {})
    remote.put_bytes(b"x", hash_of(b"x"))
    folder = os.path.dirname(url.removeprefix("memory://") + "/files/md5/" + hash_of(b"x").value[:2] + "/x")
    fsspec.filesystem("memory").pipe_file(f"{folder}/.abcdefghijklmnopqrstuv.tmp", b"half")

    assert set(all_hashes(remote)) == {hash_of(b"x")}


def test_the_jobs_setting_is_kept() -> None:
    assert far_store(open_remote(memory_url(), {"jobs": 3})).jobs == 3


def test_a_scheme_that_nobody_knows_is_refused() -> None:
    with pytest.raises(RemoteError, match="Unsupported URL type nosuch://"):
        open_remote("nosuch://a/b", {})


def test_a_missing_package_is_named() -> None:
    with pytest.raises(RemoteError) as caught:
        open_remote("oss://bucket/path", {"url": "oss://bucket/path"})

    message = "URL 'oss://bucket/path' is supported but requires these missing dependencies: "
    assert str(caught.value).startswith(message)
    assert "ossfs" in str(caught.value)


def test_the_run_cache_is_refused_where_nothing_can_be_listed() -> None:
    store = FsspecStore(fsspec.filesystem("memory"), "https://host/x", url="https://host/x", scheme="https")

    with pytest.raises(RemoteError, match="run-cache is not supported for http filesystem: https://host/x"):
        run_files(store)


def test_a_remote_that_cannot_be_asked_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = fsspec.filesystem("memory")
    remote = FsspecStore(memory, "/x", url="memory://x")

    def refuse(path: str) -> object:
        raise PermissionError("no access")

    monkeypatch.setattr(memory, "info", refuse)
    with pytest.raises(RemoteError, match="cannot read remote 'memory://x': no access"):
        remote.missing([hash_of(b"x")])


@pytest.mark.parametrize(
    ("url", "options", "protocol", "arguments", "root"),
    [
        ("s3://bucket/a/b", {}, "s3", {}, "bucket/a/b"),
        (
            "s3://bucket",
            {"access_key_id": "K", "endpointurl": "http://h", "region": "eu", "read_timeout": 5, "sse": "AES256"},
            "s3",
            {
                "key": "K",
                "endpoint_url": "http://h",
                "client_kwargs": {"region_name": "eu"},
                "config_kwargs": {"read_timeout": 5},
                "s3_additional_kwargs": {"ServerSideEncryption": "AES256"},
            },
            "bucket",
        ),
        ("gs://bucket/p", {"projectname": "P", "credentialpath": "/c"}, "gs", {"project": "P", "token": "/c"}, "bucket/p"),
        ("gs://bucket/p", {"allow_anonymous_login": True}, "gs", {"token": "anon"}, "bucket/p"),
        ("azure://box/p", {"account_name": "n"}, "abfs", {"account_name": "n"}, "box/p"),
        ("azure://box@acc.blob.host/p", {}, "abfs", {"account_name": "acc"}, "box/p"),
        (
            "ssh://me@host:2222/a%20b",
            {"keyfile": "/k"},
            "sftp",
            {"host": "host", "port": 2222, "username": "me", "key_filename": "/k"},
            "/a b",
        ),
        ("ssh://host/a", {"user": "u", "port": 22}, "sftp", {"host": "host", "port": 22, "username": "u"}, "/a"),
        ("hdfs://u@host:8020/a", {}, "hdfs", {"host": "host", "port": 8020, "user": "u"}, "/a"),
        ("webhdfs://host:9/a", {"use_https": True}, "webhdfs", {"host": "host", "port": 9, "use_https": True}, "/a"),
        ("webdavs://u@host/dav", {"password": "p"}, "webdav", {"base_url": "https://host", "auth": ("u", "p")}, "/dav"),
        ("oss://b/p", {"oss_endpoint": "e"}, "oss", {"endpoint": "e"}, "b/p"),
        ("memory://a/b", {}, "memory", {}, "a/b"),
    ],
)  # fmt: skip
def test_settings_become_what_the_filesystem_wants(
    url: str, options: dict[str, object], protocol: str, arguments: dict[str, object], root: str
) -> None:
    scheme = url.partition("://")[0]

    assert filesystem_options(url, scheme, {"url": url, **options}) == (protocol, arguments, root)


def test_no_connection_is_not_taken_for_a_missing_object(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = fsspec.filesystem("memory")
    remote = FsspecStore(memory, "https://host/x", url="https://host/x", scheme="https")

    def as_fsspec_does(path: str) -> object:
        try:
            raise ConnectionRefusedError("refused")
        except OSError as exc:
            raise FileNotFoundError(path) from exc

    monkeypatch.setattr(memory, "info", as_fsspec_does)
    with pytest.raises(RemoteError, match="cannot read remote 'https://host/x': refused"):
        remote.has(hash_of(b"x"))
