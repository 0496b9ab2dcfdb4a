"""What programs write to terminals, as HTML."""

from __future__ import annotations

from argparse import Namespace

import pytest

from dvnb.display import ansi, bundle
from dvnb.repo.results import LogsResult
from dvnb.repo.results.logs import StageLog


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <b>\n", ["a &lt;b&gt;"]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("\x1b[31mred\x1b[0m plain", ['<span style="color:rgb(217,83,79)">red</span> plain']),
        ("\x1b[1;92mok\x1b[22m", ['<span style="font-weight:600;color:rgb(46,158,91)">ok</span>']),
        ("\x1b[38;5;196mx\x1b[39my", ['<span style="color:rgb(255,0,0)">x</span>y']),
        ("\x1b[48;2;1;2;3mx", ['<span style="background:rgba(1,2,3,.3)">x</span>']),
        (
            "\x1b[33mover\nlines\x1b[m",
            [f'<span style="color:rgb(196,134,16)">{word}</span>' for word in ("over", "lines")],
        ),
        (" 10%\r 50%\r100%\ndone\r\n", ["100%", "done"]),
        (" 10%\r", [" 10%"]),
        ("\x1b[2K\x1b[1Ga\x1b]0;title\x07b\x08\x00c", ["abc"]),
        ("\x1b[38;5mx\x1b[999my\x1b[", ["xy"]),
        ("", []),
    ],
)
def test_lines(text: str, shown: list[str]) -> None:
    assert ansi.lines([(text, "")]) == shown


def test_pieces_keep_their_style_and_the_colours_go_on() -> None:
    (line,) = ansi.lines([("\x1b[32ma", ""), ("b", "opacity:.5")])
    assert line == ('<span style="color:rgb(46,158,91)">a</span><span style="opacity:.5;color:rgb(46,158,91)">b</span>')


def shown(run: StageLog, **options: bool) -> str:
    args = Namespace(list=False, follow=False, **options)
    return str(bundle._VIEWS["logs"](LogsResult([run]), args))


def test_a_log_shows_its_streams_in_order_and_folds_what_is_long() -> None:
    text = "".join(f"line {number}\n" for number in range(100)) + "Ünlucky <tag>\n"
    out, err = text.rindex("Ü"), len("Ünlucky <tag>\n".encode())
    log = StageLog("train", "log", "failed", "2026-01-01T00:00:00Z", seconds=1.5, status=3, text=text)
    log.streams = [["stdout", out], ["stderr", err]]
    html = shown(log)
    assert "failed" in html and "exited with 3" in html and "in 1.5 s" in html
    assert html.index("71 earlier lines") < html.index("<pre") < html.index("line 70") < html.index("</details>")
    assert html.index("</details>") < html.index("line 71")
    assert '<span style="background:rgba(217,83,79,.12)">Ünlucky &lt;tag&gt;</span>' in html


def test_a_log_whose_streams_are_not_told_apart_is_shown_all_the_same() -> None:
    log = StageLog("s", "log", "done", text="some \N{REPLACEMENT CHARACTER}", streams=[["stdout", 6]])
    assert ">some \N{REPLACEMENT CHARACTER}</pre>" in shown(log)
    assert "It wrote nothing" in shown(StageLog("s", "log", "done", text=""))
