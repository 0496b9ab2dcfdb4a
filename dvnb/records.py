"""Data classes as the standard library has them, made at a tenth of its cost.

`dataclasses` loads `inspect` and compiles several functions for each class, used or not: a third of the time that
`dvnb status` takes. Here a constructor is compiled when the first instance is made, and the other methods are shared.
`dataclasses.fields`, `replace`, `asdict` and `is_dataclass` work with these classes.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_REQUIRED: Any = object()
_DEFAULTS = "__record_defaults__"


class _Made:
    """A default that is made for each instance."""

    __slots__ = ("factory",)

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def field(*, default_factory: Callable[[], T]) -> T:
    """A field whose default is made for each instance."""
    made: Any = _Made(default_factory)
    return made


class _Fields:
    """`__dataclass_fields__`, made by the standard library for who asks."""

    def __get__(self, instance: object, owner: type[Any]) -> dict[str, Any]:
        import dataclasses  # few verbs ask

        specs: list[tuple[str, Any, Any]] = [(name, Any, _spec(value)) for name, value in _defaults(owner).items()]
        fields: dict[str, Any] = dataclasses.make_dataclass(owner.__name__, specs).__dataclass_fields__
        return fields


def _spec(default: Any) -> Any:
    import dataclasses

    if default is _REQUIRED:
        return dataclasses.field()
    if isinstance(default, _Made):
        return dataclasses.field(default_factory=default.factory)
    return dataclasses.field(default=default)


def _defaults(owner: type[Any]) -> dict[str, Any]:
    """All fields in order, and their defaults."""
    return getattr(owner, _DEFAULTS)


@dataclass_transform(field_specifiers=(field,))
def dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True) -> Callable[[type[T]], type[T]]:
    """Make a class with annotated fields a data class, as `dataclasses.dataclass` does."""

    def decorate(cls: type[T]) -> type[T]:
        annotated: dict[str, Any] = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 - `inspect` is what is saved
        own = {name: cls.__dict__.get(name, _REQUIRED) for name in annotated}
        inherited: dict[str, Any] = getattr(cls, _DEFAULTS, {})
        defaults = {**inherited, **own}
        members = {
            _DEFAULTS: defaults,
            "__dataclass_fields__": _Fields(),
            "__match_args__": tuple(defaults),
            "__init__": _first_init(defaults, frozen=frozen),
            **_methods(cls, defaults, frozen=frozen, eq=eq),
        }
        if slots:
            return _with_slots(cls, members, own, inherited)
        for name, value in members.items():
            setattr(cls, name, value)
        for name, default in own.items():
            if isinstance(default, _Made):
                delattr(cls, name)
        return cls

    return decorate


def _with_slots(cls: type[T], members: dict[str, Any], own: dict[str, Any], inherited: dict[str, Any]) -> type[T]:
    """The class made again, since `__slots__` cannot be added to one, nor stand beside defaults."""
    kept = {name: value for name, value in cls.__dict__.items() if name not in {*own, "__dict__", "__weakref__"}}
    slots = tuple(name for name in own if name not in inherited)
    made: type[T] = type(cls)(cls.__name__, cls.__bases__, {**kept, **members, "__slots__": slots})
    made.__qualname__ = cls.__qualname__
    return made


def _methods(cls: type[Any], defaults: dict[str, Any], *, frozen: bool, eq: bool) -> dict[str, Any]:
    """What the class does not define itself."""
    values: Callable[[Any], Any] = attrgetter(*defaults) if defaults else lambda _self: ()

    def equals(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(values(self))

    def shown(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in defaults)})"

    members: dict[str, Any] = {"__repr__": shown}
    if eq:
        members |= {"__eq__": equals, "__hash__": hashed if frozen else None}
    if frozen:
        members |= {"__setattr__": _refuse, "__delattr__": _refuse, "__reduce__": _reduced}
    return {name: value for name, value in members.items() if name not in cls.__dict__}


def _refuse(self: Any, name: str, *_value: object) -> None:
    raise AttributeError(f"'{type(self).__name__}' is frozen: '{name}' cannot be changed")


def _reduced(self: Any) -> tuple[type[Any], tuple[Any, ...]]:
    return type(self), tuple(getattr(self, name) for name in _defaults(type(self)))


def _first_init(defaults: dict[str, Any], *, frozen: bool) -> Callable[..., None]:
    """A constructor that puts the compiled one in its own place when it is first called."""

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        compiled = _compile_init(defaults, frozen=frozen)
        for owner in type(self).__mro__:
            if owner.__dict__.get("__init__") is first:  # a subclass may be the first, another thread the second
                owner.__init__ = compiled
        compiled(self, *args, **kwargs)

    return first


def _compile_init(defaults: dict[str, Any], *, frozen: bool) -> Callable[..., None]:
    parameters: list[str] = []
    lines: list[str] = []
    names: dict[str, Any] = {"_set": object.__setattr__, "_unset": _REQUIRED}
    for name, default in defaults.items():
        value = name
        if isinstance(default, _Made):
            names[f"_make_{name}"] = default.factory
            parameters.append(f"{name}=_unset")
            value = f"_make_{name}() if {name} is _unset else {name}"
        elif default is _REQUIRED:
            parameters.append(name)
        else:
            names[f"_default_{name}"] = default
            parameters.append(f"{name}=_default_{name}")
        lines.append(f" _set(self, '{name}', {value})" if frozen else f" self.{name} = {value}")
    exec(f"def __init__({', '.join(['self', *parameters])}):\n" + ("\n".join(lines) or " pass"), names)  # noqa: S102
    return names["__init__"]
