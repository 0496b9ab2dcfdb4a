"""Tables compared by rows and cells."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dvnb.reports.content import tables
from dvnb.reports.content.compare import compare_file
from dvnb.reports.content.engine import UnreadableTableError
from dvnb.reports.content.found import Side, TableDiff

BASE = "id,x,s\n1,1.5,a\n2,2.5,b\n3,3.5,c\n4,4.5,d\n"


def compare(
    folder: Path, old: str, new: str, key: tuple[str, ...] = (), limit: int = 20, name: str = "t.csv"
) -> TableDiff:
    sides = []
    for where, text in (("old", old), ("new", new)):
        (folder / where).write_text(text)
        sides.append(Side(where, str(folder / where)))
    return tables.compare(name, *sides, tables.Wanted(key, limit))


def rows(found: TableDiff) -> list[tuple]:
    return [(row.kind, row.place, row.values) for row in found.rows]


def test_cells_that_changed_are_found_by_position(tmp_path: Path) -> None:
    found = compare(tmp_path, BASE, BASE.replace("2.5", "2.75").replace("4,4.5,d", "4,4.5,e"))
    assert (found.matched, found.added, found.removed, found.changed, found.reordered) == ("position", 0, 0, 2, False)
    assert rows(found) == [("changed", {"row": 2}, {"x": [2.5, 2.75]}), ("changed", {"row": 4}, {"s": ["d", "e"]})]
    x = found.columns[1]
    assert (x.name, x.type, x.changed) == ("x", "DOUBLE", 1)
    assert x.old == {"nulls": 0, "min": 1.5, "max": 4.5, "mean": 3.0}
    assert x.delta == {"min": 0.25, "max": 0.25, "mean": 0.25}
    assert [column.changed for column in found.columns] == [0, 1, 1]


def test_another_order_of_rows_is_no_change_of_rows(tmp_path: Path) -> None:
    head, *lines = BASE.splitlines(keepends=True)
    found = compare(tmp_path, BASE, head + "".join(reversed(lines)))
    assert (found.added, found.removed, found.changed, found.reordered) == (0, 0, 0, True)
    assert found.unchanged
    assert compare(tmp_path, BASE, BASE.replace("1.5", "1.50")).reordered is False


def test_rows_that_came_and_went_are_found_by_a_likely_key(tmp_path: Path) -> None:
    found = compare(tmp_path, BASE, "id,x,s\n0,0,z\n1,1.5,a\n2,2.5,B\n3,3.5,c\n")
    assert (found.matched, found.key) == ("key", ["id"])
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    assert rows(found) == [
        ("changed", {"id": 2}, {"s": ["b", "B"]}),
        ("removed", {"id": 4}, {"x": 4.5, "s": "d"}),
        ("added", {"id": 0}, {"x": 0.0, "s": "z"}),
    ]
    assert len(compare(tmp_path, BASE, "id,x,s\n0,0,z\n1,1.5,a\n2,2.5,B\n3,3.5,c\n", limit=2).rows) == 2


def test_rows_without_a_key_are_compared_as_multisets(tmp_path: Path) -> None:
    found = compare(tmp_path, "a,b\n1,x\n1,x\n2,y\n", "a,b\n2,y\n1,x\n3,z\n3,z\n")
    assert (found.matched, found.added, found.removed, found.changed) == ("content", 2, 1, 0)
    assert rows(found) == [
        ("removed", {"row": 2}, {"a": 1, "b": "x"}),
        ("added", {"row": 3}, {"a": 3, "b": "z"}),
        ("added", {"row": 4}, {"a": 3, "b": "z"}),
    ]


def test_the_key_given_may_be_several_columns_and_has_to_be_one(tmp_path: Path) -> None:
    old, new = "a,b,v\n1,x,1\n1,y,2\n,y,3\n", "a,b,v\n1,y,5\n1,x,1\n,y,3\n"
    found = compare(tmp_path, old, new, key=("a", "b"))
    assert (found.added, found.removed, found.changed, found.reordered) == (0, 0, 1, True)
    assert rows(found) == [("changed", {"a": 1, "b": "y"}, {"v": [2, 5]})]
    with pytest.raises(
        tables.NoKeyError, match="'a' is no key: 1 of its values occur more than once in the old version"
    ):
        compare(tmp_path, old, new, key=("a",))
    with pytest.raises(tables.NoKeyError, match="no column 'q' in both versions.*'a', 'b', 'v'"):
        compare(tmp_path, old, new, key=("q",))


def test_the_schema_is_compared(tmp_path: Path) -> None:
    found = compare(tmp_path, BASE, "s,id,n\na,1,7\nb,2,7\nc,3,7\nd,4,7\n")
    assert (found.columns_added, found.columns_removed) == ({"n": "BIGINT"}, {"x": "DOUBLE"})
    assert found.columns_moved
    assert (found.added, found.removed, found.changed) == (0, 0, 0)
    assert not found.unchanged


def test_a_column_that_turned_into_text_is_compared_as_it_stands(tmp_path: Path) -> None:
    found = compare(tmp_path, "id,v\n1,1.50\n2,2\n", "id,v\n1,1.50\n2,two\n")
    assert found.columns_retyped == {"v": ["DOUBLE", "VARCHAR"]}
    assert rows(found) == [("changed", {"row": 2}, {"v": ["2", "two"]})]
    found = compare(tmp_path, "id,v\n1,1\n2,2\n", "id,v\n1,1.0\n2,2.5\n")
    assert found.columns_retyped == {"v": ["BIGINT", "DOUBLE"]}
    assert rows(found) == [("changed", {"row": 2}, {"v": [2, 2.5]})]


def test_a_late_surprise_in_a_column_is_no_error(tmp_path: Path) -> None:
    lines = "".join(f"{number},{number}\n" for number in range(30000))
    found = compare(tmp_path, f"id,v\n{lines}", f"id,v\n{lines}x,y\n")
    assert (found.rows_old, found.rows_new, found.added, found.removed) == (30000, 30001, 1, 0)


def test_a_table_without_rows_has_no_types(tmp_path: Path) -> None:
    found = compare(tmp_path, "id,x,s\n", BASE)
    assert (found.added, found.columns_retyped) == (4, {})


def test_the_first_line_says_what_separates_columns(tmp_path: Path) -> None:
    found = compare(tmp_path, BASE.replace(",", ";"), BASE.replace("2.5", "2.75"))
    assert rows(found) == [("changed", {"row": 2}, {"x": [2.5, 2.75]})]
    with pytest.raises(UnreadableTableError, match=r"of the new version") as error:
        compare(tmp_path, BASE, "id,x,s\n1,2\n3,4,5,6\n")
    assert str(tmp_path) not in str(error.value)


def test_names_that_need_quoting(tmp_path: Path) -> None:
    head = '"a ""q""","it\'s, so",select\n'
    found = compare(tmp_path, f"{head}1,2,3\n", f"{head}1,2,4\n")
    assert rows(found) == [("changed", {"row": 1}, {"select": [3, 4]})]


