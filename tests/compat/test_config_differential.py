"""Config files: what dvnb reads out of them, and writes into them, is what stock dvc does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dvnb.errors import ConfigError
from dvnb.formats.config import Config, split_key
from dvnb.formats.config_edits import ConfigEditor

ConfigObjError = pytest.importorskip("configobj").ConfigObjError
dvc_config = pytest.importorskip("dvc.config")

SECTIONS = (
    *("[core]", "[core]", "[cache]", "[CACHE]", "[state]", "[feature]", "[plots]", "[nope]", "[core] # note", "  [core]  ", "['core']"),
    *("['remote \"r1\"']", "['remote \"r1\"']", "['remote \"r2\"']", "['remote \"A b\"']", '["remote \'r1\'"]', '[remote "r1"]'),
    *("['remote \"\"']", "['remote r1']", "['db \"d\"']", "[core", "[[deep]]", "[]", "[co re]"),
)  # fmt: skip
OPTIONS = (
    *("remote", "autostage", "no_scm", "checksum_jobs", "analytics", "site_cache_dir", "REMOTE", "url", "url", "Url", "jobs"),
    *("dir", "type", "shared", "slow_link_warning", "out_dir", "row_limit", "nope", "'remote'", '"remote"', "re mote", "user"),
    *("endpointurl", "access_key_id", "read_timeout", "use_ssl", "verify", "keyfile", "password", "version_aware"),
)  # fmt: skip
VALUES = (
    *("r1", "true", "True", "yes", "no", "off", "0", "1", "2", "-1", "1.5", "x", "", "''", '""', "none", "R1"),
    *("s3://b/p", "/abs/x", "../rel", "rel/x", "~/x", "./x", "ssh://u@h:22/p", "foo://x", "remote://r2/x", "https://h/p?q=1#f", "C:/x"),
    *("reflink,copy", '"reflink,copy"', "reflink, copy", "reflink,", ",", "hardlink", "nolink", "group", "copy,copy"),
    *("a#b", "a # note", "'a # b'", '"it\'s"', "'say \"x\"'", "it's", '"open', "'open", '"""x\ny"""', "'''x'''", '"""x"""'),
    *("%(url)s", "50%", "%(nope)s", "%(a", "%%", "$HOME", "${x}", "é", "日本", " x", "x ", "\tx", "a=b", "[x]", "a;b", "\\x", "a\\"),
)  # fmt: skip
SIGNS = (" = ", "=", " =", "= ", "\t=\t", " : ", "")
ENDS = ("\n", "\n", "\n", "\n", "\r\n", "\r", " # note\n", "  \n", "\n\n", "\n# note\n", "\n; note\n", "\x0c\n", "")

options = st.builds(
    lambda space, name, sign, value, end: f"{space}{name}{sign}{value}{end}",
    st.sampled_from(("", "    ", "\t")),
    st.sampled_from(OPTIONS),
    st.sampled_from(SIGNS),
    st.sampled_from(VALUES),
    st.sampled_from(ENDS),
)
sections = st.builds(
    lambda head, end, lines: head + end + "".join(lines),
    st.sampled_from(SECTIONS),
    st.sampled_from(("\n", "\n", "\n", "\r\n", "  \n", " # note\n")),
    st.lists(options, max_size=3),
)
texts = st.builds(
    lambda head, body: head + "".join(body),
    st.sampled_from(("", "", "", "", "\ufeff", "# note\n", "\n", "loose = 1\n")),
    st.lists(sections, max_size=3),
)


@pytest.fixture(scope="module")
def dvc_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The settings folder of a project, which is the current folder; no other settings reach it."""
    root = tmp_path_factory.mktemp("config").resolve()
    before = os.getcwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SYSTEM_CONFIG_DIR", str(root / "system"))
        patch.setenv("DVC_GLOBAL_CONFIG_DIR", str(root / "global"))
        (root / "repo" / ".dvc").mkdir(parents=True)
        (root / "twin" / ".dvc").mkdir(parents=True)
        os.chdir(root / "repo")
        yield str(root / "repo" / ".dvc")
        os.chdir(before)


