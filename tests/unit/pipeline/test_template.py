"""Expected values and messages were taken from dvc 3.67.1 for the same files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dvnb.errors import FormatError
from dvnb.events import Event, Warned
from dvnb.formats import dvcyaml
from dvnb.pipeline.templating.template import Resolved, Resolver, resolve_file

Read = Callable[[str], bytes]


def reader(files: dict[str, str]) -> Read:
    def read(path: str) -> bytes:
        if path in files:
            return files[path].encode()
        if any(name.startswith(path + "/") for name in files):
            raise IsADirectoryError(path)
        raise FileNotFoundError(path)

    return read


def resolver(text: str, *, parsing: dict[str, str] | None = None, path: str = "dvc.yaml", **files: str) -> Resolver:
    by_path = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    return Resolver(dvcyaml.parse(text.encode(), path), path, reader(by_path), parsing)


def resolve(text: str, name: str = "s", **options: Any) -> Resolved:
    return resolver(text, **options).resolve(name)


def command(template: str, params: str, **options: Any) -> Any:
    text = f"stages:\n  s:\n    cmd: {template}\n"
    return resolve(text, params_yaml=params, **options).definition["cmd"]


GOLDEN_PARAMS = """\
lr: 0.1
flag: true
off: false
none: null
big: 1e10
name: hello world
d: {a: 1, b: {c: x y}, l: [1, two], t: true, f: false}
l: [p, q]
"""
GOLDEN = r"""
vars:
  - v.json:v
  - w: W
  - w2: {n: [10, 20]}
stages:
  t:
    cmd: printf '%s\n' ${lr} ${flag} ${big} "${name}" ${v.k} ${w} ${w2.n[1]} ${d} \${esc} > out
    outs: [out]
  u:
    vars: [{loc: L}]
    cmd: echo ${loc} > ${loc}.txt
    outs: ["${loc}.txt"]
