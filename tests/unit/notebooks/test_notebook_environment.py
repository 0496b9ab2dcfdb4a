"""Lists of packages in their formats, and the comparison with what a kernel has."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvnb.errors import NotebookError
from dvnb.notebooks.environment import Mismatch, compare, installed
from dvnb.notebooks.lockfiles import Wanted, read

MARKERS = {
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "python_version": "3.11",
    "python_full_version": "3.11.7",
    "implementation_name": "cpython",
    "platform_system": "Linux",
    "os_name": "posix",
}

UV = """\
version = 1
[[package]]
name = "mine"
source = { virtual = "." }
dependencies = [{ name = "Pandas" }, { name = "pywin", marker = "sys_platform == 'win32'" },
  { name = "http", extra = ["fast"] }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
docs = [{ name = "sphinx" }]
[[package]]
name = "Pandas"
version = "2.2.0"
source = { registry = "x" }
dependencies = [{ name = "numpy", version = "2.0", marker = "python_version >= '3.10'" },
  { name = "numpy", version = "1.0", marker = "python_version < '3.10'" }]
[[package]]
name = "numpy"
version = "2.0"
[[package]]
name = "numpy"
version = "1.0"
[[package]]
name = "pywin"
version = "1"
[[package]]
name = "http"
version = "3"
[package.optional-dependencies]
fast = [{ name = "speedups" }]
[[package]]
name = "speedups"
version = "4"
[[package]]
name = "pytest"
version = "8"
[[package]]
name = "sphinx"
version = "9"
"""

POETRY = """\
[[package]]
name = "numpy"
version = "2.0"
optional = false
[[package]]
name = "extra"
version = "1"
optional = true
[[package]]
name = "tool"
version = "1"
optional = false
groups = ["dev"]
[[package]]
name = "win"
version = "1"
optional = false
markers = "sys_platform == 'win32'"
"""

PIXI = """\
version: 6
environments:
  default:
    packages:
      linux-64:
      - conda: https://example.org/linux-64/numpy-2.0.1-py311h_0.conda
      - pypi: https://example.org/rich.whl
      osx-arm64:
      - conda: https://example.org/osx-arm64/numpy-1.0-py311h_0.conda
packages:
- pypi: https://example.org/rich.whl
  name: Rich
  version: 13.0
"""


def wanted(path: Path, text: str) -> dict[str, str]:
    path.write_text(text)
    return {item.name: item.spec for item in read(str(path), MARKERS)}


def test_requirements(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("-r requirements.txt\nRich>=1\n")
    path = tmp_path / "requirements.txt"
    path.write_text(
        "# first\nnumpy==2.0 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n-i https://example.org\n"
        "scikit_learn[all]>=1,<2 ; python_version > '3'  # why\npywin; sys_platform == 'win32'\n"
        "-e .\n./wheel.whl\nmine @ file:///x/mine.whl\n-r more.txt\n"
    )
    assert read(str(path), MARKERS) == [
        Wanted("numpy", "==2.0", 2),
        Wanted("scikit-learn", "<2,>=1", 6),
        Wanted("mine", "", 10),
        Wanted("rich", ">=1", 2),
    ]


def test_lock_files(tmp_path: Path) -> None:
    assert wanted(tmp_path / "uv.lock", UV) == {
        "pandas": "==2.2.0", "numpy": "==2.0", "http": "==3", "speedups": "==4", "pytest": "==8"
    }  # fmt: skip
    assert wanted(tmp_path / "poetry.lock", POETRY) == {"numpy": "==2.0"}
    assert wanted(tmp_path / "pixi.lock", PIXI) == {"numpy": "==2.0.1", "rich": "==13.0"}
    pylock = "lock-version='1.0'\n[[packages]]\nname='A.b'\nversion='1'\n[[packages]]\nname='c'\nversion='1'\nmarker=\"'x' in extras\"\n"
    assert wanted(tmp_path / "pylock.dev.toml", pylock) == {"a-b": "==1"}
    conda = (
        "dependencies:\n- python=3.11\n- conda-forge::numpy=2.0.1=py311_0\n- scipy>=1.2,<2\n- nodot==1.0\n"
        "- any\n- star 1.2.*\n- pip:\n  - rich==13\n  - -r x.txt\n"
    )
    assert wanted(tmp_path / "environment.yml", conda) == {
        "python": "==3.11.*", "numpy": "==2.0.1", "scipy": ">=1.2,<2", "nodot": "==1.0", "any": "", "star": "==1.2.*",
        "rich": "==13",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("requirements.txt", "numpy=2\n", "line 1: 'numpy=2' is no requirement"),
        ("uv.lock", "[[package", "uv.lock"),
        ("poetry.lock", "x = 1", "package"),
        ("environment.yml", "- a: [", "environment.yml"),
        ("data.csv", "", "known are requirements.txt"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(NotebookError, match=message):
        read(str(tmp_path / name), MARKERS)
    with pytest.raises(NotebookError, match=r"does not exist|known are"):
        read(str(tmp_path / "no" / name), MARKERS)


def test_compared_with_a_kernel(tmp_path: Path) -> None:
    here = installed()
    path = tmp_path / "requirements.txt"
    path.write_text(f"ipykernel=={here.versions['ipykernel']}\nPyYAML<1\npython-nope~=1.2\n")
    other = [Mismatch("pyyaml", "<1", here.versions["pyyaml"], 2), Mismatch("python-nope", "~=1.2", None, 3)]
    assert compare(str(path)) == compare(str(path), "python3") == other
    with pytest.raises(NotebookError, match="there is no kernel 'nobody'"):
        compare(str(path), "nobody")
