from __future__ import annotations

import pytest

from dvnb.errors import FormatError
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DepEntry, DvcFile, OutEntry
from dvnb.objects.hashing import Fingerprint, HashInfo

MD5 = HashInfo("md5", "08f2a8be9223edb0afdb9246bd8260c8")

COMMENTED = """\
# top comment
outs:
- md5: e5ebd4c02cefbe7955977c67ada242b7 # inline
  size: 8
  hash: md5
  path: data.csv
  desc: my data
  type: dataset
  labels: [x, y]
  meta: {k: v}
meta:
  who: me # c2
desc: stage desc
"""


def test_a_plain_file():
    data = b"outs:\n- md5: 08f2a8be9223edb0afdb9246bd8260c8\n  size: 12\n  hash: md5\n  path: data.csv\n"
    parsed = dvcfile.parse(data, "data.csv.dvc")
    assert parsed == DvcFile([OutEntry("data.csv", Fingerprint(MD5, 12))])
    assert dvcfile.render(parsed) == data


def test_a_folder_an_executable_and_all_flags_are_written_in_dvcs_order():
    folder = OutEntry(
        "d",
        Fingerprint(HashInfo("md5", "13c887a4ecb6ee4e4d123a7cfd5aa7af.dir"), 35, 10),
        cache=False,
        persist=True,
        push=False,
        remote="r",
        desc="hello",
        type="t",
        labels=["a"],
        meta={"k": 1},
        fs_config={"version_aware": True},
    )
    script = OutEntry("run.sh", Fingerprint(MD5, 4, isexec=True))
    text = """\
desc: why
wdir: sub
frozen: true
outs:
- md5: 13c887a4ecb6ee4e4d123a7cfd5aa7af.dir
  size: 35
  nfiles: 10
  hash: md5
  path: d
  fs_config:
    version_aware: true
  desc: hello
  type: t
  labels:
  - a
  meta:
    k: 1
  cache: false
  persist: true
  remote: r
  push: false
- md5: 08f2a8be9223edb0afdb9246bd8260c8
  size: 4
  isexec: true
  hash: md5
  path: run.sh
always_changed: true
meta:
  who: me
"""
    parsed = DvcFile([folder, script], wdir="./sub/", frozen=True, always_changed=True, desc="why", meta={"who": "me"})
    assert dvcfile.render(parsed).decode() == text
    parsed.wdir = "sub"
    assert dvcfile.parse(text.encode(), "d.dvc") == parsed


def test_rewriting_keeps_comments_order_and_style():
    parsed = dvcfile.parse(COMMENTED.encode(), "data.csv.dvc")
    parsed.outs[0].fingerprint = Fingerprint(MD5, 12)
    wanted = COMMENTED.replace("e5ebd4c02cefbe7955977c67ada242b7", MD5.value).replace("size: 8", "size: 12")
    assert dvcfile.render(parsed, COMMENTED.encode()).decode() == wanted


def test_an_unchanged_file_stays_as_it_is():
    assert dvcfile.render(dvcfile.parse(COMMENTED.encode(), "x.dvc"), COMMENTED.encode()) == COMMENTED.encode()


def test_a_file_of_dvc_2_stays_legacy():
    data = b"outs:\n- md5: 08f2a8be9223edb0afdb9246bd8260c8\n  size: 12\n  path: data.csv\n"
    parsed = dvcfile.parse(data, "data.csv.dvc")
    assert parsed.outs[0].fingerprint.hash_info == HashInfo("md5-dos2unix", MD5.value)
    assert dvcfile.render(parsed) == data


def test_locked_is_an_old_word_for_frozen():
    data = b"locked: true\nouts:\n- path: a\n  hash: md5\n"
    parsed = dvcfile.parse(data, "a.dvc")
    assert parsed.frozen
    assert dvcfile.render(parsed, data) == b"outs:\n- path: a\n  hash: md5\nfrozen: true\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b"""\
md5: cc832036a0e70a1c8db2c7271530c9d9
frozen: true
deps:
- path: data.csv
  repo:
    url: ../src
    rev_lock: 69393b67173ae159888d56447f4d21bd59ae40ff
outs:
- md5: b026324c6904b2a9cb4b88d6d61c81d1
  size: 2
  hash: md5
  path: data.csv
""",
            id="import",
        ),
        pytest.param(
            b"""\
md5: 138d45844191014c55e742071f29e482
frozen: true
deps:
- md5: 26ab0db90d72e28ad0ba1e22ee510510
  size: 2
  hash: md5
  path: ext/g
