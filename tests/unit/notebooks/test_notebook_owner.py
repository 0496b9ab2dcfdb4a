import pytest

from dvnb.errors import NotebookError
from dvnb.notebooks.owner import NotebookCommand, find_owner, hinted_name, named_stage, notebook_calls, split_address
from dvnb.pipeline.stage import Stage

RUN = NotebookCommand("a.ipynb", "a.run.ipynb")


def stage(tmp_path, name, cmd, wdir="", file="dvc.yaml"):
    (tmp_path / wdir).mkdir(exist_ok=True)
    return Stage(str(tmp_path / file), name, str(tmp_path / wdir) if wdir else str(tmp_path), cmd)


@pytest.mark.parametrize(
    ("line", "calls"),
    [
        ("dvnb notebook run a.ipynb a.run.ipynb", [RUN]),
        ("python -m dvnb notebook run './a.ipynb' a.run.ipynb --timeout 3", [NotebookCommand("./a.ipynb", "a.run.ipynb")]),
        ("dvnb notebook run -p x=1 a.ipynb --parameters=y=2 a.run.ipynb -pz=3", [NotebookCommand("a.ipynb", "a.run.ipynb", ["x=1", "y=2", "z=3"])]),
        ("mkdir -p o&&dvnb notebook run a.ipynb; echo done", [NotebookCommand("a.ipynb")]),
        ("dvnb notebook run a.ipynb 2>err >log | tee x", [NotebookCommand("a.ipynb")]),
        ("dvnb notebook run a.ipynb b && dvnb notebook run c.ipynb d", [NotebookCommand("a.ipynb", "b"), NotebookCommand("c.ipynb", "d")]),
        ("dvnb notebook run $DVNB_TEST_DIR/a.ipynb 'b c.ipynb'", [NotebookCommand("here/a.ipynb", "b c.ipynb")]),
        ("echo 'open", []),
        ("dvnb notebook run -k ir a.ipynb --notebook-timeout 9 a.run.ipynb --timeout=3", [RUN]),
        ("papermill a.ipynb b.ipynb", [NotebookCommand("a.ipynb", "b.ipynb", [], "papermill")]),
        (
            "cd x && A=1 papermill -p lr 0.1 --log-output a.ipynb -r note '-1' --cwd sub -k python3 -y 'c: 1' b.ipynb -f p.yaml | tee l",
            [NotebookCommand("a.ipynb", "b.ipynb", ["lr=0.1", 'note="-1"'], "papermill")],
        ),
        ("python -m papermill --parameters n 3 -kir --engine=dvnb -- a.ipynb", [NotebookCommand("a.ipynb", None, ["n=3"], "papermill")]),
        ("pip install papermill && echo papermill a.ipynb", []),
        ("cat a.ipynb | papermill - b.ipynb", []),
        ("dvnb notebook run", []),
    ],
)  # fmt: skip
def test_calls_in_a_command_line(line, calls, monkeypatch):
    monkeypatch.setenv("DVNB_TEST_DIR", "here")
    assert notebook_calls(line) == calls


def test_chosen_by_wdir_and_command(tmp_path):
    mine = stage(tmp_path, "mine", "dvnb notebook run a.ipynb a.run.ipynb", "sub")
    others = [
        stage(tmp_path, "root", "dvnb notebook run a.ipynb a.run.ipynb"),
        stage(tmp_path, "output", "dvnb notebook run a.ipynb b.run.ipynb", "sub"),
        stage(tmp_path, "none", None, "sub"),
    ]
    assert find_owner([*others, mine], RUN, str(tmp_path / "sub")) is mine
    assert find_owner([*others, mine], NotebookCommand("./x/../a.ipynb", "a.run.ipynb"), str(tmp_path / "sub")) is mine


def test_multi_line_and_list_commands(tmp_path):
    for cmd in ("mkdir -p x\ndvnb notebook run a.ipynb a.run.ipynb", ["true", "dvnb notebook run a.ipynb a.run.ipynb"]):
        one = stage(tmp_path, "s", cmd)
        assert find_owner([one], RUN, str(tmp_path)) is one


def test_none_outside_of_a_stage(tmp_path):
    stages = [stage(tmp_path, "s", "dvnb notebook run other.ipynb")]
    assert find_owner(stages, RUN, str(tmp_path)) is None
    assert find_owner(stages, RUN, str(tmp_path), hint="from-another-project") is None


def test_hint_breaks_ties(tmp_path):
    cmd = "dvnb notebook run a.ipynb a.run.ipynb"
    one, two = stage(tmp_path, "fe@b c", cmd), stage(tmp_path, "two", cmd)
    assert find_owner([one, two], RUN, str(tmp_path), hint="../dvc.yaml:two") is two
    assert find_owner([one, two], RUN, str(tmp_path), hint="x/dvc.yaml:fe@b c") is one
    for hint in (None, "nobody"):
        with pytest.raises(NotebookError, match=r"2 stages run 'a.ipynb' like this: 'dvc.yaml:fe@b c', 'dvc.yaml:two'"):
            find_owner([one, two], RUN, str(tmp_path), hint=hint)


def test_parameters_tell_stages_apart(tmp_path):
    stages = [stage(tmp_path, f"s{n}", f"dvnb notebook run a.ipynb -p fold={n}") for n in range(3)]
    assert find_owner(stages, NotebookCommand("a.ipynb", None, ["fold=1"]), str(tmp_path)) is stages[1]


def test_inside_a_stage_whose_command_is_another(tmp_path):
    with pytest.raises(NotebookError, match=r"inside stage 'dvc.yaml:s'.*\('dvc.yaml:s'\).*--stage FILE:NAME"):
        find_owner([stage(tmp_path, "s", "bash run.sh")], RUN, str(tmp_path), hint="dvc.yaml:s")


def test_named_stage(tmp_path):
    one, two = stage(tmp_path, "a:b", "x"), stage(tmp_path, "a:b", "x", file="sub/dvc.yaml")
    assert named_stage([one, two], "a:b", str(tmp_path)) is one
    assert named_stage([one, two], "dvc.yaml:a:b", str(tmp_path)) is one
    assert named_stage([one, two], "sub/dvc.yaml:a:b", str(tmp_path)) is two
    with pytest.raises(
        NotebookError, match="no stage 'nope' in 'dvc.yaml'; stages: 'dvc.yaml:a:b', 'sub/dvc.yaml:a:b'"
    ):
        named_stage([one, two], "nope", str(tmp_path))


def test_addresses():
    assert split_address("sub/dvc.yaml:x@1") == ("sub/dvc.yaml", "x@1")
    assert split_address("x") == split_address(":x") == ("dvc.yaml", "x")
    assert [hinted_name(hint) for hint in ("t", "dvc.yaml:t", "../a/dvc.yaml:t@b c")] == ["t", "t", "t@b c"]
