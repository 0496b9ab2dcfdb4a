"""Leaving stages alone, whatever happens to what they depend on: freeze, unfreeze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import pipeline as text
from dvnb.errors import ConfigError, DvnbError, NotARepoError
from dvnb.records import dataclass, field
from dvnb.repo.results import Result, StageAddResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


@dataclass(slots=True)
class FreezeResult(Result):
    """`freeze` and `unfreeze`: each stage with its definition now."""

    stages: list[StageAddResult] = field(default_factory=list[StageAddResult])


def _freeze_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Stages or .dvc files to freeze", "+")


def _unfreeze_arguments(parser: ArgumentParser) -> None:
    arguments.targets(parser, "Stages or .dvc files to unfreeze", "+")


def _each(call: Invocation, args: Namespace, verb: str) -> FreezeResult:
    """Do it for one target after the other, whatever fails."""
    result, failures = FreezeResult(), list[str]()
    act = getattr(call.repo(), verb)
    for target in args.targets:
        try:
            result.stages += act(target)
        except (NotARepoError, ConfigError):
            raise
        except DvnbError as error:
            failures.append(f"failed to {verb} '{target}' - {error}")
    if failures:
        raise MisuseError("\n".join(failures), 1)
    return result


def _freeze(call: Invocation, args: Namespace) -> FreezeResult:
    return _each(call, args, "freeze")


def _unfreeze(call: Invocation, args: Namespace) -> FreezeResult:
    return _each(call, args, "unfreeze")


COMMANDS = (
    Command(
        "freeze",
        "Freeze stages or .dvc files.",
        examples=[Example("freeze prep", "leave `prep` alone in `repro`, whatever happens to its dependencies")],
        add_arguments=_freeze_arguments,
        call=_freeze,
        text=text.frozen,
        failure_code=1,
    ),
    Command(
        "unfreeze",
        "Unfreeze stages or .dvc files.",
        examples=[Example("unfreeze prep", "look after `prep` in `repro` again")],
        add_arguments=_unfreeze_arguments,
        call=_unfreeze,
        text=text.frozen,
        failure_code=1,
    ),
)
