"""Facts in the form in which programs follow them."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from worker.domain.delivery import DeliveryKey
from worker.domain.events import fact_name
from worker.domain.run import RunKey, stamp
from worker.ports.event_stream import StreamedFact


def event_document(of: StreamedFact) -> dict[str, Any]:
    """One fact: {"id", "at", "event", "run", …}.

    `event` is its name, such as "run_ended". `run` is null for a fact that belongs to no run. The other keys are those
    of the fact, see worker/domain/events.py.
    """
    told = {one.name: _plain(getattr(of.fact, one.name)) for one in fields(of.fact)}
    return {"id": of.id, "at": stamp(of.at), "event": event_name(of), **told}


def event_name(of: StreamedFact) -> str:
    return fact_name(type(of.fact))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str | RunKey | DeliveryKey) else value


def events_document(found: Iterable[StreamedFact]) -> dict[str, Any]:
    """{"events": [event, …]}, oldest first; see `event_document`."""
    return {"events": [event_document(one) for one in found]}
