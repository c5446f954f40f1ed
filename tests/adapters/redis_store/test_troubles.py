"""Troubles of a schedule: one notice a day, and one word when they are over."""

from dataclasses import replace

import pytest

from tests.support.ledger_fixture import ANN, BEN, SLOT, WEEK, LedgerFixture
from tests.support.notices import failed
from tests.support.trips import Trips
from worker.domain.notice import NoticeEnd, NoticeRequest
from worker.domain.reason import Reason
from worker.domain.run import RunKey


def request(run: RunKey, subject: str, day: str) -> NoticeRequest:
    made = failed(run, day)
    return NoticeRequest(f"operator/{subject[:4]}|ops@acme.example", day, replace(made.notice, subject=subject))


async def told(story: LedgerFixture, run: RunKey) -> list[str]:
    rows = await story.lookups.deliveries(run)
    return sorted(row.notice.subject for row in rows if row.notice is not None)


async def test_a_trouble_is_told_once_a_day_and_its_end_once(story: LedgerFixture) -> None:
    keys = [(await story.begun(SLOT + week * WEEK))[0] for week in range(5)]
    wrong, over = "slots_missed week", "over slots_missed week"

    async def report(week: int, *, bad: bool, day: str = "2026-11-16") -> int:
        key = keys[week]
        notices = [request(key, wrong, day)] if bad else []
        ends = [] if bad else [NoticeEnd(wrong, request(key, over, day))]
        return await story.runs.report_troubles(key, notices, ends)

    assert await report(0, bad=False) == 0, "what was never told has no end"
    assert await report(1, bad=True) == 1
    assert await report(2, bad=True) == 0
    assert await report(3, bad=False) == 1
    assert await report(4, bad=False) == 0
    assert [await told(story, key) for key in keys] == [[], [wrong], [], [over], []]


async def test_the_end_of_failed_runs_is_told_by_a_run_that_found_answers(story: LedgerFixture) -> None:
    first, attempt = await story.begun(SLOT)
    notice = failed(first, "2026-11-16")
    await story.runs.fail(first, attempt, Reason.SOURCE, "down", (), notice)
    later = (await story.begun(SLOT + WEEK))[0]
    end = NoticeEnd(notice.notice.subject, request(later, "over it", "2026-11-16"))
    assert await story.runs.report_troubles(later, (), [end]) == 1
    assert await told(story, later) == ["over it"]


async def test_what_a_run_asks_about_the_time_before_it_is_one_round_trip(story: LedgerFixture) -> None:
    """However many readers the run before had."""
    first, attempt = await story.begun(SLOT)
    notice = failed(first, "2026-11-16")
    await story.runs.fail(first, attempt, Reason.SOURCE, "down", (), notice)
    later = (await story.begun(SLOT + WEEK))[0]
    await story.lookups.since(first, 20, [])  # the script is known then
    with pytest.MonkeyPatch.context() as patch:
        trips = Trips(patch)
        found = await story.lookups.since(later, 20, [notice.notice.subject, "slots_missed week"])
        assert trips.count == 1
    assert (found.before, found.expired, found.reported) == (first, 0, frozenset({notice.notice.subject}))
    assert (await story.lookups.since(first, 20, [])).before is None


async def test_deliveries_that_waited_past_their_time_are_counted(story: LedgerFixture) -> None:
    keys = await story.delivering((ANN, BEN))
    await story.elapse(99999)
    await story.clock.sweep(100)
    later = (await story.begun(SLOT + WEEK))[0]
    rows = await story.lookups.deliveries(keys[0].run)
    assert {row.reason for row in rows} == {Reason.EXPIRED}
    assert (await story.lookups.since(later, 20, [])).expired == len(rows)
