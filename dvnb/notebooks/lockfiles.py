"""Lock and requirements files: which packages, in which versions, they ask for in one environment.

Read are pip's requirements (also what `pip freeze` writes), pylock.toml, uv.lock, poetry.lock, environment.yml and
pixi.lock. What is only for other platforms, or belongs to groups that are not installed by default, is left out.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from dvnb.errors import FormatError, NotebookError
from dvnb.records import dataclass

Markers = dict[str, str]
"""PEP 508's environment markers of an interpreter."""

_CONDA = re.compile(r"(?:.*::)?(?P<name>[\w.-]+)\s*(?P<spec>[=<>!~\s].*)?")
_CONDA_FILE = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-[^-]+?(?:\.conda|\.tar\.bz2)")
_PIP_OPTIONS = re.compile(r"\s--(?:hash|config-settings|global-option)\b.*")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_READABLE = "requirements.txt, pylock.toml, uv.lock, poetry.lock, environment.yml, pixi.lock"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A package that a file asks for: its name normalized, `spec` PEP 440's specifier, "" for any version."""

    name: str
    spec: str
    line: int | None = None


Reader = Callable[[str, Markers], Iterator[Wanted]]


def read(path: str, markers: Markers) -> list[Wanted]:
    """The packages that the file at `path` asks for where `markers` hold.

    Raises: NotebookError for a file that is missing, broken, or of no known kind.
    """
    reader = check_known(path)
    try:
        return list(dict.fromkeys(reader(path, markers)))
    except FileNotFoundError as error:
        raise NotebookError(f"'{error.filename or path}' does not exist") from error
    except (FormatError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotebookError(f"cannot read '{path}' as a list of packages: {error}") from error


def is_known(path: str) -> bool:
    """Whether a file's name is that of a list of packages."""
    return _reader(os.path.basename(path)) is not None


def check_known(path: str) -> Reader:
    """What reads the file at `path`.

    Raises: NotebookError where its name is not that of a list of packages.
    """
    reader = _reader(os.path.basename(path))
    if reader is None:
        raise NotebookError(f"cannot read '{path}' as a list of packages: known are {_READABLE}")
    return reader


def normalized(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _reader(name: str) -> Reader | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if re.fullmatch(r"pylock(\..+)?\.toml", name):
        return _pylock
    if re.fullmatch(r"(conda-?)?env(ironment)?[-.\w]*\.ya?ml", name):
        return _environment
    return _requirements if name.endswith((".txt", ".in")) else None


# ---- pip -------------------------------------------------------------------------------------------


def _requirements(path: str, markers: Markers, seen: frozenset[str] = frozenset()) -> Iterator[Wanted]:
    with open(path, encoding="utf-8-sig") as file:
        lines = file.read().splitlines()
    seen |= {os.path.realpath(path)}
    joined, start = "", 1
    for number, line in enumerate(lines, 1):
        start = start if joined else number
        joined += line.removesuffix("\\") + (" " if line.endswith("\\") else "")
        if line.endswith("\\"):
            continue
        text, joined = _PIP_OPTIONS.sub("", _COMMENT.sub("", joined)).strip(), ""
        included = re.match(r"(?:-r|--requirement)[\s=]*(\S+)", text)
        if included:
            other = os.path.join(os.path.dirname(path), included[1])
            if os.path.realpath(other) not in seen:
                yield from _requirements(other, markers, seen)
        elif text and not text.startswith("-"):  # other options say where from, not what
            yield from _requirement(text, markers, start)


def _requirement(text: str, markers: Markers, line: int | None = None) -> Iterator[Wanted]:
    from packaging.requirements import InvalidRequirement, Requirement  # pip's own reader

    try:
        wanted = Requirement(text)
    except InvalidRequirement as error:
        if re.match(r"[./~]|\w+:", text) or text.endswith((".whl", ".tar.gz", ".zip")):
            return  # a path or an address: it does not say which version
        where = f"line {line}: " if line else ""
        raise ValueError(f"{where}'{text}' is no requirement") from error
    if wanted.marker is None or wanted.marker.evaluate({**markers, "extra": ""}):
        yield Wanted(normalized(wanted.name), str(wanted.specifier), line)


# ---- lock files in TOML ----------------------------------------------------------------------------


def _toml(path: str) -> dict[str, Any]:
    with open(path, "rb") as file:
        return tomllib.load(file)


def _holds(marker: Any, markers: Markers, extra: str = "") -> bool:
    if not marker:
        return True
    from packaging.markers import Marker

    return Marker(str(marker)).evaluate({**markers, "extra": extra})


def _pylock(path: str, markers: Markers) -> Iterator[Wanted]:
    for package in _toml(path)["packages"]:
        if "version" in package and _plain_marker(package.get("marker"), markers):
            yield Wanted(normalized(package["name"]), f"=={package['version']}")


def _plain_marker(marker: str | None, markers: Markers) -> bool:
    # PEP 751 adds `extras` and `dependency_groups`: those are not installed by default.
    return not re.search(r"\b(extras|dependency_groups)\b", marker or "") and _holds(marker, markers)


def _uv(path: str, markers: Markers) -> Iterator[Wanted]:
    """What the projects of the lock need, and what that needs in turn, as far as markers hold."""
    packages = _toml(path)["package"]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for package in packages:
        by_name.setdefault(package["name"], []).append(package)
    waiting: list[tuple[dict[str, Any], str]] = [(package, "") for package in packages if _is_project(package)]
    done: set[tuple[str, str, str]] = set()
    while waiting:
        package, extra = waiting.pop()
        key = (package["name"], str(package.get("version")), extra)
        if key in done:
            continue
        done.add(key)
        if not _is_project(package) and "version" in package:
            yield Wanted(normalized(package["name"]), f"=={package['version']}")
        needs = package.get("optional-dependencies", {}).get(extra, []) if extra else package.get("dependencies", [])
        if _is_project(package) and not extra:
            needs = [*needs, *package.get("dev-dependencies", {}).get("dev", [])]  # what `uv sync` installs
        for need in needs:
            if not _holds(need.get("marker"), markers):
                continue
            for other in by_name.get(need["name"], []):
                if need.get("version", other.get("version")) == other.get("version"):
                    waiting += [(other, each) for each in ("", *need.get("extra", []))]


def _is_project(package: dict[str, Any]) -> bool:
    return not {"virtual", "editable", "directory"}.isdisjoint(package.get("source", {}))


def _poetry(path: str, markers: Markers) -> Iterator[Wanted]:
    for package in _toml(path)["package"]:
        marker = package.get("markers")
        if isinstance(marker, dict):
            marker = marker.get("main")
        optional = package.get("optional") or "main" not in package.get("groups", ["main"])
        if not optional and _holds(marker, markers):
            yield Wanted(normalized(package["name"]), f"=={package['version']}")


# ---- conda -----------------------------------------------------------------------------------------


def _yaml(path: str) -> Any:
    from dvnb.formats import yamlio

    with open(path, "rb") as file:
        return yamlio.load(file.read(), path)


def _environment(path: str, markers: Markers) -> Iterator[Wanted]:
    for need in _yaml(path).get("dependencies") or []:
        if isinstance(need, dict):
            for text in need.get("pip") or []:
                if not str(text).startswith("-"):
                    yield from _requirement(str(text), markers)
            continue
        match = _CONDA.fullmatch(str(need).partition("#")[0].strip())
        if match is None:
            raise ValueError(f"'{need}' is no package")
        yield Wanted(normalized(match["name"]), _conda_spec((match["spec"] or "").strip()))


def _conda_spec(spec: str) -> str:
    """Conda's version in the words of PEP 440: `=1.26` is any 1.26.x; a build after it says nothing here."""
    if not spec:
        return ""
    exact = re.fullmatch(r"(=|==)\s*(?P<version>[^=,|<>!*\s]+)(=.*)?", spec)
    if exact:
        built = exact[3] is not None
        return f"=={exact['version']}" + ("" if exact[1] == "==" or built else ".*")
    if re.fullmatch(r"=?=?[\w.]+\.\*", spec):
        return f"=={spec.lstrip('=')}"
    if re.fullmatch(r"\d[\w.]*(\s+\S+)?", spec):
        return f"=={spec.split(maxsplit=1)[0]}"
    return "" if "|" in spec else spec.replace(" ", "")


def _pixi(path: str, markers: Markers) -> Iterator[Wanted]:
    lock = _yaml(path)
    environments = lock["environments"]
    chosen = environments.get("default") or next(iter(environments.values()))
    listed = chosen["packages"].get(_platform(markers)) or []
    by_address = {str(package.get("pypi") or package.get("conda")): package for package in lock.get("packages") or []}
    for item in listed:
        address = str(item.get("pypi") or item.get("conda"))
        package = by_address.get(address, {})
        name, version = package.get("name"), package.get("version")
        if not version and (match := _CONDA_FILE.fullmatch(os.path.basename(address))):
            name, version = match["name"], match["version"]
        if name and version:
            yield Wanted(normalized(str(name)), f"=={version}")


def _platform(markers: Markers) -> str:
    machine = markers.get("platform_machine", "")
    arm = machine in ("arm64", "aarch64")
    system = markers.get("sys_platform", "")
    if system == "darwin":
        return "osx-arm64" if arm else "osx-64"
    if system == "win32":
        return "win-arm64" if arm else "win-64"
    return "linux-aarch64" if arm else "linux-64"


_BY_NAME: dict[str, Reader] = {"uv.lock": _uv, "poetry.lock": _poetry, "pixi.lock": _pixi}
