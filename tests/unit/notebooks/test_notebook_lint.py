"""Lint of notebooks: what it finds, and what it must not find."""

from __future__ import annotations

from typing import Any

import pytest

from dvnb.notebooks.review.declared import Declared
from dvnb.notebooks.review.lint import lint_notebook


def notebook(*cells: str | tuple[str, list[str]], counts: list[int | None] | None = None, **metadata: Any) -> Any:
    made = []
    for number, cell in enumerate(cells):
        source, tags = cell if isinstance(cell, tuple) else (cell, [])
        count = counts[number] if counts else None
        made.append(
            {"cell_type": "code", "id": f"c{number + 1}", "metadata": {"tags": tags}, "source": source}
            | {"outputs": [], "execution_count": count}
        )
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def found(*cells: str | tuple[str, list[str]], **options: Any) -> list[tuple[str, int | None, int | None]]:
    return [(one.code, one.cell, one.line) for one in lint_notebook(notebook(*cells, **options), "n.ipynb")]


def test_cells_that_were_run_out_of_order():
    assert found("1", "2", "3", "4", counts=[3, None, 1, 4]) == [("NB101", 3, None)]
    assert found("1", "2", counts=[5, 9]) == []


def test_cells_that_cannot_run():
    assert found("x = 1\ny = ", "print(x)") == [("NB102", 1, 2)]
    assert found("%matplotlib inline\nfor x in y\n    pass") == [("NB102", 1, 2)]
    assert found("this is no python at all", "what_it_defines") == [("NB102", 1, 1)]
    fine = "pip install x", "ls -l\nx = 1", "x?", "!ls {x}", "await f()", "%%bash\nif", "%%stage a\n%cd x"
    assert [one for one in found(*fine, ("x =", ["raises-exception"])) if one[0] == "NB102"] == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["print(x)", "x = 1"], [("NB202", 1, 1)]),
        (["y = 1\nprint(x)"], [("NB201", 1, 2)]),
        (["x = 1", "del x", "x"], [("NB203", 3, 1)]),
        (["f()", "def f():\n    return 1"], [("NB202", 1, 1)]),
        (["def f():\n    return x", "f()", "x = 1"], [("NB202", 2, 1)]),
        (["def f():\n    return missing"], [("NB201", 1, 2)]),
        (["x += 1"], [("NB201", 1, 1)]),
        (["[a for a in range(3)]\na"], [("NB201", 1, 2)]),
        (["%time y = x\ny"], [("NB201", 1, 1)]),
        (["!ls\nz"], [("NB201", 1, 2)]),
        (["%%stage a -o x.csv\nx = 1", "x"], [("NB201", 2, 1)]),
        (["%%stage --setup\n\nx"], [("NB201", 1, 3)]),
    ],
)
def test_names_that_are_not_there(cells: list[str], expected: list[tuple[str, int, int]]):
    assert found(*cells) == expected


@pytest.mark.parametrize(
    "cells",
    [
        ["def f():\n    return x", "x = 1", "f()"],
        ["from numpy import *", "array(1)"],
        ["%run other.ipynb", "whatever"],
        ["%matplotlib inline\nimport os", "os.sep"],
        ["%%bash\necho $x; undefined"],
        ["%%html\n<b>x</b>"],
        ["%%time\nx = 1", "x"],
        ["%%capture out\nprint(1)", "out.show()"],
        ["files = !ls", "files"],
        ["%time x = 1", "x"],
        ["try:\n    x\nexcept NameError:\n    x = 1", "x"],
        ["import sys\nif sys.platform == 'z':\n    x = 1", "x"],
        ["for i in range(3):\n    if i:\n        print(last)\n    last = i", "i"],
        ["class A:\n    n = 1\n    m = n + 1\n    def f(self):\n        return self.n + len(str(A.n))"],
        ["with open('a') as (b):\n    pass", "b"],
        ["x = [n for row in [[1]] for n in row if n]"],
        ["if (m := 3) > 2:\n    pass", "m"],
        ["match 1:\n    case [a, *b]:\n        a, b\n    case {'k': c, **d}:\n        c, d\n    case e:\n        e"],
        ["try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print(error)"],
        ["def f(a, *b, c=1, **d):\n    def g():\n        nonlocal a\n        a = c\n    return g, b, d"],
        ["def f():\n    global made\n    made = 1", "f()", "made"],
        ["import asyncio\nawait asyncio.sleep(0)"],
        ["_ = 1; __; _3; In[0]; Out; display(get_ipython())"],
        ["def fib(n):\n    return n if n < 2 else fib(n - 1)"],
        ["del_me = 1", "if del_me:\n    del del_me", "del_me"],
        ["x?", "len??"],
        [("undefined", ["raises-exception"])],
        ["lambda row: row.a", "sorted([1], key=lambda n: -n)"],
        ["a: int = 1", "a"],
        ["%%stage --setup\nimport os", "os.sep"],
        ["%%stage a --in t=t.csv --out x=x.csv --out=y=y.npy\nx = y = t", "x, y"],
        ["import os.path as p, sys", "p.join, sys.path"],
    ],
)
def test_names_that_are_all_right(cells: list[Any]):
    assert found(*cells) == []


