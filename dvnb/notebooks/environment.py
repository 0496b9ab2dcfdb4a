"""Whether the packages that a kernel sees are those that a lock or requirements file asks for."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

from dvnb.errors import NotebookError
from dvnb.notebooks import lockfiles
from dvnb.records import dataclass

_SECONDS = 60  # that an interpreter may take to list what it has
_PYTHON = re.compile(r"(python|pypy)[\d.]*(\.exe)?")

# Runs in the kernel's interpreter, which may be any Python 3.8 or later without a package.
_LIST = """
import importlib.metadata as m, json, os, platform, sys
found = {}
for d in m.distributions():
    name = d.metadata["Name"]
    if name:
        found.setdefault(name, d.version)
conda = {}
folder = os.path.join(sys.prefix, "conda-meta")
for name in os.listdir(folder) if os.path.isdir(folder) else []:
    if name.endswith(".json"):
        package = json.load(open(os.path.join(folder, name)))
        conda[package["name"]] = package["version"]
markers = {
    "implementation_name": sys.implementation.name, "implementation_version": platform.python_version(),
    "os_name": os.name, "platform_machine": platform.machine(), "platform_release": platform.release(),
    "platform_system": platform.system(), "platform_version": platform.version(),
    "python_full_version": platform.python_version(), "sys_platform": sys.platform,
    "platform_python_implementation": platform.python_implementation(),
    "python_version": ".".join(platform.python_version_tuple()[:2]),
}
json.dump({"packages": found, "conda": conda, "markers": markers}, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """What one interpreter has: versions by normalized name, and PEP 508's markers of it."""

    versions: dict[str, str]
    markers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A package that is not as the file asks: `wanted` a specifier, `installed` None where it is missing.

    `line` is the file's, where it has one package a line.
    """

    name: str
    wanted: str
    installed: str | None
    line: int | None = None


def compare(lock_path: str, kernel_name: str | None = None) -> list[Mismatch]:
    """Packages whose version is not what the file at `lock_path` asks for, in the kernel's interpreter.

    None is dvnb's own interpreter, which runs notebooks that name no kernel.
    Raises: NotebookError for a file that cannot be read, an unknown kernel, or one that is no Python.
    """
    here = installed(kernel_name)
    found: list[Mismatch] = []
    for wanted in lockfiles.read(lock_path, here.markers):
        version = here.versions.get(wanted.name)
        if version is None or not _fits(version, wanted.spec):
            found.append(Mismatch(wanted.name, wanted.spec, version, wanted.line))
    return found


def installed(kernel_name: str | None = None) -> Installed:
    """What the interpreter of a kernel has installed.

    Raises: NotebookError, as `compare`.
    """
    import subprocess  # few verbs ask

    command = _interpreter(kernel_name)
    try:
        done = subprocess.run(  # noqa: S603 - the program that the kernelspec names
            [*command, "-c", _LIST], capture_output=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
        said: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise NotebookError(f"cannot list the packages of kernel '{kernel_name}': {error}") from error
    versions = {lockfiles.normalized(name): str(version) for name, version in said["conda"].items()}
    versions |= {lockfiles.normalized(name): str(version) for name, version in said["packages"].items()}
    versions["python"] = said["markers"]["python_full_version"]
    return Installed(versions, said["markers"])


def _interpreter(kernel_name: str | None) -> list[str]:
    if kernel_name is None:
        return [sys.executable]
    from dvnb.notebooks.running.kernels import choose_kernel  # jupyter_client takes a while

    argv = choose_kernel({}, "", kernel_name).spec.argv
    program = os.path.basename(argv[0]) if argv else ""
    if not _PYTHON.fullmatch(program) or "bash_kernel" in argv:
        raise NotebookError(f"kernel '{kernel_name}' is no Python, so its packages cannot be compared")
    # jupyter_client runs a kernelspec's bare `python` by its own interpreter.
    return [sys.executable] if program == argv[0] else [argv[0]]


def _fits(version: str, spec: str) -> bool:
    if not spec:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(spec).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):  # versions of other packages than Python's
        return spec.removeprefix("==") == version