def put(folder: str, repo: str, local: str | None) -> None:
    Path(folder, "config").write_bytes(repo.encode())
    Path(folder, "config.local").unlink(missing_ok=True)
    if local is not None:
        Path(folder, "config.local").write_bytes(local.encode())


def plain(value: Any) -> Any:
    """Values with their types, paths as text, sections that hold nothing left out."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items() if member != {}}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return str(value) if isinstance(value, str) else value


def outcome(read: Any) -> Any:
    """What reading gives; "refused" for a configuration error."""
    try:
        return plain(read())
    except (ConfigError, dvc_config.ConfigError):
        return "refused"


@settings(max_examples=60, deadline=None)
@given(texts, st.none() | texts)
@example("['remote \"r1\"']\n    url = a\n    user = %(url)s x\n", None)
@example("[cache]\ndir = reflink,copy\n", None)
@example("\ufeff[core]\n    autostage = yes\n", None)
def test_the_same_options_are_read(dvc_dir: str, repo: str, local: str | None) -> None:
    put(dvc_dir, repo, local)
    try:
        raw = outcome(lambda: dvc_config.Config(dvc_dir, validate=False).read())
    except TypeError:  # dvc fails over a list where it looks for a path
        assert outcome(lambda: Config.load(dvc_dir)) == "refused"
        return
    assert outcome(lambda: Config.load(dvc_dir, check=False).merged()) == raw
    checked = outcome(lambda: dict(dvc_config.Config(dvc_dir)))
    mine = outcome(lambda: typed(Config.load(dvc_dir)))
    if checked == "refused" or mine == "refused":
        assert mine == checked
        return
    for section, found in checked.items():
        if section == "remote":
            assert mine[section] == found
        for option, value in found.items() if section != "remote" and isinstance(found, dict) else ():
            assert mine.get(section, {}).get(option) == value, (section, option)


def typed(config: Config) -> dict[str, Any]:
    """All that a configuration holds, defaults included."""
    return {**config._values, "remote": config.remotes}


KEYS = (
    "core.remote",
    "core.autostage",
    "cache.dir",
    "cache.type",
    "remote.r1.url",
    "remote.r1.user",
    "remote.new.url",
    "plots.out_dir",
    "core.nope",
)
values = st.sampled_from(VALUES) | st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=6
)


def with_dvc(folder: str, level: str, key: str, value: str | None) -> None:
    holder, section, option = split_key(key)
    with dvc_config.Config(folder, validate=False).edit(level) as found:
        target = found[holder] if holder else found
        if value is None:
            del target[section][option]
        else:
            target.setdefault(section, {})[option] = value


def with_dvnb(folder: str, level: str, key: str, value: str | None) -> None:
    editor = ConfigEditor(Config.load(folder, check=False))
    if value is None:
        editor.unset(level, key)
    else:
        editor.set(level, key, value)


@settings(max_examples=40, deadline=None)
@given(texts, st.sampled_from(("repo", "local")), st.sampled_from(KEYS), values | st.none())
def test_the_same_bytes_are_written(dvc_dir: str, text: str, level: str, key: str, value: str | None) -> None:
    twin = dvc_dir.replace("/repo/", "/twin/")
    name = "config" if level == "repo" else "config.local"
    results: list[bytes | None] = []
    for folder, edit in ((twin, with_dvc), (dvc_dir, with_dvnb)):
        put(folder, text if level == "repo" else "", text if level == "local" else None)
        os.chdir(os.path.dirname(folder))
        try:
            edit(folder, level, key, value)
        except (ConfigError, dvc_config.ConfigError, KeyError):
            results.append(None)
        except (UnicodeError, ConfigObjError):
            return  # dvc cannot write letters beyond ASCII, and falls over an unknown name in `%(…)s`
        else:
            results.append(Path(folder, name).read_bytes())
        finally:
            os.chdir(os.path.dirname(dvc_dir))
    assert results[0] == results[1], text
