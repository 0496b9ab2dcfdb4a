"""Lines of `.gitignore` and `.dvcignore` files, and the regular expressions that match what they mean.

Git and dvc read the same language a little differently (see `IgnorePattern.regex`), and both are followed exactly,
because two programs that disagree about which files a folder has disagree about its hash.
Source: git's dir.c and wildmatch.c; dvc's ignore.py over the pathspec library.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SPECIAL = re.compile(r"[\\*?\[]")
# Character classes as the C locale has them.
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class BadPatternError(ValueError):
    """A pattern that matches nothing because it is malformed."""


class IgnorePattern:
    """One pattern.

    `file`, `line` and `text` say where it stands; `negated`: it brings back (`!`); `dir_only`: it ends with a slash;
    `glob` is the rest without these marks; `by_name`: it looks at names alone, in whichever folder;
    `literal`: it has no wildcard; `suffix`: what a name must end with, of a pattern such as `*.tmp`.
    """

    __slots__ = ("_known", "by_name", "dir_only", "file", "git", "glob", "line", "literal", "negated", "suffix", "text")

    def __init__(self, text: str, file: str, line: int, *, git: bool) -> None:
        self.text = text
        self.file = file
        self.line = line
        self.git = git
        self.negated = text.startswith("!")
        body = text[1:] if self.negated else text
        self.dir_only = body.endswith("/")
        self.glob = body[:-1] if self.dir_only else body
        # dvc's bracket may match a slash, so such a pattern is not about one name.
        self.by_name = "/" not in self.glob and (git or ("[" not in self.glob and self.glob != "**"))
        self.literal = not _SPECIAL.search(self.glob)
        bare = self.glob[1:]
        self.suffix = bare if self.by_name and self.glob[:1] == "*" and not _SPECIAL.search(bare) else None
        self._known: dict[int, re.Pattern[str]] = {}

    @property
    def path(self) -> str:
        """A literal pattern's path, relative to the file's folder."""
        return self.glob.removeprefix("/")

    def name_regex(self) -> str:
        """For a pattern by name: what matches a whole name. Raises: BadPatternError."""
        return translate_glob(self.glob, git=self.git)

    def path_regex(self) -> str:
        """What `match`es a path relative to the file's folder, a folder's with a slash at its end.

        Git's patterns match the path itself. dvc's also match everything below what they match, which shows where a
        folder that one pattern ignores is brought back by another: dvc still ignores what it holds.
        Raises: BadPatternError.
        """
        return _git_path_regex(self) if self.git else _dvc_path_regex(self)

    def matches(self, path: str, flags: int = 0) -> bool:
        """Whether this pattern alone matches; a folder's path ends with a slash."""
        if self.dir_only and not path.endswith("/"):
            return False
        regex = self._known.get(flags)
        if regex is None:
            try:
                regex = re.compile(self.path_regex(), flags | re.DOTALL)
            except (BadPatternError, re.error):
                regex = re.compile("(?!)")
            self._known[flags] = regex
        return regex.match(path) is not None


def parse_ignore_lines(text: str, file: str, *, git: bool) -> list[IgnorePattern]:
    """The patterns of an ignore file in order; `file` is its name as shown to people."""
    patterns: list[IgnorePattern] = []
    # git skips a byte order mark, to dvc it is part of the first line; dvc ends lines as any system does.
    text = text.removeprefix("\ufeff") if git else text.replace("\r\n", "\n").replace("\r", "\n")
    for number, raw in enumerate(text.split("\n"), 1):
        pattern = _pattern(raw, file, number, git)
        if pattern is not None:
            patterns.append(pattern)
    return patterns


@lru_cache(1 << 12)  # a run of many stages adds line after line, and the file is read again after each
def _pattern(raw: str, file: str, number: int, git: bool) -> IgnorePattern | None:
    line = _trim(raw.removesuffix("\r")) if git else raw.strip()
    if line and not line.startswith("#") and line not in ("/", "!", "!/"):
        return IgnorePattern(line, file, number, git=git)
    return None


def _trim(line: str) -> str:
    """Without trailing spaces; one behind a backslash stays."""
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 and stripped != line else stripped


def translate_glob(glob: str, *, git: bool) -> str:
    """The regular expression of one part of a path. Raises: BadPatternError."""
    result: list[str] = []
    position = 0
    while position < len(glob):
        character = glob[position]
        position += 1
        if character == "*":
            if result[-1:] != ["[^/]*"]:
                result.append("[^/]*")
        elif character == "?":
            result.append("[^/]")
        elif character == "\\":
            if position == len(glob):
                raise BadPatternError(glob)
            result.append(re.escape(glob[position]))
            position += 1
        elif character == "[":
            bracket, position = _git_bracket(glob, position) if git else _dvc_bracket(glob, position)
            result.append(bracket)
        else:
            result.append(re.escape(character))
    return "".join(result)


