"""Whether the pages of one reading fit together."""

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from worker.errors import SourceIncomplete

T = TypeVar("T")


class ListShifted(SourceIncomplete):
    """The pages of one reading do not fit together. A second reading may succeed."""


def repeated(keys: Iterable[str]) -> str | None:
    """The first repeated key."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def fitting(endpoint: str, keys: Sequence[str], due: int | None) -> None:
    """Raises ListShifted for a repeated key, or if the service counts another number of rows."""
    twice = repeated(keys)
    if twice is not None:
        raise ListShifted(endpoint, f"{twice} came twice")
    if due is not None and len(keys) != due:
        raise ListShifted(endpoint, f"{len(keys)} rows came of {due}")


async def settled(read: Callable[[], Awaitable[T]]) -> T:
    """Reads a list that is not compared with an earlier one: `read`, and again if it shifted. Raises
    SourceIncomplete.
    """
    with contextlib.suppress(ListShifted):
        return await read()
    try:
        return await read()
    except ListShifted as shift:
        raise incomplete(shift.endpoint, shift.problem) from shift


def overlapping(endpoint: str, last: str | None, first: str | None) -> None:
    """Pages cut by position share a row: `last` of one must be `first` of the next. Rows that left or arrived before it
    would have moved it. Raises ListShifted.
    """
    if last is None or last != first:
        begins = "is empty" if first is None else f"begins with {first}"
        raise ListShifted(endpoint, f"a page ends with {last} and the next one {begins}")


def incomplete(endpoint: str, problem: str) -> SourceIncomplete:
    """The error of a list that two readings could not read."""
    return SourceIncomplete(endpoint, f"the list changed while it was read, twice: {problem}")