@pytest.mark.parametrize("name", ["t.tsv", "t.jsonl", "t.csv.gz", "T.PARQUET"])
def test_other_formats(tmp_path: Path, name: str) -> None:
    suffix = name.lower().removesuffix(".gz").rpartition(".")[2]
    to = {"tsv": "(DELIMITER '\t', HEADER)", "jsonl": "(FORMAT json)", "csv": "(FORMAT csv, COMPRESSION gzip)"}
    for where, value in (("old", 1.5), ("new", 2.5)):
        sql = f"COPY (SELECT 1 AS id, [1, NULL] AS l, {value}::DOUBLE AS x, DATE '2020-01-02' AS d)"
        duckdb.sql(f"{sql} TO '{tmp_path / where}' {to.get(suffix, '(FORMAT parquet)')}")
    found = tables.compare(name, Side("a", str(tmp_path / "old")), Side("b", str(tmp_path / "new")), tables.Wanted())
    assert rows(found) == [("changed", {"row": 1}, {"x": [1.5, 2.5]})]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_a_file_without_a_header_has_numbered_columns(tmp_path: Path, name: str) -> None:
    for where, last in (("old", ["3", "z", "3"]), ("new", ["3", "z", "4", "new"])):
        lines = [["1", "x", "1"], ["2", "y", "2"], last]
        width = len(last)
        separator = "\t" if name == "t.tsv" else ","
        wide = [line + ["w"] * (width - len(line)) for line in lines]
        (tmp_path / where).write_text("".join(separator.join(line) + "\n" for line in wide))
    sides = Side("a", str(tmp_path / "old")), Side("b", str(tmp_path / "new"))
    found = tables.compare(name, *sides, tables.Wanted(key=["column0"], header=False))
    assert (found.rows_old, found.rows_new, list(found.columns_added)) == (3, 3, ["column3"])
    assert rows(found) == [("changed", {"column0": 3}, {"column2": [3, 4]})]
    named = tables.compare(name, *sides, tables.Wanted())
    assert (named.rows_old, named.rows_new) == (2, 2)  # the first line became names


