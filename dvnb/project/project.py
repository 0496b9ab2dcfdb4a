"""An opened project and the values everything else works with."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from dvnb.errors import ConfigError, ConfigFileError, LockedError, ProjectError
from dvnb.events import Listener, ignore_events
from dvnb.formats.config import Config
from dvnb.formats.ignore import IgnoreRules, dvcignore, gitignore
from dvnb.formats.settings import Settings
from dvnb.git.trees import FileTree, RevTree, WorkspaceTree
from dvnb.git.worktree import Git
from dvnb.objects import staging
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.project.discover import find_root
from dvnb.project.lock import WAIT_SECONDS, FileLock, alone
from dvnb.project.paths import Paths
from dvnb.project.rwlock import PathLocks

if TYPE_CHECKING:
    import threading

    from dvnb.objects.canonical import Paired
    from dvnb.objects.hashing import Fingerprint
    from dvnb.objects.remotes.remote import FarStore
    from dvnb.objects.undo.journal import Journal
    from dvnb.objects.undo.trash import Trash
    from dvnb.objects.workspace.checkout import Change
    from dvnb.project.runner import CommandRunner

DEFAULT_LINK_TYPES = ["reflink", "copy"]


class Project(Paths):
    """One project: its root, and what is found there, each part opened when first used.

    `canonical` hashes notebooks by their canonical form; it is plugged in by who opens the project, since this
    layer knows nothing of notebooks; so does `runner`, which may start commands of stages without a shell. `command`
    is what its journal says is being done; `trash` is where that lies, if not where it belongs. `stop` is set by
    another thread to end what runs.
    """

    runner: CommandRunner | None = None
    stop: threading.Event | None = None

    def __init__(
        self,
        root: str,
        *,
        cwd: str | None = None,
        listener: Listener = ignore_events,
        canonical: Paired | None = None,
        wait: float | None = WAIT_SECONDS,
        command: str = "",
        trash: str | None = None,
    ) -> None:
        super().__init__(root, cwd or root)
        self.emit = listener
        self.canonical = canonical
        self.command = command
        self._wait = wait
        self._trash = trash

    @classmethod
    def open(
        cls,
        start: str,
        *,
        listener: Listener = ignore_events,
        canonical: Paired | None = None,
        wait: float | None = WAIT_SECONDS,
        command: str = "",
    ) -> Project:
        """The project around `start` (absolute).

        Raises: NotARepoError outside one; ProjectError where neither git nor `core.no_scm` is there.
        """
        cwd = os.path.realpath(start)
        project = cls(find_root(cwd), cwd=cwd, listener=listener, canonical=canonical, wait=wait, command=command)
        if project.git is None and not project.config.get("core.no_scm"):
            raise ProjectError(f"failed to initiate DVC - {project.root} is not a git repository")
        return project

    @cached_property
    def state(self) -> State:
        """Hashes of workspace files, and parsed files."""
        return State(self.root)

    @cached_property
    def config(self) -> Config:
        """The merged configuration.

        Raises: ConfigFileError.
        """
        try:
            return Config.load(self.dvc_dir, cache=self.state)
        except ConfigError as exc:
            raise ConfigFileError(str(exc), exc.hint) from exc

    @property
    def settings(self) -> Settings:
        """Dvnb's own settings."""
        return Settings(self.dvc_dir)

    @cached_property
    def git(self) -> Git | None:
        """The git work tree around the root, if there is one."""
        return Git.find(self.root)

    @cached_property
    def ignore(self) -> IgnoreRules:
        """`.dvcignore` rules of the workspace."""
        return dvcignore(self.root)

    @cached_property
    def gitignore(self) -> IgnoreRules | None:
        """`.gitignore` rules of the work tree."""
        return gitignore(self.git) if self.git else None

    @cached_property
    def cache_dir(self) -> str:
        """The cache folder."""
        return self.config.get("cache.dir") or os.path.join(self.dvc_dir, "cache")

    @cached_property
    def cache(self) -> LocalStore:
        """The local object store."""
        return LocalStore(self.cache_dir, shared_group=self.config.get("cache.shared") == "group")

    def remote(self, name: str | None = None, *, action: str = "") -> LocalStore | FarStore:
        """The store of a remote, else of the default one; `action` is what is asked of it that needs objects by hash.

        Raises: ConfigError, also for such an action on a remote that keeps versions of files; RemoteError.
        """
        from dvnb.objects.remotes.remote import open_remote  # few verbs ask one

        _, options = self.config.remote(name)
        if action and (options.get("version_aware") or options.get("worktree")):
            raise ConfigError(f"config file error: '{action}' is unsupported for cloud versioned remotes")
        return open_remote(options["url"], options)

    @cached_property
    def link_types(self) -> list[str]:
        """How workspace files are made from cache objects, best first."""
        return self.config.get("cache.type") or DEFAULT_LINK_TYPES

    @cached_property
    def journal(self) -> Journal:
        """What this verb changes, and where content goes that would otherwise be lost."""
        from dvnb.objects.undo.journal import Journal  # verbs that only read do without

        return Journal(self._trash_dir, self.command, self._guard)

    def _guard(self, path: str) -> None:
        if os.path.realpath(path) != path:  # few files are reached through links
            from dvnb.project.reach import refuse_escape

            refuse_escape(self, path)

    @property
    def trash(self) -> Trash:
        """What earlier verbs changed, and what is kept of it."""
        from dvnb.objects.undo.trash import Trash

        return Trash(self._trash_dir)

    @property
    def _trash_dir(self) -> str:
        if self._trash is not None:
            return self._trash
        home = os.path.join(self.git.common_dir, "dvnb") if self.git else os.path.join(self.tmp_dir, "dvnb")
        return os.path.join(home, "trash")

    def checkout(self, path: str, want: Fingerprint | None, *, link_types: list[str] | None = None) -> Change | None:
        """Make `path` (absolute) hold what is wanted there (None: nothing); unsaved content goes into the trash.

        Raises: MissingObjectsError, as `objects.checkout`.
        """
        from dvnb.objects.workspace.checkout import checkout  # verbs that only read do without

        return checkout(
            path,
            want,
            store=self.cache,
            state=self.state,
            ignore=self.ignore,
            link_types=link_types or self.link_types,
            force=True,
            journal=self.journal,
            emit=self.emit,
        )

    @cached_property
    def path_locks(self) -> PathLocks:
        """Which paths running stages keep busy."""
        return PathLocks(self.tmp_dir, self.emit, wait=self._wait, hard_links=self._locks_by_links)

    @cached_property
    def repo_lock(self) -> FileLock:
        """The lock that dvc takes too."""
        return FileLock(os.path.join(self.tmp_dir, "lock"), wait=self._wait, hard_links=self._locks_by_links)

    @property
    def _locks_by_links(self) -> bool:
        return bool(self.config.get("core.hardlink_lock"))

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the repo lock within a `with`; the project's `.dvc/tmp` is made where it is missing."""
        os.makedirs(self.tmp_dir, exist_ok=True)
        with self.repo_lock.hold():
            self.stage_files()
            yield

    @contextmanager
    def settling(self) -> Generator[None]:
        """Be the only one that changes settings within a `with`; a long verb may hold the repo lock meanwhile."""
        folder = os.path.join(self.tmp_dir, "dvnb")
        with suppress(OSError):  # a project that is only read has no settings that can be changed
            os.makedirs(folder, exist_ok=True)
        with alone(os.path.join(folder, "settings.lock"), self._wait):
            yield

    def stage_files(self) -> None:
        """From now on new files of the project are made in its `.dvc/tmp`, where nobody takes half of one for data."""
        staging.use(self.root, os.path.join(self.tmp_dir, "dvnb", "new"))

    @contextmanager
    def reading(self) -> Generator[None]:
        """Like `lock`, for verbs that only read: on a read-only checkout nothing can be locked, nor need it be."""
        if os.access(self.tmp_dir if os.path.isdir(self.tmp_dir) else self.dvc_dir, os.W_OK):
            with self.lock():
                yield
        else:
            yield

    def tree(self, rev: str | None = None) -> FileTree:
        """The files of the workspace, or of a rev."""
        if rev is None:
            return WorkspaceTree(self.root)
        if self.git is None:
            raise ProjectError(f"'{rev}' cannot be read: the project is not in git")
        return RevTree(self.git, rev, self.root)

    def forget_git(self) -> None:
        """Read git's files and its ignore rules again: a command or another process may have changed them."""
        for name in ("git", "gitignore", "ignore"):
            self.__dict__.pop(name, None)

    def _prune_trash(self) -> None:
        """Where somebody works in the project, and may look at what would go, the trash is left for the next verb."""
        with suppress(LockedError, ConfigError, FileNotFoundError):  # settings may be what is being set right
            lock = FileLock(self.repo_lock.path, wait=0, hard_links=self._locks_by_links)
            with nullcontext() if self.repo_lock.held else lock.hold():
                self.trash.prune(self.settings.get("trash.max_age"), self.settings.get("trash.max_size"))

    def close(self) -> None:
        """Write the state back, end the journal, and what was kept ready for commands."""
        if self.runner is not None:
            self.runner.close()
        if "journal" in self.__dict__ and self.journal.close():
            self._prune_trash()
        if "state" in self.__dict__:
            self.state.close()
