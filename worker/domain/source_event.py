"""An event that a service reports. It says that something changed, never what a figure is: figures are fetched."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.domain.expression import Given, Variable
from worker.domain.run import RunKey
from worker.domain.schedule import EventTrigger
from worker.domain.snapshot.snapshot import Kind


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """`id`: the same in every delivery of this event. `object` and `action`: in the service's words. `key`: the id of
    what changed, empty if the service does not say. `changed`: the service's names of the fields that changed.
    """

    id: str
    object: str
    action: str
    key: str = ""
    changed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.object}.{self.action}"


class EventOutcome(StrEnum):
    """The outcome of one request to /hooks/CONNECTION or /chat/CHANNEL."""

    ACCEPTED = "accepted"  # a schedule waits for it
    UNUSED = "unused"  # no schedule waits for it
    DUPLICATE = "duplicate"  # it came before
    UNSIGNED = "unsigned"  # no signature that holds, or one of another time
    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    LIMITED = "limited"  # somebody asked too often


VARIABLES: Mapping[str, Variable] = {
    "event": Variable(
        columns={"object": Kind.TEXT, "action": Kind.TEXT, "key": Kind.TEXT}, lists=frozenset({"changed"})
    )
}
"""What `filter` of a schedule may read."""


def values(event: SourceEvent) -> Mapping[str, Given]:
    given = {"object": event.object, "action": event.action, "key": event.key or None, "changed": event.changed}
    return {"event": given}


def waits_for(trigger: EventTrigger, connection: str, event: SourceEvent) -> bool:
    """Whether the event is of the kind that the trigger names. Its filter is no part of this."""
    return trigger.connection == connection and trigger.name == event.name


def event_run(schedule: str, slot: datetime) -> RunKey:
    """The run of the events of one debounce window, which ends at `slot`. Any clock makes the same key."""
    bare = RunKey(schedule, slot)
    return RunKey(schedule, slot, "event", hashlib.sha256(str(bare).encode()).hexdigest()[:8])
