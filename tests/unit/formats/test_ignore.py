"""Ignore rules, compared with dvc's own filter, with pathspec, and with git itself on real repositories."""

from __future__ import annotations

import os
import subprocess
import warnings
from pathlib import Path

import pytest
from dvc.fs import LocalFileSystem
from dvc.ignore import DvcIgnoreFilter
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from dvnb.formats.ignore import DVCIGNORE, IgnoreRules, dvcignore, gitignore
from dvnb.formats.wildmatch import IgnorePattern, parse_ignore_lines
from dvnb.git.trees import RevTree, WorkspaceTree
from dvnb.git.worktree import Git

NAMES = ["a", "b", "foo", "foo.tmp", "x.txt", "a b", "[x]", ".dvc", "#c", "Foo", "a-b", "日本"]
PARTS = [
    "a",
    "b",
    "foo",
    "*.tmp",
    "*",
    "**",
    "?",
    "f*",
    "*o",
    "[ab]",
    "[!a]",
    "[^f]*",
    r"\#c",
    r"\[x\]",
    "[x]",
    "x.txt",
    "fo\\o",
    "[a-c]",
    "日*",
    ".*",
]
PARTS_GIT = [
    *PARTS,
    "[[:alpha:]]*",
    "[]a]",
    "[a\\]b]",
    "[z-a]",
    "[",
    "a\\",
    "[[:bogus:]]",
    "[!]x]",
    "a**b",
    "[a-]",
    "***",
    "[/[ab]",
    "a\\/foo",
]


def patterns(parts: list[str]) -> st.SearchStrategy[str]:
    body = st.lists(st.sampled_from(parts), min_size=1, max_size=3).map("/".join)
    return st.builds(
        lambda bang, lead, text, trail: f"{bang}{lead}{text}{trail}",
        st.sampled_from(["", "", "", "!"]),
        st.sampled_from(["", "", "/", "**/"]),
        body,
        st.sampled_from(["", "", "/", "/**", " "]),
    )


def make_tree(root: Path, depth: int = 3) -> None:
    names = NAMES[:6] if depth == 3 else ["a", "foo", "x.txt", "foo.tmp", "b"][: depth + 2]
    for name in names:
        path = root / name
        if "." in name or depth == 1:
            path.write_text("")
        else:
            path.mkdir()
            make_tree(path, depth - 1)
    if depth == 3:
        for name in NAMES[6:]:
            if name != ".dvc":
                (root / name).write_text("")


def members(root: Path) -> list[tuple[str, bool]]:
    """(path relative to the root, whether a folder) of everything."""
    found: list[tuple[str, bool]] = []
    for folder, dirs, files in os.walk(root):
        dirs[:] = [name for name in dirs if name != ".git"]
        below = os.path.relpath(folder, root)
        prefix = "" if below == "." else f"{below}/"
        found += [(prefix + name, True) for name in dirs] + [(prefix + name, False) for name in files]
    return sorted(found)


@pytest.fixture(scope="module")
def shared_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree").resolve()
    make_tree(root)
    return root


def rules_of(root: Path, files: dict[str, str]) -> IgnoreRules:
    write_ignores(root, files, DVCIGNORE)
    return dvcignore(str(root))


def write_ignores(root: Path, files: dict[str, str], name: str) -> None:
    for old in root.rglob(name):
        old.unlink()
    for folder, text in files.items():
        (root / folder / name).write_text(text)


def walk(rules: IgnoreRules, root: Path) -> set[tuple[str, bool]]:
    """What a walk with `filter_names` sees."""
    seen: set[tuple[str, bool]] = set()
    for folder, dirs, files in os.walk(root):
        kept_dirs, kept_files = rules.filter_names(folder, list(dirs), list(files))
        dirs[:] = kept_dirs
        for name in kept_dirs + kept_files:
            seen.add((os.path.relpath(os.path.join(folder, name), root), name in kept_dirs))
    return seen


# dvc

DVC_FILES = st.fixed_dictionaries(
    {"": st.lists(patterns(PARTS), max_size=4)},
    optional={"a": st.lists(patterns(["a", "foo", "*.tmp", "b", "[ab]"]), max_size=2)},
)


def sane(text: str) -> bool:
    """Not one of the patterns of which pathspec's newest version makes what no text says."""
    body = text.lstrip("!").strip()
    return body.strip("*/") != "" or body in ("*", "**")


