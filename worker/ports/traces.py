"""Spans of work, for those who trace it. Without a tracer nothing is recorded, and it costs nothing."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from worker.domain.run import RunKey


class Traces(Protocol):
    """One trace for each run. Which trace that is follows from the run's key, so that every process knows it."""

    def root(self, run: RunKey, name: str) -> None:
        """The first span of the run's trace, of an instant."""
        ...

    def span(self, name: str, run: RunKey | None = None, **about: str) -> AbstractContextManager[None]:
        """Work in the trace of `run`; None: within the span that is open. `about`: attributes, without names or
        addresses of people.
        """
        ...

    def close(self) -> None:
        """Sends what was not sent yet."""
        ...


class NoTraces:
    """Implements Traces."""

    def root(self, run: RunKey, name: str) -> None: ...

    def span(self, name: str, run: RunKey | None = None, **about: str) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    def close(self) -> None: ...


NO_TRACES = NoTraces()
