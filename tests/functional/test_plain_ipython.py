"""Magics and widgets in a terminal, where nothing but text can be shown."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pexpect

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07]*\x07|\r")


def test_ipython_in_a_terminal_shows_text(project: Path):
    arguments = ["-m", "IPython", "--no-banner", "--colors=NoColor", "--simple-prompt", "--no-confirm-exit"]
    shell = pexpect.spawn(sys.executable, arguments, encoding="utf-8", timeout=60, dimensions=(50, 140))

    def said(line: str) -> str:
        shell.sendline(line)
        shell.expect(r"In \[\d+\]: ")
        return ANSI.sub("", shell.before or "")

    shell.expect(r"In \[\d+\]: ")
    assert said("%load_ext dvnb").strip() == "%load_ext dvnb"
    assert "up to date" in said("%dvc status")
    assert "| train |" in said("%dvc dag")
    said("x = %dvc stage list")
    assert "'prepare'" in said("list(x.to_df().index)")
    failed = said("%dvc add nothing")
    assert "ERROR: " in failed and "nothing" in failed and "Traceback" not in failed
    assert "usage: %dvc add" in said("%dvc add?")
    said("from dvnb import Repo")
    assert "Subject" in said("Repo().versions_widget('data.txt')")
    assert "Stage" in said("%stages")
    assert "Running stage 'train'" in said("%dvc repro -f -s train")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
