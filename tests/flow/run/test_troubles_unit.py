"""What went wrong with a schedule since its last run, and what is over."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.support.fakes import HOUR, NOW, RUN, WEEKLY, KnownMissed, Takes, bundle_with, uses
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.missed import MissedRow, SinceRun
from worker.domain.notice import NoticeEnd, NoticeRequest, SlotSpan
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.flow.run.troubles import report_troubles

BEFORE = replace(RUN, key=RunKey("weekly", NOW - 3 * HOUR))
OPERATED = bundle_with(WEEKLY, operator="ops@acme.example")
EVERYTHING = frozenset({"slots_missed weekly", "budget_spent weekly", "waited_too_long weekly", "failed weekly source"})
SPENT = Gap("deals", GapReason.RATE_LIMITED, "429 for two minutes")


class Runs:
    def __init__(self) -> None:
        self.wrong, self.over = list[str](), list[str]()
        self.causes, self.asked = list[str](), 0
        self.slots = list[SlotSpan | None]()

    async def report_troubles(self, key: RunKey, notices: Sequence[NoticeRequest], ends: Sequence[NoticeEnd]) -> int:
        self.asked += 1
        self.wrong = [one.notice.subject for one in notices]
        self.causes = [cause.who for one in notices for cause in one.notice.causes]
        self.slots = [cause.slots for one in notices for cause in one.notice.causes]
        self.over = [one.of for one in ends]
        return len(notices)


class Known(KnownMissed):
    """`read`: runs whose deliveries were read beside the one look-up."""

    late: tuple[Delivery, ...] = ()
    told: frozenset[str] = EVERYTHING
    before: RunKey | None = BEFORE.key
    read: tuple[RunKey, ...] = ()

    async def since(self, run: RunKey, missed: int, subjects: Sequence[str]) -> SinceRun:
        return SinceRun(self.before, len(self.late), self.missed_rows[:missed], self.told & frozenset(subjects))

    async def deliveries(self, run: RunKey) -> tuple[Delivery, ...]:
        self.read = (*self.read, run)
        return self.late if run == BEFORE.key else ()


async def reported(
    *missed: MissedRow, late: Any = (), gaps: Any = (), bundle: Any = OPERATED, known: Known | None = None
) -> Runs:
    runs, known = Runs(), known or Known(*missed)
    known.late = tuple(late)
    given = uses(runs=runs, lookups=known, connectors=uses(takes=Takes("mail").takes))
    await report_troubles(given, RUN.key, bundle, WEEKLY, gaps, NOW)
    return runs


def row(hours: int, reason: Reason) -> MissedRow:
    return MissedRow(NOW - hours * HOUR, NOW - hours * HOUR, 1, reason, schedule="weekly")


async def test_slots_that_were_missed_since_the_last_run_are_told_and_pauses_are_not() -> None:
    found = await reported(row(1, Reason.CAUGHT_UP), row(2, Reason.PAUSED), row(4, Reason.TOO_LATE))
    assert found.wrong == ["slots_missed weekly"]
    assert found.causes == [f"1 × {(NOW - HOUR):%Y-%m-%dT%H:%M:%SZ}"]
    assert found.slots == [SlotSpan(NOW - HOUR, NOW - HOUR, 1)], "as instants, for each reader's zone"
    assert "slots_missed weekly" not in found.over
    assert {"budget_spent weekly", "waited_too_long weekly", "failed weekly source"} <= {*found.over}


async def test_a_spent_budget_and_messages_that_waited_too_long_are_told() -> None:
    expired = Delivery(DeliveryKey(BEFORE.key, "team|a@x"), DeliveryState.SKIPPED, reason=Reason.EXPIRED)
    found = await reported(late=[expired, replace(expired, reason=Reason.EMPTY)], gaps=[SPENT])
    assert found.wrong == ["budget_spent weekly", "waited_too_long weekly"]
    assert found.causes == ["deals", "a@x"]


async def test_without_an_operator_nothing_is_asked() -> None:
    assert (await reported(row(1, Reason.TOO_LATE), bundle=bundle_with(WEEKLY))).wrong == []


async def test_where_nothing_is_wrong_and_nothing_is_over_one_look_up_is_all() -> None:
    quiet = Known()
    quiet.told = frozenset()
    found = await reported(known=quiet)
    assert (found.asked, quiet.read) == (0, ())
    await reported(row(1, Reason.TOO_LATE), known=quiet)
    assert quiet.read == (), "rows are read only where one waited too long"


async def test_before_the_first_run_nothing_was_missed() -> None:
    first = Known(row(1, Reason.TOO_LATE))
    first.before = None
    assert (await reported(known=first)).wrong == []
