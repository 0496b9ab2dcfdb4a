"""What a notebook's tagged cell offers, in Python and in other languages."""

from __future__ import annotations

from typing import Any

import pytest

from dvnb.notebooks.found import Parameter
from dvnb.notebooks.parameter_cell import offered


def tagged(source: str, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}}
    return {"cells": [{"cell_type": "markdown", "source": "hi", "metadata": {}}, cell], "metadata": metadata}


def found(source: str, **metadata: Any) -> dict[str, Parameter]:
    return {item.name: item for item in offered(tagged(source, **metadata))}


def test_python_defaults_types_comments_and_choices() -> None:
    names = found(
        "%matplotlib inline\nimport os\n"
        "lr: float = 0.1  # learning rate\n"
        "# how many\n# of them\nn = 3\n"
        "kind = 'a'  # choices: a, b, 3\n"
        "size = 1  # {1, 2, 4}\n"
        "mode: Literal['x', 'y'] = 'x'\n"
        "items = [\n    1,\n    None,\n]  # a list\n"
        "home = os.environ['HOME']\n"
        "old = None  # type: int  # from before\n"
        "a, b = 1, 'b # no comment'\n"
        "top = float('inf')\n"
        "big = 123456789012345678901234567890\n"
        "later: str\n"
    )
    assert names == {
        "lr": Parameter("lr", "0.1", 0.1, True, "float", "learning rate"),
        "n": Parameter("n", "3", 3, True, "int", "how many of them"),
        "kind": Parameter("kind", "'a'", "a", True, "str", "choices: a, b, 3", ["a", "b", 3]),
        "size": Parameter("size", "1", 1, True, "int", "{1, 2, 4}", [1, 2, 4]),
        "mode": Parameter("mode", "'x'", "x", True, "str", "", ["x", "y"]),
        "items": Parameter("items", "[\n    1,\n    None,\n]", [1, None], True, "list", "a list"),
        "home": Parameter("home", "os.environ['HOME']"),
        "old": Parameter("old", "None", None, True, "int", "from before"),
        "a": Parameter("a", "1", 1, True, "int"),
        "b": Parameter("b", "'b # no comment'", "b # no comment", True, "str"),
        "top": Parameter("top", "float('inf')", "inf", True, "float"),
        "big": Parameter("big", str(123456789012345678901234567890), 123456789012345678901234567890, True, "int"),
        "later": Parameter("later", "", None, False, "str"),
    }


@pytest.mark.parametrize(
    ("kernel", "language", "source"),
    [
        ("ir", "R", "# rate\nlr <- 0.1\nname = 'x' # who\nflag <- TRUE\nf(a == 1)\nvec <- c(1, 2)"),
        ("julia-1.10", "julia", '# rate\nlr::Float64 = 0.1\nname = "x" # who\nflag = true\nf(a == 1)\nvec = [1 + im]'),
        ("bash", "bash", "# rate\nlr=0.1\nexport name='x' # who\nflag=true\n[ a == 1 ]\nvec=(1 2)"),
    ],
)
def test_other_languages_line_by_line(kernel: str, language: str, source: str) -> None:
    names = found(source, kernelspec={"name": kernel, "language": language})
    assert list(names) == ["lr", "name", "flag", "vec"]
    assert (names["lr"].default, names["lr"].comment) == (0.1, "rate")
    assert (names["name"].default, names["name"].comment, names["name"].type) == ("x", "who", "str")
    assert names["flag"].default is True
    assert not names["vec"].has_default and names["vec"].text


def test_nothing_to_offer() -> None:
    assert offered({"cells": [], "metadata": {}}) == []
    assert found("x = 1", kernelspec={"name": "nobody", "language": "cobol"}) == {}
    assert found("x = = 1") == {}
