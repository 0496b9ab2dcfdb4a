"""What `doctor` looks at: filesystems, link types, and which Python each part of a Jupyter set-up runs on.

Source: dvc's info.py.
"""

from __future__ import annotations

import os
import sys

from dvnb.errors import NotARepoError
from dvnb.objects.links import usable_types
from dvnb.project.project import Project
from dvnb.repo.results import VersionResult
from dvnb.version import __version__

_PACKAGES = ("papermill", "nbformat", "ipython", "ipykernel", "fsspec", "ruamel.yaml")
_MOUNTS = "/proc/self/mounts"
_LINK_TYPES = ("reflink", "hardlink", "symlink")
_KERNEL = "python3"
_OWN_NAMES = ("python", f"python{sys.version_info[0]}", "python" + ".".join(map(str, sys.version_info[:2])))


def examine(start: str) -> VersionResult:
    """Versions, the set-up's problems, and the project around a folder (absolute) if there is one.

    Raises: ProjectError, ConfigError.
    """
    import platform  # slow to load, as the next

    result = VersionResult(__version__, platform.python_version(), platform.platform())
    result.packages = {"executable": sys.executable, **{name: _version(name) for name in _PACKAGES}}
    result.problems = problems()
    try:
        project = Project.open(start)
    except NotARepoError:
        return result
    result.root, result.cache = project.root, project.cache_dir
    result.remotes = [f"{name} ({remote['url']})" for name, remote in project.config.remotes.items()]
    result.link_types = link_types(project)
    result.filesystems = {"cache": filesystem(project.cache_dir), "workspace": filesystem(project.root)}
    return result


def _version(package: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def link_types(project: Project) -> list[str] | None:
    """How files of the workspace can hang on the cache, best first; None while there is no cache to try it with."""
    if not os.path.isdir(project.cache_dir):
        return None
    try:
        return usable_types(project.cache_dir, project.root, _LINK_TYPES)
    except OSError:  # read-only
        return ["symlink"]


def filesystem(path: str) -> str:
    """The filesystem that holds a path: "ext4 on /dev/sda1"; "unknown" where the system does not tell."""
    target = os.path.realpath(path)
    best, found = -1, "unknown"
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as mounts:
            for line in mounts:
                device, folder, kind = (_unescape(word) for word in line.split(" ", 3)[:3])
                inside = target == folder or target.startswith(folder.rstrip("/") + "/")
                if inside and len(folder) >= best:  # the last of several at one place hides the others
                    best, found = len(folder), f"{kind} on {device}"
    except (OSError, ValueError):
        return found
    return found


def _unescape(word: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        word = word.replace(code, character)
    return word


def kernel_program() -> str | None:
    """The Python of Jupyter's kernel `python3`, None where there is none."""
    try:
        # Only `doctor` asks: importing it takes longer than most verbs.
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return None
    try:
        argv = KernelSpecManager().get_kernel_spec(_KERNEL).argv
    except (NoSuchKernel, OSError, ValueError):
        return None
    if not argv:
        return None
    # Jupyter itself runs these by the Python it runs on.
    return sys.executable if argv[0] in _OWN_NAMES else _program(argv[0])


def server_program() -> str | None:
    """The Python of the Jupyter server that started this process as a kernel, None where that is not known."""
    pid = os.environ.get("JPY_PARENT_PID", "")
    if not pid.isdigit():
        return None
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return _program(os.fsdecode(file.read().split(b"\0")[0]))
    except OSError:
        return None


def _program(name: str) -> str | None:
    from shutil import which  # few verbs look for programs

    return which(os.path.expanduser(name))


def problems() -> list[str]:
    """What is mixed up: another Python here than there, and programs that git and stages will not find."""
    here = sys.executable
    found: list[str] = []
    kernel, server, own = kernel_program(), server_program(), _program("dvnb")
    if kernel is not None and not _same_place(kernel, here):
        found.append(f"notebooks of the kernel '{_KERNEL}' run on '{kernel}', but dvnb on '{here}'")
    if server is not None and not _same_place(server, here):
        found.append(f"the Jupyter server runs on '{server}', but this kernel on '{here}'")
    if own is None:
        found.append("there is no 'dvnb' on PATH: git hooks will not find it")
    elif not _same_place(own, here):
        found.append(f"the 'dvnb' on PATH is '{own}', but this is '{here}': git hooks and stages call the former")
    return found


def _same_place(one: str, other: str) -> bool:
    """Whether two programs are of one environment: links to the same Python may belong to different ones."""
    return os.path.realpath(os.path.dirname(one)) == os.path.realpath(os.path.dirname(other))
