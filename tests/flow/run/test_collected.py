"""Collected digests over a real Redis: what is due is sent at a fixed time, and the newest one tells of the others."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from random import Random

import pytest

from tests.flow.run.test_quiet_hours import ENTRY, Night
from tests.support.in_process import SCHEDULE, InProcessRun
from tests.support.set_clock import SetLedger
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import DeliveryKey, DeliveryState, Reader
from worker.domain.reason import Reason
from worker.flow.operate.retry import retry

NINE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # Monday, 09:00 in Berlin
HOUR = timedelta(hours=1)
EIGHT = NINE + 23 * HOUR
HOURLY = SCHEDULE.replace('cron: "0 9 * * MON"', "every: 1h")
DAILY = HOURLY.replace(ENTRY, f"{ENTRY[:-1]}, collect: daily}}")
READER = Reader("week", "team", "sales@acme.example")


class Collected(Night):
    async def bodies(self) -> list[str]:
        mails = [message_from_bytes(one.body, policy=default) for one in self.week.box.outbox.of("eml")]
        found = [mail.get_body(("plain",)) for mail in mails]
        return [one.get_content().replace("\u2068", "").replace("\u2069", "") for one in found if one is not None]


@pytest.fixture
async def daily(week: InProcessRun, empty_redis: EmbeddedRedis) -> AsyncIterator[Collected]:
    client = connect(empty_redis.url)
    here = Collected(week, SetLedger(client, NINE, "acme"))
    await here.ledger.set(NINE)
    await week.deploy(DAILY)
    yield here
    await client.aclose()


async def test_one_message_at_the_fixed_time_tells_of_all_digests_of_the_day(daily: Collected) -> None:
    keys = [await daily.slot(NINE + n * HOUR) for n in range(1)]
    first = await daily.at(keys[0], NINE)
    assert (first.state, first.reason, first.not_before) == (DeliveryState.DEFERRED, Reason.COLLECTED, EIGHT)
    for n in range(1, 4):
        keys.append(await daily.slot(NINE + n * HOUR))
        await daily.at(keys[-1], NINE + n * HOUR)
    rows = [await daily.row(key) for key in keys]
    assert [row.state for row in rows] == [DeliveryState.SKIPPED] * 3 + [DeliveryState.DEFERRED]
    assert {row.reason for row in rows[:3]} == {Reason.SUPERSEDED}
    assert [one.slot for one in rows[-1].tells_of] == [key.run.slot for key in keys[:3]]
    assert await daily.bodies() == []
    sent = await daily.at(keys[-1], EIGHT)
    assert sent.state is DeliveryState.SENT
    (body,) = await daily.bodies()
    body = " ".join(body.split())
    assert "ALSO HELD: 3 DIGESTS" in body
    for hour in ("09:00", "10:00", "11:00"):
        assert f"Weekly pipeline, Mon 23 Nov, {hour}" in body
    figure = rows[-1].tells_of[0].figure
    assert figure is not None
    assert figure.value, "each is told with its key figure"
    assert len(rows) == 1 + len(sent.tells_of), "sent + told = fired"


async def test_only_what_is_sent_moves_the_baseline(daily: Collected) -> None:
    older = await daily.slot(NINE)
    await daily.at(older, NINE)
    newer = await daily.slot(NINE + HOUR)
    await daily.at(newer, NINE + HOUR)
    assert await daily.services.runs.baselines([READER]) in ({}, {READER: {}})
    await daily.at(newer, EIGHT)
    moved = (await daily.services.runs.baselines([READER]))[READER]
    assert {one.slot for one in moved.values()} == {newer.run.slot}


async def test_a_run_at_the_fixed_time_that_takes_the_place_of_what_is_due_is_sent_at_once(daily: Collected) -> None:
    waiting = await daily.slot(NINE)
    await daily.at(waiting, NINE)
    await daily.ledger.set(EIGHT)
    newer = await daily.slot(EIGHT)
    sent = await daily.at(newer, EIGHT)
    assert sent.state is DeliveryState.SENT
    assert [one.slot for one in sent.tells_of] == [NINE]
    following = await daily.slot(EIGHT + HOUR)
    waits = await daily.at(following, EIGHT + HOUR)
    assert (waits.state, waits.not_before, waits.tells_of) == (DeliveryState.DEFERRED, EIGHT + 24 * HOUR, ())


async def test_a_digest_is_sent_for_what_it_tells_of_although_nothing_changed_since(
    week: InProcessRun, daily: Collected
) -> None:
    await week.deploy(DAILY.replace("collect: daily", "collect: daily, send: on_change"))
    older = await daily.slot(NINE)  # the first digest is sent in any case
    await daily.at(older, NINE)
    newer = await daily.slot(NINE + HOUR)
    await daily.at(newer, NINE + HOUR)
    assert (await daily.at(newer, EIGHT)).state is DeliveryState.SENT
    quiet = await daily.slot(EIGHT + HOUR)
    row = await daily.at(quiet, EIGHT + HOUR)
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, Reason.NO_CHANGE)


async def _day_of_three(daily: Collected) -> list[DeliveryKey]:
    """Two digests that are held, and the third, which tells of them."""
    keys = []
    for n in range(3):
        keys.append(await daily.slot(NINE + n * HOUR))
        await daily.at(keys[-1], NINE + n * HOUR)
    return keys


async def test_what_a_refused_message_was_to_tell_of_is_told_by_the_next(daily: Collected) -> None:
    keys = await _day_of_three(daily)
    daily.week.box.mail.faults.refuse("sales@acme.example", 554)
    refused = await daily.at(keys[-1], EIGHT)
    assert (refused.state, len(refused.tells_of)) == (DeliveryState.REFUSED, 2)
    assert await daily.bodies() == []
    newer = await daily.slot(EIGHT + HOUR)
    assert [one.slot for one in (await daily.row(newer)).tells_of] == [key.run.slot for key in keys[:2]]
    sent = await daily.at(newer, EIGHT + HOUR)
    assert sent.state is DeliveryState.SENT
    (body,) = await daily.bodies()
    assert "ALSO HELD: 2 DIGESTS" in " ".join(body.split())
    last = await daily.slot(EIGHT + 25 * HOUR)
    assert (await daily.row(last)).tells_of == (), "they are told once"


async def test_a_message_that_is_tried_again_tells_of_them_itself(daily: Collected) -> None:
    keys = await _day_of_three(daily)
    daily.week.box.mail.faults.refuse("sales@acme.example", 554)
    await daily.at(keys[-1], EIGHT)
    run = await daily.services.lookups.run(keys[-1].run)
    assert run is not None
    await retry(daily.services, run)
    assert (await daily.at(keys[-1], EIGHT)).state is DeliveryState.SENT
    newer = await daily.slot(EIGHT + 2 * HOUR)
    assert (await daily.row(newer)).tells_of == ()


async def test_what_may_have_arrived_is_told_again_by_the_digest_that_takes_its_place(daily: Collected) -> None:
    keys = await _day_of_three(daily)
    daily.week.box.mail.faults.drop()
    assert (await daily.at(keys[-1], EIGHT)).state is DeliveryState.UNKNOWN
    newer = await daily.slot(EIGHT + HOUR)
    row = await daily.row(newer)
    assert [one.slot for one in row.tells_of] == [key.run.slot for key in keys[:2]]


async def test_a_reader_who_is_forgotten_is_told_of_nothing_that_was_returned(daily: Collected) -> None:
    keys = await _day_of_three(daily)
    daily.week.box.mail.faults.refuse("sales@acme.example", 554)
    await daily.at(keys[-1], EIGHT)
    await daily.services.upkeep.forget_reader("sales@acme.example")
    newer = await daily.slot(EIGHT + HOUR)
    assert (await daily.row(newer)).tells_of == ()


@pytest.mark.parametrize("seed", range(4))
async def test_held_sent_and_superseded_are_what_fired_also_where_messages_are_refused(
    daily: Collected, seed: int
) -> None:
    """Any order of slots, refusals and fixed times: each digest is sent or refused, or told of by one that was sent."""
    dice, keys, moment = Random(seed), list[DeliveryKey](), NINE  # noqa: S311  # not used for secrets
    for _ in range(14):
        moment += HOUR * dice.choice((1, 1, 2, 9, 25))
        if dice.random() < 0.4:
            daily.week.box.mail.faults.refuse("sales@acme.example", 554)
        if keys:
            await daily.at(keys[-1], moment)
        keys.append(await daily.slot(moment))
        await daily.at(keys[-1], moment)
    daily.week.box.mail.faults.clear()
    keys.append(await daily.slot(moment + HOUR))
    await daily.at(keys[-1], moment + HOUR)
    await daily.at(keys[-1], next(EIGHT + n * 24 * HOUR for n in range(30) if EIGHT + n * 24 * HOUR > moment + HOUR))
    rows = [await daily.row(key) for key in keys]
    sent = [row for row in rows if row.state is DeliveryState.SENT]
    refused = [row for row in rows if row.state is DeliveryState.REFUSED]
    told = [one.slot for row in sent for one in row.tells_of]
    waited = {Reason.SUPERSEDED, Reason.EXPIRED}
    held = [row.key.run.slot for row in rows if row.state is DeliveryState.SKIPPED and row.reason in waited]
    assert refused
    assert sorted(told) == sorted(held), "each of them is told once"
    assert len(sent) + len(refused) + len(told) == len(rows)


async def test_what_was_sent_is_made_again_from_the_ledger(daily: Collected) -> None:
    older = await daily.slot(NINE)
    await daily.at(older, NINE)
    newer = await daily.slot(NINE + HOUR)
    await daily.at(newer, NINE + HOUR)
    sent = await daily.at(newer, EIGHT)
    digest = await daily.services.digests.open(sent)
    assert digest is not None
    assert digest.held == sent.tells_of
    assert digest.held