outs:
- md5: 26ab0db90d72e28ad0ba1e22ee510510
  size: 2
  hash: md5
  path: g
""",
            id="import-url",
        ),
    ],
)
def test_an_import_has_the_md5_that_dvc_computed(data: bytes):
    parsed = dvcfile.parse(data, "data.csv.dvc")
    assert dvcfile.render(parsed) == data
    assert dvcfile.import_md5(parsed) == parsed.md5
    parsed.outs[0].desc = "annotations do not count"
    parsed.outs[0].fingerprint = Fingerprint(parsed.outs[0].fingerprint.hash_info, 99)
    parsed.meta = {"nor": "does meta"}
    assert dvcfile.import_md5(parsed) == parsed.md5
    parsed.deps[0].path = "other"
    assert dvcfile.import_md5(parsed) != parsed.md5


def test_a_download_keeps_the_storages_checksum_first():
    data = b"""\
deps:
- checksum: '"abc"'
  size: 3
  hash: md5
  path: https://example.org/a
- etag: 0f343b0931126a20f133d67c2b018a3b
  size: 3
  version_id: v1
  hash: md5
  path: s3://bucket/a
- db:
    query: select 1
    connection: pg
outs:
- md5: 08f2a8be9223edb0afdb9246bd8260c8
  size: 3
  cloud:
    store:
      etag: 0f343b0931126a20f133d67c2b018a3b
      version_id: v1
  hash: md5
  path: a
"""
    parsed = dvcfile.parse(data, "a.dvc")
    assert parsed.deps[1].fingerprint == Fingerprint(
        None, 3, extra={"version_id": "v1", "etag": "0f343b0931126a20f133d67c2b018a3b"}
    )
    assert parsed.deps[2] == DepEntry("", db={"query": "select 1", "connection": "pg"})
    assert dvcfile.render(parsed) == data


def test_listed_members_give_the_folders_hash():
    data = b"""\
outs:
- hash: md5
  path: d
  files:
  - relpath: a
    md5: 60b725f10c9c85c70d97880dfe8191b3
    size: 2
"""
    parsed = dvcfile.parse(data, "d.dvc")
    fingerprint = parsed.outs[0].fingerprint
    assert fingerprint.hash_info == HashInfo("md5", "45b1eb2ff8072c35f82255c3c22c1ae9.dir")
    assert (fingerprint.size, fingerprint.nfiles) == (2, 1)
    assert dvcfile.render(parsed) == data


def test_only_meta_is_a_file_too():
    data = b"meta:\n  dvnb:\n    stage: X\n"
    parsed = dvcfile.parse(data, "X.dvc")
    assert parsed == DvcFile(meta={"dvnb": {"stage": "X"}})
    assert dvcfile.render(parsed) == data


def test_an_empty_file_is_an_empty_entry():
    assert dvcfile.parse(b"", "x.dvc") == DvcFile()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cmd: x\nouts:\n- path: b\n", "'./a.dvc' validation failed.\n\nextra keys not allowed, in cmd"),
        (
            "outs:\n- path: b\n  metric: true\n",
            (
                "'./a.dvc' validation failed.\n\nextra keys not allowed, in outs -> 0 -> metric, line 2, column 3\n"
                "  1 outs:\n  2 - path: b\n  3   metric: true"
            ),
        ),
        (
            "outs:\n- path: b\n  md5: [1]\n",
            (
                "'./a.dvc' validation failed.\n\nnot a valid value, in outs -> 0 -> md5, line 3, column 8\n"
                "  2 - path: b\n  3   md5: [1]"
            ),
        ),
        ("- a\n", "'./a.dvc' validation failed: expected a dictionary."),
        (
            "outs: a\ndeps: b\n",
            "'./a.dvc' validation failed: 2 errors.\n\nexpected a list, in outs\n\nexpected a list, in deps",
        ),
    ],
)
def test_a_wrong_shape_has_dvcs_words(text: str, message: str):
    with pytest.raises(FormatError) as caught:
        dvcfile.parse(text.encode(), "a.dvc")
    assert str(caught.value) == message
    assert caught.value.path == "a.dvc"


def test_the_place_of_a_wrong_key_is_data():
    with pytest.raises(FormatError) as caught:
        dvcfile.parse(b"outs:\n- path: b\n  plot: true\n", "../a.dvc", rev="0123456789abcdef")
    assert (caught.value.line, caught.value.column) == (2, 3)
    assert str(caught.value).startswith("'../a.dvc' validation failed in revision '0123456'.")