def test_absolute_paths():
    cells = [
        'import pandas as pd\npd.read_csv("/home/me/x.csv")',
        'open("/srv/data/x")',
        r'p = "C:\\data\\x.csv"',
        "!cat /home/me/notes.txt",
        'route = "/predict"\nurl = "https://example.org/home/x"\nopen("/tmp/x", "w")\nopen("/dev/null")',
        '"""See /home/me/x."""\nprint("a /home/me b")',
    ]
    assert found(*cells) == [("NB301", 1, 2), ("NB301", 2, 1), ("NB301", 3, 1), ("NB301", 4, 1)]


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("import numpy as np\nnp.random.rand(3)", 2),
        ("import random\nrandom.shuffle([1])", 2),
        ("from numpy.random import default_rng\ndefault_rng()", 2),
        ("import torch\ntorch.randn(2)", 2),
        ("from sklearn.model_selection import train_test_split\ntrain_test_split([1])", 2),
        ("from sklearn.ensemble import RandomForestClassifier as R\nR(n_estimators=3, random_state=None)", 2),
        ("from sklearn.model_selection import KFold\nKFold(3, shuffle=True)", 2),
        ("import numpy as np\nnp.random.rand()\nnp.random.seed(1)", 2),
        ("df = 1\ndf.sample(frac=0.5)", 2),
    ],
)
def test_random_numbers_without_a_seed(cell: str, line: int):
    assert found(cell) == [("NB401", 1, line)]


@pytest.mark.parametrize(
    "cell",
    [
        "import numpy as np\nnp.random.seed(1)\nnp.random.rand(3)",
        "import numpy as np\nnp.random.default_rng(1).normal()",
        "from sklearn.model_selection import train_test_split, KFold\ntrain_test_split([1], random_state=1)\nKFold(3)",
        "from sklearn.model_selection import train_test_split\ntrain_test_split([1], shuffle=False)",
        "from sklearn.svm import SVC\nSVC()",
        "import numpy as np\nfrom sklearn.cluster import KMeans\nnp.random.seed(0)\nKMeans(3)",
        "from pytorch_lightning import seed_everything\nimport torch\nseed_everything(1)\ntorch.rand(2)",
        "def random():\n    return 4\nrandom()",
        "options = {}\nfrom sklearn.cluster import KMeans\nKMeans(**options)",
        "df = 1\ndf.sample(frac=1, random_state=3)",
    ],
)
def test_random_numbers_that_are_seeded(cell: str):
    assert found(cell) == []


def test_findings_are_silenced_by_comments_and_tags():
    cells = [
        "undefined  # noqa",
        "undefined  # noqa: NB201",
        "undefined  # noqa: NB301",
        ("undefined", ["noqa"]),
        ("undefined2", ["noqa:NB201"]),
        ("undefined3", ["noqa:NB301"]),
    ]
    assert [cell for _, cell, _ in found(*cells)] == [3, 6]


def test_files_that_a_stage_does_not_declare(tmp_path: Any):
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text("x\n")
    root = str(tmp_path)
    declared = Declared(
        "s", root, root, f"{root}/n.ipynb", [f"{root}/a.csv"], [f"{root}/out"], has_params=True, injected={"where"}
    )
    cells = notebook(
        "import pandas as pd\nfrom pathlib import Path\nwhere = 'c.csv'\nB = 'b.csv'",
        "pd.read_csv('a.csv')\npd.read_csv(B)\npd.read_csv(where)\npd.read_csv('https://e.org/b.csv')",
        "open('new.txt', 'w')\nopen('new.txt')\nopen('not-there')",
        "(Path('out') / 'x.txt').write_text('')\npd.DataFrame().to_csv(Path('other') / 'x.csv')",
    )
    said = [(one.code, one.cell, one.line) for one in lint_notebook(cells, "n.ipynb", declared)]
    assert said == [("NB501", None, None), ("NB601", 2, 2), ("NB602", 3, 1), ("NB602", 4, 2)]


def test_other_languages_are_read_for_order_and_tags_only():
    shell = notebook("echo $x", "ls /home/me", counts=[2, 1], kernelspec={"name": "bash", "language": "bash"})
    assert [one.code for one in lint_notebook(shell, "n.ipynb")] == ["NB101"]
