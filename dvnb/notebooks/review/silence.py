"""Which findings a notebook's author silenced: by `# noqa` or `# noqa: NB301` on a line, or by such a tag of a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dvnb.notebooks.review.findings import Finding

_COMMENT = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*))?(?=\s|$|[^\w:])", re.IGNORECASE)
_TAG = re.compile(r"noqa(?:[:\-_](?P<codes>\w+(?:[,\-_]\w+)*))?", re.IGNORECASE)


def silenced(finding: Finding, lines: Sequence[str], tags: Iterable[str]) -> bool:
    """Whether a finding is silenced by its cell's `lines` or `tags`."""
    for tag in tags:
        match = _TAG.fullmatch(tag)
        if match and _names(match["codes"], finding.code):
            return True
    if finding.line is None:
        return False
    last = finding.last_line or finding.line
    matches = (_COMMENT.search(line) for line in lines[finding.line - 1 : last])
    return any(match is not None and _names(match["codes"], finding.code) for match in matches)


def chosen(findings: Iterable[Finding], select: Sequence[str], ignore: Sequence[str]) -> list[Finding]:
    """The findings whose codes begin with one of `select` (none: all) and with none of `ignore`."""
    return [
        finding
        for finding in findings
        if (not select or finding.code.startswith(tuple(select))) and not finding.code.startswith(tuple(ignore))
    ]


def _names(codes: str | None, code: str) -> bool:
    return not codes or code in re.split(r"[\s,\-_]+", codes.upper())
