"""The operator hears of each subject once a day; nothing is lost or told twice, whenever a process dies."""

from datetime import timedelta

import pytest

from tests.support.ledger_fixture import ANN, BEN, CHILD, PROJECT, SLOT, WEEK, LedgerFixture
from tests.support.notices import OPERATOR, failed, suspended
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.events import DeliverySettled, RunEnded, Suspended
from worker.domain.outcome import DeliveryFailed, Refused, Sent
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.errors import ClaimLost

ADDRESS = ANN.split("|")[1]
REFUSED = Refused(Reason.REFUSED, "550 no such user")


async def notices(story: LedgerFixture, run: RunKey) -> list[DeliveryKey]:
    return [row.key for row in await story.lookups.deliveries(run) if row.notice is not None]


async def fails(story: LedgerFixture, week: int, day: str) -> RunKey:
    key, attempt = await story.begun(SLOT + week * WEEK)
    await story.runs.fail(key, attempt, Reason.SOURCE, "down", (), failed(key, day))
    return key


async def refuse(story: LedgerFixture, key: DeliveryKey, day: str = "2026-11-16") -> None:
    attempt = await story.intend(key)
    await story.deliveries.settle(key, attempt, REFUSED, suspended(key.run, key.address, day))


async def test_what_fails_again_on_the_same_day_is_counted_and_told_in_the_next_notice(story: LedgerFixture) -> None:
    first, *same_day = [await fails(story, week, "2026-11-16") for week in range(4)]
    assert await notices(story, first) == [DeliveryKey(first, OPERATOR)]
    assert [await notices(story, run) for run in same_day] == [[], [], []]
    for week, repeats in ((4, 3), (5, 0)):
        run = await fails(story, week, f"2026-11-{13 + week}")
        told = (await story.row(DeliveryKey(run, OPERATOR))).notice
        assert told is not None
        assert (told.repeats, told.repeats_since is not None) == (repeats, repeats > 0)


async def test_a_worker_whose_day_is_behind_makes_no_second_notice(story: LedgerFixture) -> None:
    await fails(story, 0, "2026-11-17")
    assert await notices(story, await fails(story, 1, "2026-11-16")) == []


async def test_two_causes_of_one_schedule_are_two_subjects(story: LedgerFixture) -> None:
    await fails(story, 0, "2026-11-16")
    key, attempt = await story.begun(SLOT + WEEK)
    await story.runs.fail(key, attempt, Reason.ABANDONED, "", (), failed(key, reason=Reason.ABANDONED))
    assert await notices(story, key) == [DeliveryKey(key, OPERATOR)]


async def test_a_suspension_and_its_notice_are_one_step_with_the_refusal(story: LedgerFixture) -> None:
    key, other = await story.delivering((ANN, BEN))
    attempt = await story.intend(key)
    told = await story.deliveries.settle(key, attempt, REFUSED, suspended(key.run, ADDRESS))
    assert [type(fact) for fact in told] == [Suspended, DeliverySettled]
    assert await story.deliveries.suspended([f"address mail {ADDRESS}"]) == {
        f"address mail {ADDRESS}": "550 no such user"
    }
    (notice,) = await notices(story, key.run)
    assert notice in (await story.clock.sweep(10)).deliveries, "whoever wrote it may have died"
    with pytest.raises(ClaimLost):
        await story.deliveries.settle(key, attempt, REFUSED, suspended(key.run, ADDRESS))
    assert (await story.row(other)).state is DeliveryState.PENDING


async def test_what_is_suspended_already_is_not_told_again(story: LedgerFixture) -> None:
    first, *_ = await story.delivering((ANN,))
    await refuse(story, first)
    second, *_ = await story.delivering((ANN,), SLOT + WEEK)
    await refuse(story, second, "2026-11-23")
    assert await notices(story, second.run) == []


async def test_what_is_suspended_anew_after_a_deployment_is_told_once_a_day(story: LedgerFixture) -> None:
    for week, day, told in ((0, 16, True), (1, 16, False), (2, 17, True)):
        key, *_ = await story.delivering((ANN,), SLOT + week * WEEK)
        await refuse(story, key, f"2026-11-{day}")
        assert bool(await notices(story, key.run)) is told
        await story.deliveries.lift([f"address mail {ADDRESS}"])


async def test_a_notice_counts_nothing_in_a_run_that_delivers(story: LedgerFixture) -> None:
    key, other = await story.delivering((ANN, BEN))
    await refuse(story, key)
    (notice,) = await notices(story, key.run)
    await story.finish(notice, "sent")
    assert (await story.run(key)).state is RunState.DELIVERING
    await story.elapse(61)
    await story.clock.sweep(10)  # counts the run anew
    await story.finish(other, "sent")
    assert (await story.run(key)).state is RunState.PARTIAL


async def test_a_newer_run_supersedes_no_notice_and_none_waits_for_another(story: LedgerFixture) -> None:
    keys = []
    for week in range(2):
        key, *_ = await story.delivering((ANN,), SLOT + week * WEEK)
        await refuse(story, key, f"2026-11-{16 + week}")
        await story.deliveries.lift([f"address mail {ADDRESS}"])
        keys += await notices(story, key.run)
    for key in keys:
        assert (await story.deliveries.hold(key, CHILD)).lease is not None


