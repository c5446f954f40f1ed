"""A newer run of a reader takes the place of what is still open (semantics 7)."""

from datetime import timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, PROJECT, SLOT, WEEK, LedgerFixture, who
from worker.adapters.redis_store.runs import RedisRuns
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.outcome import Deferred, Sent, Unknown
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState, stamp
from worker.errors import ClaimLost


@pytest.mark.parametrize("state", ["pending", "deferred", "unknown", "held"])
async def test_what_waits_is_superseded_and_its_run_is_counted_again(story: LedgerFixture, state: str) -> None:
    key, other = await story.delivering((ANN, BEN))
    await story.finish(other, "sent")
    if state == "deferred":
        await story.deliveries.settle(key, 0, Deferred(await story.soon(), Reason.PACE, ""))
    if state == "unknown":
        await story.deliveries.settle(key, await story.intend(key), Unknown("cut", await story.soon()))
    if state == "held":
        await story.finish(key, "unknown")
        assert (await story.run(key)).state is RunState.PARTIAL
    await story.delivering((ANN,), SLOT + WEEK)
    row = await story.row(key)
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, Reason.SUPERSEDED)
    assert row.may_have_arrived is (state in {"unknown", "held"})
    assert (await story.run(key)).state is RunState.DELIVERED
    await story.elapse(99999)
    assert key not in (await story.clock.sweep(10)).deliveries


async def test_what_is_being_sent_is_left_alone(story: LedgerFixture) -> None:
    key = await story.sending()
    await story.delivering((ANN,), SLOT + WEEK)
    assert (await story.row(key)).state is DeliveryState.SENDING


async def test_a_worker_that_looks_an_unknown_up_while_it_is_superseded_writes_nothing(story: LedgerFixture) -> None:
    key = await story.unknown()
    await story.delivering((ANN,), SLOT + WEEK)
    before = await story.row(key)
    with pytest.raises(ClaimLost):
        await story.deliveries.settle(key, 1, Sent("found", {}))
    assert await story.row(key) == before


async def test_a_run_whose_only_delivery_was_held_ends_as_skipped(story: LedgerFixture) -> None:
    key = await story.held()
    assert (await story.run(key)).state is RunState.FAILED
    await story.delivering((ANN,), SLOT + WEEK)
    run = await story.run(key)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.SUPERSEDED)


async def test_another_reader_keeps_what_waits_for_it(story: LedgerFixture) -> None:
    key, *_ = await story.delivering()
    await story.delivering((BEN,), SLOT + WEEK)
    assert (await story.row(key)).state is DeliveryState.PENDING


async def test_an_older_run_supersedes_nothing(story: LedgerFixture) -> None:
    key, *_ = await story.delivering()
    await story.delivering((ANN,), SLOT - WEEK)
    assert (await story.row(key)).state is DeliveryState.PENDING


async def test_under_catch_up_all_nothing_is_superseded(story: LedgerFixture) -> None:
    key, *_ = await story.delivering()
    await story.delivering((ANN,), SLOT + WEEK, supersede=False)
    assert (await story.row(key)).state is DeliveryState.PENDING


async def test_a_worker_that_rendered_the_old_one_may_not_send_it(story: LedgerFixture) -> None:
    key, *_ = await story.delivering()
    assert (await story.deliveries.hold(key, 1)).lease is not None
    await story.delivering((ANN,), SLOT + WEEK)
    assert (await story.deliveries.hold(key, 1)).lease is None


async def test_two_thousand_readers_are_superseded_and_made_in_one_step(story: LedgerFixture) -> None:
    readers = [f"team|reader{number}@tern.example" for number in range(2000)]
    old = await story.delivering(readers)
    new = await story.delivering(readers, SLOT + WEEK, expires=timedelta(hours=1))
    assert len(new) == 2000
    assert (await story.run(old[0])).state is RunState.SKIPPED
    rows = await story.lookups.deliveries(old[0].run)
    assert {row.reason for row in rows} == {Reason.SUPERSEDED}


async def test_no_step_of_two_thousand_readers_is_long(story: LedgerFixture) -> None:
    readers = [f"team|reader{number}@tern.example" for number in range(2000)]
    await story.delivering(readers)
    await story.client.config_set("slowlog-log-slower-than", 0)
    await story.client.config_set("slowlog-max-len", 5000)
    await story.client.slowlog_reset()
    await story.delivering(readers, SLOT + WEEK)
    scripts = [entry for entry in await story.client.slowlog_get(5000) if entry["command"].startswith(b"EVAL")]
    await story.client.config_set("slowlog-log-slower-than", 10_000)
    assert len(scripts) > 20
    # The median: a machine with other work stretches single steps.
    assert sorted(entry["duration"] for entry in scripts)[len(scripts) // 2] < 10_000


@pytest.mark.parametrize("supersede", [True, False])
async def test_a_worker_that_dies_on_the_way_leaves_the_rest_to_the_sweep(
    story: LedgerFixture, monkeypatch: pytest.MonkeyPatch, supersede: bool
) -> None:
    readers = [f"team|reader{number}@tern.example" for number in range(700)]
    old = await story.delivering(readers)
    run = RedisRuns._finish

    def dies(_self: RedisRuns, _key: RunKey) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RedisRuns, "_finish", dies)
    with pytest.raises(KeyboardInterrupt):
        await story.delivering(readers, SLOT + WEEK, supersede=supersede)
    monkeypatch.setattr(RedisRuns, "_finish", run)
    published: set[DeliveryKey] = set()
    for _ in range(12):
        await story.elapse(40)
        published |= set((await story.clock.sweep(3000)).deliveries)
    new = f"@{stamp(SLOT + WEEK)}/"
    assert sum(new in str(key) for key in published) == 700
    rows = await story.lookups.deliveries(old[0].run)
    superseded = sum(row.reason is Reason.SUPERSEDED for row in rows)
    assert superseded == (700 if supersede else 0)


async def test_what_an_attempt_staged_that_did_not_get_on_is_not_in_the_next_ones_way(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    scripts = Scripts(story.client, PROJECT)
    await scripts.run(
        "stage", {"key": str(key), "attempt": attempt, "first": True, "readers": [["team|gone@x", 1]], "subscribed": []}
    )
    assert await story.lookups.deliveries(key) == ()
    (made,) = (await story.runs.deliver(key, attempt, {}, (), {who(ANN): await story.soon()})).deliveries
    assert [row.key for row in await story.lookups.deliveries(key)] == [made]


async def test_what_is_staged_by_a_lost_claim_is_refused(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    with pytest.raises(ClaimLost):
        await story.runs.deliver(key, attempt + 1, {}, (), {who(ANN): await story.soon()})
    assert not await story.client.keys("*:staged")


async def test_a_run_of_the_same_slot_is_not_older(story: LedgerFixture) -> None:
    key, *_ = await story.delivering()
    asked = story.claim(SLOT, kind="manual", nonce="0000000a")
    await story.clock.request(asked, 1)
    begun = (await story.runs.begin(asked.key, 1)).lease
    assert begun is not None
    await story.runs.deliver(asked.key, begun.attempt, {}, (), {who(ANN): await story.soon()})
    assert (await story.row(key)).state is DeliveryState.PENDING
