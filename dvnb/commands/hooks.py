"""Git and dvnb: install, and the hooks that git then calls."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.commands import arguments
from dvnb.commands.command import Command, Example, Invocation, MisuseError
from dvnb.commands.text import hooks as text
from dvnb.errors import DvnbError, NotARepoError
from dvnb.records import dataclass
from dvnb.repo.results import Result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from dvnb.repo.facade import Repo
    from dvnb.repo.results import InstallResult, MergeResult


@dataclass(slots=True)
class HookResult(Result):
    """`git-hook`: what the verb returned that the hook stands for; None where there was nothing to do."""

    done: Result | None = None


def _install_arguments(parser: ArgumentParser) -> None:
    arguments.flag(
        parser, "--use-pre-commit-tool", help="Install the hooks by pre-commit (https://pre-commit.com): its settings."
    )


def _install(call: Invocation, args: Namespace) -> InstallResult:
    return call.repo().install(use_pre_commit_tool=args.use_pre_commit_tool)


def _hook_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("args", nargs="*", help="Arguments passed by Git or the pre-commit tool.")
    parser.set_defaults(cloud=False, remote=None, summary=False)


def _repo(call: Invocation) -> Repo | None:
    """The repo; None outside of one, where hooks have nothing to do and must not stop git."""
    try:
        return call.repo()
    except NotARepoError:
        return None


def _pre_commit(call: Invocation, args: Namespace) -> HookResult:
    repo = _repo(call)
    return HookResult(repo.status() if repo else None)


def _post_checkout(call: Invocation, args: Namespace) -> HookResult:
    repo = _repo(call)
    return HookResult(repo.checkout() if repo and repo.wants_checkout(args.args) else None)


def _pre_push(call: Invocation, args: Namespace) -> HookResult:
    repo = _repo(call)
    return HookResult(repo.push() if repo else None)


def _merge_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--ancestor", required=True, help="Ancestor's version of the conflicting file.")
    parser.add_argument("--our", required=True, help="Current version of the conflicting file.")
    parser.add_argument("--their", required=True, help="Other branch's version of the conflicting file.")
    parser.add_argument("--path", metavar="<path>", help="Where the file lies in the work tree.")


def _merge(call: Invocation, args: Namespace) -> MergeResult:
    from dvnb.repo.facade import Repo  # the engine is loaded by verbs that need it only

    files = [os.path.abspath(os.path.join(call.start, version)) for version in (args.ancestor, args.our, args.their)]
    # The project may begin below the work tree's root, where git starts drivers.
    folder = os.path.dirname(os.path.join(call.start, args.path or ""))
    try:
        return Repo(folder, listener=call.listener).merge_metafile(*files, path=args.path or args.our)
    except (DvnbError, OSError) as error:
        # To git, codes above 128 mean that the merge as a whole is broken; 1 is a conflict in this file.
        raise MisuseError(str(error)) from error


COMMANDS = (
    Command(
        "install",
        "Install DVC git hooks into the repository.",
        details=(
            "pre-commit shows `status`, post-checkout does `checkout`, pre-push does `push`. The merge driver merges\n"
            ".dvc files of folders by member and dvc.lock by stage, once .gitattributes names it:\n\n"
            "  *.dvc merge=dvc\n  dvc.lock merge=dvc"
        ),
        examples=[Example("install", "let git commit, checkout and push take care of data too")],
        add_arguments=_install_arguments,
        call=_install,
        text=text.installed,
        failure="failed to install DVC Git hooks",
        failure_code=1,
    ),
    Command(
        "git-hook pre-commit",
        "Run pre-commit Git hook.",
        examples=[Example("git-hook pre-commit", "what git runs before a commit")],
        add_arguments=_hook_arguments,
        call=_pre_commit,
        text=text.hooked,
    ),
    Command(
        "git-hook post-checkout",
        "Run post-checkout Git hook.",
        examples=[Example("git-hook post-checkout HEAD~1 HEAD 1", "what git runs after it went to another revision")],
        add_arguments=_hook_arguments,
        call=_post_checkout,
        text=text.hooked,
    ),
    Command(
        "git-hook pre-push",
        "Run pre-push Git hook.",
        examples=[Example("git-hook pre-push origin", "what git runs before a push")],
        add_arguments=_hook_arguments,
        call=_pre_push,
        text=text.hooked,
        failure="failed to push data to the cloud",
        failure_code=1,
    ),
    Command(
        "git-hook merge-driver",
        "Run Git merge driver.",
        details="It merges .dvc files of folders by member and dvc.lock by stage, and writes the result over --our.",
        examples=[
            Example(
                "git-hook merge-driver --ancestor base --our mine --their yours --path data.dvc",
                "merge three versions of data.dvc into the file mine",
            )
        ],
        add_arguments=_merge_arguments,
        call=_merge,
        text=text.merged,
        failure_code=1,
    ),
)