async def test_a_run_that_reached_nobody_is_published_until_the_operator_was_told(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    attempt = await story.intend(key)
    ended = await story.deliveries.settle(key, attempt, DeliveryFailed(Reason.RENDER, "line 3: no such name"))
    assert RunEnded(key.run, "failed", "") in ended
    for _ in range(2):
        assert key.run in (await story.clock.sweep(10)).runs
        await story.elapse(999)
    assert (await story.runs.notify(key.run, (), failed(key.run, reason=Reason.UNDELIVERED))).noticed
    assert not (await story.runs.notify(key.run, (), failed(key.run, reason=Reason.UNDELIVERED))).noticed
    await story.elapse(999)
    assert key.run not in (await story.clock.sweep(10)).runs
    assert await notices(story, key.run) == [DeliveryKey(key.run, OPERATOR)]


async def test_what_a_later_report_suspends_is_told_once_and_the_delivery_stays_sent(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    await story.finish(key, "sent")
    stop = suspended(key.run, ADDRESS, sentence="550 5.1.1 unknown")
    assert await story.deliveries.suspend(key.run, stop) == (Suspended(key.run, stop.subject, "550 5.1.1 unknown"),)
    assert await story.deliveries.suspend(key.run, stop) == ()
    assert await story.deliveries.suspended([stop.subject]) == {stop.subject: "550 5.1.1 unknown"}
    assert len(await notices(story, key.run)) == 1
    assert (await story.run(key)).state is RunState.DELIVERED


async def test_a_run_that_missed_a_reader_is_published_until_the_operator_was_told(story: LedgerFixture) -> None:
    ann, ben = await story.delivering((ANN, BEN))
    await story.finish(ann, "sent")
    await story.finish(ben, "failed")
    assert (await story.run(ann)).state is RunState.PARTIAL
    assert ann.run in (await story.clock.sweep(10)).runs
    assert (await story.runs.notify(ann.run, (), failed(ann.run, reason=Reason.PARTLY_DELIVERED))).noticed
    await story.elapse(999)
    assert ann.run not in (await story.clock.sweep(10)).runs


async def test_a_run_whose_only_other_readers_were_suspended_has_those_notices_alone(story: LedgerFixture) -> None:
    ann, ben = await story.delivering((ANN, BEN))
    await story.finish(ann, "sent")
    await refuse(story, ben)
    assert (await story.run(ann)).state is RunState.PARTIAL
    assert (await story.clock.sweep(10)).runs == ()


async def test_a_run_whose_readers_were_all_suspended_has_those_notices_alone(story: LedgerFixture) -> None:
    made = await story.delivering((ANN, BEN))
    for key in made:
        await refuse(story, key)
    assert (await story.run(made[0])).state is RunState.FAILED
    swept = await story.clock.sweep(10)
    assert (swept.runs, len(swept.deliveries)) == ((), 2)


async def test_a_run_that_fell_short_only_after_another_try_is_not_told_of_again(story: LedgerFixture) -> None:
    key, *_ = await story.delivering((ANN,))
    await story.finish(key, "failed")
    assert (await story.runs.notify(key.run, (), failed(key.run, reason=Reason.UNDELIVERED))).noticed
    await story.deliveries.retry(key.run, {ANN: await story.soon()})
    await story.finish(key, "failed")
    await story.elapse(999)
    assert key.run not in (await story.clock.sweep(10)).runs


async def test_a_refused_file_suspends_the_room_and_tells_of_it_although_the_digest_was_sent(
    story: LedgerFixture,
) -> None:
    key = await story.sending(parts=2)
    await story.deliveries.handed_over(key, 1, 0, "C1 100.1", {})
    sent = Sent("C1 100.1", {}, Reason.PARTS_MISSING, "is_archived")
    await story.deliveries.settle(key, 1, sent, suspended(key.run, ADDRESS))
    assert len(await notices(story, key.run)) == 1
    assert (await story.run(key)).state is RunState.DELIVERED


async def test_a_forgotten_address_is_in_no_notice(story: LedgerFixture) -> None:
    key, other = await story.delivering((ANN, BEN))
    await refuse(story, key)
    await refuse(story, other)
    await story.upkeep.forget_reader(ADDRESS)
    (left,) = await notices(story, key.run)
    told = (await story.row(left)).notice
    assert told is not None
    assert told.subject == "address mail ben@tern.example"
    assert await story.client.hkeys(f"{PROJECT}:notices") == [b"address mail ben@tern.example"]


async def test_a_subject_that_was_quiet_for_a_month_is_dropped(story: LedgerFixture) -> None:
    await fails(story, 0, "2026-11-16")
    await story.upkeep.end_round(SLOT - timedelta(days=1))
    assert await story.client.hlen(f"{PROJECT}:notices") == 1
    (field,) = await story.client.hkeys(f"{PROJECT}:notices")
    await story.client.hset(f"{PROJECT}:notices", field, '{"d":"2026-01-01","t":1}')
    await story.upkeep.end_round(SLOT - timedelta(days=1))
    assert await story.client.hlen(f"{PROJECT}:notices") == 0
