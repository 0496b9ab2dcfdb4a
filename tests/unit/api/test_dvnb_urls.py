"""`dvnb://` URLs: which part of one is the repo, the rev, the path."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvnb.api.urls import Address, build, parse


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("dvnb://data/train.csv", (None, None, "data/train.csv")),
        ("dvnb:///data/train.csv", (None, None, "/data/train.csv")),
        ("dvnb://", (None, None, "")),
        ("dvnb://a@b.csv", (None, None, "a@b.csv")),
        ("dvnb://@v1.0:/data/train.csv", (None, "v1.0", "/data/train.csv")),
        ("dvnb://@HEAD~2:/d", (None, "HEAD~2", "/d")),
        ("dvnb://@feature/x:/d", (None, "feature/x", "/d")),
        ("dvnb://.:/d", (".", None, "/d")),
        ("dvnb:///srv/none@main:/d/e.csv", ("/srv/none", "main", "/d/e.csv")),
        ("dvnb:///srv/none@model@v1.0.0:/m", ("/srv/none", "model@v1.0.0", "/m")),
        ("dvnb://https://example.org/team/repo.git:/a.csv", ("https://example.org/team/repo.git", None, "/a.csv")),
        ("dvnb://https://example.org:8080/r@v1:/a", ("https://example.org:8080/r", "v1", "/a")),
        ("dvnb://https://me:secret@example.org/r@v1:/a", ("https://me:secret@example.org/r", "v1", "/a")),
        ("dvnb://ssh://git@example.org/r:/a", ("ssh://git@example.org/r", None, "/a")),
        ("dvnb://file:///srv/r.git@v1:/a", ("file:///srv/r.git", "v1", "/a")),
        ("dvnb://git@example.org:team/r.git:/a", ("git@example.org:team/r.git", None, "/a")),
        ("dvnb://git@example.org:team/r.git@m@v1:/a", ("git@example.org:team/r.git", "m@v1", "/a")),
        ("dvnb://example.org:r@v1:/a", ("example.org:r", "v1", "/a")),
    ],
)
def test_a_url_names_repo_rev_and_path(url: str, address: tuple[str | None, str | None, str]) -> None:
    assert parse(url) == Address(*address)


def test_a_url_is_built_from_what_it_names() -> None:
    for url in ("dvnb://a/b", "dvnb://@v1:/a", "dvnb:///srv/r@v1:/a", "dvnb://git@example.org:r@v1:/a", "dvnb://r:/a"):
        assert build(*parse(url)) == url


def test_a_folder_with_an_at_sign_is_a_repo(tmp_path: Path) -> None:
    folder = tmp_path / "me@work" / "repo"
    folder.mkdir(parents=True)
    assert parse(f"dvnb://{folder}:/a") == (str(folder), None, "/a")
    assert parse(f"dvnb://{folder}@model@v1:/a") == (str(folder), "model@v1", "/a")


def test_a_repo_without_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names no path in the repo; add it after ':/'"):
        parse("dvnb://https://example.org/team/repo.git")
