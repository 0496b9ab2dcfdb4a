"""The whole exception tree: what failed, on which quoted path, and a hint that each face words for itself."""

from __future__ import annotations

from typing import Any


class Hint:
    """What would mend an error, as data: `Hint("pull", "data")` becomes `dvnb pull data` or `%dvc pull data`."""

    __slots__ = ("args", "verb")

    def __init__(self, verb: str, *args: str) -> None:
        self.verb = verb
        self.args = args

    def __repr__(self) -> str:
        return f"Hint({', '.join(map(repr, (self.verb, *self.args)))})"

    def __reduce__(self) -> tuple[type[Hint], tuple[str, ...]]:
        return Hint, (self.verb, *self.args)


class DvnbError(Exception):
    """Anything dvnb refuses or fails to do; `str(error)` is the message for people."""

    def __init__(self, message: str, hint: Hint | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders (Dask, a notebook's kernel): rebuild without calling __init__.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[DvnbError], args: tuple[object, ...], attributes: dict[str, object]) -> DvnbError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(attributes)
    return error


class ProjectError(DvnbError):
    """The project as a whole cannot be used: no root, no git, a bad set-up."""


class NotARepoError(ProjectError):
    """No `.dvc` folder in this folder or above it."""


class InitError(ProjectError):
    """`init` refused."""


class ConfigError(ProjectError):
    """A configuration file or value is not valid."""


class ConfigFileError(ConfigError):
    """The configuration files as they stand are not valid: no verb works but those that mend them."""


class LockedError(ProjectError):
    """Another process holds the repo lock or one of the paths."""


class BusyPathError(LockedError):
    """A stage that another process runs keeps a path busy."""


class GitError(DvnbError):
    """Git failed or a rev is unknown."""


class FormatError(DvnbError):
    """A file does not hold what its format asks for.

    `path` is the file as shown to people; `line` and `column` count from 1, None where unknown. `kind` is the name of
    dvc's exception, for results that tell errors as data.
    """

    def __init__(
        self,
        message: str,
        path: str = "",
        line: int | None = None,
        column: int | None = None,
        hint: Hint | None = None,
        *,
        kind: str = "",
    ) -> None:
        super().__init__(message, hint)
        self.path = path
        self.line = line
        self.column = column
        self.kind = kind


class TargetError(DvnbError):
    """A target names nothing that is tracked, or something that cannot be used here."""


class IgnoreFileError(TargetError):
    """A `.dvcignore` file lies within a tracked folder, where dvc does not allow one."""


class OwnershipError(DvnbError):
    """A path belongs to something else: git, another output, another stage."""


class GraphError(DvnbError):
    """Stages contradict each other: the same output twice, overlapping outputs."""


class CycleError(GraphError):
    """Stages depend on each other in a circle."""


class MissingObjectsError(DvnbError):
    """Objects are neither in the cache nor in a remote; `paths` are the outputs that need them.

    `result` is what the verb did all the same.
    """

    result: Any = None

    def __init__(self, message: str, paths: list[str] | None = None, hint: Hint | None = None) -> None:
        super().__init__(message, hint)
        self.paths = paths or []


class WorkspaceConflictError(DvnbError):
    """Going on would destroy content that only the workspace holds; `paths` are absolute."""

    def __init__(self, message: str, paths: list[str] | None = None, hint: Hint | None = None) -> None:
        super().__init__(message, hint)
        self.paths = paths or []


class MergeConflictError(DvnbError):
    """Two versions of a metafile contradict each other; `paths` are the places where they do."""

    def __init__(self, message: str, paths: list[str] | None = None, hint: Hint | None = None) -> None:
        super().__init__(message, hint)
        self.paths = paths or []


class StageFailedError(DvnbError):
    """A stage's command, dependency or output failed; `stage` is its addressing."""

    def __init__(self, message: str, stage: str = "", hint: Hint | None = None) -> None:
        super().__init__(message, hint)
        self.stage = stage


class NotebookError(DvnbError):
    """A notebook cannot be read, parameterised or run; `cell` counts from 1 where one is to blame."""

    def __init__(
        self, message: str, cell: int | None = None, ename: str | None = None, hint: Hint | None = None
    ) -> None:
        super().__init__(message, hint)
        self.cell = cell
        self.ename = ename


class RemoteError(DvnbError):
    """A remote is unknown, unreachable, or refused an object."""
