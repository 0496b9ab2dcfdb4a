"""A remote's settings as the fsspec filesystem for its URL wants them.

Source: dvc's fs/ and the dvc-s3, dvc-gs, dvc-azure, dvc-ssh, dvc-http, dvc-hdfs, dvc-webdav, dvc-oss plugins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

Options = Mapping[str, Any]
Arguments = dict[str, Any]

_HTTP_SECONDS = 60


def filesystem_options(url: str, scheme: str, options: Options) -> tuple[str, Arguments, str]:
    """Fsspec's protocol, arguments for its filesystem, and the remote's root path in it."""
    split = urlsplit(url)
    translate = _TRANSLATIONS.get(scheme)
    if translate is None:
        return scheme, {}, url.partition("://")[2]
    protocol, arguments = translate(split, options)
    return protocol, arguments, _root(scheme, url, split)


def _root(scheme: str, url: str, split: SplitResult) -> str:
    if scheme in ("http", "https"):
        return url
    if scheme in ("ssh", "hdfs", "webhdfs", "webdav", "webdavs"):
        return unquote(split.path) or "/"
    # The bucket or container is the first part of the path; azure URLs may have the account behind an "@".
    return split.netloc.partition("@")[0] + split.path


def _present(options: Options, names: str) -> Arguments:
    """Those settings that are set; `names`: fsspec's name or `fsspec=dvc` for each, separated by spaces."""
    found: Arguments = {}
    for pair in names.split():
        name, _, option = pair.partition("=")
        value = options.get(option or name)
        if value is not None:
            found[name] = value
    return found


def _s3(_: SplitResult, options: Options) -> tuple[str, Arguments]:
    arguments = _present(
        options,
        "key=access_key_id secret=secret_access_key token=session_token profile anon=allow_anonymous_login "
        "use_ssl endpoint_url=endpointurl cache_regions",
    )
    client = _present(options, "region_name=region verify=ssl_verify")
    timeouts = _present(options, "read_timeout connect_timeout")
    extra = _present(
        options,
        "ServerSideEncryption=sse SSEKMSKeyId=sse_kms_key_id SSECustomerAlgorithm=sse_customer_algorithm "
        "SSECustomerKey=sse_customer_key ACL=acl GrantRead=grant_read GrantReadACP=grant_read_acp "
        "GrantWriteACP=grant_write_acp GrantFullControl=grant_full_control",
    )
    nested = {"client_kwargs": client, "config_kwargs": timeouts, "s3_additional_kwargs": extra}
    return "s3", arguments | {name: value for name, value in nested.items() if value}


def _gs(_: SplitResult, options: Options) -> tuple[str, Arguments]:
    arguments = _present(options, "project=projectname token=credentialpath endpoint_url=endpointurl")
    if options.get("allow_anonymous_login"):
        arguments |= {"token": "anon"}
    return "gs", arguments


def _azure(split: SplitResult, options: Options) -> tuple[str, Arguments]:
    arguments = _present(
        options,
        "connection_string sas_token account_name account_key tenant_id client_id client_secret "
        "anon=allow_anonymous_login",
    )
    if "@" in split.netloc:
        arguments.setdefault("account_name", split.netloc.partition("@")[2].partition(".")[0])
    return "abfs", arguments


def _ssh(split: SplitResult, options: Options) -> tuple[str, Arguments]:
    arguments: Arguments = {"host": split.hostname}
    port = options.get("port") or split.port
    user = options.get("user") or split.username
    password = options.get("password") or split.password
    arguments |= {"port": int(port)} if port else {}
    arguments |= {"username": user} if user else {}
    arguments |= {"password": password} if password else {}
    return "sftp", arguments | _present(options, "key_filename=keyfile passphrase timeout allow_agent")


def _hdfs(split: SplitResult, options: Options) -> tuple[str, Arguments]:
    arguments: Arguments = {"host": split.hostname or "default"}
    user = options.get("user") or split.username
    arguments |= {"port": split.port} if split.port else {}
    arguments |= {"user": user} if user else {}
    return "hdfs", arguments | _present(options, "kerb_ticket replication")


def _webhdfs(split: SplitResult, options: Options) -> tuple[str, Arguments]:
    arguments: Arguments = {"host": split.hostname}
    arguments |= {"port": split.port} if split.port else {}
    return "webhdfs", arguments | _present(
        options,
        "user password token kerberos proxy_to data_proxy=data_proxy_target use_https use_ssl_verify=ssl_verify",
    )


def _http(_: SplitResult, options: Options) -> tuple[str, Arguments]:
    import aiohttp

    # aiohttp's default gives up on any transfer that takes five minutes.
    timeout = aiohttp.ClientTimeout(
        total=None,
        connect=options.get("connect_timeout") or _HTTP_SECONDS,
        sock_read=options.get("read_timeout") or _HTTP_SECONDS,
    )
    client: Arguments = {"trust_env": True, "timeout": timeout}
    if options.get("auth") == "basic":
        client["auth"] = aiohttp.BasicAuth(str(options.get("user")), str(options.get("password")))
    elif options.get("auth") == "custom":
        client["headers"] = {str(options.get("custom_auth_header")): str(options.get("password"))}
    verify = options.get("ssl_verify")
    if isinstance(verify, str):
        import ssl

        return "http", {"client_kwargs": client, "ssl": ssl.create_default_context(cafile=verify)}
    return "http", {"client_kwargs": client} | ({"ssl": False} if verify is False else {})


def _webdav(split: SplitResult, options: Options) -> tuple[str, Arguments]:
    scheme = "https" if split.scheme == "webdavs" else "http"
    host = split.netloc.rpartition("@")[2]
    user = options.get("user") or split.username
    arguments: Arguments = {"base_url": f"{scheme}://{host}"}
    arguments |= {"auth": (user, options.get("password") or split.password or "")} if user else {}
    arguments |= _present(options, "verify=ssl_verify timeout cert=cert_path")
    if options.get("token"):
        arguments["headers"] = {"Authorization": f"Bearer {options['token']}"}
    elif options.get("custom_auth_header"):
        arguments["headers"] = {options["custom_auth_header"]: options.get("password")}
    return "webdav", arguments


def _oss(_: SplitResult, options: Options) -> tuple[str, Arguments]:
    return "oss", _present(options, "key=oss_key_id secret=oss_key_secret endpoint=oss_endpoint")


_TRANSLATIONS: dict[str, Callable[[SplitResult, Options], tuple[str, Arguments]]] = {
    "s3": _s3,
    "gs": _gs,
    "azure": _azure,
    "ssh": _ssh,
    "hdfs": _hdfs,
    "webhdfs": _webhdfs,
    "http": _http,
    "https": _http,
    "webdav": _webdav,
    "webdavs": _webdav,
    "oss": _oss,
}
