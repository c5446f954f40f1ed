"""Another try for what did not arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.support.alert_fakes import Renamed
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    RUN,
    TEAM,
    WEEKLY,
    Deployed,
    FixedClock,
    KnownDeliveries,
    Published,
    Stepped,
    Takes,
    bundle_with,
    uses,
)
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.subscription import SubscriptionRecord
from worker.flow.operate.retry import Retried, fell_short, retry
from worker.ports import Deployment

REFUSED = Delivery(KEY, DeliveryState.REFUSED)
EXPIRED = Delivery(KEY, DeliveryState.SKIPPED, reason=Reason.EXPIRED)


class Again:
    """Takes back every delivery but those that a newer run has reached."""

    def __init__(self, *reached: str) -> None:
        self.reached, self.lifted, self.given = reached, list[str](), dict[str, datetime]()

    async def lift(self, subjects: Sequence[str]) -> None:
        self.lifted += subjects

    async def retry(self, run: RunKey, readers: Mapping[str, datetime]) -> tuple[DeliveryKey, ...]:
        self.given = dict(readers)
        return tuple(DeliveryKey(run, reader) for reader in readers if reader not in self.reached)


class Nobody:
    """Nobody subscribed at run time, and nothing was renamed."""

    async def current(self, schedule: str) -> str:
        return schedule

    async def continued(self, schedule: str) -> Mapping[str, str]:
        return {}

    async def records(self, schedule: str) -> tuple[SubscriptionRecord, ...]:
        return ()


def of(reader: str, state: DeliveryState) -> Delivery:
    return Delivery(replace(KEY, reader=reader), state)


def parts(ledger: Again, *rows: Delivery) -> Any:
    boss = replace(TEAM, id="boss", address="boss@acme.example")
    return uses(
        clock=FixedClock(),
        connectors=uses(takes=Takes("mail").takes),
        deliveries=ledger,
        deployments=Deployed(bundle_with(replace(WEEKLY, to=(TEAM, boss)), operator="ops@acme.example")),
        lookups=KnownDeliveries(*rows),
        queue=Published(),
        subscriptions=Nobody(),
        triggers=Stepped(),
    )


async def test_what_was_refused_is_pending_until_the_next_slot_and_published_and_its_address_is_used_again() -> None:
    given = parts(Again(), REFUSED, of("boss|boss@acme.example", DeliveryState.SENT))
    assert await retry(given, RUN) == Retried((KEY,))
    assert given.deliveries.given == {KEY.reader: NOW + HOUR}
    assert given.deliveries.lifted == ["address mail team@acme.example", "channel mail"]
    assert given.queue.deliveries == [KEY]


async def test_a_run_in_which_everything_arrived_is_left_alone() -> None:
    given = parts(Again(), of(KEY.reader, DeliveryState.SENT), of("boss|boss@acme.example", DeliveryState.UNKNOWN))
    assert await retry(given, RUN) == Retried()
    assert (given.deliveries.lifted, given.queue.deliveries) == ([], [])


async def test_what_a_newer_run_has_taken_the_place_of_is_not_published() -> None:
    given = parts(Again(KEY.reader), REFUSED, of("boss|boss@acme.example", DeliveryState.FAILED))
    [key] = (await retry(given, RUN)).again
    assert key.reader == "boss|boss@acme.example"
    assert given.queue.deliveries == [key]


async def test_the_notice_to_the_operator_is_tried_again_and_a_reader_that_was_dropped_is_not() -> None:
    """Whether the reader unsubscribed was forgotten. The same holds for alerts, and for digests that were held."""
    dropped = "dropped|x@acme.example"
    left = [dropped, f"also/{dropped}", f"alert:{dropped}", "alert:dropped/big|x@acme.example", "team|x@acme.example"]
    readers = ["operator|ops@acme.example", "operator/1f|ops@acme.example"]
    given = parts(Again(), *(of(reader, DeliveryState.FAILED) for reader in [*left, *readers]))
    retried = await retry(given, RUN)
    assert [key.reader for key in retried.again] == readers
    assert {key.reader: why for key, why in retried.left_out.items()} == dict.fromkeys(left, Reason.NOT_NAMED)
    assert given.deliveries.lifted == ["address mail ops@acme.example", "channel mail"]


async def test_of_a_schedule_that_is_gone_whom_it_named_last_is_tried_again() -> None:
    """Whoever was removed before may have unsubscribed."""
    given = parts(Again(), REFUSED, of("boss|boss@acme.example", DeliveryState.FAILED))
    boss = replace(TEAM, id="boss", address="boss@acme.example")
    last, before = bundle_with(WEEKLY), bundle_with(replace(WEEKLY, to=(TEAM, boss)))
    given.deployments = Renamed(bundle_with(), last, before)
    retried = await retry(given, replace(RUN, bundle="2"))
    assert [key.reader for key in retried.again] == [KEY.reader]
    assert {key.reader for key in retried.left_out} == {"boss|boss@acme.example"}


class Forgotten(Renamed):
    """The run still has its bundle, which no deployment in the list has."""

    async def history(self) -> Sequence[Deployment]:
        return ()


async def test_of_a_schedule_that_nobody_remembers_nobody_is_tried_again_but_the_operator() -> None:
    operator = "operator|ops@acme.example"
    given = parts(Again(), REFUSED, of(operator, DeliveryState.FAILED))
    given.deployments = Forgotten(bundle_with(), bundle_with(WEEKLY, operator="ops@acme.example"))
    retried = await retry(given, replace(RUN, bundle="1"))
    assert [key.reader for key in retried.again] == [operator]


@pytest.mark.parametrize("state", DeliveryState)
def test_only_what_did_not_arrive_for_good_fell_short(state: DeliveryState) -> None:
    assert fell_short(replace(REFUSED, state=state)) == (state in {DeliveryState.REFUSED, DeliveryState.FAILED})


@pytest.mark.parametrize("reason", [Reason.NO_CHANGE, Reason.SUPERSEDED, Reason.EXPIRED, None])
def test_what_was_left_out_fell_short_only_if_its_time_was_over(reason: Reason | None) -> None:
    assert fell_short(replace(EXPIRED, reason=reason)) == (reason is Reason.EXPIRED)
