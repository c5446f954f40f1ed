"""What `doctor` says of events, in and out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tests.support.fakes import NOW, WEEKLY, bundle_with, uses
from worker.domain.schedule import EventTrigger
from worker.flow.operate.doctor import CheckResult, Level
from worker.flow.operate.doctor_events import events_in, events_out
from worker.ports.event_webhooks import WebhookState

BUNDLE = bundle_with(replace(WEEKLY, event=EventTrigger("close", "opportunity.updated")))


class Posts:
    def __init__(self, written: bool) -> None:
        self.written = written

    def posts_events(self, bundle: object, connection: str) -> bool:
        return self.written


class Kept:
    def __init__(self, *ids: str) -> None:
        self.held = ids

    async def ids(self, connection: str) -> tuple[str, ...]:
        return self.held


class Counted:
    def __init__(self, last: datetime | None, **counts: int) -> None:
        self.last, self.found = last, counts

    async def counts(self, connections: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        return dict.fromkeys(connections, self.found)

    async def heard(self, connections: Sequence[str]) -> Mapping[str, datetime]:
        return dict.fromkeys(connections, self.last) if self.last else {}


async def said(written: bool, kept: tuple[str, ...], events: Counted) -> list[tuple[str, Level, str]]:
    told = uses(connectors=Posts(written), webhook_keys=Kept(*kept), source_events=events)
    return [(one.what, one.level, one.sentence) for one in await events_in(told, BUNDLE)]


async def test_a_connection_without_a_secret_is_told_because_its_requests_are_refused() -> None:
    [(what, level, sentence)] = await said(False, (), Counted(None))
    assert (what, level) == ("events of close", Level.WARN)
    assert "`webhook_secret`, or `funnelbeat source close webhooks add`" in sentence


async def test_the_last_event_and_what_was_refused_are_told() -> None:
    when = f"{NOW:%Y-%m-%d %H:%M:%S} UTC"
    assert await said(True, (), Counted(NOW, accepted=3)) == [
        ("events of close", Level.OK, f"verified with webhook_secret; the last event came at {when}")
    ]
    assert await said(True, ("1", "2"), Counted(None, unsigned=2, malformed=1)) == [
        (
            "events of close",
            Level.WARN,
            "verified with webhook_secret and 2 registered; no event came yet, and 3 requests were refused",
        )
    ]


async def test_nothing_is_said_of_connections_that_nobody_waits_for() -> None:
    told = uses(connectors=Posts(True), webhook_keys=Kept(), source_events=Counted(NOW))
    assert await events_in(told, bundle_with(WEEKLY)) == []


class States:
    async def states(self, names: Sequence[str]) -> Mapping[str, WebhookState]:
        known = {
            "a": WebhookState(sent=5),
            "b": WebhookState(1, 2, 3),
            "c": WebhookState(1, failures=4, trouble="HTTP 503"),
        }
        return {name: known[name] for name in names}


async def test_a_webhook_that_takes_nothing_and_one_that_gave_up_are_told() -> None:
    assert events_out(await States().states(["c", "b", "a"])) == [
        CheckResult("webhook a", Level.OK, "5 sent, 0 waiting, 0 given up"),
        CheckResult("webhook b", Level.WARN, "3 sent, 1 waiting, 2 given up: `funnelbeat webhooks dead b` says why"),
        CheckResult("webhook c", Level.WARN, "0 sent, 1 waiting, 0 given up; 4 tries in a row failed: HTTP 503"),
    ]
