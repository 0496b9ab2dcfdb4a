"""What the short verbs must not load; how long they take is for tests/bench to say."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

from dvnb import events
from dvnb.repo import results

HEAVY = {
    "IPython",
    "asyncio",
    "concurrent",
    "configobj",
    "fsspec",
    "ipywidgets",
    "logging",
    "nbclient",
    "nbformat",
    "pandas",
    "papermill",
    "pathlib",
    "pathspec",
    "platformdirs",
    "ruamel",
    "shutil",
    "subprocess",
    "tempfile",
    "tqdm",
    "yaml",
}
ENGINE = {"argparse", "dataclasses", "json", "sqlite3", "dvnb.commands", "dvnb.repo"}

# Modules that Python's own start brings along do not count: some installers' .pth files load a few.
PROBE = """
import sys
before = set(sys.modules)
from dvnb.cli.main import main
code = main(sys.argv[1:])
sys.stdout.flush()
print("\\n".join(sorted(set(sys.modules) - before)))
sys.exit(code)
"""


def loaded(folder, *words):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    names = done.stdout.split("\n")
    return set(names) | {name.partition(".")[0] for name in names}


def dvnb(folder, *words):
    subprocess.run([sys.executable, "-m", "dvnb", *words], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture
def project(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    dvnb(tmp_path, "init", "-q")
    (tmp_path / "data.txt").write_text("data")
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    dvnb(tmp_path, "add", "-q", "data.txt")
    dvnb(tmp_path, "stage", "add", "-q", "-n", "copy", "-d", "data.txt", "-p", "seed", "-o", "out", "cp data.txt out")
    dvnb(tmp_path, "repro", "-q")
    dvnb(tmp_path, "status")
    return tmp_path


def test_the_version_loads_nothing(tmp_path):
    assert loaded(tmp_path, "--version") & (HEAVY | ENGINE) == set()


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["status", "data.txt"]])
def test_status_of_known_files_loads_nothing_heavy(project, words):
    modules = loaded(project, *words)
    assert modules & HEAVY == set()
    assert "dvnb.pipeline.status" in modules


def test_status_loads_what_it_answers_with_and_no_other_family(project):
    families = {name for name in loaded(project, "status") if name.startswith("dvnb.repo.results.")}
    assert families == {"dvnb.repo.results.result", "dvnb.repo.results.status"}


def test_status_loads_yaml_only_for_files_it_has_not_seen(project):
    (project / "params.yaml").write_text("seed: 2\n")
    assert "yaml" in loaded(project, "status")
    assert "yaml" not in loaded(project, "status")


def test_every_result_and_event_can_be_had_from_its_package():
    for package in (results, events):
        defined = set()
        for module in pkgutil.iter_modules(package.__path__):
            family = importlib.import_module(f"{package.__name__}.{module.name}")
            defined |= {
                name for name, value in vars(family).items() if getattr(value, "__module__", "") == family.__name__
            }
        public = {name for name in defined if not name.startswith("_")}
        assert public - set(package.__all__) == set()
        for name in package.__all__:
            assert getattr(package, name) is not None


def test_what_no_family_has_is_an_attribute_error():
    for package in (results, events):
        with pytest.raises(AttributeError, match="Nothing"):
            _ = package.Nothing
