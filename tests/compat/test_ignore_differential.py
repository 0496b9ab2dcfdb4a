"""Which paths are ignored: dvnb's rules and stock dvc's own filter, asked about the same trees."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dvnb.formats.ignore import dvcignore

dvc_ignore = pytest.importorskip("dvc.ignore")
GitIgnoreSpecPattern = pytest.importorskip("pathspec.patterns.gitignore.spec").GitIgnoreSpecPattern
dvc_fs = pytest.importorskip("dvc.fs")

FOLDERS = ("a", "a/b", "a/b/c", "foo", "foo/a", "d.tmp", "a/[x]", "sub", "sub/a", "b")
NAMES = ("foo", "a.tmp", "b", "x.txt", "é", "#h", "a b", "[x]", "!n", "c\\d", "Foo")

# Parts of patterns, joined by slashes; anchored or not, of folders or not, bringing back or not.
PARTS = (
    *("a", "b", "c", "foo", "sub", "*", "**", "***", "a*", "*.tmp", "?", "??", "fo?", "[ab]", "[!ab]", "[^a]", "[a-c]", "[]x]"),
    *("[", "[a", "[[]x]", "\\[x\\]", "\\#h", "\\!n", "c\\\\d", "\\", "a b", "a\\ b", "é", "[é]", "[[:alpha:]]", "[a/b]"),
    *("x.txt", "*.t*", ".", "..", "", "d.tmp", "*oo", "f*o", "Foo", "FOO", "[A-Z]*", "a**", "**b", "{a,b}", "$", "^a", "(a", "a|b", "+"),
)  # fmt: skip
ENDS = ("\n", "\n", "\n", "\n", "\r\n", "\r", "  \n", "\t\n", " \\\n", "\\ \n", "\n\n", "\x0c\n", "\x85", "\u2028", "")


@st.composite
def patterns(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3))
    before = draw(st.sampled_from(("", "", "", "!", "!", "/", "!/", "**/", "#", " ", "!!", "\\")))
    after = draw(st.sampled_from(("", "", "", "/", "/", "/*", "/**", "/**/", "//")))
    return f"{before}{'/'.join(parts)}{after}{draw(st.sampled_from(ENDS))}"


texts = st.builds(
    lambda head, lines: head + "".join(lines),
    st.sampled_from(("", "", "", "", "\ufeff", "# note\n")),
    st.lists(patterns(), max_size=4),
)
FILES = st.fixed_dictionaries({"": texts}, optional={"a": texts, "a/b": texts, "foo": texts, "sub": texts})


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ignore").resolve()
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("", *FOLDERS):
        for name in NAMES:
            if not (root / folder / name).exists():
                (root / folder / name).write_text("")
    (root / ".dvc").mkdir()
    return root


def members(root: Path) -> Iterator[tuple[str, bool]]:
    """Every path below the root but dvc's own, and whether it is a folder."""
    for folder, dirs, files in os.walk(root):
        for name in dirs:
            yield os.path.join(folder, name), True
        for name in files:
            if name != ".dvcignore":
                yield os.path.join(folder, name), False


def put(root: Path, files: dict[str, str]) -> None:
    for folder in ("", *FOLDERS):
        (root / folder / ".dvcignore").unlink(missing_ok=True)
    for folder, text in files.items():
        (root / folder / ".dvcignore").write_bytes(text.encode())


def theirs(root: Path) -> set[str]:
    """What dvc ignores, asked path by path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dvc_ignore.DvcIgnoreFilter(dvc_fs.LocalFileSystem(), str(root))
        return {
            path
            for path, is_dir in members(root)
            if (found.is_ignored_dir(path) if is_dir else found.is_ignored_file(path))
        }


def readable_by_dvc(root: Path) -> set[str] | None:
    """What dvc ignores, None where its own regular expressions fail."""
    try:
        return theirs(root)
    except Exception:  # noqa: BLE001 - re.error, pathspec's errors, AttributeError
        return None


def names_all_folders(line: str) -> bool:
    """Whether a line is `*/` in one of its spellings.

    It means every folder, to git and to dvc with an older pathspec; what pathspec 1.1 makes of it matches nothing.
    """
    try:
        regex, _ = GitIgnoreSpecPattern.pattern_to_regex(line.strip())
    except ValueError:
        return False
    return regex is not None and regex.startswith("(?P<ps_d>")


def loses_its_backslash(line: str) -> bool:
    """Whether dvc, which rewrites lines of nested files for the folder above, takes an escape that matters away."""
    bare = line.strip().removeprefix("!").removeprefix("/").removeprefix("**/")
    return bare.startswith("\\") and bare[1:2] not in ("#", "!")


def check(root: Path, files: dict[str, str]) -> None:
    files = {
        folder: "".join(
            line
            for line in io.StringIO(text, newline="")
            if not names_all_folders(line) and not (folder and loses_its_backslash(line))
        )
        for folder, text in files.items()
    }
    put(root, files)
    expected = readable_by_dvc(root)
    assume(expected is not None)
    assert expected is not None
    rules = dvcignore(str(root))
    mine = {path for path, is_dir in members(root) if rules.is_ignored(path, is_dir)}
    assert mine == expected, (sorted(os.path.relpath(path, root) for path in mine ^ expected), files)


@settings(max_examples=100, deadline=None)
@given(FILES)
@example({"": "\ufefffoo\n"})
@example({"": "foo\rb\r\n"})
@example({"": "*\n!a\n!*.txt\n"})
@example({"": "/a/**\n!/a/b/\n", "a": "!foo\n", "a/b": "/c\n"})
def test_the_same_paths_are_ignored(tree: Path, files: dict[str, str]) -> None:
    check(tree, files)


@settings(max_examples=15, deadline=None)
@given(FILES, st.sampled_from(["sub", "a", "a/b", "foo/a"]))
def test_projects_inside_a_project_are_ignored_whole(tree: Path, files: dict[str, str], inner: str) -> None:
    (tree / inner / ".dvc").mkdir()
    try:
        check(tree, files)
    finally:
        (tree / inner / ".dvc").rmdir()
