"""How far reading lists has come, for somebody who watches. It goes past every signature, as whose turn it is does: no
result depends on it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watch = Callable[[int, int | None], None]
"""Rows that were read since the last call, and rows that are to come beside those announced before: None where the
service does not count, which makes every sum unknown.
"""


def _nobody(_rows: int, _more: int | None) -> None:
    return


_watch: ContextVar[Watch] = ContextVar("watch", default=_nobody)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """What is read within, and in the tasks and loops begun within, is told to `watch`."""
    before = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(before)


def count_rows(rows: int, more: int | None = 0) -> None:
    _watch.get()(rows, more)
