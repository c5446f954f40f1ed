"""Reports how many rows of lists were read, for a person who watches. The watcher is a context variable and no
parameter, because no result depends on it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watch = Callable[[int, int | None], None]
"""Takes the rows that were read since the last call, and the rows that are to come beside those announced before. None:
the service does not count, so the sum is unknown.
"""


def _nobody(_rows: int, _more: int | None) -> None:
    return


_watch: ContextVar[Watch] = ContextVar("watch", default=_nobody)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Rows that are read within, and in the tasks and loops begun within, are reported to `watch`."""
    before = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(before)


def count_rows(rows: int, more: int | None = 0) -> None:
    _watch.get()(rows, more)
