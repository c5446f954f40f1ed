"""Runs that a person asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.domain.builders import answer, deal
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    RUN,
    TEAM,
    WEEKLY,
    Deployed,
    Emitted,
    Fetches,
    FixedClock,
    Keeping,
    NoAlerts,
    OneSource,
    Opened,
    Published,
    Settled,
    Stepped,
    Subscribed,
    bundle_with,
    reader_digest,
    uses,
)
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Reader
from worker.domain.digest.model import Standing
from worker.domain.missed import MissedRow
from worker.domain.outcome import Skipped
from worker.domain.reason import Reason
from worker.domain.run import Claim, Run, RunKey
from worker.domain.schedule import Send
from worker.errors import LedgerUnavailable, RequestError
from worker.flow.intervals import Intervals
from worker.flow.operate.on_demand import request, run_here
from worker.ports import Answer, BeginResult, DeliveryLease, HandOver, HoldResult, RunLease
from worker.ports.kinds import QuerySpec
from worker.ports.traces import NO_TRACES


class Asked(FixedClock):
    """Creates each run once. `kept`: the first key for each name. `down`: Redis is away when a run is created."""

    def __init__(self, *, down: bool = False) -> None:
        super().__init__(NOW + timedelta(microseconds=1500))
        self.down, self.claims, self.kept = down, list[Claim](), dict[str, str]()

    async def once(self, name: str, value: str) -> str:
        return self.kept.setdefault(name, value)

    async def request(self, claim: Claim, pid: int, *, missed: Any = None, rest: Sequence[MissedRow] = ()) -> bool:
        if self.down:
            raise LedgerUnavailable("Redis cannot be reached")
        self.claims.append(claim)
        return True


def parts(clock: Asked) -> Any:
    return uses(clock=clock, deployments=Deployed(bundle_with(WEEKLY)), pid=7, triggers=Stepped())


async def test_a_run_of_this_moment_is_claimed_against_what_is_deployed() -> None:
    clock = Asked()
    key = await request(parts(clock), "weekly", None, None)
    [claim] = clock.claims
    assert (claim.key, claim.bundle, claim.trigger) == (key, "bundle", "manual")
    assert (key.schedule, key.kind) == ("weekly", "manual")
    assert key.slot == NOW + timedelta(milliseconds=1), "as exact as a key is written"
    assert claim.deadline == clock.instant + timedelta(minutes=30)
    assert RunKey.parse(str(key)) == key


async def test_two_requests_are_two_runs() -> None:
    clock = Asked()
    given = parts(clock)
    assert await request(given, "weekly", None, None) != await request(given, "weekly", None, None)


async def test_a_run_of_the_past_has_as_long_as_one_of_now() -> None:
    clock = Asked()
    key = await request(parts(clock), "weekly", NOW - 5 * HOUR, None)
    assert key.slot == NOW - 5 * HOUR
    assert clock.claims[0].deadline == clock.instant + timedelta(minutes=30)


async def test_the_same_idempotency_key_twice_is_one_run_though_time_went_on() -> None:
    clock = Asked()
    first = await request(parts(clock), "weekly", None, "order-7")
    clock.instant += HOUR
    assert await request(parts(clock), "weekly", None, "order-7") == first
    assert await request(parts(clock), "weekly", None, "order-8") != first


async def test_killed_between_its_two_steps_the_same_request_finishes_the_run_it_named() -> None:
    clock = Asked(down=True)
    with pytest.raises(LedgerUnavailable):
        await request(parts(clock), "weekly", None, "order-7")
    clock.down = False
    clock.instant += HOUR
    key = await request(parts(clock), "weekly", None, "order-7")
    assert key.slot == NOW + timedelta(milliseconds=1)
    assert [claim.key for claim in clock.claims] == [key]


@pytest.mark.parametrize(("schedule", "at"), [("weekly", NOW + HOUR), ("other", None)])
async def test_a_slot_to_come_and_an_unknown_schedule_are_refused_and_nothing_is_claimed(
    schedule: str, at: datetime | None
) -> None:
    clock = Asked()
    with pytest.raises(RequestError):
        await request(parts(clock), schedule, at, None)
    assert clock.claims == []


class Runs:
    """Hands over one delivery."""

    async def begin(self, key: RunKey, pid: int) -> BeginResult:
        return BeginResult(RunLease(replace(RUN, trigger="manual"), 1, NOW))

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]:
        return {}

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return ()

    async def deliver(self, key: RunKey, attempt: int, *rest: Any, supersede: bool, **more: Any) -> HandOver:
        return HandOver((KEY,))


class Deliveries(Settled):
    """Gives the delivery to whoever holds it; `busy`: somebody else has it so often before."""

    def __init__(self, busy: int = 0) -> None:
        super().__init__()
        self.busy, self.held = busy, 0

    async def hold(self, key: DeliveryKey, pid: int) -> HoldResult:
        self.held += 1
        row = Delivery(key, DeliveryState.PENDING)
        return HoldResult(None if self.held <= self.busy else DeliveryLease(row, NOW, {}, suspensions=False))


class Rows:
    """What the ledger says of the delivery after each try, and at last that it is closed."""

    def __init__(self, *rows: Delivery) -> None:
        self.rows = list(rows)

    async def delivery(self, key: DeliveryKey) -> Delivery | None:
        return self.rows.pop(0) if self.rows else Delivery(key, DeliveryState.SENT)

    async def run(self, key: RunKey) -> Run | None:
        return RUN

    async def deliveries(self, run: RunKey) -> tuple[Delivery, ...]:
        return ()


class Connected(OneSource):
    def __init__(self) -> None:
        super().__init__(QuerySpec("opportunities", "", False, ()), uses())


def here(deliveries: Deliveries, *rows: Delivery) -> Any:
    quiet = replace(TEAM, send=Send.ON_CHANGE)
    digest = uses(standing=Standing.UNCHANGED, changed=False, empty=True)
    return uses(
        alerts=NoAlerts(),
        clock=FixedClock(),
        connectors=Connected(),
        deliveries=deliveries,
        deployments=Deployed(bundle_with(WEEKLY)),
        digests=Opened(reader_digest(quiet, digest=digest)),
        events=Emitted(),
        fetches=Fetches(deals=Answer(answer([deal("a")]))),
        lookups=Rows(*rows),
        pid=7,
        queue=Published(),
        runs=Runs(),
        snapshots=Keeping(),
        subscriptions=Subscribed(),
        times=Intervals(),
        traces=NO_TRACES,
        triggers=Stepped(),
    )


def waits(until: datetime) -> Delivery:
    return Delivery(KEY, DeliveryState.DEFERRED, not_before=until)


async def test_a_run_is_fetched_and_its_deliveries_are_brought_on_in_this_process() -> None:
    deliveries = Deliveries()
    await run_here(here(deliveries), RUN.key)
    assert [outcome for _, outcome in deliveries.outcomes] == [Skipped(Reason.EMPTY)]


async def test_a_delivery_that_is_deferred_for_a_moment_is_tried_again() -> None:
    deliveries = Deliveries(busy=1)
    await run_here(here(deliveries, waits(NOW)), RUN.key)
    assert (deliveries.held, len(deliveries.outcomes)) == (2, 1)


async def test_a_delivery_that_waits_for_longer_than_a_person_does_is_left_to_the_clock() -> None:
    deliveries = Deliveries(busy=1)
    await run_here(here(deliveries, waits(NOW + HOUR)), RUN.key)
    assert (deliveries.held, deliveries.outcomes) == (1, [])


async def test_a_delivery_that_somebody_else_has_is_left_to_them() -> None:
    deliveries = Deliveries(busy=1)
    await run_here(here(deliveries, Delivery(KEY, DeliveryState.SENDING)), RUN.key)
    assert (deliveries.held, deliveries.outcomes) == (1, [])
