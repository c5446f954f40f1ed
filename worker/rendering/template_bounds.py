"""How much memory and how many steps one template may take. A template is a project's own text, and a worker must
outlive it.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from time import monotonic, thread_time

STEPS = 1_000_000
"""Turns of loops, calls, and filters that `map` and `select` apply: a hundred times what a large digest takes."""

SECONDS = 15.0
"""Of processor time, since a process that was stopped for a while has done nothing wrong: each step may be slow, and a
worker that renders does nothing else.
"""

MEMORY = 256 * 1024 * 1024
"""Bytes that the process may grow by while a template is made."""

_STATM = "/proc/self/statm"
_ONE_AT_A_TIME = Lock()
"""The limit is the process's: two threads that set and restore it would leave it set."""


class TemplateExceeds(Exception):
    """A template took more than it may; rendering makes a RenderError of it, with template and line."""


class Budget:
    """What is left of one rendering's steps and time. The processor's time, which the system has to be asked for, is
    looked at only when as much time has passed at all: before that it cannot be used up.
    """

    def __init__(self) -> None:
        self._left = STEPS
        self._until = thread_time() + SECONDS
        self._not_before = monotonic() + SECONDS

    def step(self) -> None:
        """Raises TemplateExceeds when steps or time are used up."""
        self._left -= 1
        if self._left < 0:
            raise TemplateExceeds(f"it takes more than {STEPS} steps; a loop may never end")
        if monotonic() > self._not_before and thread_time() > self._until:
            raise TemplateExceeds(f"it takes longer than {SECONDS:.0f} seconds of processor time")


_BUDGET: ContextVar[Budget | None] = ContextVar("_BUDGET", default=None)


def step() -> None:
    """Counts one step of the template that is being made."""
    budget = _BUDGET.get()
    if budget is not None:
        budget.step()


@contextmanager
def bounded() -> Iterator[None]:
    """One template is made inside: past its memory MemoryError is raised, past its steps or time TemplateExceeds."""
    token = _BUDGET.set(Budget())
    try:
        with _bounded_memory():
            yield
    finally:
        _BUDGET.reset(token)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Only Linux says how much address space a process has; elsewhere there is no bound."""
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
    """The pages of address space that the process has; None where the system does not say."""
    try:
        with open(_STATM, "rb") as file:  # noqa: PTH123  # three times a mail: pathlib takes longer than the system does
            return int(file.read().split()[0])
    except FileNotFoundError:
        return None
