"""Replaces some methods of a port, and leaves the others as they are."""

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
    """`methods`: for each name a function that takes the method and returns its replacement. Raises AttributeError for
    a method that does not exist.

    The result has the port's methods, but is no instance of the class behind it.
    """
    return cast("P", _Decorated(port, {name: make(getattr(port, name)) for name, make in methods.items()}))
