"""Some methods of a port replaced, and all others as they are."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

P = TypeVar("P")
Method = Callable[..., Any]


class _Decorated:
    def __init__(self, port: object, methods: Mapping[str, Method]) -> None:
        self._port = port
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


def decorated(port: P, **methods: Callable[[Method], Method]) -> P:
    """`methods`: what makes a method's replacement, given the method. Raises AttributeError for one that is not there.

    The answer is a port by its methods alone: it is no instance of the class behind it.
    """
    return cast("P", _Decorated(port, {name: make(getattr(port, name)) for name, make in methods.items()}))
