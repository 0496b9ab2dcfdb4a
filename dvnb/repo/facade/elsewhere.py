"""`Repo`, the part that reads repos and URLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from dvnb.repo.elsewhere import anywhere
from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.repo.elsewhere.imports import Mode
    from dvnb.repo.results import DatasetResult, DiskUsageResult, ImportResult, ListResult


class ElsewhereVerbs(Opened):
    """Content of this repo, of others, and of URLs: list, du, get, import, update."""

    def list(
        self,
        path: str | None = None,
        *,
        rev: str | None = None,
        recursive: bool = False,
        tree: bool = False,
        level: int | None = None,
        dvc_only: bool = False,
        config: str | None = None,
        remote: str | None = None,
        remote_config: Mapping[str, str] | None = None,
    ) -> ListResult:
        """What is at a path, git's files and tracked data, here or not; `tree`: nested in `contents`.

        The last three are as in `get`.
        """
        return anywhere.ls(
            ".",
            path,
            rev=rev,
            recursive=recursive,
            tree=tree,
            level=level,
            dvc_only=dvc_only,
            config=config,
            remote=remote,
            remote_config=remote_config,
            start=self.cwd,
            listener=self._listener,
        )

    def du(
        self,
        path: str | None = None,
        *,
        rev: str | None = None,
        summarize: bool = False,
        config: str | None = None,
        remote: str | None = None,
        remote_config: Mapping[str, str] | None = None,
    ) -> DiskUsageResult:
        """Bytes of each file and folder at a path, then of all of it; the last three are as in `get`."""
        return anywhere.du(
            ".",
            path,
            rev=rev,
            summarize=summarize,
            config=config,
            remote=remote,
            remote_config=remote_config,
            start=self.cwd,
            listener=self._listener,
        )

    def dataset_add(
        self,
        name: str,
        url: str,
        kind: Literal["dvc", "dc", "url"] = "dvc",
        *,
        path: str | None = None,
        rev: str | None = None,
        force: bool = False,
    ) -> DatasetResult:
        """Name data elsewhere, which stages read as `ds://NAME`: of a repo, of DataChain, or at a URL."""
        from dvnb.repo.elsewhere import datasets

        with self._writing("dataset add") as session:
            return datasets.add(session, name, url, kind, path=path, rev=rev, force=force)

    def dataset_update(self, name: str, rev: str | None = None) -> DatasetResult:
        """Pin what a dataset is now; `rev`: of this rev or version from now on."""
        from dvnb.repo.elsewhere import datasets

        with self._writing("dataset update") as session:
            return datasets.update(session, name, rev)

    # These need no project.
    artifacts_get = staticmethod(anywhere.artifacts_get)
    get = staticmethod(anywhere.get)
    get_url = staticmethod(anywhere.get_url)
    list_url = staticmethod(anywhere.list_url)

    def import_(
        self,
        url: str,
        path: str,
        out: str | None = None,
        *,
        rev: str | None = None,
        force: bool = False,
        jobs: int | None = None,
        mode: Mode = "download",
        config: str | None = None,
        remote: str | None = None,
        remote_config: Mapping[str, str] | None = None,
    ) -> ImportResult:
        """Bring a path of another repo here and track it; the last three are as in `get`, and are remembered."""
        from dvnb.repo.elsewhere import imports
        from dvnb.repo.elsewhere.overrides import Overrides

        overrides = Overrides(config, remote, remote_config)
        with self._writing("import") as session:
            return imports.import_repo(
                session, url, path, out, rev=rev, force=force, jobs=jobs, mode=mode, overrides=overrides
            )

    def import_url(
        self, url: str, out: str | None = None, *, force: bool = False, mode: Mode = "download", **options: Any
    ) -> ImportResult:
        """Bring what is at a path or URL here and track it; `options` are those of `imports.UrlOptions`."""
        from dvnb.repo.elsewhere import imports

        with self._writing("import-url") as session:
            return imports.import_url(session, url, out, imports.UrlOptions(force, mode, **options))

    def update(
        self,
        *targets: str,
        rev: str | None = None,
        recursive: bool = False,
        no_download: bool = False,
        to_remote: bool = False,
        remote: str | None = None,
        jobs: int | None = None,
    ) -> ImportResult:
        """Bring imports to what their sources hold now; `to_remote`: into a remote and nowhere else."""
        from dvnb.repo.elsewhere import updating

        options = updating.UpdateOptions(rev, not no_download, to_remote, remote, jobs)
        with self._writing("update") as session:
            return updating.update(session, targets, options, recursive=recursive)