@settings(max_examples=150, deadline=None)
@given(DVC_FILES)
def test_dvcignore_agrees_with_dvc(shared_root: Path, files: dict[str, list[str]]) -> None:
    texts = {folder: "".join(f"{line}\n" for line in lines if sane(line)) for folder, lines in files.items()}
    if "a" in texts:
        # dvc takes what brings back and what is anchored in nested files apart and together again; keep to the plain ones.
        texts["a"] = "".join(line for line in texts["a"].splitlines(keepends=True) if "**" not in line)
    rules = rules_of(shared_root, texts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = DvcIgnoreFilter(LocalFileSystem(), str(shared_root))
        seen = walk(rules, shared_root)
        for relpath, is_dir in members(shared_root):
            path = str(shared_root / relpath)
            expected = theirs.is_ignored_dir(path) if is_dir else theirs.is_ignored_file(path)
            assert rules.is_ignored(path, is_dir) == expected, (relpath, texts)
            assert ((relpath, is_dir) in seen) != expected, (relpath, texts)
            found = theirs.check_ignore(path)
            said = str(found.pattern_infos[-1]) if found.pattern_infos else None
            assert shown(rules.explain(path, is_dir)) == said, (relpath, texts)


def shown(found: tuple[str, int, str] | None) -> str | None:
    if found is None:
        return None
    file, line, pattern = found
    return f"{file}:{line}:{pattern}" if line else f"{file}:{pattern}"


@settings(max_examples=200, deadline=None)
@given(st.lists(patterns(PARTS).filter(lambda text: not text.startswith("!")), min_size=1, max_size=3))
def test_single_files_agree_with_pathspec(lines: list[str]) -> None:
    lines = [line for line in lines if sane(line)]
    spec = GitIgnoreSpec.from_lines(lines)
    ours = parse_ignore_lines("\n".join(lines), "f", git=False)
    for path in (
        "a",
        "foo",
        "foo.tmp",
        "a/foo",
        "a/b",
        "a/foo/b",
        "x.txt",
        "[x]",
        "#c",
        "b/foo.tmp",
        "日本",
        "a/b/foo",
    ):
        ignored = any(
            pattern.matches("/".join(path.split("/")[:depth]) + ("/" if depth <= path.count("/") else ""))
            for pattern in ours
            for depth in range(1, path.count("/") + 2)
        )
        assert ignored == spec.match_file(path), (path, lines)


def test_whitelists_are_read_as_dvc_reads_them(tmp_path: Path) -> None:
    (tmp_path / "foo").mkdir()
    rules = rules_of(tmp_path, {"": "/*\n!/foo/\n"})
    assert not rules.is_ignored(str(tmp_path / "foo"), True)
    assert rules.is_ignored(str(tmp_path / "foo" / "x"), False)  # git would not


def test_built_in_rules_and_projects_inside(tmp_path: Path) -> None:
    for name in ("sub/.dvc", "sub/deep", ".git", ".hg", ".dvc", "plain"):
        (tmp_path / name).mkdir(parents=True)
    rules = dvcignore(str(tmp_path))
    dirs, files = rules.filter_names(str(tmp_path), ["sub", ".git", ".hg", ".dvc", "plain"], [".git", "f"])
    assert (dirs, files) == (["plain"], ["f"])
    assert rules.is_ignored(str(tmp_path / "sub"), True)
    assert rules.is_ignored(str(tmp_path / "sub" / "deep" / "f"), False)
    assert rules.filter_names(str(tmp_path / "sub" / "deep"), ["d"], ["f"]) == ([], [])
    assert rules.explain(str(tmp_path / ".dvc" / "config"), False) == ("", 0, ".dvc/")
    assert rules.explain(str(tmp_path / "sub" / "f"), False) == ("in sub_repo", 0, "sub")
    assert rules.explain(str(tmp_path / "plain"), True) is None


def test_the_root_and_what_is_outside_are_never_ignored(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    rules = rules_of(root, {"": "*\n"})
    assert not rules.is_ignored(str(root), True)
    assert not rules.is_ignored(str(tmp_path / "x"), False)
    assert rules.explain(str(tmp_path / "x"), False) is None
    assert rules.filter_names(str(tmp_path), ["d"], ["f"]) == (["d"], ["f"])
    assert rules.is_ignored(str(root / "x"), False)


def test_an_ignored_dvcignore_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    rules = rules_of(tmp_path, {"": ".dvcignore\n", "a": "x\n"})
    assert not rules.is_ignored(str(tmp_path / "a" / "x"), False)


def test_explain_as_recorded(tmp_path: Path) -> None:
    (tmp_path / "d" / "s").mkdir(parents=True)
    rules = rules_of(tmp_path, {"": "*.tmp\n!keep.tmp\n/d/s/t\n"})
    assert rules.explain(str(tmp_path / "d/a.tmp"), False) == (".dvcignore", 1, "*.tmp")
    assert rules.explain(str(tmp_path / "d/b.txt"), False) is None
    assert rules.explain(str(tmp_path / "d/s/keep.tmp"), False) == (".dvcignore", 2, "!keep.tmp")
    assert rules.explain(str(tmp_path / "d/s/t/c.log"), False) == (".dvcignore", 3, "/d/s/t")


# git


def git(root: Path, *args: str, stdin: str | None = None) -> str:
    env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *args], cwd=root, env=env, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def git_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("git").resolve()
    git(root, "init", "-q")
    make_tree(root)
    return root


@pytest.fixture
def no_user_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def check_against_git(root: Path) -> None:
    rules = gitignore(Git(str(root), str(root / ".git")))
    everything = members(root)
    listed = "\0".join(relpath for relpath, _ in everything) + "\0"
    said = git(root, "check-ignore", "-z", "-v", "-n", "--no-index", "--stdin", stdin=listed).split("\0")
    answers = {said[i + 3]: (said[i], said[i + 1], said[i + 2]) for i in range(0, len(said) - 3, 4)}
    for relpath, is_dir in everything:
        file, line, pattern = answers[relpath]
        expected = bool(file) and not pattern.startswith("!")
        path = str(root / relpath)
        assert rules.is_ignored(path, is_dir) == expected, (relpath, answers[relpath])
        found = rules.explain(path, is_dir)
        assert (found is None) == (not file), (relpath, found, answers[relpath])
        if found is not None:
            assert (found[0], str(found[1])) == (file, line), relpath
    seen = {entry for entry in walk(rules, root) if not entry[0].startswith(".git/") and entry[0] != ".git"}
    assert seen == {
        (relpath, is_dir) for relpath, is_dir in everything if not rules.is_ignored(str(root / relpath), is_dir)
    }


@settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries(
        {"": st.lists(patterns(PARTS_GIT), max_size=5)},
        optional={"a": st.lists(patterns(PARTS_GIT), max_size=3), "a/foo": st.lists(patterns(PARTS_GIT), max_size=2)},
    )
)
def test_gitignore_agrees_with_git(git_root: Path, files: dict[str, list[str]]) -> None:
    write_ignores(
        git_root, {folder: "".join(f"{line}\n" for line in lines) for folder, lines in files.items()}, ".gitignore"
    )
    check_against_git(git_root)


