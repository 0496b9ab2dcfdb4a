"""Objects of git by name, read from one long-lived `git cat-file --batch`."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from dvnb.errors import GitError
from dvnb.git.command import environment

if TYPE_CHECKING:
    from subprocess import Popen

    from dvnb.git.worktree import Git


class BlobReader:
    """Reads objects; the process is started when the first one is asked for. Not for several threads at once."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the git process; the reader can still be used and would start another one."""
        process, self._process = self._process, None
        if process is not None and process.stdin and process.stdout:
            process.stdin.close()
            process.stdout.close()
            process.wait()

    def get(self, name: str) -> tuple[str, bytes] | None:
        """Kind ("blob", "tree") and bytes of an object, by its hash or as `REV:PATH`; None if there is none.

        Raises: GitError if git cannot be asked.
        """
        if "\n" in name:  # git's protocol has no way to ask for it
            return None
        if self._process is None:
            self._process = _start(self._git)
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise GitError("git cat-file has no pipes")
        try:
            stdin.write(name.encode(errors="surrogateescape") + b"\n")
            stdin.flush()
            header = stdout.readline().split(b" ")
            if len(header) < 3 or not header[-1].strip().isdigit():  # noqa: PLR2004 - "NAME missing", "NAME ambiguous"
                return None
            size = int(header[-1])
            data = stdout.read(size + 1)
        except OSError as exc:
            raise GitError(f"cannot read git object {name}: {exc}") from exc
        if len(data) != size + 1:
            raise GitError(f"git object {name} is damaged")
        return header[-2].decode(), data[:size]


def _start(git: Git) -> Popen[bytes]:
    from subprocess import DEVNULL, PIPE, Popen

    command = ["git", "cat-file", "--batch"]
    try:
        return Popen(command, cwd=git.root, env=environment(git), stdin=PIPE, stdout=PIPE, stderr=DEVNULL)  # noqa: S603
    except OSError as exc:
        raise GitError(f"cannot run git: {exc}") from exc
