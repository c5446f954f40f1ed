"""What becomes of an event that a service posts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.fakes import NOW, WEEKLY, Deployed, FixedClock, bundle_with, uses
from worker.domain.schedule import Connection, EventTrigger, Schedule, Trigger
from worker.domain.source_event import EventOutcome, SourceEvent
from worker.errors import PostRefused, SignatureRefused
from worker.flow.alert.compiled import Compiled
from worker.flow.operate.receive_event import receive_event, takes_events

EVENT = SourceEvent("ev_1", "deal", "updated", "d1", ("stage",))
WAITING = replace(WEEKLY, event=EventTrigger("crm", "deal.updated", debounce=60))
HOUR = timedelta(hours=1)


class Reader:
    """Refuses as its headers say."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        if "unsigned" in headers:
            raise SignatureRefused("not signed")

    def read(self, headers: Mapping[str, str], body: bytes) -> SourceEvent:
        if "malformed" in headers:
            raise PostRefused("no JSON")
        return EVENT


class Opened:
    def __init__(self, reader: Reader | None) -> None:
        self.reader = reader

    def posts_events(self, bundle: object, connection: str) -> bool:
        return self.reader is not None

    def event_reader(self, bundle: object, connection: str, kept: Sequence[str] = ()) -> Reader | None:
        return self.reader or (Reader() if kept else None)


class Registered:
    """Secrets of webhooks that were registered at the service."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = {f"webhook {one}": one for one in secrets}

    async def all(self, connection: str) -> Mapping[str, str]:
        return self.secrets

    async def ids(self, connection: str) -> tuple[str, ...]:
        return tuple(self.secrets)


class Received:
    def __init__(self) -> None:
        self.debounce, self.counted = dict[str, int](), list[EventOutcome]()

    async def receive(self, connection: str, event_id: str, debounce: Mapping[str, int]) -> EventOutcome:
        self.debounce = dict(debounce)
        return EventOutcome.ACCEPTED if debounce else EventOutcome.UNUSED

    async def count(self, connection: str, outcome: EventOutcome) -> None:
        self.counted.append(outcome)


class Filters:
    """A filter is true if it names a field that changed."""

    def condition(self, text: str, variables: object) -> Any:
        return lambda given: text in given["event"]["changed"]


def parts(schedule: Schedule = WAITING, *, reader: Reader | None = None, takes: bool = True, kept: str = "") -> Any:
    bundle = replace(bundle_with(schedule), connections={"crm": Connection("crm", "some")})
    opened = Opened(reader or Reader() if takes else None)
    given = {"clock": FixedClock(), "compiled": Compiled(Filters()), "connectors": opened, "source_events": Received()}
    return uses(deployments=Deployed(bundle), webhook_keys=Registered(*kept), **given)


async def test_an_event_opens_the_window_of_the_schedule_that_waits_for_it() -> None:
    given = parts()
    assert await receive_event(given, "crm", {}, b"") is EventOutcome.ACCEPTED
    assert given.source_events.debounce == {WEEKLY.id: 60}


@pytest.mark.parametrize(
    "schedule",
    [
        WEEKLY,
        replace(WEEKLY, event=EventTrigger("crm", "deal.created")),
        replace(WEEKLY, event=EventTrigger("other", "deal.updated")),
        replace(WEEKLY, event=EventTrigger("crm", "deal.updated", "owner")),
        replace(WAITING, trigger=Trigger("event", "UTC", start=NOW + HOUR)),
        replace(WAITING, trigger=Trigger("event", "UTC", end=NOW)),
    ],
)
async def test_a_schedule_that_does_not_wait_for_it_is_left_alone(schedule: Schedule) -> None:
    given = parts(schedule)
    assert await receive_event(given, "crm", {}, b"") is EventOutcome.UNUSED
    assert given.source_events.debounce == {}


async def test_a_filter_that_holds_lets_it_through() -> None:
    given = parts(replace(WEEKLY, event=EventTrigger("crm", "deal.updated", "stage")))
    assert await receive_event(given, "crm", {}, b"") is EventOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("why", "error", "counted"),
    [
        ("unsigned", SignatureRefused, EventOutcome.UNSIGNED),
        ("malformed", PostRefused, EventOutcome.MALFORMED),
    ],
)
async def test_what_is_refused_is_counted_and_no_more(
    why: str, error: type[PostRefused], counted: EventOutcome
) -> None:
    given = parts()
    with pytest.raises(error):
        await receive_event(given, "crm", {why: "1"}, b"")
    assert given.source_events.counted == [counted]
    assert given.source_events.debounce == {}


async def test_only_a_deployed_connection_with_a_secret_takes_events() -> None:
    assert await takes_events(parts(), "crm")
    assert not await takes_events(parts(), "other")
    assert not await takes_events(parts(takes=False), "crm")
    assert await receive_event(parts(), "other", {}, b"") is None
    assert await receive_event(parts(takes=False), "crm", {}, b"") is None


async def test_a_connection_whose_webhooks_were_registered_takes_events_without_an_option() -> None:
    assert not await takes_events(parts(takes=False), "crm")
    given = parts(takes=False, kept="k")
    assert await takes_events(given, "crm")
    assert await receive_event(given, "crm", {}, b"") is EventOutcome.ACCEPTED