"""


def golden(parsing: dict[str, str] | None = None) -> Resolver:
    return resolver(GOLDEN, parsing=parsing, params_yaml=GOLDEN_PARAMS, v_json='{"v": {"k": "vv"}}')


def test_a_stage_without_expressions_is_given_as_it_is() -> None:
    resolved = resolve("stages: {s: {cmd: echo, deps: [a]}}")

    assert resolved == Resolved({"cmd": "echo", "deps": ["a"]}, None, templated=False)


def test_values_of_all_sources_and_types_go_into_text() -> None:
    resolved = golden().resolve("t")

    start = "printf '%s\\n' 0.1 true 10000000000.0 \"hello world\" vv W 20"
    assert resolved.definition["cmd"] == f"{start} --a 1 --b.c 'x y' --l 1 two --t ${{esc}} > out"
    assert resolved.templated


def test_the_parsing_config_decides_how_a_mapping_becomes_flags() -> None:
    resolved = golden({"bool": "boolean_optional", "list": "append"}).resolve("t")

    assert "--a 1 --b.c 'x y' --l 1 --l two --t --no-f ${esc}" in resolved.definition["cmd"]


def test_vars_of_a_stage_count_in_that_stage_only() -> None:
    assert golden().resolve("u").definition == {"cmd": "echo L > L.txt", "outs": ["L.txt"]}
    with pytest.raises(FormatError, match="Could not find 'loc'"):
        resolve("stages: {s: {cmd: '${loc}'}, u: {vars: [{loc: L}], cmd: x}}")


def test_nulls_empty_lists_and_empty_mappings_as_flags() -> None:
    params = "d: {n: null, e: {}, el: [], s: '', f: 1.5, l: [true, 'a b']}"

    assert command("x ${d}", params) == "x --n None --s '' --f 1.5 --l True 'a b'"


def test_a_string_that_is_one_expression_keeps_the_type_of_its_value() -> None:
    text = "stages: {s: {cmd: x, meta: {'${a}': '${n}', t: '${t}'}, deps: ['${a}/${l[1]}', '${l[-1]}']}}"

    definition = resolve(text, params_yaml="t: true\na: A\nn: 5\nl: [x, y]").definition

    assert definition == {"cmd": "x", "meta": {"A": 5, "t": True}, "deps": ["A/y", "y"]}


def test_escaped_expressions_become_literal() -> None:
    assert command(r"'a \${a} \${b ${a} $${a}'", "a: A") == "a ${a} ${b A $A"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nope", " Could not find 'nope'"),
        ("nope[0].x", " Could not find 'nope.0.x'"),
        ("a.b", " Could not find 'a.b'"),
        ("l[9]", " Could not find 'l.9'"),
        ("l[x]", " Could not find 'l.x'"),
        ("l", "\nCannot interpolate data of type 'list'"),
        ("", "\n${}\n  ^\nParseException: Expected !W:(.[]), found '}'  (at char 2), (line:1, col:3)"),
        ("a[", "\n${a[}\n   ^\nParseException: Expected end of text, found '['  (at char 3), (line:1, col:4)"),
        (
            "a[0]bc",
            "\n${a[0]bc}\n      ^\nParseException: Expected end of text, found 'bc'  (at char 6), (line:1, col:7)",
        ),
    ],
)
def test_expressions_without_meaning_are_refused_in_the_words_of_dvc(expression: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        command(f"x ${{{expression}}}", "a: A\nl: [p, q]")

    assert str(caught.value) == f"failed to parse 'stages.s.cmd' in 'dvc.yaml':{message}"


def test_lists_in_lists_and_mappings_outside_of_cmd_are_refused() -> None:
    with pytest.raises(FormatError, match="Cannot interpolate nested iterable in 'l'"):
        command("x ${d}", "d: {l: [[1]]}")
    with pytest.raises(FormatError) as caught:
        resolve("stages: {s: {cmd: x, outs: ['${d}']}}", params_yaml="d: {a: 1}")
    assert str(caught.value) == "failed to parse 'stages.s.outs' in 'dvc.yaml':\nCannot interpolate data of type 'dict'"


def test_a_broken_stage_leaves_the_others_alone() -> None:
    stages = resolver("stages: {a: {cmd: '${nope}'}, b: {cmd: 'x ${k}'}}", params_yaml="k: 1")

    assert list(stages.names()) == ["a", "b"]
    assert stages.resolve("b").definition["cmd"] == "x 1"
    with pytest.raises(FormatError):
        stages.resolve("a")


def test_foreach_over_scalars_names_stages_by_value() -> None:
    stages = resolver("stages: {b: {foreach: [a, 3, true, null, a], do: {cmd: 'echo ${item}'}}}")

    assert list(stages.names()) == ["b@a", "b@3", "b@true", "b@None"]
    assert stages.resolve("b@true").definition == {"cmd": "echo true"}
    assert stages.resolve("b@3").generator == "b"
    with pytest.raises(KeyError):
        stages.resolve("b")
    with pytest.raises(KeyError):
        stages.resolve("b@z")


def test_foreach_over_a_variable_names_booleans_as_dvc_does() -> None:
    stages = resolver("stages: {b: {foreach: '${l}', do: {cmd: 'echo ${item}'}}}", params_yaml="l: [true, 1.5]")

    assert [(name, stages.resolve(name).definition["cmd"]) for name in stages.names()] == [
        ("b@True", "echo true"),
        ("b@1.5", "echo 1.5"),
    ]


def test_foreach_over_containers_names_stages_by_position() -> None:
    stages = resolver("stages: {b: {foreach: [{a: 1}, 2], do: {cmd: 'x ${item}'}}}")

    assert list(stages.names()) == ["b@0", "b@1"]
    assert stages.resolve("b@0").definition["cmd"] == "x --a 1"


def test_foreach_over_a_mapping_gives_key_and_item() -> None:
    text = "stages: {c: {foreach: '${models}', do: {cmd: '${key} ${item.thr}', params: ['models.${key}.thr']}}}"
    stages = resolver(text, params_yaml="models: {us: {thr: 10}, gb: {thr: 20}}")

    assert list(stages.names()) == ["c@us", "c@gb"]
    assert stages.resolve("c@gb").definition == {"cmd": "gb 20", "params": ["models.gb.thr"]}


def test_matrix_gives_all_combinations() -> None:
    text = "stages: {m: {matrix: {name: '${names}', k: [1, {z: 2}]}, cmd: '${item.name} ${key} ${item.k}'}}"
    stages = resolver(text, params_yaml="names: [x, y]")

    assert list(stages.names()) == ["m@x-1", "m@x-k1", "m@y-1", "m@y-k1"]
    assert stages.resolve("m@x-k1").definition == {"cmd": "x x-k1 --z 2"}
    assert stages.resolve("m@y-1").definition == {"cmd": "y y-1 1"}


def test_item_hides_a_variable_of_that_name_and_a_warning_says_so() -> None:
    events: list[Event] = []
    raw = dvcyaml.parse(
        b"stages: {g: {foreach: {a: {y: 1}}, do: {cmd: '${item.y}'}}, t: {cmd: '${item.x}-'}}", "dvc.yaml"
    )
    stages = resolve_file(raw, "dvc.yaml", reader({"params.yaml": "item: {x: 1}\nkey: 2"}), emit=events.append)

    assert stages["g@a"].definition["cmd"] == 1
    assert stages["t"].definition["cmd"] == "1-"
    assert events == [Warned("item and key are already specified, will be overwritten for stages generated from 'g'")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vars: [{a: 'x${z}'}]", "failed to parse 'vars' in 'dvc.yaml': interpolating is not allowed"),
        ("vars: [{i: 2}]", "failed to parse 'vars' in 'dvc.yaml':\ncannot redefine 'i' from 'vars[0]' as it already exists in 'params.yaml'"),
        ("vars: [nope.yaml]", "failed to parse 'vars' in 'dvc.yaml': 'nope.yaml' does not exist"),
        ("vars: [sub]", "failed to parse 'vars' in 'dvc.yaml': 'sub' is a directory"),
        ("vars: [sub/v.json:zz]", "failed to parse 'vars' in 'dvc.yaml': could not find 'zz' in 'sub/v.json'"),
        ("vars: ['params.yaml:i']", "failed to parse 'vars' in 'dvc.yaml':\ncannot partially load 'params.yaml:i' as it's already loaded."),
        ("vars: ['sub/v.json:a', 'sub/v.json']", "failed to parse 'vars' in 'dvc.yaml':\ncannot load 'sub/v.json' as it's partially loaded already"),
        ("vars: [list.json]", "failed to parse 'vars' in 'dvc.yaml': expected a dictionary, got 'list' in file 'list.json'"),
    ],
)  # fmt: skip
def test_variables_that_cannot_be_loaded_are_refused_in_the_words_of_dvc(text: str, message: str) -> None:
    files = {"params_yaml": "i: 1", "sub__v_json": '{"a": 1}', "list_json": "[1]"}

    with pytest.raises(FormatError) as caught:
        resolver(text + "\nstages: {s: {cmd: x}}", **files)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("{vars: [{i: 3}], cmd: x}", "failed to parse stage 's' in 'dvc.yaml':\ncannot redefine 'i' from 's.vars[0]' as it already exists in 'params.yaml'"),
        ("{vars: ['params.yaml:i'], cmd: x}", "failed to parse 'stages.s.vars' in 'dvc.yaml':\ncannot partially load 'params.yaml:i' as it's already loaded."),
        ("{vars: [{a: '${i}'}], cmd: x}", "failed to parse 'stages.s.vars' in 'dvc.yaml': interpolating is not allowed"),
        ("{wdir: '${nope}', cmd: x}", "failed to parse 'stages.s.wdir' in 'dvc.yaml': Could not find 'nope'"),
        ("{cmd: '${nope}', deps: ['${b[}']}", "failed to parse 'stages.s.deps' in 'dvc.yaml':\n${b[}\n   ^\nParseException: Expected end of text, found '['  (at char 3), (line:1, col:4)"),
        ("{foreach: '${i}', do: {cmd: x}}", "failed to resolve 'stages.s.foreach' in 'dvc.yaml': expected list/dictionary, got int"),
        ("{foreach: '${nope}', do: {cmd: x}}", "failed to parse 'stages.s.foreach' in 'dvc.yaml': Could not find 'nope'"),
        ("{foreach: [1], do: {cmd: '${nope[0]}'}}", "failed to parse 'stages.s@1.cmd' in 'dvc.yaml': Could not find 'nope[0]'"),
        ("{foreach: {a: 1}, do: {vars: [{item: 2, key: 3}], cmd: x}}", "failed to parse stage 's@a' in 'dvc.yaml': attempted to modify reserved keys item and key"),
        ("{foreach: [a], do: {vars: [v.json], cmd: x}}", "failed to parse stage 's@a' in 'dvc.yaml': attempted to modify reserved key item in 'v.json'"),
        ("{matrix: {a: '${i}'}, cmd: x}", "failed to resolve 'stages.s.matrix' in 'dvc.yaml': expected list/dictionary, got int"),
    ],
)  # fmt: skip
def test_stages_that_cannot_be_resolved_are_refused_in_the_words_of_dvc(stage: str, message: str) -> None:
    stages = resolver(f"stages:\n  s: {stage}\n", params_yaml="i: 1", v_json='{"item": 2}')

    with pytest.raises(FormatError) as caught:
        [stages.resolve(name) for name in stages.names()]

    assert str(caught.value) == message


def test_files_of_a_stage_are_found_from_its_wdir_and_may_repeat_whole() -> None:
    text = "stages: {s: {wdir: 'w${z}', vars: [../params.yaml, p.yaml:a, p.yaml:b], cmd: '${z} ${a} ${b}'}}"

    assert resolve(text, params_yaml="z: 1", w1__p_yaml="a: 2\nb: 3").definition["cmd"] == "1 2 3"


def test_messages_name_files_as_seen_from_the_current_folder() -> None:
    with pytest.raises(FormatError) as caught:
        resolver("vars: [v.yaml]\nstages: {s: {cmd: x}}", path="sub/dvc.yaml")

    assert str(caught.value) == "failed to parse 'vars' in 'sub/dvc.yaml': 'sub/v.yaml' does not exist"


def test_used_variables_from_files_are_listed_with_their_values() -> None:
    text = (
        "vars: [{w: 1}, v.json]\n"
        "stages:\n"
        "  s: {cmd: '${w} ${lr} ${l[1]} ${v.k} ${d}'}\n"
        "  f: {foreach: '${d}', do: {cmd: '${item.x} ${key}'}}\n"
    )
    stages = resolver(text, params_yaml="lr: 0.1\nl: [a, b]\nd: {q: {x: 7}}", v_json='{"v": {"k": 2}}')

    assert stages.resolve("s").used == {"params.yaml": {"lr": 0.1, "l.1": "b"}, "v.json": {"v.k": 2}}
    assert stages.resolve("f@q").used == {"params.yaml": {"d.q.x": 7}}


def test_a_value_that_is_only_used_where_it_is_no_text_is_refused_late() -> None:
    assert command("x ${a}", "a: 1\nd: 2020-01-01") == "x 1"
    with pytest.raises(FormatError, match=r"Unsupported value of type 'date' in 'params.yaml:d'"):
        command("x ${d}", "a: 1\nd: 2020-01-01")


def test_top_level_sections_are_resolved() -> None:
    text = (
        "metrics: ['${a}.json', m.json]\n"
        "plots: ['${p}', {id: {x: '${a}'}}]\n"
        "artifacts: {'m${a}': {path: 'x/${a}'}}\n"
        "stages: {s: {cmd: x}}\n"
    )
    sections = resolver(text, params_yaml="a: A\np: {q: {x: 1}}")

    assert sections.top("metrics") == ["A.json", "m.json"]
    assert sections.top("plots") == [{"q": {"x": 1}}, {"id": {"x": "A"}}]
    assert sections.top("artifacts") == {"mA": {"path": "x/A"}}
    assert sections.top("params") == []


def test_a_broken_top_level_section_is_refused_when_asked_for() -> None:
    sections = resolver("metrics: ['${nope}']\nstages: {s: {cmd: x}}")

    with pytest.raises(FormatError) as caught:
        sections.top("metrics")
    assert str(caught.value) == "failed to parse 'metrics.0' in 'dvc.yaml': Could not find 'nope'"
