"""plots show, diff, modify, templates: by the CLI and the API, compared with stock dvc."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5d3d1a7b0000000049454e44ae426082"
)
TOP = """\
plots:
- acc.csv
- loss.json:
    x: step
    y: loss
    title: Loss <b>
- logs:
    x: step
- logs/deep:
    x: step
    y: v
- both:
    x: step
    y:
      logs/a.tsv: v
      logs/b.tsv: v
    template: simple
- several:
    x:
      logs/a.tsv: step
    y:
      logs/a.tsv: [v, w]
      logs/b.tsv: v
    x_label: X
    y_label: Y
- confusion.csv:
    x: actual
    y: predicted
    template: confusion
- pictures
- one.svg
- nested.yaml:
    y: v
- sub/gone.csv
stages:
  make:
    cmd: printf 'k,v\\n0,1\\n1,2\\n' > out.csv
    deps:
    - acc.csv
    plots:
    - out.csv:
        x: k
        y: v
        title: T
    - noheader.csv:
        header: false
        cache: false
"""


def write_plots(root: Path, factor: float = 1) -> None:
    """Data of every kind; the values depend on `factor`."""
    for folder in ("logs/deep", "pictures", "sub"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "acc.csv").write_text(f"step,acc\n0,{0.1 * factor}\n1,{0.5 * factor}\n")
    (root / "loss.json").write_text(json.dumps({"train": [{"step": i, "loss": factor / (i + 1)} for i in range(3)]}))
    (root / "logs/a.tsv").write_text(f"step\tv\tw\n0\t{factor}\t1\n1\t2\t2\n")
    (root / "logs/b.tsv").write_text(f"step\tv\tw\n0\t{factor + 1}\t1\n1\t3\t2\n")
    (root / "logs/deep/c.csv").write_text("step,v,z\n0,1,2\n")
    (root / "confusion.csv").write_text("actual,predicted\ncat,cat\ncat,dog\ndog,dog\n")
    (root / "nested.yaml").write_text(f"a:\n  b:\n  - v: {factor}\n    u: x\n  - v: 2\n    u: y\n")
    (root / "pictures/1.png").write_bytes(PNG + bytes([int(factor)]))
    (root / "one.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (root / "noheader.csv").write_text("1,2\n3,4\n")


@pytest.fixture
def plots(repo: Path, git: Callable[..., str]) -> Path:
    """A project with plots of every kind, changed since the commit."""
    (repo / "dvc.yaml").write_text(TOP)
    write_plots(repo)
    (repo / "out.csv").write_text("k,v\n0,1\n1,2\n")
    Repo().commit("dvc.yaml:make", force=True)
    git("add", "-A")
    git("commit", "-qm", "one")
    # Sizes change too: dvc's git library rewrites the index so that git takes a change of the same second for none.
    write_plots(repo, 20)
    return repo


def sorted_errors(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "errors": sorted(answer.get("errors", []), key=json.dumps)}


def same_as_dvc(dvnb: Any, oracle: Any, *args: str) -> dict[str, Any]:
    """The JSON of a call, which is the same by stock dvc."""
    ours, theirs = dvnb(*args, "--json"), oracle(*args, "--json")
    assert (ours.code, 0) == (theirs[0], 0), (ours.err, theirs[2])
    found, expected = json.loads(ours.out), json.loads(theirs[1])
    assert sorted_errors(found) == sorted_errors(expected)
    return found


@pytest.mark.parametrize(
    "args",
    [
        ["show"],
        ["diff"],
        ["diff", "HEAD"],
        ["diff", "HEAD", "workspace"],
        ["diff", "HEAD", "HEAD~1"],
        ["show", "acc.csv"],
        ["show", "logs"],
        ["show", "both", "out.csv"],
        ["show", "dvc.yaml::several"],
        ["show", "logs/deep/c.csv", "-x", "v", "-y", "z", "--title", "Ti", "--x-label", "XL", "--y-label", "YL"],
        ["show", "acc.csv", "--template", "scatter"],
        ["show", "acc.csv", "-y", "nosuch"],
        ["show", "noheader.csv", "--no-header", "-x", "0", "-y", "1"],
        ["show", "--split", "both", "several"],
        ["diff", "--targets", "loss.json", "confusion.csv"],
    ],
)
def test_json_is_that_of_dvc(plots: Path, dvnb: Any, oracle: Any, args: list[str]) -> None:
    assert same_as_dvc(dvnb, oracle, "plots", *args)


def test_nothing_is_found(plots: Path, dvnb: Any, oracle: Any) -> None:
    assert same_as_dvc(dvnb, oracle, "plots", "show", "nosuch.csv") == {}
    done = dvnb("plots", "show", "nosuch.csv")
    assert (done.code, done.out) == (0, "")
    assert "No plots were loaded" in done.err
    assert not (plots / "dvc_plots").exists()


def test_errors_of_each_rev(plots: Path, dvnb: Any, oracle: Any, commit_all: Any) -> None:
    commit_all()
    (plots / "loss.json").write_text("{bad")
    (plots / "acc.csv").unlink()
    (plots / "nested.yaml").write_text("a: [")
    (plots / "logs/a.tsv").write_bytes(b"step\tv\n0\t\xff\n")
    (plots / "logs/x.txt").write_text("text")
    (plots / "confusion.csv").write_text("actual,other\n1,2\n")
    (plots / "logs/deep/c.csv").write_text("")
    answer = same_as_dvc(dvnb, oracle, "plots", "diff", "HEAD")
    kinds = {error["type"] for error in answer["errors"] if error["rev"] == "workspace"}
    assert kinds == {
        *("JSONFileCorruptedError", "YAMLFileCorruptedError", "FileNotFoundError", "EncodingError"),
        *("PlotMetricTypeError", "FieldNotFoundError", "DvcException"),
    }
    assert {error["rev"] for error in answer["errors"]} == {"workspace", "HEAD"}
    assert answer["data"]["loss.json"][0]["revisions"] == ["HEAD"]


def test_a_broken_dvc_yaml_of_one_rev(plots: Path, dvnb: Any, oracle: Any, git: Any, commit_all: Any) -> None:
    commit_all()
    (plots / "dvc.yaml").write_text(TOP + "  other:\n    bad: 1\n")
    commit_all("broken")
    (plots / "dvc.yaml").write_text(TOP)
    ours, theirs = dvnb("plots", "diff", "HEAD", "--json"), oracle("plots", "diff", "HEAD", "--json")
    found, expected = json.loads(ours.out), json.loads(theirs[1])
    assert (ours.code, theirs[0]) == (0, 0)
    assert found["data"] == expected["data"]
    assert [error["rev"] for error in found["errors"]] == [error["rev"] for error in expected["errors"]]
    assert "HEAD" in [error["rev"] for error in found["errors"]]


def test_from_a_folder_and_with_several_files(
    plots: Path, dvnb: Any, oracle: Any, monkeypatch: Any, commit_all: Any
) -> None:
    # Seen from a folder, dvc forgets that an output has no header.
    (plots / "dvc.yaml").write_text(TOP.replace("        header: false\n", ""))
    (plots / "sub/acc.csv").write_text("step,acc\n0,3\n1,4\n")
    (plots / "sub/dvc.yaml").write_text(
        "plots:\n- acc.csv\n- both:\n    y:\n      acc.csv: acc\n      ../logs/a.tsv: v\n- ../loss.json\n"
        "stages:\n  s:\n    wdir: ..\n    cmd: touch sub/p.json\n    plots:\n    - sub/p.json:\n        cache: false\n"
    )
    (plots / "sub/p.json").write_text('[{"a": 1, "b": 2}, {"a": 2, "b": 3}]')
    commit_all()
    (plots / "sub/acc.csv").write_text("step,acc\n0,5\n1,6\n")
    same_as_dvc(dvnb, oracle, "plots", "show")
    monkeypatch.chdir(plots / "sub")
    same_as_dvc(dvnb, oracle, "plots", "show")
    same_as_dvc(dvnb, oracle, "plots", "diff")
    same_as_dvc(dvnb, oracle, "plots", "show", "acc.csv", "../nested.yaml")


def test_templated_sections(repo: Path, dvnb: Any, oracle: Any) -> None:
    (repo / "params.yaml").write_text("name: acc\naxis: {x: step}\nwhat: metrics.json\nfile: more.yaml\n")
    (repo / "acc.csv").write_text("step,acc\n0,1\n")
    (repo / "metrics.json").write_text('{"a": 1}')
    (repo / "more.yaml").write_text("k: 1\n")
    (repo / "dvc.yaml").write_text(
        "plots:\n- ${name}.csv:\n    x: ${axis.x}\n    title: of ${name}\nmetrics:\n- ${what}\nparams:\n- ${file}\n"
    )
    answer = same_as_dvc(dvnb, oracle, "plots", "show")
    assert answer["data"]["acc.csv"][0]["content"]["title"]["text"] == "of acc"
    assert same_as_dvc(dvnb, oracle, "metrics", "show")[""]["data"] == {"metrics.json": {"data": {"a": 1}}}
    assert set(same_as_dvc(dvnb, oracle, "params", "diff", "HEAD")) == {"params.yaml", "more.yaml"}


def test_outs_come_from_the_cache(plots: Path, dvnb: Any, oracle: Any) -> None:
    (plots / "out.csv").unlink()
    answer = same_as_dvc(dvnb, oracle, "plots", "show", "out.csv")
    assert answer["data"]["out.csv"][0]["content"]["data"]["values"][1]["v"] == "2"


def test_own_templates(plots: Path, dvnb: Any, oracle: Any) -> None:
    (plots / ".dvc/plots").mkdir()
    content = {"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "bar", "encoding": {"x": {"field": "<DVC_METRIC_X>"}}}
    (plots / ".dvc/plots/mine.json").write_text(json.dumps(content))
    answer = same_as_dvc(dvnb, oracle, "plots", "show", "both", "-t", "mine")
    assert answer["data"]["both"][0]["content"]["mark"] == "bar"
    (plots / ".dvc/plots/bad.json").write_text("{")
    for name, said in (("bad", "is not JSON"), ("nosuch", "Template 'nosuch' not found."), ("a/b", "not found")):
        done = dvnb("plots", "show", "both", "-t", name)
        assert done.code == oracle("plots", "show", "both", "-t", name)[0] == 255
        assert said in done.err
        assert "Traceback" not in done.err


# ---- what is printed and written


def test_show_vega(plots: Path, dvnb: Any, oracle: Any) -> None:
    ours, theirs = (run("plots", "show", "--show-vega", "both") for run in (dvnb, oracle))
    assert json.loads(ours.out) == json.loads(theirs[1])
    for args in ([], ["a", "b"], ["a", "--json"]):
        done = dvnb("plots", "show", "--show-vega", *args)
        code, _, said = oracle("plots", "show", "--show-vega", *args)
        assert (done.code, done.err) == (code, said)


def test_the_page(plots: Path, dvnb: Any, oracle: Any) -> None:
    done = dvnb("plots", "diff")
    page = plots / "dvc_plots/index.html"
    assert (done.code, done.out) == (0, f"{page.as_uri()}\n") == oracle("plots", "diff")[:2]
    pictures = sorted(path.name for path in (plots / "dvc_plots/static").iterdir())
    assert dvnb("plots", "diff", "-o", "else/where").code == 0
    assert sorted(path.name for path in (plots / "else/where/static").iterdir()) == pictures
    assert (plots / "else/where/static/HEAD_pictures_1.png").read_bytes() == PNG + b"\x01"
    text = (plots / "else/where/index.html").read_text()
    assert 'src="static/HEAD_pictures_1.png"' in text
    assert "cdn" not in text
    assert not any(f'{tag}="http' in text for tag in ("src", "href"))


def test_a_page_that_is_not_ours_is_kept(plots: Path, dvnb: Any) -> None:
    (plots / "site").mkdir()
    (plots / "site/index.html").write_text("my own page")
    assert dvnb("plots", "show", "-o", "site").code == 0
    kept = [path for path in (plots / ".git/dvnb/trash").rglob("index.html") if path.is_file()]
    assert [path.read_text() for path in kept] == ["my own page"]
    assert dvnb("plots", "show", "-o", "site").code == 0
    assert len(list((plots / ".git/dvnb/trash").rglob("index.html"))) == 1


def test_configured_folder_and_template(plots: Path, dvnb: Any) -> None:
    (plots / ".dvc/page.html").write_text("<html>{scripts}<p>mine</p>{plot_divs}</html>")
    assert dvnb("config", "plots.html_template", "page.html").code == 0
    assert dvnb("config", "plots.out_dir", "shown").code == 0
    assert dvnb("plots", "show", "both").code == 0
    text = (plots / "shown/index.html").read_text()
    assert "<p>mine</p>" in text
    assert "vegaEmbed(" in text
    (plots / "bad.html").write_text("<html></html>")
    for name, said in (("bad.html", "has to contain '{plot_divs}'"), ("nosuch.html", "'nosuch.html' does not exist")):
        done = dvnb("plots", "show", "both", "--html-template", name, "-o", "other")
        assert done.code != 0
        assert said in done.err
        assert not (plots / "other/index.html").exists()


def test_unknown_rev_and_no_commits(plots: Path, dvnb: Any, oracle: Any) -> None:
    done = dvnb("plots", "diff", "nosuch")
    code, _, said = oracle("plots", "diff", "nosuch")
    assert (done.code, done.err) == (code, said)


def test_diff_before_the_first_commit(empty_git: Path, dvnb: Any, oracle: Any) -> None:
    assert dvnb("init", "-q").code == 0
    (empty_git / "dvc.yaml").write_text("plots:\n- a.csv\n")
    (empty_git / "a.csv").write_text("a\n1\n")
    assert same_as_dvc(dvnb, oracle, "plots", "diff") == {}


def test_without_a_project(
    empty_git: Path, dvnb: Any, oracle: Any, commit_all: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    (empty_git / "a.csv").write_text("x,y\n1,2\n")
    commit_all()
    (empty_git / "a.csv").write_text("x,y\n1,3\n")
    assert same_as_dvc(dvnb, oracle, "plots", "show", "a.csv")
    assert same_as_dvc(dvnb, oracle, "plots", "diff", "--targets", "a.csv")
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    (tmp_path / "plain/a.csv").write_text("x,y\n1,2\n")
    assert same_as_dvc(dvnb, oracle, "plots", "show", "a.csv", "-x", "x")
    assert dvnb("plots", "modify", "a.csv", "-x", "x").code == 253
    (tmp_path / "plain/index.html").write_text("mine")
    done = dvnb("plots", "show", "a.csv", "-o", ".")
    assert (done.code, (tmp_path / "plain/index.html").read_text()) == (1, "mine")
    assert "'index.html' is no page of plots" in done.err


# ---- modify, templates


@pytest.mark.parametrize(
    "args",
    [
        ["out.csv", "--template", "scatter", "--title", "New"],
        ["out.csv", "--unset", "x", "title"],
        ["out.csv", "--unset", "x", "y", "title"],
        ["out.csv", "-x", "k", "--x-label", "X label", "--y-label", "Y: label", "--no-header"],
        ["plain.txt", "-y", "a"],
        ["plain.txt"],
        ["m.json", "--title", "T"],
    ],
)
def test_modify_writes_what_dvc_writes(repo: Path, dvnb: Any, oracle: Any, args: list[str]) -> None:
    before = (
        "# top\nstages:\n  s:\n    cmd: touch x  # why\n    outs:\n    - plain.txt\n    - other.txt\n    metrics:\n"
        "    - m.json:\n        cache: false\n    plots:\n    - out.csv:\n        y: v\n        x: k\n        title: T\n    - b.csv\n"
    )
    (repo / "dvc.yaml").write_text(before)
    done = dvnb("plots", "modify", *args)
    ours = (repo / "dvc.yaml").read_text()
    (repo / "dvc.yaml").write_text(before)
    theirs = oracle("plots", "modify", *args)
    assert (done.code, ours) == (theirs[0], (repo / "dvc.yaml").read_text()), (done.err, theirs[2])


@pytest.mark.parametrize(
    "args",
    [
        ["nosuch.csv", "-x", "a"],
        ["out.csv", "-t", "nosuch"],
        ["out.csv", "--unset", "template"],
        ["plain", "--unset", "x"],
    ],
)
def test_modify_refuses(repo: Path, dvnb: Any, oracle: Any, args: list[str]) -> None:
    text = "stages:\n  s:\n    cmd: touch x\n    outs:\n    - plain\n    plots:\n    - out.csv:\n        x: k\n"
    (repo / "dvc.yaml").write_text(text)
    done, theirs = dvnb("plots", "modify", *args), oracle("plots", "modify", *args)
    assert (done.code, (repo / "dvc.yaml").read_text()) == (theirs[0], text)
    assert done.code == 255
    assert theirs[2].removeprefix("ERROR: ").removeprefix("unexpected error - ").splitlines()[0] in done.err


def test_templates(repo: Path, dvnb: Any, oracle: Any) -> None:
    assert dvnb("plots", "templates").out == oracle("plots", "templates")[1]
    ours, theirs = dvnb("plots", "templates", "confusion"), oracle("plots", "templates", "confusion")
    assert json.loads(ours.out) == json.loads(theirs[1])
    bad = dvnb("plots", "templates", "nosuch")
    assert (bad.code, bad.err) == oracle("plots", "templates", "nosuch")[::2]


# ---- the API


def test_the_api(plots: Path) -> None:
    result = Repo().plots_diff(targets=["both", "pictures"])
    both, *pictures = result.figures
    assert (both.name, both.kind, both.revisions) == ("both", "vega", ["workspace", "HEAD"])
    assert both.spec["title"]["text"] == "both"
    assert {(image.rev, image.data) for image in pictures[0].images} == {
        ("workspace", PNG + b"\x14"),
        ("HEAD", PNG + b"\x01"),
    }
    assert result.page == ""
    assert not (plots / "dvc_plots").exists()
    assert result.to_json()["data"]["pictures/1.png"][0]["url"].startswith("data:image/png;base64,")


def test_files_that_are_being_written(repo: Path) -> None:
    (repo / "dvclive/plots/metrics").mkdir(parents=True)
    (repo / "dvc.yaml").write_text("plots:\n- dvclive/plots/metrics:\n    x: step\n")
    (repo / "dvclive/plots/metrics/acc.tsv").write_text("step\tacc\n0\t0.1\n1")
    (repo / "dvclive/plots/metrics/new.tsv").write_text("")
    acc, new = Repo().plots_show().figures
    assert acc.spec["data"]["values"] == [
        {"step": "0", "acc": "0.1", "rev": "workspace"},
        {"step": "1", "acc": None, "rev": "workspace"},
    ]
    assert (new.to_json(), new.problems()) == ([], [])


def test_data_of_a_rev_comes_from_the_remote(plots: Path, tmp_path: Path, dvnb: Any, oracle: Any, git: Any) -> None:
    git("rm", "-q", "-r", "--cached", "logs", "pictures")
    (plots / "dvc.yaml").write_text("plots:\n- logs:\n    x: step\n- pictures\n")
    Repo().add("logs", "pictures")
    Repo().remote_add("r", str(tmp_path / "remote"), default=True)
    Repo().push()
    git("add", "-A")
    git("commit", "-qm", "tracked")
    write_plots(plots, 3)
    for objects in (plots / ".dvc/cache/files/md5").iterdir():
        for path in objects.iterdir():
            path.unlink()
    answer = same_as_dvc(dvnb, oracle, "plots", "diff", "HEAD")
    assert "errors" not in answer
    assert answer["data"]["logs/b.tsv"][0]["revisions"] == ["workspace", "HEAD"]
    assert len(answer["data"]["pictures/1.png"]) == 2


def test_experiments_are_revs(plots: Path, dvnb: Any, oracle: Any, git: Any) -> None:
    assert oracle("exp", "save", "-n", "tried", "--force")[0] == 0
    git("checkout", "-q", ".")
    assert list(same_as_dvc(dvnb, oracle, "plots", "diff", "tried", "HEAD")["data"])
    answer = same_as_dvc(dvnb, oracle, "plots", "diff", "-e", "tried", "--targets", "both")
    revs = answer["data"]["both"][0]["revisions"]
    assert revs == ["tried", git("rev-parse", "HEAD")[:7]]


def test_modify_can_be_taken_back(plots: Path, dvnb: Any) -> None:
    before = (plots / "dvc.yaml").read_text()
    assert Repo().plots_modify("out.csv", template="scatter").props["template"] == "scatter"
    assert (plots / "dvc.yaml").read_text() != before
    assert dvnb("undo").code == 0
    assert (plots / "dvc.yaml").read_text() == before
