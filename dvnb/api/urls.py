"""`dvnb://` URLs: a path of the current repo, or a repo, a rev and a path.

    dvnb://data/train.csv                                the repo around the current folder, as its workspace is
    dvnb://@v1.0:/data/train.csv                         the same repo at a rev
    dvnb:///srv/registry@main:/data/train.csv            a repo on this machine
    dvnb://https://example.org/team/repo.git@v1:/a.csv   a repo elsewhere
    dvnb://git@example.org:team/repo.git:/a.csv          its default branch, by ssh

What stands before the last ":/" (that of "://" does not count) names repo and rev, which the first "@" after the host
divides; of a local path it is the last one before which there is a folder. Names that this cannot tell are given as
the options `repo` and `rev`.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

SCHEME = "dvnb://"

_SPLIT = re.compile(r"(?P<place>.*):(?P<path>/(?!/).*)", re.DOTALL)
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*|[^/@:]+@[^/@:]+:|[^/@:]{2,}:")


class Address(NamedTuple):
    """What a URL names; None where it leaves that to options, and to the current folder."""

    repo: str | None
    rev: str | None
    path: str


def parse(url: str) -> Address:
    """What a `dvnb://` URL names.

    Raises: ValueError for a repo without a path.
    """
    rest = url.removeprefix(SCHEME)
    found = _SPLIT.fullmatch(rest)
    if found is None:
        if "://" in rest:
            raise ValueError(f"'{url}' names no path in the repo; add it after ':/', as in '{url}:/data.csv'")
        return Address(None, None, rest)
    repo, rev = _repo_and_rev(found["place"])
    return Address(repo or None, rev or None, found["path"])


def build(repo: str | None, rev: str | None, path: str) -> str:
    """The URL of a path."""
    if repo is None and rev is None:
        return SCHEME + path
    at = f"@{rev}" if rev else ""
    return f"{SCHEME}{repo or ''}{at}:/{path.lstrip('/')}"


def _repo_and_rev(place: str) -> tuple[str, str]:
    host = _HOST.match(place)
    if host is None or (os.name == "nt" and os.path.exists(place)):
        return _local(place)
    repo, _, rev = place[host.end() :].partition("@")
    return host[0] + repo, rev


def _local(place: str) -> tuple[str, str]:
    """A rev may hold an "@" (`model@v1.0.0`), and so may a path."""
    if os.path.isdir(place):
        return place, ""
    end = len(place)
    while (end := place.rfind("@", 0, end)) > 0:
        if os.path.isdir(place[:end]):
            return place[:end], place[end + 1 :]
    repo, _, rev = place.partition("@")
    return repo, rev
