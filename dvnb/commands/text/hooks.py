"""The words of install and git-hook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text.data import checked_out
from dvnb.commands.text.status import status
from dvnb.commands.text.sync import pushed
from dvnb.repo.results import CheckoutResult, StatusResult, TransferSummary

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.hooks import HookResult
    from dvnb.commands.style import Style
    from dvnb.repo.results import InstallResult, MergeResult


def installed(result: InstallResult, args: Namespace, style: Style) -> str:
    """Nothing, as dvc says nothing."""
    return ""


def hooked(result: HookResult, args: Namespace, style: Style) -> str:
    """What the verb says that the hook stands for."""
    done = result.done
    if isinstance(done, StatusResult):
        return status(done, args, style)
    if isinstance(done, CheckoutResult):
        return checked_out(done, args, style)
    return pushed(done, args, style) if isinstance(done, TransferSummary) else ""


def merged(result: MergeResult, args: Namespace, style: Style) -> str:
    """Nothing: git tells of the merge."""
    return ""