def _git_bracket(glob: str, position: int) -> tuple[str, int]:
    negated = glob[position : position + 1] in ("!", "^")
    position += negated
    members: list[str] = []
    first = True
    while True:
        if position >= len(glob):
            raise BadPatternError(glob)
        if glob[position] == "]" and not first:
            break
        first = False
        if glob.startswith("[:", position):
            end = glob.find(":]", position)
            members.append(_posix_class(glob, position + 2, end))
            position = end + 2
            continue
        low, position = _member(glob, position)
        if glob[position : position + 1] == "-" and glob[position + 1 : position + 2] not in ("", "]"):
            high, position = _member(glob, position + 1)
            # A range that runs backwards holds nothing.
            members.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
        else:
            members.append(re.escape(low))
    inside = "".join(members)
    if negated:
        return f"[^/{inside}]", position + 1
    return f"(?!/)[{inside}]" if inside else "(?!)", position + 1


def _posix_class(glob: str, start: int, end: int) -> str:
    if end < 0 or glob[start:end] not in _POSIX:
        raise BadPatternError(glob)
    return _POSIX[glob[start:end]]


def _member(glob: str, position: int) -> tuple[str, int]:
    if glob[position] == "\\":
        position += 1
    if position >= len(glob):
        raise BadPatternError(glob)
    return glob[position], position + 1


def _dvc_bracket(glob: str, position: int) -> tuple[str, int]:
    """As pathspec: a backslash is a member like any other, and the members are those of Python's brackets."""
    start = position + (glob[position : position + 1] in ("!", "^"))
    end = glob.find("]", start + 1)
    if end < 0:
        raise BadPatternError(glob)
    members = re.sub(r"([\[\\&|~])", r"\\\1", glob[start:end])
    # A closing bracket in the first place is a member.
    return f"[{'^' if start > position else ''}{members}]", end + 1


def _git_path_regex(pattern: IgnorePattern) -> str:
    if pattern.by_name:
        return rf"(?:.*/)?(?=[^/]){pattern.name_regex()}/?\Z"
    parts = _split_path(pattern.path)
    if "" in parts:
        raise BadPatternError(pattern.text)
    *above, last = ["**" if part.strip("*") == "" and part != "*" else part for part in parts]
    folders = "".join("(?:.*/)?" if part == "**" else translate_glob(part, git=True) + "/" for part in above)
    # The slash at the end of a folder's path is not a name for `*` to match.
    return folders + (".+" if last == "**" else f"(?=[^/]){translate_glob(last, git=True)}") + r"/?\Z"


def _split_path(path: str) -> list[str]:
    """Split at slashes; one within brackets is a member that matches nothing, one behind a backslash is a slash."""
    parts: list[str] = []
    start = position = 0
    while position < len(path):
        step = 1
        if path[position] == "[":
            step = _git_bracket(path, position + 1)[1] - position
        elif path[position] == "\\":
            step = 2
        if path[position : position + step] in ("/", "\\/"):
            parts.append(path[start:position])
            start = position + step
        position += step
    return [*parts, path[start:]]


def _dvc_path_regex(pattern: IgnorePattern) -> str:
    if pattern.glob.strip("*/") == "" and "/" not in pattern.glob:  # `*`, `**` and, of folders, `*/`, `**/`
        return "."
    parts = [*pattern.glob.split("/"), "**"] if pattern.dir_only else pattern.glob.split("/")
    if not parts[0]:
        del parts[0]
    elif "/" not in pattern.glob and parts[0] != "**":
        parts.insert(0, "**")
    parts = [part for before, part in zip(["", *parts], parts, strict=False) if not (part == before == "**")]
    if not parts:
        raise BadPatternError(pattern.text)
    if parts in (["**"], ["**", "*"]):
        return "."
    result: list[str] = []
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            result.append("/" if last else "(?:.+/)?" if place == 0 else "(?:/.+)?")
            continue
        # What stands behind a leading `**` needs no slash of its own.
        if place > 1 or (place == 1 and parts[0] != "**"):
            result.append("/")
        result.append("[^/]+" if part == "*" else translate_glob(part, git=False))
        if last:
            result.append(r"(?:/|\Z)")
    return "".join(result)
