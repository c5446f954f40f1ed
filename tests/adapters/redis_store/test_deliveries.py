"""A delivery from pending to its outcome (semantics 7), every step fenced by state and attempt."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, SLOT, WEEK, WEEKLY, LedgerFixture, baseline
from worker.adapters.redis_store.lua_source import source
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, PartState
from worker.domain.outcome import Deferred, DeliveryFailed, Pending, Refused, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.errors import ClaimLost
from worker.ports import HoldResult

Step = Callable[[LedgerFixture, DeliveryKey, int], Awaitable[object]]

STEPS: dict[str, tuple[Step, str]] = {
    "skip": (lambda s, k, _: s.deliveries.settle(k, 0, Skipped(Reason.NO_CHANGE)), "pending"),
    "intend": (lambda s, k, _: s.intend(k), "pending"),
    "intend a later part": (lambda s, k, a: s.intend(k, part=1, parts=2, attempt=a or 1), "sending"),
    "check": (lambda s, k, a: s.deliveries.check(k, a), "sending"),
    "handed_over": (lambda s, k, a: s.deliveries.handed_over(k, a, 0, "ts", {}), "sending unknown"),
    "sent": (lambda s, k, a: s.deliveries.settle(k, a, Sent("ok", {})), "sending unknown held"),
    "defer": (lambda s, k, a: s.deliveries.settle(k, a, Deferred(SLOT, Reason.BACKOFF, "421")), "pending sending"),
    "refuse": (lambda s, k, a: s.deliveries.settle(k, a, Refused(Reason.REFUSED, "550")), "pending sending"),
    "fail": (lambda s, k, a: s.deliveries.settle(k, a, DeliveryFailed(Reason.RENDER, "x")), "pending sending"),
    "uncertain": (lambda s, k, a: s.deliveries.settle(k, a, Unknown("cut", SLOT)), "sending unknown"),
    "resolve": (lambda s, k, a: s.deliveries.settle(k, a, Pending(Reason.ABSENT)), "unknown"),
    "resend": (lambda s, k, a: s.deliveries.settle(k, a, Pending(Reason.POSSIBLE_DUPLICATE)), "unknown"),
    "keep_unknown": (lambda s, k, a: s.deliveries.settle(k, a, Unknown()), "unknown"),
}
STATES = ("pending", "deferred", "sending", "unknown", "held", "sent", "skipped", "refused", "failed")


async def bring_to(story: LedgerFixture, state: str) -> tuple[DeliveryKey, int]:
    """A delivery in `state` and its attempt."""
    if state in {"pending", "deferred"}:
        (key,) = await story.delivering()
        if state == "deferred":
            await story.deliveries.settle(key, 0, Deferred(await story.soon(), Reason.PACE, ""))
        return key, 0
    if state in {"sending", "unknown", "held"}:
        make = {"sending": story.sending, "unknown": story.unknown, "held": story.held}[state]
        return await make(), 1
    (key,) = await story.delivering()
    await story.finish(key, state)
    return key, 0 if state == "skipped" else 1


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
async def test_a_step_is_taken_from_its_own_states_alone(story: LedgerFixture, step: str, state: str) -> None:
    key, attempt = await bring_to(story, state)
    run, allowed = STEPS[step]
    before = await story.row(key)
    if state in allowed.split():
        await run(story, key, attempt)
        return
    with pytest.raises(ClaimLost):
        await run(story, key, attempt)
    assert await story.row(key) == before


@pytest.mark.parametrize("step", [name for name, (_, allowed) in STEPS.items() if "sending" in allowed])
async def test_an_old_attempt_writes_nothing(story: LedgerFixture, step: str) -> None:
    key = await story.sending(parts=2)
    await story.deliveries.settle(key, 1, Deferred(await story.soon(1), Reason.BACKOFF, "421 later"))
    await story.elapse(2)
    await story.clock.sweep(10)
    assert await story.intend(key, parts=2) == 2
    before = await story.row(key)
    with pytest.raises(ClaimLost):
        await STEPS[step][0](story, key, 1)
    assert await story.row(key) == before


@pytest.mark.parametrize("step", ["resolve", "resend", "keep_unknown", "sent", "uncertain"])
async def test_an_old_attempt_settles_no_unknown(story: LedgerFixture, step: str) -> None:
    key = await story.unknown()
    with pytest.raises(ClaimLost):
        await STEPS[step][0](story, key, 7)


@pytest.mark.parametrize("step", STEPS)
async def test_a_delivery_that_never_was_takes_no_step(story: LedgerFixture, step: str) -> None:
    with pytest.raises(ClaimLost):
        await STEPS[step][0](story, DeliveryKey.parse(f"none@2026-11-16T14:00:00Z/{ANN}"), 1)


async def test_two_workers_do_not_render_the_same_delivery(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    held = await asyncio.gather(*(story.deliveries.hold(key, pid) for pid in range(5)))
    assert [taken.lease.row.state for taken in held if taken.lease is not None] == [DeliveryState.PENDING]
    await story.elapse(61)
    again = (await story.deliveries.hold(key, 9)).lease
    assert again is not None
    assert again.row.key == key


async def test_what_a_worker_asks_about_a_delivery_comes_with_it(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    await story.intend(key)
    await story.deliveries.settle(key, 1, Sent("250 ok", {"deals": baseline("old")}))
    (later,) = await story.delivering(slot=SLOT + WEEK)
    await story.deliveries.intend(later, 0, 1, "aa", SLOT, {"deals": baseline("old")})
    await story.deliveries.settle(later, 1, Deferred(await story.soon(1), Reason.BACKOFF, "421"))
    await story.elapse(2)
    await story.clock.sweep(10)
    await story.suspend("address mail ann@tern.example", "550")
    before = await story.clock.now()
    held = (await story.deliveries.hold(later, 1)).lease
    assert held is not None
    assert held.row == await story.row(later)
    assert (held.row.compared_with, held.row.date) == ({"deals": baseline("old")}, SLOT)
    assert (held.current, held.suspensions) == ({"deals": baseline("old")}, True)
    assert before <= held.now <= await story.clock.now()


@pytest.mark.parametrize("known", [(), ("intend",), ("hold", "check", "intend")])
async def test_commands_of_one_turn_fail_each_for_itself(story: LedgerFixture, known: tuple[str, ...]) -> None:
    """Also in a Redis that was restarted and knows some of the scripts: what it does not know is sent once more, and so
    is carried out after the rest. Commands of one turn therefore have no order among themselves.
    """
    ann, ben = await story.delivering((ANN, BEN))
    await story.client.script_flush()
    for name in known:
        await story.client.script_load(source(name)[0])
    steps = [
        story.deliveries.hold(ann, 1),
        story.deliveries.check(ann, 1),
        story.lookups.delivery(ann),
        story.intend(ben),
    ]
    held, lost, row, attempt = await asyncio.gather(*steps, return_exceptions=True)
    assert isinstance(lost, ClaimLost)
    assert isinstance(row, Delivery)
    assert isinstance(held, HoldResult)
    assert held.lease is not None
    assert (row.state, attempt) == (DeliveryState.PENDING, 1)


async def test_nothing_is_held_that_is_closed_waiting_or_being_sent(story: LedgerFixture) -> None:
    for number, state in enumerate(STATES[1:]):
        story_slot = SLOT + number * WEEK
        key, *_ = await story.delivering((f"team|{state}@tern.example",), story_slot)
        if state == "deferred":
            await story.deliveries.settle(key, 0, Deferred(await story.soon(), Reason.PACE, ""))
        elif state in {"sending", "unknown"}:
            await story.intend(key)
            if state == "unknown":
                await story.deliveries.settle(key, 1, Unknown("cut", await story.soon()))
        else:
            await story.finish(key, "unknown" if state == "held" else state)
        assert (await story.deliveries.hold(key, 1)).lease is None, state
    assert (await story.deliveries.hold(DeliveryKey.parse("none@2026-11-16T14:00:00Z/a|b"), 1)).lease is None


async def test_an_unknown_is_held_once_its_time_has_come(story: LedgerFixture) -> None:
    key = await story.unknown()
    await story.elapse(61)
    held = (await story.deliveries.hold(key, 1)).lease
    assert held is not None
    row = held.row
    assert (row.state, row.reason, row.sentence) == (
        DeliveryState.UNKNOWN,
        Reason.UNCLEAR,
        "the connection broke",
    )
    assert row.settled_at is not None


async def test_date_and_pair_stick_at_the_first_intent(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    pair = {"deals": baseline("old", SLOT - WEEK), "funnel": None}
    await story.deliveries.intend(key, 0, 1, "aa", SLOT, pair)
    await story.deliveries.settle(key, 1, Deferred(await story.soon(1), Reason.BACKOFF, "421"))
    await story.elapse(2)
    await story.clock.sweep(10)
    with pytest.raises(ClaimLost):  # with another date it would be another message under the same id
        await story.deliveries.intend(key, 0, 1, "bb", SLOT + WEEK, {"deals": baseline("newer")})
    await story.deliveries.intend(key, 0, 1, "bb", SLOT, {"deals": baseline("newer")})
    row = await story.row(key)
    assert (row.date, row.compared_with, row.attempt) == (SLOT, pair, 2)
    assert row.parts == (PartState(DeliveryState.SENDING, "bb", ""),)
    assert (await story.lookups.deliveries(key.run))[0] == row


async def test_readers_with_the_same_baselines_share_one_stored_pair(story: LedgerFixture) -> None:
    made = await story.delivering((ANN, BEN))
    for key in made:
        await story.intend(key)
    pairs = await story.client.hgetall(f"tern:run:{made[0].run}:pairs")
    assert len(pairs) == 1
    assert (await story.row(made[0])).compared_with == (await story.row(made[1])).compared_with == {"deals": None}


async def test_a_try_resumes_at_the_first_part_without_a_receipt(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    attempt = await story.intend(key, part=0, parts=3, sha="a0")
    await story.deliveries.handed_over(key, attempt, 0, "C1 100.1", {})
    assert await story.intend(key, part=1, parts=3, attempt=attempt, sha="a1") == attempt
    await story.deliveries.settle(key, attempt, Deferred(await story.soon(1), Reason.RATE_LIMITED, "wait"))
    assert (await story.row(key)).parts == (
        PartState(DeliveryState.SENT, "a0", "C1 100.1"),
        PartState(DeliveryState.PENDING, "a1", ""),
        PartState(),
    )
    await story.elapse(2)
    await story.clock.sweep(10)
    attempt = await story.intend(key, part=1, parts=3, sha="a1")
    await story.deliveries.handed_over(key, attempt, 1, "C1 100.2", {})
    await story.intend(key, part=2, parts=3, attempt=attempt, sha="a2")
    await story.deliveries.settle(key, attempt, Sent("C1 100.3", {}))
    row = await story.row(key)
    assert row.state is DeliveryState.SENT
    assert [part.receipt for part in row.parts] == ["C1 100.1", "C1 100.2", "C1 100.3"]


async def test_a_part_that_a_look_up_found_is_kept_and_the_rest_is_sent(story: LedgerFixture) -> None:
    key = await story.sending(parts=2)
    await story.deliveries.settle(key, 1, Unknown("timeout", await story.soon()))
    await story.deliveries.handed_over(key, 1, 0, "C1 100.1", {})
    await story.deliveries.settle(key, 1, Pending(Reason.FOUND))
    row = await story.row(key)
    assert (row.state, row.resent) == (DeliveryState.PENDING, False)
    assert [part.state for part in row.parts] == [DeliveryState.SENT, DeliveryState.PENDING]


async def test_a_check_keeps_a_delivery_from_lapsing_while_its_bytes_leave(story: LedgerFixture) -> None:
    key = await story.sending()
    await story.elapse(55)
    await story.deliveries.check(key, 1)
    await story.elapse(55)
    assert (await story.clock.sweep(10)).deliveries == ()
    assert (await story.row(key)).state is DeliveryState.SENDING


async def test_found_by_a_look_up_is_sent_and_says_so(story: LedgerFixture) -> None:
    key = await story.unknown()
    await story.deliveries.settle(key, 1, Sent("C1 100.1", {"deals": baseline("one")}))
    row = await story.row(key)
    assert (row.state, row.reason, row.parts[0].receipt) == (DeliveryState.SENT, Reason.FOUND, "C1 100.1")
    assert await story.baseline() == baseline("one")


async def test_proved_absent_it_is_pending_under_the_same_identity(story: LedgerFixture) -> None:
    key = await story.unknown()
    before = await story.row(key)
    await story.deliveries.settle(key, 1, Pending(Reason.ABSENT))
    row = await story.row(key)
    assert (row.state, row.reason, row.resent, row.date) == (DeliveryState.PENDING, Reason.ABSENT, False, before.date)
    assert await story.intend(key) == 2


async def test_an_unclear_message_is_sent_once_more_and_never_twice(story: LedgerFixture) -> None:
    key = await story.unknown()
    await story.deliveries.settle(key, 1, Pending(Reason.POSSIBLE_DUPLICATE))
    assert (await story.row(key)).resent
    await story.intend(key)
    await story.deliveries.settle(key, 2, Unknown("cut again", await story.soon()))
    with pytest.raises(ClaimLost):
        await story.deliveries.settle(key, 2, Pending(Reason.POSSIBLE_DUPLICATE))
    assert (await story.row(key)).state is DeliveryState.UNKNOWN
    await story.deliveries.settle(key, 2, Unknown())
    row = await story.row(key)
    assert (row.state, row.held, row.resent) == (DeliveryState.UNKNOWN, True, True)


async def test_asking_again_later_keeps_since_when_it_is_unknown(story: LedgerFixture) -> None:
    key = await story.unknown()
    since = (await story.row(key)).settled_at
    later = await story.soon(600)
    await story.deliveries.settle(key, 1, Unknown("Slack is slow", later))
    row = await story.row(key)
    assert (row.settled_at, row.not_before, row.sentence) == (since, later, "Slack is slow")


async def test_what_receivers_say_is_kept_short_and_may_be_anything(story: LedgerFixture) -> None:
    key = await story.sending()
    await story.deliveries.settle(key, 1, Sent('queued "as" \udcff\x00 ' + "ü" * 500, {}))
    receipt = (await story.row(key)).parts[0].receipt
    assert receipt.startswith('queued "as" ?\x00 ü')
    assert len(receipt) == 200


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (("sent", "sent"), RunState.DELIVERED),
        (("sent", "skipped"), RunState.DELIVERED),
        (("skipped", "skipped"), RunState.SKIPPED),
        (("sent", "refused"), RunState.PARTIAL),
        (("sent", "failed"), RunState.PARTIAL),
        (("sent", "unknown"), RunState.PARTIAL),
        (("skipped", "refused"), RunState.FAILED),
        (("unknown", "failed"), RunState.FAILED),
    ],
)
async def test_the_last_delivery_closes_the_run(
    story: LedgerFixture, outcomes: tuple[str, str], state: RunState
) -> None:
    first, second = await story.delivering((ANN, BEN))
    await story.finish(first, outcomes[0])
    assert (await story.run(first)).state is RunState.DELIVERING
    await story.finish(second, outcomes[1])
    run = await story.run(first)
    assert run.state is state
    assert run.closed_at is not None
    assert run.reason is (Reason.NO_CHANGE if state is RunState.SKIPPED else None)
    await story.elapse(99999)
    swept = await story.clock.sweep(10)
    untold = (first.run,) if state in {RunState.FAILED, RunState.PARTIAL} else ()
    assert (swept.runs, swept.deliveries) == (untold, ())


async def test_a_held_unknown_that_proves_sent_mends_its_run(story: LedgerFixture) -> None:
    first, second = await story.delivering((ANN, BEN))
    await story.finish(first, "sent")
    await story.finish(second, "unknown")
    closed = (await story.run(first)).closed_at
    await story.deliveries.settle(second, 1, Sent("the operator says so", {}))
    run = await story.run(first)
    assert (run.state, run.closed_at) == (RunState.DELIVERED, closed)


async def test_a_lane_lets_one_pass_at_a_time_and_a_far_place_is_not_taken(story: LedgerFixture) -> None:
    waits = [await story.deliveries.pace("slack C1", 4.0, f"reader {n}") for n in range(5)]
    assert waits[0] == 0.0
    assert 3.0 < waits[1] <= 4.0
    assert 7.0 < waits[2] <= 8.0
    assert 10.0 < waits[4] <= waits[3] <= 12.0
    assert await story.deliveries.pace("slack C2", 4.0, "reader 0") == 0.0


async def test_a_deferred_delivery_says_until_when_and_why(story: LedgerFixture) -> None:
    (key,) = await story.delivering()
    until = await story.soon(120)
    await story.deliveries.settle(key, 0, Deferred(until, Reason.RATE_LIMITED, "Slack: slow down"))
    row = await story.row(key)
    assert (row.state, row.not_before, row.reason) == (DeliveryState.DEFERRED, until, Reason.RATE_LIMITED)
    assert row.sentence == "Slack: slow down"
    assert await story.lookups.delivery(DeliveryKey(key.run, "nobody|x")) is None
    assert until - timedelta(seconds=121) < await story.clock.now()


async def test_what_is_closed_for_good_leaves_nothing_to_look_at(story: LedgerFixture) -> None:
    first, second = await story.delivering((ANN, BEN))
    await story.deliveries.settle(first, 0, Deferred(await story.soon(1), Reason.PACE, "wait"))
    await story.elapse(2)
    await story.clock.sweep(10)
    assert (await story.row(first)).not_before is None
    await story.deliveries.hold(first, 1)
    await story.finish(second, "refused")
    await story.deliveries.settle(first, 0, Skipped(Reason.EMPTY))
    run = first.run
    await story.runs.notify(run, (), None)
    assert set(await story.client.hkeys(f"tern:run:{run}")).isdisjoint({b"tries", b"q", b"not_before", b"untold"})
    raw = await story.client.hget(f"tern:run:{run}:deliveries", ANN)
    assert isinstance(raw, bytes)
    assert set(json.loads(raw[1:])) == {"e", "t", "x"}
    for name in ("attention:runs", "attention:deliveries", f"open:{WEEKLY}"):
        assert await story.client.zcard(f"tern:{name}") == 0, name


async def test_a_row_in_waiting_is_small(story: LedgerFixture) -> None:
    await story.delivering()
    raw = await story.client.hget(f"tern:run:{WEEKLY}@2026-11-16T14:00:00Z:deliveries", ANN)
    assert isinstance(raw, bytes)
    assert len(raw) < 64


async def test_a_digest_takes_over_the_turn_of_the_one_that_it_supersedes(story: LedgerFixture) -> None:
    """Slots that come faster than the receiver's pace each took a turn that nobody used, and the room got nothing."""
    bucket = "slack C1"
    assert await story.deliveries.pace(bucket, 4.0, "week/room") == 0.0
    waits = [await story.deliveries.pace(bucket, 4.0, "week/room") for _ in range(5)]
    assert max(waits) <= 4.0
    assert waits == sorted(waits, reverse=True)
    assert 7.0 < await story.deliveries.pace(bucket, 4.0, "other/room") <= 8.0
