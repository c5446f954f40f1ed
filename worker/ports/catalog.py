"""What an account holds, for people at a command line. Runs do not use it, because a schedule only reads."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from worker.domain.snapshot.snapshot import Table


@runtime_checkable
class Catalog(Protocol):
    """A source that lists what its account holds: each name in its kind's `catalogue`."""

    async def holds(self, kind: str) -> Table:
        """Everything of one kind, keyed by the service's ids. Raises RequestError for an unknown kind, and
        SourceError.
        """
        ...


@runtime_checkable
class Editable(Protocol):
    """A catalog in which some things can be made, changed and deleted. A write is sent once."""

    @property
    def verbs(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Kind → create, read, update, delete → the names of the values that it takes."""
        ...

    async def apply(self, kind: str, verb: str, key: str, values: Mapping[str, Any]) -> Table | None:
        """The row after the change, None after a deletion. `key` is empty for create. Raises RequestError for a verb,
        key or value that does not fit, and SourceError.
        """
        ...