def test_columns_are_numbered_alike_however_many_there_are(tmp_path: Path) -> None:
    for where, count in (("old", 9), ("new", 12)):
        (tmp_path / where).write_text("".join(f"{','.join([value] * count)}\n" for value in ("1", "2", "3")))
    sides = Side("a", str(tmp_path / "old")), Side("b", str(tmp_path / "new"))
    found = tables.compare("t.csv", *sides, tables.Wanted(header=False))
    assert list(found.columns_added) == ["column9", "column10", "column11"]
    assert (found.columns_removed, found.added, found.removed, found.changed) == ({}, 0, 0, 0)


def test_what_is_no_table_is_compared_as_text(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("")
    (tmp_path / "new").write_text(BASE)
    sides = [Side(where, str(tmp_path / where)) for where in ("old", "new")]
    found = compare_file("t.csv", *sides, tables.Wanted())
    assert (found.kind, found.note) == ("text", "not compared as a table: it is empty")
    (tmp_path / "old").write_bytes(b"PAR1\0\0")
    found = compare_file("t.parquet", *sides, tables.Wanted())
    assert found.kind == "binary"
    assert found.note.startswith("not compared as a table: ")


ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b c", 'q"', ""]), st.integers(-2, 2)), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_rows_are_counted_as_multisets_of_python_would(old: list[tuple], new: list[tuple]) -> None:
    with TemporaryDirectory() as folder:
        sides = []
        for where, lines in (("old", old), ("new", new)):
            path = Path(folder, where)
            with path.open("w", newline="") as file:
                # A column of letters lets the first line be known as the header, and every file have the same types.
                csv.writer(file).writerows(
                    [("g", "t", "n"), ("x", "x", "x"), *((f"g{g}", t, f"n{n}") for g, t, n in lines)]
                )
            sides.append(Side(where, str(path)))
        found = tables.compare("t.csv", *sides, tables.Wanted(limit=100))
    before, after = Counter(old), Counter(new)
    removed, added = (before - after).total(), (after - before).total()
    if found.matched == "content":
        assert (found.removed, found.added) == (removed, added)
        assert Counter(row.kind for row in found.rows) == Counter({"removed": removed, "added": added}) - Counter()
    else:
        assert (found.matched, found.changed) in {("position", removed), ("position", added), ("key", found.changed)}
        assert found.removed + found.changed == removed
        assert found.added + found.changed == added
    assert (found.rows_old, found.rows_new) == (len(old) + 1, len(new) + 1)
    if not (removed or added):
        assert found.reordered is (old != new)
