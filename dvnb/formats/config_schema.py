"""Which sections and options a config may hold, what their values become, and the words for what is wrong.

Source: dvc's config_schema.py; messages are those of the voluptuous library, which dvc checks configs with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from dvnb.errors import ConfigError

Rule = Callable[[Any], Any]
Section = dict[str, Any]
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^/?#]")
LINK_TYPES = ("reflink", "hardlink", "symlink", "copy")


class _InvalidError(Exception):
    """A value is wrong; `path` leads to it, `where` is what voluptuous says of the place."""

    def __init__(self, reason: str, path: tuple[str, ...] = (), where: str = " for dictionary value") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.where = where

    def below(self, *keys: str) -> _InvalidError:
        return _InvalidError(self.reason, (*keys, *self.path), self.where)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _InvalidError("expected str")
    return str(value)


def _lower(value: Any) -> str:
    return str(value).lower()


def _flag(value: Any) -> bool:
    word = _lower(value)
    if word not in ("true", "false"):
        raise _InvalidError("expected true or false")
    return word == "true"


def _flag_or_text(value: Any) -> bool | str:
    if isinstance(value, str) and value.lower() not in ("true", "false"):
        return str(value)
    return _flag(value)


def _number(kind: type[int | float], low: float | None = None, high: float | None = None) -> Rule:
    def rule(value: Any) -> int | float:
        try:
            number = kind(value)
        except (TypeError, ValueError):
            raise _InvalidError(f"expected {kind.__name__}") from None
        if low is not None and not number >= low:
            raise _InvalidError(f"value must be at least {low}")
        if high is not None and not number <= high:
            raise _InvalidError(f"value must be at most {high}")
        return number

    return rule


def _instance(kind: type) -> Rule:
    def rule(value: Any) -> Any:
        if not isinstance(value, kind):
            raise _InvalidError(f"expected {kind.__name__}")
        return value

    return rule


def _one_of(*choices: str) -> Rule:
    def rule(value: Any) -> str:
        word = _lower(value)
        if word not in choices:
            raise _InvalidError(f"expected one of {', '.join(choices)}")
        return word

    return rule


def _link_types(value: Any) -> list[str]:
    types = [name.strip() for name in value.split(",")] if isinstance(value, str) else list(value)
    unsupported = [name for name in dict.fromkeys(types) if name not in LINK_TYPES]
    if unsupported:
        raise _InvalidError(f"Unsupported cache type(s): {', '.join(unsupported)}")
    return types


def _rules(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


_INT = _number(int)
_COUNT = _number(int, 1)
_SECONDS = _number(float, 0)

_COMMON = {"url": _text, **_rules(_COUNT, "checksum_jobs jobs"), **_rules(_flag, "worktree no_traverse version_aware")}
_LOCAL = {"type": _link_types, "shared": _one_of("group"), **_rules(_flag, "protected slow_link_warning verify")}
_HTTP = {
    **_COMMON,
    "auth": _one_of("basic", "digest", "custom"),
    **_rules(_text, "custom_auth_header user password method"),
    **_rules(_flag, "ask_password verify"),
    "ssl_verify": _flag_or_text,
    **_rules(_SECONDS, "connect_timeout read_timeout"),
}
_WEBDAV = {
    **_COMMON,
    **_rules(_text, "user password token bearer_token_command custom_auth_header cert_path key_path"),
    **_rules(_flag, "ask_password verify"),
    "timeout": _INT,
    "ssl_verify": _flag_or_text,
}
REMOTES: dict[str, dict[str, Rule]] = {
    "": {**_LOCAL, **_COMMON},
    "s3": {
        **_COMMON,
        **_rules(
            _text,
            "region profile credentialpath configpath endpointurl access_key_id secret_access_key session_token sse "
            "sse_kms_key_id sse_customer_algorithm sse_customer_key acl grant_read grant_read_acp grant_write_acp "
            "grant_full_control",
        ),
        **_rules(_flag, "listobjects use_ssl allow_anonymous_login verify"),
        "ssl_verify": _flag_or_text,
        "cache_regions": _instance(bool),
        **_rules(_INT, "read_timeout connect_timeout"),
    },
    "gs": {
        **_COMMON,
        **_rules(_text, "projectname credentialpath endpointurl"),
        **_rules(_flag, "verify allow_anonymous_login"),
    },
    "ssh": {
        **_COMMON,
        "type": _link_types,
        **_rules(_INT, "port timeout max_sessions"),
        **_rules(_text, "user password passphrase keyfile"),
        **_rules(_flag, "ask_password ask_passphrase gss_auth allow_agent verify"),
    },
    "hdfs": {**_COMMON, **_rules(_text, "user kerb_ticket"), "replication": _instance(int)},
    "webhdfs": {
        **_COMMON,
        **_rules(_text, "kerberos_principal proxy_to token user password data_proxy_target"),
        **_rules(_flag, "kerberos use_https verify"),
        "ssl_verify": _flag_or_text,
    },
    "azure": {
        **_COMMON,
        **_rules(_text, "connection_string sas_token account_name account_key tenant_id client_id client_secret"),
        **_rules(
            _flag,
            "allow_anonymous_login exclude_environment_credential exclude_visual_studio_code_credential "
            "exclude_shared_token_cache_credential exclude_managed_identity_credential verify",
        ),
        **_rules(_INT, "timeout read_timeout connection_timeout"),
    },
    "oss": {**_COMMON, **_rules(_text, "oss_key_id oss_key_secret oss_endpoint"), "verify": _flag},
    "gdrive": {
        **_COMMON,
        **_rules(
            _text,
            "profile gdrive_client_id gdrive_client_secret gdrive_user_credentials_file "
            "gdrive_service_account_user_email gdrive_service_account_json_file_path",
        ),
        **_rules(_flag, "gdrive_use_service_account gdrive_trash_only gdrive_acknowledge_abuse verify"),
    },
    "http": _HTTP,
    "https": _HTTP,
    "webdav": _WEBDAV,
    "webdavs": _WEBDAV,
}
_LOCAL_DEFAULTS = {"protected": False, "slow_link_warning": True, "verify": False}
_CHECKED = {"verify": True}
_UNCHECKED = {"verify": False}
REMOTE_DEFAULTS: dict[str, dict[str, Any]] = {
    "": _LOCAL_DEFAULTS,
    "s3": {"listobjects": False, "use_ssl": True, "allow_anonymous_login": False, **_UNCHECKED},
    "gs": {**_UNCHECKED, "allow_anonymous_login": False},
    "gdrive": {"gdrive_trash_only": False, "gdrive_acknowledge_abuse": False, **_CHECKED},
    "oss": _CHECKED,
    **dict.fromkeys(("ssh", "webhdfs", "azure", "http", "https", "webdav", "webdavs"), _UNCHECKED),
}
_MACHINE: dict[str, Rule] = {
    "cloud": _one_of("aws", "azure"),
    "region": _one_of("us-west", "us-east", "eu-west", "eu-north"),
    **_rules(_text, "image ssh_private startup_script setup_script"),
    "spot": _flag,
    "spot_price": _number(float),
    "instance_hdd_size": _INT,
    **_rules(_lower, "instance_type instance_gpu"),
}
_DB = _rules(_text, "url username password")

# In the order dvc adds them to what it read, which decides the error that is reported first.
SECTIONS: dict[str, dict[str, Rule]] = {
    "core": {
        **_rules(_lower, "remote machine"),
        "checksum_jobs": _COUNT,
        **_rules(_flag, "interactive analytics hardlink_lock no_scm autostage experiments check_update"),
        "site_cache_dir": _text,
    },
    "cache": {**_rules(_text, "local s3 gs hdfs webhdfs ssh azure dir"), **_LOCAL},
    "remote": {},
    "state": {"dir": _text, "row_limit": _COUNT, "row_cleanup_quota": _number(int, 0, 100)},
    "index": {"dir": _text},
    "machine": {},
    "feature": {"machine": _flag},
    "plots": {**_rules(_text, "html_template out_dir"), "auto_open": _flag},
    "exp": {**_rules(_text, "code data models metrics params plots live git_remote"), "auto_push": _flag},
    "parsing": {"bool": _one_of("store_true", "boolean_optional"), "list": _one_of("nargs", "append")},
    "hydra": {"enabled": _flag, **_rules(_text, "config_dir config_module config_name plugins_path")},
    "studio": {**_rules(_text, "token url repo_url"), "offline": _flag},
    "db": {},
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "core": {
        "interactive": False,
        "analytics": True,
        "hardlink_lock": False,
        "no_scm": False,
        "autostage": False,
        "check_update": True,
    },
    "cache": _LOCAL_DEFAULTS,
    "feature": {"machine": False},
    "plots": {"auto_open": False},
    "hydra": {"enabled": False},
    "studio": {"offline": False},
}
# Sections whose members are named by the user, each a section of its own.
NAMED = ("remote", "machine", "db")


def validate(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The config with typed values and defaults; options of `feature` that nobody knows are dropped.

    Raises: ConfigError, worded as dvc words it, for the first thing that is wrong.
    """
    try:
        return {name: _section(name, value) for name, value in config.items()}
    except _InvalidError as invalid:
        raise _config_error(invalid) from None


