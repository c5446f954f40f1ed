"""An owner without an address reads under the service's id, whatever letters it has. No key of Redis breaks on it."""

import pytest

from tests.support.ledger_fixture import SLOT, WEEK, LedgerFixture, baseline, who
from worker.domain.delivery import DeliveryKey
from worker.domain.outcome import Sent
from worker.domain.reason import Reason
from worker.domain.run import RunState

ODD = [
    "owners|a|b",
    "owners|a/b@c/d",
    "owners| user 7 ",
    "owners|" + "x" * 300,
    'owners|Zoë *[?]{}:%\n"\\',
    "owners|operator|x",
    "owners|",
]


async def test_deliveries_of_odd_readers_are_made_found_closed_and_named_again(story: LedgerFixture) -> None:
    keys = await story.delivering(ODD)
    assert [key.reader for key in keys] == ODD
    assert [DeliveryKey.parse(str(key)) for key in keys] == list(keys)
    assert [who(key.reader).address for key in keys] == [key.address for key in keys]
    for key in keys[1:]:
        await story.finish(key, "skipped")
    attempt = await story.intend(keys[0])
    await story.deliveries.settle(keys[0], attempt, Sent("250", {"deals": baseline("s")}))
    assert (await story.run(keys[0])).state is RunState.DELIVERED
    assert {row.key for row in await story.lookups.deliveries(keys[0].run)} == set(keys)
    past = await story.runs.baselines_of(who(ODD[0]).schedule, "owners")
    assert {reader.id for reader in past} == {ODD[0]}


async def test_a_worker_that_dies_leaves_odd_readers_to_the_sweep(story: LedgerFixture) -> None:
    keys = await story.delivering(ODD)
    for key in keys:
        assert (await story.deliveries.hold(key, 1)).lease is not None
    await story.elapse(3600)
    found: set[DeliveryKey] = set()
    for _ in range(4):
        found |= set((await story.clock.sweep(100)).deliveries)
    assert found == set(keys)


async def test_a_newer_run_takes_the_place_of_odd_readers(story: LedgerFixture) -> None:
    old = await story.delivering(ODD)
    await story.delivering(ODD, SLOT + WEEK)
    assert {row.reason for row in await story.lookups.deliveries(old[0].run)} == {Reason.SUPERSEDED}


@pytest.mark.parametrize("reader", ODD[:-1])
async def test_an_odd_reader_is_forgotten_alone(story: LedgerFixture, reader: str) -> None:
    keys = await story.delivering(ODD)
    for key in keys:
        attempt = await story.intend(key)
        await story.deliveries.settle(key, attempt, Sent("250", {"deals": baseline("s")}))
    gone = await story.upkeep.forget_reader(reader.partition("|")[2])
    assert (gone.baselines, gone.deliveries) == (1, 1)
    assert {row.key.reader for row in await story.lookups.deliveries(keys[0].run)} == set(ODD) - {reader}
