"""What is remembered of alert rules, and what one step writes of it with the hand-over of a run."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.domain.builders import answer as answered
from tests.domain.builders import deal
from tests.support.alert_changes import (
    ANN_ALERTS,
    BEN_ALERTS,
    changes,
    facts,
    firing,
    notification,
    rule_state,
)
from tests.support.ledger_fixture import ANN, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture, bundle, who
from tests.support.notices import failed
from worker.adapters.redis_store.snapshots import RedisSnapshots
from worker.domain.alert.silence import Matcher, Silence
from worker.domain.alert.state import Acknowledgement, RuleState
from worker.domain.delivery import DeliveryKey, DeliveryState, Reader
from worker.domain.events import DeliverySettled
from worker.domain.outcome import Deferred, DeliveryFailed, Pending, Refused, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.domain.subscription import Choice, Origin, Preference
from worker.errors import RequestError
from worker.ports import AlertMemory, HandOver

GAP = Gap("deals", GapReason.UNAVAILABLE, "Close is down")


async def told(
    story: LedgerFixture, slot: Any = SLOT, readers: Sequence[str] = (), **more: Any
) -> tuple[RunKey, HandOver]:
    """A run that is handed over with what its rules changed."""
    key, attempt = await story.begun(slot)
    until = await story.soon(3600)
    return key, await story.runs.deliver(
        key,
        attempt,
        {"deals": f"snap-{slot:%m%d}"},
        (),
        {who(one): until for one in readers},
        alerts=changes(key, **more),
    )


def of(run: RunKey, reader: Reader = ANN_ALERTS) -> DeliveryKey:
    return DeliveryKey(run, reader.id)


async def test_states_notifications_and_digests_are_written_with_the_hand_over(story: LedgerFixture) -> None:
    key, handed = await told(story, readers=(ANN,), told=(ANN_ALERTS, BEN_ALERTS))
    assert set(handed.deliveries) == {DeliveryKey(key, ANN), of(key), of(key, BEN_ALERTS)}
    memory = await story.alerts.memory(WEEKLY)
    assert memory.states == {"big": rule_state("oppo_1", version=1)}
    assert memory.origin == WEEKLY
    record = await story.alerts.record(key)
    assert record is not None
    (found,) = record.evaluations
    assert (found.rule, found.judged, found.state) == ("big", 2, RuleState())
    rows = [await story.row(of(key, reader)) for reader in (ANN_ALERTS, BEN_ALERTS)]
    assert len({row.content for row in rows}) == 1, "one content for readers who are told the same"
    assert await story.alerts.notification(key, rows[0].content) == notification(key)
    run = await story.run(key)
    assert (run.state, run.notified) == (RunState.DELIVERING, 2)


async def test_notifications_are_counted_among_the_deliveries_of_their_run(story: LedgerFixture) -> None:
    key, _ = await told(story, readers=(ANN,))
    await story.finish(DeliveryKey(key, ANN), "skipped")
    assert (await story.run(key)).state is RunState.DELIVERING
    await story.finish(of(key), "sent")
    assert (await story.run(key)).state is RunState.DELIVERED


async def test_a_run_that_tells_nobody_is_skipped_and_its_states_are_written(story: LedgerFixture) -> None:
    key, handed = await told(story, told=())
    assert handed.deliveries == ()
    run = await story.run(key)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.NO_ALERT)
    assert (await story.alerts.memory(WEEKLY)).states["big"].version == 1
    assert dict(run.snapshots) == {"deals": "snap-1116"}


async def test_a_state_that_changed_meanwhile_is_evaluated_again(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    stale = changes(key)
    later, _ = await told(story, SLOT + WEEK)
    until = await story.soon()
    again = await story.runs.deliver(key, attempt, {"deals": "x"}, (), {who(ANN): until}, alerts=stale)
    assert again == HandOver((), again=True)
    assert (await story.run(key)).state is RunState.FETCHING
    assert (await story.alerts.memory(WEEKLY)).states["big"].slot == later.slot
    fresh = changes(key, {"big": rule_state("oppo_2", version=1)})
    handed = await story.runs.deliver(key, attempt, {"deals": "x"}, (), {who(ANN): until}, alerts=fresh)
    assert not handed.again
    assert (await story.alerts.memory(WEEKLY)).states == {"big": rule_state("oppo_2", version=2)}


async def test_what_waits_is_found_and_carried_by_a_newer_one(story: LedgerFixture) -> None:
    first, _ = await told(story, told=(ANN_ALERTS, BEN_ALERTS))
    await story.deliveries.settle(of(first), 0, Deferred(await story.soon(), Reason.QUIET_HOURS))
    await story.finish(of(first, BEN_ALERTS), "sent")
    assert await story.alerts.waiting(WEEKLY, [ANN_ALERTS, BEN_ALERTS]) == {of(first): notification(first)}
    _, handed = await told(story, SLOT + WEEK, states={"big": rule_state(version=1)}, carried=(of(first),))
    assert not handed.again
    row = await story.row(of(first))
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, Reason.SUPERSEDED)
    assert (await story.run(first)).state is RunState.DELIVERED
    assert [one.state for one in handed.facts if isinstance(one, DeliverySettled) and one.delivery == of(first)] == [
        "skipped"
    ]


@pytest.mark.parametrize("state", ["sending", "sent", "unknown", "posted"])
async def test_what_may_have_left_is_not_carried(story: LedgerFixture, state: str) -> None:
    first, _ = await told(story)
    key = of(first)
    attempt = await story.intend(key, parts=2 if state == "posted" else 1)
    if state == "sent":
        await story.deliveries.settle(key, attempt, Sent("250", {}))
    if state == "unknown":
        await story.deliveries.settle(key, attempt, Unknown("cut", await story.soon()))
    if state == "posted":
        await story.deliveries.handed_over(key, attempt, 0, "ok", {})
        await story.deliveries.settle(key, attempt, Deferred(await story.soon(), Reason.BACKOFF))
    assert await story.alerts.waiting(WEEKLY, [ANN_ALERTS]) == {}
    before = await story.row(key)
    states = {"big": rule_state(version=1)}
    _, handed = await told(story, SLOT + WEEK, carried=(key,), states=states)
    assert handed.again
    begun = RunKey(WEEKLY, SLOT + WEEK)
    handed = await story.runs.deliver(begun, 1, {"deals": "x"}, (), {}, alerts=changes(begun, states))
    assert not handed.again
    assert await story.row(key) == before, "left alone"


async def test_a_possible_duplicate_is_not_carried(story: LedgerFixture) -> None:
    first, _ = await told(story)
    attempt = await story.intend(of(first))
    await story.deliveries.settle(of(first), attempt, Unknown("cut", await story.soon()))
    await story.deliveries.settle(of(first), attempt, Pending(Reason.POSSIBLE_DUPLICATE))
    assert await story.alerts.waiting(WEEKLY, [ANN_ALERTS]) == {}


async def test_what_began_to_wait_meanwhile_has_to_be_carried_too(story: LedgerFixture) -> None:
    first, _ = await told(story)
    attempt = await story.intend(of(first))
    key, mine = await story.begun(SLOT + WEEK)
    made = changes(key, {"big": rule_state(version=1)})
    await story.deliveries.settle(of(first), attempt, Deferred(await story.soon(), Reason.BACKOFF))
    assert (await story.runs.deliver(key, mine, {}, (), {}, alerts=made)).again
    made = replace(made, carried=(of(first),))
    assert not (await story.runs.deliver(key, mine, {}, (), {}, alerts=made)).again


async def test_a_newer_run_takes_the_place_of_digests_and_of_no_notification(story: LedgerFixture) -> None:
    first, _ = await told(story, readers=(ANN,))
    await told(story, SLOT + WEEK, readers=(ANN,), told=(), states={})
    assert (await story.row(DeliveryKey(first, ANN))).reason is Reason.SUPERSEDED
    assert (await story.row(of(first))).state is DeliveryState.PENDING
    assert (await story.deliveries.hold(of(first), 1)).lease is not None


@pytest.mark.parametrize("older", ["pending", "deferred", "sending"])
async def test_a_newer_notification_waits_for_an_older_one_that_is_on_its_way(story: LedgerFixture, older: str) -> None:
    first, _ = await told(story)
    attempt = await story.intend(of(first))
    second, _ = await told(story, SLOT + WEEK, states={"big": rule_state(version=1)})
    if older != "sending":
        await story.deliveries.settle(of(first), attempt, Deferred(await story.soon(), Reason.BACKOFF))
    if older == "pending":
        await story.elapse(61)
        await story.clock.sweep(10)
    assert (await story.deliveries.hold(of(second), 1)).lease is None
    row = await story.row(of(second))
    assert (row.state, row.reason) == (DeliveryState.DEFERRED, Reason.ORDER)
    if older == "sending":
        await story.deliveries.settle(of(first), attempt, Sent("250", {}))
    else:
        await story.elapse(61)
        await story.clock.sweep(10)
        await story.deliveries.settle(of(first), attempt, Refused(Reason.REFUSED, "550"))
    await story.clock.sweep(10)
    assert (await story.deliveries.hold(of(second), 1)).lease is not None


async def test_one_that_may_have_arrived_keeps_nobody_waiting_and_is_not_superseded(story: LedgerFixture) -> None:
    first, _ = await told(story)
    await story.deliveries.settle(of(first), await story.intend(of(first)), Unknown("cut", await story.soon()))
    second, _ = await told(story, SLOT + WEEK, states={"big": rule_state(version=1)})
    assert (await story.deliveries.hold(of(second), 1)).lease is not None
    assert (await story.row(of(first))).state is DeliveryState.UNKNOWN


async def test_the_preference_of_a_reader_stops_notifications_too(story: LedgerFixture) -> None:
    preference = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "ann", SLOT)
    await story.subscriptions.prefer(WEEKLY, ANN, preference)
    of_rule = Reader(WEEKLY, "alert:team/big", "ann@tern.example")
    key, _ = await told(story, told=(ANN_ALERTS, BEN_ALERTS, of_rule))
    held = [(await story.deliveries.hold(of(key, one), 1)).lease for one in (ANN_ALERTS, BEN_ALERTS, of_rule)]
    assert [lease.preference for lease in held if lease is not None] == [preference, None, preference]


async def test_a_notification_moves_no_baseline(story: LedgerFixture) -> None:
    key, _ = await told(story)
    await story.finish(of(key), "sent")
    assert await story.client.exists(f"{PROJECT}:baseline:{WEEKLY}") == 0


async def test_what_reached_a_reader_or_still_may(story: LedgerFixture) -> None:
    names = [f"alert:{name}" for name in ("sent", "refused", "failed", "muted", "capped", "waits", "unclear", "late")]
    readers = [Reader(WEEKLY, name, "a@tern.example") for name in names]
    key, _ = await told(story, told=readers)
    sent, refused, failure, muted, capped, waits, unclear, late = (of(key, one) for one in readers)
    await story.finish(sent, "sent")
    await story.finish(refused, "refused")
    await story.finish(failure, "failed")
    await story.deliveries.settle(muted, 0, Skipped(Reason.MUTED))
    await story.deliveries.settle(capped, 0, Skipped(Reason.CAPPED))
    await story.deliveries.settle(unclear, await story.intend(unclear), Unknown("cut", await story.soon()))
    await story.deliveries.settle(late, await story.intend(late), DeliveryFailed(Reason.RENDER, "no"))
    gone = DeliveryKey(RunKey(WEEKLY, SLOT - WEEK), names[0])
    every = [*(of(key, one) for one in readers), gone]
    assert await story.alerts.reached(every) == {sent, capped, waits, unclear, gone}


async def test_a_failed_run_counts_and_tells_that_there_is_no_data(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    missing = {"big": RuleState(missed=SLOT, missing=1)}
    made = changes(key, missing, notices=[replace(failed(key), reader="operator/x|ops@tern.example")])
    ended = await story.runs.fail(key, attempt, Reason.SOURCE, "no", [GAP], None, made)
    assert not ended.again
    assert (await story.alerts.memory(WEEKLY)).states == {"big": replace(missing["big"], version=1)}
    run = await story.run(key)
    assert (run.state, run.reason) == (RunState.FAILED, Reason.SOURCE)
    assert {row.key.reader for row in await story.lookups.deliveries(key)} == {
        ANN_ALERTS.id,
        "operator/x|ops@tern.example",
    }
    assert of(key) in (await story.clock.sweep(10)).deliveries
    await story.finish(of(key), "sent")
    assert (await story.run(key)).state is RunState.FAILED


async def test_a_failed_run_whose_states_changed_meanwhile_is_evaluated_again(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    made = changes(key, {"big": RuleState(missed=SLOT, missing=1, version=4)})
    assert (await story.runs.fail(key, attempt, Reason.SOURCE, "no", [GAP], None, made)).again
    assert (await story.run(key)).state is RunState.FETCHING


async def test_an_abandoned_run_counts_when_the_operator_is_told(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    for _ in range(5):
        await story.elapse(61)
        await story.clock.sweep(10)
        await story.runs.begin(key, attempt)
    assert (await story.run(key)).state is RunState.FAILED
    missing = {"big": RuleState(missed=SLOT, missing=1)}
    first = await story.runs.notify(key, (), failed(key), changes(key, missing, ()))
    assert (first.noticed, first.again) == (True, False)
    second = await story.runs.notify(
        key, (), failed(key), changes(key, {"big": replace(missing["big"], version=1)}, ())
    )
    assert (second.noticed, second.again) == (False, False)
    assert (await story.alerts.memory(WEEKLY)).states["big"].version == 1


async def test_a_baseline_of_a_rule_is_kept_while_its_state_names_it(story: LedgerFixture) -> None:
    store = RedisSnapshots(story.client, PROJECT)
    ids = [await store.keep(answered([deal(name)])) for name in ("a", "b")]
    for week, stored in enumerate(ids):
        key, attempt = await story.begun(SLOT + week * WEEK)
        states = {rule: rule_state(snapshot=stored, version=week, slot=key.slot) for rule in ("big", "small")}
        await story.runs.deliver(key, attempt, {}, (), {}, alerts=changes(key, states, ()))
    assert await store.load(ids[0]) is None, "nothing names it any more"
    assert await store.load(ids[1]) is not None
    await story.deployments.activate(bundle("other"), {"other": SLOT}, [WEEKLY])
    assert await store.load(ids[1]) is None
    assert set((await story.alerts.memory(WEEKLY)).states) == {"big", "small"}, "still shown"


async def test_a_rename_carries_states_and_acknowledgements_and_fingerprints_stay(story: LedgerFixture) -> None:
    await told(story)
    ack = Acknowledgement("f1", "Ann", SLOT, "calling them")
    await story.alerts.acknowledge(WEEKLY, ack)
    named = bundle("sales/new")
    heir = replace(named.schedules["sales/new"], previously=WEEKLY)
    await story.deployments.activate(
        replace(named, schedules={"sales/new": heir}), {"sales/new": SLOT + WEEK}, [WEEKLY], fresh=["sales/new"]
    )
    memory = await story.alerts.memory("sales/new")
    assert (memory.origin, set(memory.states), memory.acks) == (WEEKLY, {"big"}, {"f1": ack})
    assert await story.alerts.memory(WEEKLY) == memory, "a run that began before knows the old id"
    again = replace(named.schedules["sales/new"], id="sales/newest", previously="sales/new")
    await story.deployments.activate(
        replace(named, schedules={again.id: again}), {again.id: SLOT + WEEK}, ["sales/new"], fresh=[again.id]
    )
    assert (await story.alerts.memory(again.id)).origin == WEEKLY


async def test_a_schedule_that_comes_back_begins_anew(story: LedgerFixture) -> None:
    await told(story)
    await story.alerts.acknowledge(WEEKLY, Acknowledgement("f1", "Ann", SLOT))
    await story.deployments.activate(bundle("other"), {"other": SLOT}, [WEEKLY])
    await story.deployments.activate(bundle("other", WEEKLY), {WEEKLY: SLOT}, [], fresh=[WEEKLY])
    assert await story.alerts.memory(WEEKLY) == AlertMemory(WEEKLY, {}, {})


async def test_an_acknowledgement_ends_with_its_alert(story: LedgerFixture) -> None:
    for name in ("f1", "f2", "f3"):
        await story.alerts.acknowledge(WEEKLY, Acknowledgement(name, "Ann", SLOT))
    await told(story, ended=("f1",))
    assert set((await story.alerts.memory(WEEKLY)).acks) == {"f2", "f3"}
    assert await story.alerts.unacknowledge(WEEKLY, "f2")
    assert not await story.alerts.unacknowledge(WEEKLY, "f2")


async def test_a_silence_is_listed_until_400_days_after_its_end(story: LedgerFixture) -> None:
    now = await story.clock.now()
    at = (Matcher("rule", "=", "big"),)
    long_over = Silence("s0", at, "Ann", "", now - timedelta(days=500), now - timedelta(days=401))
    over = replace(long_over, id="s1", until=now - timedelta(days=399))
    running = Silence("s2", at, "Ann", "at the fair", now, now + timedelta(days=2))
    for one in (long_over, over, running):
        await story.alerts.silence(one)
    assert await story.alerts.silences() == (over, running)
    assert await story.client.hlen(f"{PROJECT}:silences") == 2
    assert await story.alerts.expire("s2")
    assert not await story.alerts.expire("s2")
    assert not await story.alerts.expire("s1")
    assert not await story.alerts.expire("nobody")
    assert (await story.alerts.silences())[1].until < now + timedelta(minutes=5)


@pytest.mark.parametrize("regex", ["(", "[a-", "(a+)+b", "a{99999999999}"])
async def test_a_silence_that_could_never_match_is_not_taken(story: LedgerFixture, regex: str) -> None:
    now = await story.clock.now()
    one = Silence("s", (Matcher("rule", "=", "big"), Matcher("owner", "=~", regex)), "Ann", "", now, now + WEEK)
    with pytest.raises(RequestError, match="the regular expression"):
        await story.alerts.silence(one)
    assert await story.alerts.silences() == ()


async def test_what_a_run_told_goes_with_the_run(story: LedgerFixture) -> None:
    key, _ = await told(story)
    await story.finish(of(key), "sent")
    content = (await story.row(of(key))).content
    await told(story, SLOT + WEEK, states={}, told=())
    assert await story.upkeep.drop(key, SLOT + WEEK)
    assert await story.alerts.record(key) is None
    assert await story.alerts.notification(key, content) is None


async def test_a_storm_of_2_000_subjects_is_handed_over_within_ten_milliseconds(story: LedgerFixture) -> None:
    keys = [f"oppo_{n}" for n in range(2000)]
    for week in range(2):
        key, attempt = await story.begun(SLOT + week * WEEK)
        made = changes(key, {"big": rule_state(*keys, version=week, slot=key.slot)})
        made = replace(made, notifications={ANN_ALERTS: notification(key, *keys)}, carried=())
        if week:
            made = replace(made, carried=(of(RunKey(WEEKLY, SLOT)),))
        await story.client.config_set("slowlog-log-slower-than", 10_000)
        await story.client.slowlog_reset()
        await story.runs.deliver(key, attempt, {"deals": "x"}, (), {}, alerts=made)
        assert await story.client.slowlog_get(10) == []
    assert len((await story.alerts.memory(WEEKLY)).states["big"].alerts) == 2000
    row = await story.row(of(key))
    found = await story.alerts.notification(key, row.content)
    assert found is not None
    assert len(found.findings) == 2000


async def test_odd_values_are_stored_as_far_as_a_message_can_hold_them(story: LedgerFixture) -> None:
    odd = replace(facts("a", 10**30), name="\ud800 Ltd", cells={"note": "\udfff"})
    state = RuleState("m", "", SLOT, alerts={"a": replace(firing("a"), facts=odd)})
    await told(story, states={"big": state}, told=())
    kept = (await story.alerts.memory(WEEKLY)).states["big"].alerts["a"].facts
    assert (kept.name, kept.cells) == ("? Ltd", {"note": "?"})
    assert kept.amount is not None
    assert kept.amount.value == 1e30