def validate_remote(options: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the storage at their `url`, typed; those of a storage that dvc does not know are left as they are.

    Raises: ConfigError, as `validate`.
    """
    if url_scheme(str(options["url"])) not in REMOTES:
        return dict(options)
    try:
        return _remote(options)
    except _InvalidError as invalid:
        raise _config_error(invalid) from None


def _config_error(invalid: _InvalidError) -> ConfigError:
    place = "][".join(key if key.startswith("<") else repr(key) for key in invalid.path)
    return ConfigError(f"config file error: {invalid.reason}{invalid.where} @ data[{place}]")


def _section(name: str, value: Any) -> dict[str, Any]:
    if name not in SECTIONS:
        raise _InvalidError("extra keys not allowed", (name,), "")
    if not isinstance(value, dict):
        raise _InvalidError("expected a dictionary", (name,))
    section = cast("Section", value)
    if name == "hydra" and "config_dir" in section and "config_module" in section:
        reason = "two or more values in the same group of exclusion 'config_source'"
        raise _InvalidError(reason, (name, "<config_source>"), "")
    if name == "feature":
        section = {key: option for key, option in section.items() if key in SECTIONS[name]}
    try:
        if name in NAMED:
            return {member: _member(name, member, options) for member, options in section.items()}
        return _options(section, SECTIONS[name], DEFAULTS.get(name, {}))
    except _InvalidError as invalid:
        raise invalid.below(name) from None


def _member(section: str, name: str, options: Any) -> dict[str, Any]:
    try:
        if section == "remote":
            return _remote(options)
        return _options(options, _DB if section == "db" else _MACHINE, {})
    except _InvalidError as invalid:
        raise invalid.below(name) from None


def _remote(options: Any) -> dict[str, Any]:
    if not isinstance(options, dict) or "url" not in options:
        raise _InvalidError("expected 'url'")
    remote = cast("Section", options)
    scheme = url_scheme(str(remote["url"]))
    if scheme == "remote":
        return dict(remote)
    if scheme not in REMOTES:
        raise _InvalidError(f"Unsupported URL type {scheme}://")
    return _options(remote, REMOTES[scheme], REMOTE_DEFAULTS.get(scheme, {}))


def url_scheme(url: str) -> str:
    """Lower-case scheme of a remote's URL; "" for a path on this machine, also where no host follows the scheme."""
    match = _SCHEME.match(url)
    return match[1].lower() if match else ""


def _options(options: Any, rules: Mapping[str, Rule], defaults: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(options, dict):
        raise _InvalidError("expected a dictionary")
    result: dict[str, Any] = {}
    for key, value in cast("Section", options).items():
        if key not in rules:
            raise _InvalidError("extra keys not allowed", (key,), "")
        try:
            result[key] = rules[key](value)
        except _InvalidError as invalid:
            raise invalid.below(key) from None
    return {**defaults, **result}
