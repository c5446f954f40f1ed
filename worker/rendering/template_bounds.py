"""Limits the memory and the steps that one template may use. A template is a project's own text, and it must not be
able to stop a worker.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from time import monotonic, thread_time

STEPS = 1_000_000
"""Iterations of loops, calls, and filters that `map` and `select` apply: a hundred times what a large digest needs."""

SECONDS = 15.0
"""Seconds of processor time, because a process may be suspended without any fault of its template. A single step may be
slow, and a worker does nothing else while it renders.
"""

MEMORY = 256 * 1024 * 1024
"""Bytes by which the process may grow while a template is rendered."""

_STATM = "/proc/self/statm"
_ONE_AT_A_TIME = Lock()
"""The limit belongs to the process: two threads that set and restore it could leave it set."""


class TemplateExceeds(Exception):
    """A template used more than it may; rendering converts this to a RenderError with template and line."""


class Budget:
    """The steps and the time that one rendering has left. Reading the processor time is a system call. It is therefore
    read only after as much wall time has passed: before that it cannot be used up.
    """

    def __init__(self) -> None:
        self._left = STEPS
        self._until = thread_time() + SECONDS
        self._not_before = monotonic() + SECONDS

    def step(self) -> None:
        """Raises TemplateExceeds when the steps or the time are used up."""
        self._left -= 1
        if self._left < 0:
            raise TemplateExceeds(f"it takes more than {STEPS} steps; a loop may never end")
        if monotonic() > self._not_before and thread_time() > self._until:
            raise TemplateExceeds(f"it takes longer than {SECONDS:.0f} seconds of processor time")


_BUDGET: ContextVar[Budget | None] = ContextVar("_BUDGET", default=None)


def step() -> None:
    """Counts one step of the template that is being rendered."""
    budget = _BUDGET.get()
    if budget is not None:
        budget.step()


@contextmanager
def bounded() -> Iterator[None]:
    """One template is rendered inside. Raises MemoryError past its memory, TemplateExceeds past its steps or its
    time.
    """
    token = _BUDGET.set(Budget())
    try:
        with _bounded_memory():
            yield
    finally:
        _BUDGET.reset(token)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Only Linux reports how much address space a process has; on other systems there is no limit."""
    with _ONE_AT_A_TIME:
        pages = _pages()
        if pages is None:
            yield
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit if soft == resource.RLIM_INFINITY else min(limit, soft), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _pages() -> int | None:
    """The process's pages of address space; None if the system does not report them."""
    try:
        with open(_STATM, "rb") as file:  # noqa: PTH123  # three times a mail: pathlib is slower than the call
            return int(file.read().split()[0])
    except FileNotFoundError:
        return None
