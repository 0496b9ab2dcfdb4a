"""`python -m dvnb` as a process: exit codes, streams, what is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def dvnb(*words: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvnb", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


def test_usage_goes_to_standard_output_and_the_error_to_standard_error(tmp_path: Path):
    done = dvnb("add", cwd=tmp_path)
    assert done.returncode == 254
    assert done.stdout.startswith("usage: dvnb add ")
    assert done.stderr == "ERROR: the following arguments are required: targets\n"


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version_is_answered_without_loading_anything(tmp_path: Path, option: str):
    done = dvnb(option, cwd=tmp_path, env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    assert done.returncode == 0
    assert done.stdout.strip().count(".") >= 2
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "dvnb.cli.main" in loaded
    assert not loaded & {"argparse", "dvnb.commands", "dvnb.repo", "subprocess", "pathlib"}


def test_a_folder_that_is_not_there(tmp_path: Path):
    done = dvnb("--cd", "nosuch", "status", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (255, "")
    assert done.stderr.startswith("ERROR: ")


def test_no_color_in_a_pipe(tmp_path: Path):
    assert "\x1b" not in dvnb("nosuch", cwd=tmp_path).stderr


def test_root(tmp_path: Path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    done = dvnb("root", cwd=tmp_path / "a" / "b")
    assert (done.returncode, done.stdout) == (0, "../..\n")
    assert dvnb("--cd", "a", "root", "--json", cwd=tmp_path).stdout == '{"root": ".."}\n'
    assert dvnb("-q", "root", cwd=tmp_path).stdout == ""


def test_outside_of_a_repo(tmp_path: Path):
    done = dvnb("root", cwd=tmp_path)
    assert done.returncode == 253
    assert done.stderr.startswith("ERROR: you are not inside of a DVC repository (checked up to mount point '")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path):
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "dvnb", "--help"], cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    _, err = process.communicate()
    assert (process.returncode, err) == (141, "")


def test_text_that_the_encoding_cannot_say_is_escaped(tmp_path: Path):
    done = dvnb("日本", cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 254
    assert "\\u65e5" in done.stderr
