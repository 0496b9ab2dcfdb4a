"""Reading, checking and editing configs, compared with dvc's own config code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dvc.config import Config as DvcConfig
from dvc.config import ConfigError as DvcConfigError
from hypothesis import given, settings
from hypothesis import strategies as st

from dvnb.errors import ConfigError
from dvnb.formats import config_file
from dvnb.formats.config import Config, split_key
from dvnb.formats.config_edits import ConfigEditor
from dvnb.formats.config_file import level_folder
from dvnb.formats.config_schema import DEFAULTS, REMOTE_DEFAULTS, REMOTES, SECTIONS, url_scheme, validate
from dvnb.formats.remote_settings import RemoteSettings


@pytest.fixture
def dvc_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    folder = tmp_path / "repo" / ".dvc"
    folder.mkdir(parents=True)
    (folder / "config").write_bytes(b"")
    monkeypatch.chdir(tmp_path / "repo")
    return str(folder)


def text(dvc_dir: str, name: str = "config") -> str:
    return Path(dvc_dir, name).read_text()


def write(dvc_dir: str, content: str, name: str = "config") -> None:
    Path(dvc_dir, name).write_text(content)


# Reading one file

LINES = st.sampled_from(
    [
        "[core]",
        "[Core]",
        "[cache]",
        "['remote \"r1\"']",
        "['remote \"My Remote\"']",
        "['remote \"r1\"'] # c",
        '[remote "x"]',
        "  [core]",
        "[[deep]]",
        "[core",
        "a = 1",
        "    remote = r1",
        "    A=b",
        "\tk\t=\tv w\t",
        "url = s3://b/p",
        "url = /a b/ü",
        'type = "reflink,copy"',
        "type = reflink,copy",
        "type = reflink,",
        "empty = ''",
        'empty = ""',
        "none =",
        "q = it's",
        "q = 'a'",
        'q = "a',
        'q = "a" "b"',
        'q = """x"""',
        "h = a # comment",
        "h = a#b",
        'h = "a#b"',
        "p = 50%",
        "p = %(a)s",
        "d = $HOME",
        "b = [x]",
        "e = a=b",
        "# comment",
        "   ; x",
        "",
        "  ",
        "x\x0c = 1",
        "z = \u2028",
        "\ufeff[core]",
        "k y = 1",
        "k-y = 1",
        "novalue",
        "a = 1\r",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, max_size=6))
def test_simple_reader_agrees_with_configobj(lines: list[str]) -> None:
    from configobj import ConfigObj, ConfigObjError

    content = "\n".join(lines)
    simple = config_file.read_simple(content)
    try:
        full = ConfigObj(content.splitlines(keepends=True)).dict()
    except ConfigObjError:
        full = None
    assert simple is None or simple == full


def test_what_dvc_writes_is_read_without_configobj() -> None:
    content = (
        '[core]\n    remote = rr\n    autostage = true\n[cache]\n    type = "reflink,hardlink"\n    dir = ../../x\n'
        "['remote \"rr\"']\n    url = s3://x\n\n# by hand\n"
    )
    simple = config_file.read_simple(content)
    assert simple is not None
    assert simple["cache"] == {"type": "reflink,hardlink", "dir": "../../x"}
    assert simple['remote "rr"'] == {"url": "s3://x"}


def test_lists_interpolation_and_windows_line_ends_are_read() -> None:
    data = b"[cache]\r\ntype = reflink, copy\r\n[studio]\r\nurl = a\r\ntoken = %(url)s!\r\n"
    sections = config_file.parse(data)
    assert sections["cache"]["type"] == ["reflink", "copy"]
    assert sections["studio"]["token"] == "a!"


@pytest.mark.parametrize(
    "data", [b"[core\n", b"[core]\nx\n", b"[core]\n[core]\n", b"[core]\na = %(b)s\n", b"[c]\na = \xff\n"]
)
def test_broken_files_are_config_errors(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^config file error: "):
        config_file.parse(data)


def test_unusual_files_are_parsed_once_per_content() -> None:
    class Cache(dict[str, object]):
        def put(self, digest: str, value: object) -> None:
            self[digest] = value

    cache = Cache()
    data = b"[cache]\ntype = reflink, copy\n"
    first = config_file.parse(data, cache)
    assert list(cache)
    assert first == config_file.parse(data, cache)
    cache[next(iter(cache))] = {"cache": {"type": "copy"}}
    assert config_file.parse(data, cache)["cache"] == {"type": "copy"}


# Checking


def dvc_verdict(config: dict[str, object]) -> object:
    try:
        return DvcConfig.validate(config)
    except DvcConfigError as exc:
        return str(exc)


def our_verdict(config: dict[str, object]) -> object:
    try:
        return validate(config)
    except ConfigError as exc:
        return str(exc)


VALUES = [
    "true",
    "False",
    "maybe",
    "",
    "0",
    "1",
    "-1",
    "101",
    "1.5",
    "x",
    "group",
    "copy",
    "copy,reflink",
    "nolink",
    ["a"],
    ["copy"],
    {"a": "b"},
]


def test_schema_has_dvcs_sections_and_options() -> None:
    from dvc.config_schema import REMOTE_SCHEMAS, SCHEMA

    assert list(SECTIONS) == list(SCHEMA)
    for name, options in SECTIONS.items():
        if name not in ("remote", "machine", "db", "feature"):
            assert set(options) == {str(key) for key in SCHEMA[name]}
    assert set(REMOTES) | {"remote"} == set(REMOTE_SCHEMAS)
    for scheme, options in REMOTES.items():
        assert set(options) == {str(key) for key in REMOTE_SCHEMAS[scheme]}


@pytest.mark.parametrize("section", [name for name in SECTIONS if name not in ("remote", "machine", "db")])
def test_every_option_is_checked_as_dvc_checks_it(section: str) -> None:
    for option in [*SECTIONS[section], "nosuch"]:
        for value in VALUES:
            config = {section: {option: value}}
            assert our_verdict(config) == dvc_verdict(config), (option, value)


@pytest.mark.parametrize("scheme", list(REMOTES))
def test_every_remote_option_is_checked_as_dvc_checks_it(scheme: str) -> None:
    url = f"{scheme}://host/path" if scheme else "/path"
    for option in [*REMOTES[scheme], "nosuch"]:
        for value in VALUES:
            config = {"remote": {"r": {"url": url, option: value}}}
            if option != "url":
                assert our_verdict(config) == dvc_verdict(config), (option, value)


@pytest.mark.parametrize(
    "config",
    [
        {"nosuch": {"a": "b"}},
        {"core": "text"},
        {"remote": {"r": {}}},
        {"remote": {"r": {"url": "foo://x/y"}}},
        {"remote": {"r": {"url": "remote://other/p", "anything": ["x"]}}},
        {"remote": {"r": "text"}},
        {"hydra": {"config_dir": "a", "config_module": "b", "enabled": "no"}},
        {"db": {"d": {"url": "u", "username": ["x"]}}, "core": {"x": "y"}},
        {"db": {"d": {"nosuch": "u"}}},
        {"machine": {"m": {"cloud": "AWS", "region": "mars", "spot_price": "x"}}},
        {"machine": {"m": "text"}},
        {"core": {"nosuch": "1", "no_scm": "maybe"}, "cache": {"bad": "x"}},
        {"cache": {"type": "copy", "shared": "GROUP", "dir": "/x"}, "feature": {}, "plots": {}, "studio": {}},
    ],
)
def test_whole_configs_are_checked_as_dvc_checks_them(config: dict[str, object]) -> None:
    assert our_verdict(config) == dvc_verdict(config)


@given(st.text(alphabet="as3:/+.-#?% ", max_size=12))
def test_url_scheme_agrees_with_the_standard_library(url: str) -> None:
    from urllib.parse import urlparse

    url = url.strip()
    parsed = urlparse(url)
    assert url_scheme(url) == (parsed.scheme if parsed.netloc else "")


def test_defaults_name_existing_options() -> None:
    for section, options in DEFAULTS.items():
        assert set(options) <= set(SECTIONS[section])
    for scheme, options in REMOTE_DEFAULTS.items():
        assert set(options) <= set(REMOTES[scheme])


# Levels


def test_later_levels_win(dvc_dir: str, tmp_path: Path) -> None:
    for name in ("system", "global"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config").write_text(f"[core]\n    remote = {name}\n    no_scm = TRUE\n")
    assert Config.load(None).get("core.remote") == "global"
    write(dvc_dir, "[core]\n    remote = Proj\n")
    assert Config.load(dvc_dir).get("core.remote") == "proj"
    write(dvc_dir, "[core]\n    remote = loc\n", "config.local")
    config = Config.load(dvc_dir)
    assert config.get("core.remote") == "loc"
    assert config.get("core.no_scm") is True
    assert config.get("core.analytics") is True
    assert config.get("core.nosuch", 7) == 7
    assert config.find("core.remote", "repo") == ("Proj", "repo")
    assert config.find("core.no_scm") == ("TRUE", "global")
    assert config.find("core.nosuch") is None
    with pytest.raises(ConfigError, match="option 'nosuch' doesn't exist in section 'core'"):
        config.find("core.nosuch", "repo")


@pytest.mark.parametrize("level", ["system", "global"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [("A", ""), ("XDG_CONFIG_HOME", "/h"), ("XDG_CONFIG_DIRS", "rel:/a:/b"), ("XDG_CONFIG_HOME", "rel")],
)
def test_level_folders_are_those_of_platformdirs(
    level: str, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dvc.dirs import global_config_dir, system_config_dir

    for name in ("DVC_SYSTEM_CONFIG_DIR", "DVC_GLOBAL_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert level_folder(level) == (system_config_dir() if level == "system" else global_config_dir())


def test_paths_are_absolute_when_read(dvc_dir: str, tmp_path: Path) -> None:
    write(
        dvc_dir,
        "[cache]\n    dir = ../../x/../ext\n['remote \"r\"']\n    url = ../../rel\n['remote \"h\"']\n    url = ~/z\n",
    )
    config = Config.load(dvc_dir)
    assert config.get("cache.dir") == str(tmp_path / "ext")
    assert config.remotes["r"]["url"] == str(tmp_path / "rel")
    assert config.remotes["h"]["url"] == os.path.expanduser("~/z")
    assert ("cache.dir", str(tmp_path / "ext")) in config.level_items("repo")


def test_outside_a_project_there_are_two_levels(dvc_dir: str) -> None:
    config = Config.load(None)
    assert config.levels() == ("system", "global")
    with pytest.raises(ConfigError, match="Not inside a DVC repo"):
        ConfigEditor(config).set(None, "core.remote", "x")
    ConfigEditor(config).set("global", "core.autostage", "true")
    assert Config.load(dvc_dir).get("core.autostage") is True


def test_one_remote_may_build_on_another(dvc_dir: str) -> None:
    write(
        dvc_dir,
        "['remote \"server\"']\n    url = ssh://host/base\n    user = root\n"
        "['remote \"images\"']\n    url = remote://server/tmp/p\n    user = alice\n"
        "['remote \"loop\"']\n    url = remote://loop/x\n",
    )
    config = Config.load(dvc_dir)
    name, options = config.remote("images")
    assert (name, options["url"], options["user"]) == ("images", "ssh://host/base/tmp/p", "alice")
    with pytest.raises(ConfigError, match="refers to itself"):
        config.remote("loop")


def test_missing_remotes_are_named(dvc_dir: str) -> None:
    with pytest.raises(ConfigError, match=r"^config file error: no remote specified in .*repo\.$") as caught:
        Config.load(dvc_dir).remote()
    assert caught.value.hint is not None
    assert caught.value.hint.verb == "remote add"
    with pytest.raises(ConfigError, match=r"remote 'nope' doesn't exist$"):
        Config.load(dvc_dir).remote("nope")


@pytest.mark.parametrize("key", ["core", "a.b.c", "remote.a.b.c", ""])
def test_keys_of_another_shape_are_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="name argument should look like"):
        split_key(key)


# Editing, beside dvc's own


def dvc_set(dvc_dir: str, level: str, holder: str | None, section: str, option: str, value: str | None) -> None:
    config = DvcConfig(dvc_dir, validate=False)
    with config.edit(level) as sections:
        target = sections[holder] if holder else sections
        if value is None:
            del target[section][option]
        else:
            target.setdefault(section, {})[option] = value


EDITS = [
    ("core.remote", "R1"),
    ("cache.type", "reflink,hardlink,copy"),
    ("cache.dir", "../ext"),
    ("cache.dir", "/abs/x"),
    ("cache.dir", "~/home cache"),
    ("plots.out_dir", "a#b"),
    ("plots.html_template", "it's"),
    ("studio.token", ' sp "a" ce '),
    ("studio.url", ""),
    ("studio.repo_url", "both ' and \""),
    ("remote.r1.url", "../rel dir"),
    ("remote.r1.endpointurl", "x"),
    ("remote.s.url", "s3://b"),
    ("remote.s.endpointurl", "http://localhost:9000"),
    ("db.d.url", "postgres://x"),
    ("core.nosuch", "1"),
    ("core.no_scm", "maybe"),
    ("remote.bad.url", "foo://x/y"),
    ("nosuch.x", "y"),
    ("core.checksum_jobs", "0"),
]
START = "# lost\n[feature]\nx = y\n[core]\n    autostage = true\n['remote \"r0\"']\n    url = a/../b\n[cache]\n type = reflink, copy\n"


@pytest.mark.parametrize(("key", "value"), EDITS)
@pytest.mark.parametrize("start", ["", START])
@pytest.mark.parametrize("level", ["repo", "local"])
def test_set_writes_what_dvc_writes(key: str, value: str, start: str, level: str, dvc_dir: str) -> None:
    other = Path(dvc_dir).parent / "twin" / ".dvc"
    other.mkdir(parents=True)
    name = "config" if level == "repo" else "config.local"
    errors: list[str | None] = []
    for folder in (dvc_dir, str(other)):
        write(folder, start, name)
        os.chdir(os.path.dirname(folder))
        try:
            if folder == dvc_dir:
                ConfigEditor(Config.load(folder, check=False)).set(level, key, value)
            else:
                dvc_set(folder, level, *split_key(key), value)
        except (ConfigError, DvcConfigError) as exc:
            errors.append(str(exc))
        else:
            errors.append(None)
    assert errors[0] == errors[1]
    assert text(dvc_dir, name) == text(str(other), name)


@given(st.text(alphabet="ab ,#'\"\n\t%=[]$\\é", min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back(value: str) -> None:
    try:
        data = config_file.render({"core": {"key": value}, "remote": {}, "machine": {}, "db": {}})
    except ConfigError:
        return
    if "%(" not in value:
        assert config_file.parse(data)["core"]["key"] == value


def test_letters_beyond_ascii_survive_an_edit(dvc_dir: str) -> None:
    ConfigEditor(Config.load(dvc_dir)).set(None, "cache.dir", "/dätä")
    assert text(dvc_dir) == "[cache]\n    dir = /dätä\n"
    assert DvcConfig(dvc_dir)["cache"]["dir"] == "/dätä"


def test_an_emptied_file_is_one_line_break(dvc_dir: str) -> None:
    config = Config.load(dvc_dir)
    ConfigEditor(config).set(None, "core.autostage", "true")
    ConfigEditor(config).unset(None, "core.autostage")
    assert text(dvc_dir) == "\n"
    with pytest.raises(ConfigError, match="option 'autostage' doesn't exist in section 'core'"):
        ConfigEditor(config).unset(None, "core.autostage")


def test_an_edit_keeps_mode_and_link(dvc_dir: str, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("")
    target.chmod(0o600)
    Path(dvc_dir, "config.local").symlink_to(target)
    ConfigEditor(Config.load(dvc_dir)).set("local", "studio.token", "secret")
    assert Path(dvc_dir, "config.local").is_symlink()
    assert target.read_text() == "[studio]\n    token = secret\n"
    assert target.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("elsewhere.*"))


def test_edits_see_what_others_wrote_meanwhile(dvc_dir: str) -> None:
    config = Config.load(dvc_dir)
    write(dvc_dir, "[core]\n    autostage = true\n")
    ConfigEditor(config).set(None, "core.remote", "r")
    assert text(dvc_dir) == "[core]\n    autostage = true\n    remote = r\n"


def test_merging_levels_leaves_each_level_alone(dvc_dir: str) -> None:
    write(dvc_dir, "['remote \"r\"']\n    url = s3://x\n")
    write(dvc_dir, "['remote \"r\"']\n    profile = p\n", "config.local")
    config = Config.load(dvc_dir)
    assert config.remotes["r"]["profile"] == "p"
    ConfigEditor(config).set("local", "core.autostage", "true")
    assert text(dvc_dir, "config.local") == "[core]\n    autostage = true\n['remote \"r\"']\n    profile = p\n"


# The recorded scenarios of remotes


def test_remote_commands_as_recorded(dvc_dir: str) -> None:
    def fresh() -> Config:
        return Config.load(dvc_dir, check=False)

    def remotes() -> RemoteSettings:
        return RemoteSettings(ConfigEditor(fresh()))

    root = os.path.dirname(os.path.dirname(dvc_dir))
    remotes().add(None, "r1", f"{root}/remote", default=True)
    remotes().add(None, "R2", "s3://bucket/path")
    remotes().modify(None, "r2", "endpointurl", "http://localhost:9000")
    remotes().add(None, "r3", "../rel")
    assert fresh().listed_remotes() == {"r1": f"{root}/remote", "r2": "s3://bucket/path", "r3": f"{root}/rel"}
    remotes().rename(None, "r2", "rr")
    assert fresh().default_remote() == "r1"
    remotes().set_default(None, "rr")
    remotes().remove(None, "r1")
    assert text(dvc_dir, "config.local") == "\n"
    remotes().modify("local", "rr", "access_key_id", "KEY")
    with pytest.raises(ConfigError, match=r"remote 'rr' already exists. Use `-f\|--force` to overwrite it."):
        remotes().add(None, "rr", "s3://x")
    remotes().add(None, "rr", "s3://x", force=True)
    with pytest.raises(ConfigError, match=r"remote 'nope' doesn't exist\."):
        remotes().modify(None, "nope", "url", "x")
    with pytest.raises(ConfigError, match=r"extra keys not allowed @ data\['remote'\]\['rr'\]\['nosuchkey'\]"):
        remotes().modify(None, "rr", "nosuchkey", "x")
    with pytest.raises(
        ConfigError, match=r"Unsupported URL type foo:// for dictionary value @ data\['remote'\]\['bad'\]"
    ):
        remotes().add(None, "bad", "foo://x/y")
    with pytest.raises(ConfigError, match="default remote must be present in remote list"):
        remotes().set_default(None, "nope")
    with pytest.raises(ConfigError, match=r"Rename failed. Remote name 'r3' already exists."):
        remotes().rename(None, "rr", "r3")
    assert (
        text(dvc_dir)
        == "[core]\n    remote = rr\n['remote \"r3\"']\n    url = ../../rel\n['remote \"rr\"']\n    url = s3://x\n"
    )
    assert text(dvc_dir, "config.local") == "['remote \"rr\"']\n    access_key_id = KEY\n"
    remotes().modify("local", "rr", "access_key_id", None)
    remotes().set_default(None, None)
    assert fresh().default_remote() is None


def test_renaming_a_remote_renames_what_local_adds_to_it(dvc_dir: str) -> None:
    """dvc renames one level's section only, and then refuses its own configuration."""
    remotes = RemoteSettings(ConfigEditor(Config.load(dvc_dir)))
    remotes.add(None, "r2", "s3://bucket/path")
    remotes.modify("local", "r2", "access_key_id", "KEY")
    remotes.rename(None, "r2", "rr")
    known = Config.load(dvc_dir).remotes
    assert list(known) == ["rr"]
    assert (known["rr"]["url"], known["rr"]["access_key_id"]) == ("s3://bucket/path", "KEY")


def test_removing_a_remote_clears_it_as_default_above(dvc_dir: str) -> None:
    remotes = RemoteSettings(ConfigEditor(Config.load(dvc_dir)))
    remotes.add(None, "a", "/a", default=True)
    remotes.set_default("local", "a")
    remotes.remove(None, "a")
    assert text(dvc_dir) == text(dvc_dir, "config.local") == "\n"


def test_cache_dir_is_stored_relative_to_the_file(dvc_dir: str, tmp_path: Path) -> None:
    config = Config.load(dvc_dir)
    ConfigEditor(config).set_cache_dir(None, "../extcache")
    assert text(dvc_dir) == "[cache]\n    dir = ../../extcache\n"
    assert config.get("cache.dir") == str(tmp_path / "extcache")
    ConfigEditor(config).set_cache_dir(None, None)
    assert config.get("cache.dir") is None
