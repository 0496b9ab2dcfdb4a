"""Questions whose answers a process remembers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from dvnb.repo.facade.opening import Opened

Face = TypeVar("Face", bound="Opened")
P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[Concatenate[Face, P], T]


def remembered(*, elsewhere: bool = False) -> Callable[[Verb[Face, P, T]], Verb[Face, P, T]]:
    """Have a question answered at once where nothing changed since it was asked; its arguments show all they hold.

    `elsewhere`: it is also about where imports come from.
    """

    def wrap(verb: Verb[Face, P, T]) -> Verb[Face, P, T]:
        @wraps(verb)
        def ask(self: Face, *args: P.args, **kwargs: P.kwargs) -> T:
            if self.once:
                return verb(self, *args, **kwargs)
            from dvnb.repo import answers  # processes that ask but once do without

            text = f"{verb.__name__}{args!r}{sorted(kwargs.items())!r}"

            def again(repo: Opened) -> T:
                return verb(cast("Any", repo), *args, **kwargs)

            return answers.answer(self, again, text, elsewhere=elsewhere)

        return ask

    return wrap
