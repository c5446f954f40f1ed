"""From a claimed run to queued deliveries."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Never

import pytest

from tests.domain.builders import answer, deal, open_deals
from tests.support.fakes import (
    HOUR,
    HOURLY,
    KEY,
    NOW,
    READER,
    RUN,
    TEAM,
    WEEKLY,
    Deployed,
    Emitted,
    Fetches,
    FixedClock,
    Keeping,
    KnownRuns,
    NoAlerts,
    OneSource,
    Published,
    Stepped,
    Subscribed,
    bundle_with,
    uses,
)
from tests.support.patience import PATIENCE
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, Reader
from worker.domain.due.spread import delay_of
from worker.domain.events import Fact, Interrupted, QueryAnswered, QueryMissing, RunBegun, RunEnded
from worker.domain.missed import SinceRun
from worker.domain.notice import NoticeRequest
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import CatchUp, Each, Schedule
from worker.domain.snapshot.history import remembered
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.domain.subscription import Origin, SubscriptionRecord
from worker.errors import ClaimLost, LedgerError, LedgerUnavailable, NewerVersion, SourceUnavailable
from worker.flow.intervals import Intervals
from worker.flow.run.collect import Collected
from worker.flow.run.produce import expiry, keep, leased, produce
from worker.ports import Answer, BeginResult, FailResult, HandOver, RunLease
from worker.ports.kinds import QuerySpec

MINUTE = timedelta(minutes=1)
DEALS, BEFORE = answer([deal("a")]), answer([deal("b")])
LIST = "GET /opportunity/"
DOWN = SourceUnavailable(LIST, "the service is down")
ABANDONED = replace(RUN, state=RunState.FAILED, reason=Reason.ABANDONED)
ENDED = RunEnded(RUN.key, "skipped", "")
NOTICE = DeliveryKey(RUN.key, "operator|ops@acme.example")


class Leases:
    """Gives the run to whoever begins it. `writes`: what the ledger is told, in order."""

    def __init__(self, lease: RunLease | None, wrong: Exception | None = None) -> None:
        self.lease, self.wrong, self.writes = lease, wrong, list[tuple[Any, ...]]()

    async def begin(self, key: RunKey, pid: int) -> BeginResult:
        return BeginResult(self.lease, (ENDED,) if self.lease is None else ())

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]:
        return {reader: {} for reader in readers}

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return ()


class HandsOver(Leases):
    async def deliver(
        self, key: RunKey, attempt: int, snapshots: Mapping[str, str], *rest: Any, supersede: bool, **more: Any
    ) -> HandOver:
        if self.wrong is not None:
            raise self.wrong
        (_, readers), self.subscribed = rest, more["subscribed"]
        self.writes.append(("deliver", attempt, dict(snapshots), dict(readers), supersede))
        return HandOver(tuple(DeliveryKey(key, reader.id) for reader in readers), (ENDED,))


class Ends(HandsOver):
    async def skip_run(self, key: RunKey, attempt: int, reason: Reason) -> tuple[Fact, ...]:
        self.writes.append(("skip", attempt, reason))
        return (ENDED,)

    async def postpone(self, key: RunKey, attempt: int, until: datetime, gaps: Sequence[Gap]) -> None:
        self.writes.append(("postpone", attempt, until))


class Watches(Ends):
    async def report_troubles(self, key: RunKey, notices: Sequence[NoticeRequest], ends: Sequence[Any]) -> int:
        self.troubles = [one.notice.reason for one in notices]
        return len(notices)


class Ledger(Watches):
    async def fail(
        self,
        key: RunKey,
        attempt: int,
        reason: Reason,
        sentence: str,
        gaps: Sequence[Gap],
        notice: NoticeRequest | None,
        alerts: Any = None,
    ) -> FailResult:
        self.writes.append(("fail", reason, sentence, notice))
        return FailResult((ENDED,), noticed=notice is not None)


class Notifies(Ledger):
    """Of a run that was abandoned; `told`: somebody was told before."""

    notified = False

    async def notify(
        self, key: RunKey, gaps: Sequence[Gap], notice: Any, alerts: Any = None, over: Sequence[str] = ()
    ) -> FailResult:
        self.writes.append(("notify", tuple(gap.query_id for gap in gaps), notice))
        first, self.notified = not self.notified, True
        return FailResult((), noticed=first)


class Beating(Ledger):
    """Its lease is lost when it is renewed."""

    async def beat(self, key: RunKey, attempt: int) -> bool:
        raise ClaimLost(str(key))


def parts(ledger: Leases, fetches: Fetches | None = None, schedule: Schedule = WEEKLY, **other: Any) -> Any:
    given = {
        "alerts": NoAlerts(),
        "clock": FixedClock(),
        "connectors": Operators(QuerySpec("opportunities", "", False, ())),
        "deployments": Deployed(bundle_with(schedule, operator="ops@acme.example")),
        "events": Emitted(),
        "fetches": fetches or Fetches(deals=Answer(DEALS)),
        "lookups": RunsAlone(RUN),
        "pid": 7,
        "queue": Published(),
        "runs": ledger,
        "snapshots": Keeping(),
        "subscriptions": Subscribed(),
        "times": Intervals(heartbeat=30.0, retry_fetch=60.0),
        "triggers": Stepped(),
    }
    return uses(**{**given, **other})


class RunsAlone(KnownRuns):
    async def deliveries(self, run: RunKey) -> tuple[Delivery, ...]:
        return ()

    async def since(self, run: RunKey, missed: int, subjects: Sequence[str]) -> SinceRun:
        return SinceRun()


class Operators(OneSource):
    def takes(self, bundle: object, channel: str, address: str) -> bool:
        return True


def lease(run: Run = RUN, now: datetime = NOW, *, postponed: bool = False) -> RunLease:
    return RunLease(run, 2, now, postponed)


async def test_a_run_is_begun_asked_stored_and_handed_over_and_then_its_deliveries_are_queued() -> None:
    given = parts(Ledger(lease()))
    assert await produce(given, RUN.key) == (KEY,)
    assert given.runs.writes == [("deliver", 2, {"deals": "kept0"}, {READER: NOW + HOUR}, True)]
    assert given.snapshots.snapshots == {"kept0": remembered(DEALS, None)}
    assert given.queue.deliveries == [KEY]
    assert given.events.facts == [RunBegun(RUN.key, 2), QueryAnswered(RUN.key, "deals", 1, 2.0), ENDED]


async def test_a_run_that_somebody_else_has_is_left_alone_and_what_the_look_made_true_is_told() -> None:
    given = parts(Notifies(None))
    assert await produce(given, RUN.key) == ()
    assert given.events.facts == [ENDED]
    assert (given.runs.writes, given.fetches.asked, given.queue.deliveries) == ([], [], [])


async def test_a_run_that_five_workers_died_over_is_told_to_the_operator_once() -> None:
    given = parts(Notifies(None), lookups=RunsAlone(ABANDONED))
    assert await produce(given, RUN.key) == (NOTICE,)
    [(what, gaps, notice), *_] = given.runs.writes
    assert (what, gaps, notice.reader, notice.notice.reason) == ("notify", ("deals",), NOTICE.reader, Reason.ABANDONED)
    assert await produce(given, RUN.key) == ()
    assert given.queue.deliveries == [NOTICE]


class OnlyNewer(Deployed):
    async def bundle(self, bundle_id: str) -> Never:
        raise NewerVersion("a bundle of format 4")


async def test_a_run_that_a_newer_version_has_to_do_is_not_begun() -> None:
    class Untouched(Ledger):
        async def begin(self, key: RunKey, pid: int) -> Never:
            raise AssertionError

    given = parts(Untouched(lease()), deployments=OnlyNewer(None))
    assert await produce(given, RUN.key) == ()
    assert given.events.facts == [Interrupted(RUN.key, "a bundle of format 4")]
    assert (given.runs.writes, given.fetches.asked, given.queue.deliveries) == ([], [], [])


async def test_a_damaged_deployment_counts_as_a_try() -> None:
    class Damaged(Deployed):
        async def bundle(self, bundle_id: str) -> Never:
            raise LedgerError("the stored bundle is damaged")

    given = parts(Ledger(lease()), deployments=Damaged(None))
    with pytest.raises(LedgerError, match="damaged"):
        await produce(given, RUN.key)
    assert given.events.facts == [RunBegun(RUN.key, 2)]


async def test_a_run_that_nobody_reads_is_skipped_and_nobody_is_asked() -> None:
    given = parts(Ledger(lease()), schedule=replace(WEEKLY, to=()))
    assert await produce(given, RUN.key) == ()
    assert given.runs.writes == [("skip", 2, Reason.NO_READERS)]
    assert given.fetches.asked == []


EVE = replace(TEAM, id="eve", address="eve@acme.example")
RECORD = SubscriptionRecord("weekly", EVE, Origin.CLI, "ops", NOW - HOUR)


async def test_who_subscribed_at_run_time_is_a_reader_too_and_the_run_keeps_the_entry() -> None:
    given = parts(Ledger(lease()), subscriptions=Subscribed(RECORD))
    assert len(await produce(given, RUN.key)) == 2
    assert given.runs.writes[0][3] == {READER: NOW + HOUR, RECORD.reader: NOW + HOUR}
    assert given.runs.subscribed == {RECORD.reader: EVE}


@pytest.mark.parametrize(
    "record",
    [
        replace(RECORD, expires=NOW),
        replace(RECORD, ended_at=NOW - HOUR),
        replace(RECORD, entry=replace(EVE, channel="gone")),
        replace(RECORD, entry=replace(EVE, id=TEAM.id)),
    ],
    ids=["expired", "ended", "its channel is gone", "the definition has its id"],
)
async def test_a_record_that_is_not_in_force_adds_nobody(record: SubscriptionRecord) -> None:
    given = parts(Ledger(lease()), subscriptions=Subscribed(record))
    assert await produce(given, RUN.key) == (KEY,)


async def test_a_schedule_may_have_only_readers_who_subscribed_at_run_time() -> None:
    given = parts(Ledger(lease()), schedule=replace(WEEKLY, to=()), subscriptions=Subscribed(RECORD))
    assert await produce(given, RUN.key) == (DeliveryKey(RUN.key, RECORD.reader.id),)


LATE = lease(now=NOW + HOUR)


def edited_since() -> Any:
    """Hourly when the run was claimed, daily now."""
    daily = Deployed(bundle_with(replace(WEEKLY, trigger=replace(HOURLY, seconds=86_400))))
    return uses(bundle=Deployed(bundle_with(WEEKLY)).bundle, deployed=daily.deployed, timings=daily.timings)


async def test_a_run_whose_next_slot_has_come_gives_way_to_it() -> None:
    given = parts(Ledger(LATE))
    assert await produce(given, RUN.key) == ()
    assert given.runs.writes == [("skip", 2, Reason.SUPERSEDED)]
    assert given.fetches.asked == []


@pytest.mark.parametrize(
    ("begun", "schedule"),
    [
        (LATE, replace(WEEKLY, catch_up=CatchUp.ALL)),
        (replace(LATE, postponed=True), WEEKLY),
        (replace(LATE, run=replace(RUN, trigger="manual")), WEEKLY),
    ],
    ids=["all are caught up", "it had its tries", "somebody asked for it"],
)
async def test_a_late_run_that_gives_way_to_nobody_tells_that_the_state_of_its_slot_is_not_known(
    begun: RunLease, schedule: Schedule
) -> None:
    given = parts(Ledger(begun), schedule=schedule)
    await produce(given, RUN.key)
    assert ("skip", 2, Reason.SUPERSEDED) not in given.runs.writes
    [missing] = [fact for fact in given.events.facts if isinstance(fact, QueryMissing)]
    assert missing.reason == GapReason.NOT_KNOWABLE


async def test_a_run_whose_trigger_was_edited_since_has_no_newer_slot_that_would_take_its_place() -> None:
    given = parts(Ledger(LATE), deployments=edited_since())
    assert await produce(given, RUN.key) == (KEY,)


async def test_a_run_that_was_claimed_late_gives_way_whatever_was_edited_since() -> None:
    late = lease(replace(RUN, claimed_at=NOW + HOUR), NOW + HOUR)
    given = parts(Ledger(late), deployments=edited_since())
    assert await produce(given, RUN.key) == ()
    assert given.runs.writes == [("skip", 2, Reason.SUPERSEDED)]


async def test_a_run_that_is_spread_gives_way_only_when_the_next_one_is_due() -> None:
    share = delay_of("weekly", 1800)
    spread = replace(WEEKLY, spread=1800)
    assert await produce(parts(Ledger(lease(now=NOW + HOUR + share - MINUTE)), schedule=spread), RUN.key) == (KEY,)
    assert await produce(parts(Ledger(lease(now=NOW + HOUR + share)), schedule=spread), RUN.key) == ()


def asked(slot: datetime, claimed_at: datetime, now: datetime) -> RunLease:
    """A run on demand; WEEKLY gives it a minute of grace."""
    run = replace(RUN, key=RunKey("weekly", slot, "manual", "0123abcd"), trigger="manual", claimed_at=claimed_at)
    return lease(run, now)


@pytest.mark.parametrize(
    ("begun", "known"),
    [
        (asked(NOW, NOW, NOW + MINUTE), True),
        (asked(NOW, NOW + MINUTE, NOW + MINUTE), True),
        (asked(NOW, NOW + 2 * MINUTE, NOW + 2 * MINUTE), False),
        (asked(NOW + 59 * MINUTE, NOW + 59 * MINUTE, NOW + HOUR), True),
        (asked(NOW + 59 * MINUTE, NOW + 59 * MINUTE, NOW + 61 * MINUTE), False),
        (asked(NOW, NOW, NOW + 59 * MINUTE), True),
    ],
    ids=[
        "asked for now",
        "asked for a minute ago",
        "asked for at an instant in the past",
        "a newer slot came while it waited for a moment",
        "a newer slot came while it waited for long",
        "no newer slot came however long it waited",
    ],
)
async def test_a_run_on_demand_knows_the_state_of_its_instant_as_long_as_its_grace(
    begun: RunLease, known: bool
) -> None:
    begun = replace(begun, run=replace(begun.run, deadline=NOW + 2 * HOUR))
    given = parts(Ledger(begun))
    await produce(given, begun.run.key)
    assert [one.on_demand for one in given.fetches.asked] == ([True] if known else [])


async def test_nobody_waits_for_a_run_of_a_slot() -> None:
    given = parts(Ledger(lease()))
    await produce(given, RUN.key)
    assert [one.on_demand for one in given.fetches.asked] == [False]


async def test_under_catch_up_all_a_run_takes_the_place_of_none() -> None:
    given = parts(Ledger(lease()), schedule=replace(WEEKLY, catch_up=CatchUp.ALL))
    await produce(given, RUN.key)
    [(*_, supersede)] = given.runs.writes
    assert supersede is False


@pytest.mark.parametrize(("named", "minutes"), [(None, 1), (10.0, 1), (600.0, 10)])
async def test_a_run_that_brought_nothing_is_tried_again_when_it_may_make_sense(
    named: float | None, minutes: int
) -> None:
    wrong = SourceUnavailable(LIST, "503", retry_after=named)
    given = parts(Ledger(lease()), Fetches(deals=wrong))
    assert await produce(given, RUN.key) == ()
    assert given.runs.writes == [("postpone", 2, NOW + minutes * MINUTE)]
    assert given.queue.deliveries == []


@pytest.mark.parametrize(
    ("begun", "named"),
    [(lease(), 3600.0), (lease(replace(RUN, trigger="manual")), None), (lease(now=RUN.deadline - MINUTE), None)],
    ids=["the wait is longer than the run has", "somebody waits for it", "its time is over"],
)
async def test_a_run_that_cannot_be_tried_again_fails_and_the_operator_is_told_why(
    begun: RunLease, named: float | None
) -> None:
    wrong = SourceUnavailable(LIST, "it is down", retry_after=named)
    postponed = replace(begun, postponed=True)
    given = parts(Ledger(postponed), Fetches(deals=wrong))
    assert await produce(given, RUN.key) == (NOTICE,)
    [(what, reason, sentence, notice)] = given.runs.writes
    assert (what, reason, notice.reader) == ("fail", Reason.SOURCE, NOTICE.reader)
    assert [cause.sentence for cause in notice.notice.causes] == [f"{LIST}: it is down"]
    assert sentence == f"deals: {LIST}: it is down"
    assert given.queue.deliveries == [NOTICE]
    assert given.events.facts[-1] == ENDED


class OwnersAlone(Ledger):
    """No owner was ever sent anything."""

    async def baselines_of(self, schedule: str, entry: str) -> Mapping[Reader, Mapping[str, Baseline]]:
        return {}


OWNERS_ALONE = replace(
    WEEKLY,
    report=(*WEEKLY.report, open_deals("other")),
    to=(replace(WEEKLY.to[0], id="owners", address=None, each=Each.OWNER),),
)


@pytest.mark.parametrize(
    ("lists", "expected"),
    [(True, ("postpone", 2, NOW + MINUTE)), (False, ("skip", 2, Reason.NO_READERS))],
    ids=["whose rows were to be told", "which lists no rows"],
)
async def test_a_gap_that_leaves_nobody_to_read_is_tried_again_where_it_is_a_list(
    lists: bool, expected: tuple[Any, ...]
) -> None:
    found = Fetches(deals=DOWN, other=Answer(replace(DEALS, main=None)))
    known = Operators(QuerySpec("opportunities", "", False, (), lists_opportunities=lists))
    given = parts(OwnersAlone(lease()), found, OWNERS_ALONE, connectors=known)
    assert await produce(given, RUN.key) == ()
    assert given.runs.writes == [expected]


async def test_a_run_that_fails_without_an_operator_tells_nobody() -> None:
    alone = Deployed(bundle_with(WEEKLY))
    given = parts(Ledger(lease(replace(RUN, trigger="manual"))), Fetches(deals=DOWN), deployments=alone)
    assert await produce(given, RUN.key) == ()
    assert given.runs.writes[0][-1] is None


async def test_an_attempt_that_lost_its_claim_writes_and_queues_nothing_more() -> None:
    given = parts(Ledger(lease(), ClaimLost(str(RUN.key))))
    assert await produce(given, RUN.key) == ()
    assert (given.runs.writes, given.queue.deliveries) == ([], [])
    [notified] = [fact for fact in given.events.facts if isinstance(fact, Interrupted)]
    assert "attempt 2 lost its lease" in notified.sentence


async def test_a_lease_that_lapses_while_a_service_is_asked_ends_the_asking() -> None:
    given = parts(Beating(lease()), Fetches(), times=Intervals(heartbeat=0.0))
    async with asyncio.timeout(PATIENCE):
        assert await produce(given, RUN.key) == ()
    assert len(given.fetches.asked) == 1
    assert given.runs.writes == []


async def test_killed_before_the_hand_over_nothing_is_queued_and_begun_again_the_run_is_whole() -> None:
    given = parts(Ledger(lease(), LedgerUnavailable("Redis cannot be reached")))
    with pytest.raises(LedgerUnavailable):
        await produce(given, RUN.key)
    assert given.queue.deliveries == []
    given.runs.wrong = None
    assert await produce(given, RUN.key) == (KEY,)


async def test_a_comparison_is_kept_beside_the_answer_of_its_query() -> None:
    stored = Keeping()
    ids = await keep(uses(keep=stored.keep), Collected({"deals": DEALS}, {"deals": BEFORE}, ()))
    assert {query: stored.snapshots[name] for query, name in ids.items()} == {"deals": DEALS, "deals:compared": BEFORE}


@pytest.mark.parametrize(
    ("seconds", "end", "expected"),
    [
        (3600, None, HOUR),
        (60, None, 15 * MINUTE),
        (3 * 86_400, None, 24 * HOUR),
        (3600, NOW, 24 * HOUR),
    ],
    ids=["the next slot", "a quarter hour at least", "a day at most", "a day after the last slot"],
)
def test_a_delivery_is_tried_until_newer_numbers_come(seconds: int, end: datetime | None, expected: timedelta) -> None:
    trigger = replace(HOURLY, seconds=seconds, start=NOW, end=end)
    assert expiry(Stepped(), replace(WEEKLY, trigger=trigger), NOW) == NOW + expected


async def lost_after(turns: int) -> Never:
    """A renewal that finds its claim gone after so many turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    raise ClaimLost("a run")


async def work(turns: int) -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    return "done"


async def test_a_lost_lease_ends_the_work_and_says_so() -> None:
    with pytest.raises(ClaimLost):
        await leased(work(1000), lost_after(1))


async def test_a_renewal_that_ends_lets_the_work_go_on() -> None:
    assert await leased(work(20), asyncio.sleep(0)) == "done"


@pytest.mark.parametrize("turns", range(8))
async def test_a_renewal_that_fails_as_the_work_ends_disturbs_nothing_that_comes_after(turns: int) -> None:
    """The run is handed over, so its last beat finds no lease; that must not cancel whoever delivers it next."""
    try:
        assert await leased(work(4), lost_after(turns)) == "done"
    except ClaimLost:
        assert turns <= 4
    for _ in range(5):
        await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_cancelling_the_whole_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    whole = asyncio.create_task(leased(work(10_000), lost_after(10_000)))
    await asyncio.sleep(0)
    whole.cancel()
    with pytest.raises(asyncio.CancelledError):
        await whole
    assert asyncio.all_tasks() == before


async def test_what_the_work_raises_comes_out() -> None:
    async def broken() -> str:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await leased(broken(), lost_after(100))
