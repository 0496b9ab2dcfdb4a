"""Records are data classes: what the standard library's do, these do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest

from dvnb.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Point:
    """Frozen."""

    x: int
    name: str = "p"
    tags: tuple[str, ...] = ()

    @property
    def double(self) -> int:
        """Twice x."""
        return self.x * 2


@dataclass(slots=True)
class Bag:
    """With a default that is made each time."""

    items: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class Marked(Bag):
    """With fields of its own after inherited ones."""

    mark: str = "m"


@dataclass(eq=False)
class Thing:
    """Each is itself."""

    number: int


def test_values_and_defaults() -> None:
    assert (Point(1).x, Point(1).name, Point(2, name="q").name, Point(3).double) == (1, "p", "q", 6)
    assert (Marked([1]).items, Marked(mark="n").mark) == ([1], "n")


def test_wrong_arguments() -> None:
    made: Any = Point
    for wrong in (lambda: made(), lambda: made(1, x=2), lambda: made(1, y=2)):  # noqa: PLW0108 - as the others
        with pytest.raises(TypeError, match="__init__"):
            wrong()


def test_a_made_default_is_not_shared() -> None:
    first = Bag()
    first.items.append(1)
    assert Bag().items == []


def test_equality_and_hash() -> None:
    assert Point(1) == Point(1) != Point(2)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert Bag([1]) == Bag([1]) != Marked([1])
    assert Thing(1) != Thing(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Bag())


def test_frozen_and_slots() -> None:
    point: Any = Point(1)
    with pytest.raises(AttributeError, match="'x' cannot be changed"):
        point.x = 2
    with pytest.raises(AttributeError):
        del point.x
    bag: Any = Bag()
    with pytest.raises(AttributeError):
        bag.other = 1


def test_repr() -> None:
    assert repr(Point(1)) == "Point(x=1, name='p', tags=())"
    assert repr(Marked([2])) == "Marked(items=[2], mark='m')"


@pytest.mark.parametrize("value", [Point(1, "q"), Bag([1]), Marked([1], "x")])
def test_copies(value: object) -> None:
    for made in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert made == value
        assert made is not value


def test_the_standard_library_knows_them() -> None:
    assert dataclasses.is_dataclass(Point)
    assert [one.name for one in dataclasses.fields(Marked)] == ["items", "mark"]
    assert dataclasses.replace(Point(1), x=5) == Point(5)
    assert dataclasses.asdict(Marked([1])) == {"items": [1], "mark": "m"}
    match Point(1, "q"):
        case Point(1, name):
            assert name == "q"
        case _:
            pytest.fail("no match")


def test_the_first_instances_of_several_threads() -> None:
    @dataclass(slots=True)
    class New:
        a: int
        b: int = 2

    made: list[New] = []
    threads = [threading.Thread(target=lambda: made.append(New(1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [New(1)] * 8


def test_status_does_not_load_what_records_spare() -> None:
    code = "import sys, dvnb.repo.facade, dvnb.commands.status, dvnb.pipeline.record, dvnb.pipeline.running.repro; print({'inspect', 'dataclasses'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
