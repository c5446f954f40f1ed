"""Whom the definition in force names. A run keeps the definition with which it was claimed. What a reader had said who
is not named any more is forgotten, so that nobody knows whether that reader wants a message.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.schedule import Bundle, Subscription
from worker.flow.deployed import last_definition
from worker.flow.run.copies import copy_readers
from worker.flow.run.readers import entries, entry_of, readers
from worker.ports import Connectors, Deployments


@dataclass(frozen=True, slots=True)
class NamedReaders:
    """Of one schedule. `entries`: as `readers.entries`. `ids`: of its readers with an address, and of its copies."""

    bundle: Bundle
    entries: Mapping[str, Subscription]
    ids: frozenset[str]

    def names(self, connectors: Connectors, reader: str) -> bool:
        """Whether a reader's id is named; an entry with `each` names whomever it reaches."""
        return entry_of(connectors, self.bundle, self.entries, reader) is not None


async def named_readers(deployments: Deployments, schedule: str, in_force: str = "") -> NamedReaders | None:
    """By the last definition that there is of a schedule: what its readers said is kept when it is removed. None if no
    deployment that is remembered has it. `in_force`: as in `last_definition`.
    """
    found = await last_definition(deployments, schedule, in_force)
    if found is None:
        return None
    bundle, last = found
    return NamedReaders(bundle, entries(last), frozenset(one.id for one in (*copy_readers(last), *readers(last))))