def test_excludes_of_repository_and_user_count(git_root: Path, no_user_config: Path) -> None:
    (git_root / ".git" / "info").mkdir(exist_ok=True)
    exclude = git_root / ".git" / "info" / "exclude"
    write_ignores(git_root, {"": "!foo.tmp\n"}, ".gitignore")
    exclude.write_text("*.txt\n*.tmp\n")
    (no_user_config / ".config" / "git").mkdir(parents=True)
    (no_user_config / ".config" / "git" / "ignore").write_text("a b\n!x.txt\n")
    rules = gitignore(Git(str(git_root), str(git_root / ".git")))
    assert rules.is_ignored(str(git_root / "a b"), True)
    assert rules.is_ignored(str(git_root / "x.txt"), False)
    assert not rules.is_ignored(str(git_root / "foo.tmp"), False)
    check_against_git(git_root)
    (no_user_config / "mine").write_text("[x]\\\nb\n")
    (no_user_config / ".gitconfig").write_text("[core]\n\texcludesFile = ~/mine\n")
    check_against_git(git_root)
    exclude.write_text("")


def test_case_may_not_matter(git_root: Path, no_user_config: Path) -> None:
    write_ignores(git_root, {"": "FOO\n/A/B\n*.TMP\n"}, ".gitignore")
    git(git_root, "config", "core.ignorecase", "true")
    try:
        assert gitignore(Git(str(git_root), str(git_root / ".git"))).is_ignored(str(git_root / "foo.tmp"), False)
        check_against_git(git_root)
    finally:
        git(git_root, "config", "--unset", "core.ignorecase")


def test_line_ends_and_trailing_blanks(git_root: Path, no_user_config: Path) -> None:
    (git_root / "b ").write_text("")
    write_ignores(git_root, {}, ".gitignore")
    (git_root / ".gitignore").write_bytes(b"\xef\xbb\xbfx.txt\r\nb\\ \nfoo   \n\\#c\n a\n")
    check_against_git(git_root)
    (git_root / "b ").unlink()


# Trees of a rev


def test_rules_of_a_rev_come_from_that_rev(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").mkdir()
    write_ignores(tmp_path, {"": "*.tmp\n", "a": "!k.tmp\n"}, DVCIGNORE)
    (tmp_path / "sub" / ".dvc").mkdir(parents=True)
    (tmp_path / "sub" / ".dvc" / "config").write_text("")
    git(tmp_path, "add", "-A")
    git(tmp_path, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "c")
    (tmp_path / DVCIGNORE).write_text("other\n")
    root = str(tmp_path)
    found = Git.find(root)
    assert found is not None
    with RevTree(found, "HEAD", root) as tree:
        old = dvcignore(root, tree)
        assert old.is_ignored(f"{root}/x.tmp", False)
        assert not old.is_ignored(f"{root}/a/k.tmp", False)
        assert old.is_ignored(f"{root}/sub/f", False)
        assert not old.is_ignored(f"{root}/other", False)
    assert dvcignore(root, WorkspaceTree(root)).is_ignored(f"{root}/other", False)


def test_malformed_patterns_match_nothing() -> None:
    for text in ("[", "a\\", "[z-a]", "[[:bogus:]]"):
        assert not IgnorePattern(text, "f", 1, git=True).matches("a")
    assert not IgnorePattern("[z-a]", "f", 1, git=False).matches("a")
