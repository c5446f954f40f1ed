"""Troubles of a schedule: one notice a day, and one word when they are over."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.ledger_fixture import ANN, BEN, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture
from tests.support.notices import failed
from tests.support.trips import Trips
from worker.adapters.redis_store.codec import notice, text
from worker.domain.notice import Cause, NoticeEnd, NoticeRequest, SlotSpan
from worker.domain.reason import Reason
from worker.domain.run import Claim, RunKey
from worker.domain.schedule import Bundle, Defaults, Schedule, Trigger


def request(run: RunKey, subject: str, day: str) -> NoticeRequest:
    made = failed(run, day)
    reader = f"operator/{subject.split(maxsplit=1)[0]}{len(subject)}|ops@acme.example"
    return NoticeRequest(reader, day, replace(made.notice, subject=subject))


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


async def test_a_notice_keeps_the_slots_of_each_cause_and_one_of_an_earlier_version_has_text_alone(
    story: LedgerFixture,
) -> None:
    run, _ = await story.begun(SLOT)
    causes = (Cause("12 × …", "", SlotSpan(SLOT - WEEK, SLOT, 12)), Cause("deals", "429 for two minutes"))
    made = request(run, "slots_missed week", "2026-11-16")
    await story.runs.report_troubles(run, [replace(made, notice=replace(made.notice, causes=causes))], [])
    (kept,) = [row.notice for row in await story.lookups.deliveries(run) if row.notice is not None]
    assert kept.causes == causes
    earlier = {"w": "Week", "k": "missed", "s": "s", "e": "slots_missed", "c": [["1 × …", ""]], "m": 0, "t": 0}
    read = notice(run, earlier)
    assert read is not None
    assert read.causes == (Cause("1 × …", ""),)


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


def heir(previously: str = WEEKLY, name: str = "heir") -> Bundle:
    made = Schedule(Trigger("every", "UTC", seconds=60), id=name, name=name, report=(), previously=previously)
    return Bundle(PROJECT, Defaults(), {}, {}, {name: made})


TROUBLES = ("slots_missed {}", "budget_spent {}", "waited_too_long {}", "failed {} source", "no_data {} big")


async def test_a_trouble_goes_on_under_the_new_id_of_its_schedule(story: LedgerFixture) -> None:
    first = (await story.begun(SLOT))[0]
    written = [one.format(WEEKLY) for one in TROUBLES]
    suspended = f"channel {WEEKLY}"
    notices = [request(first, one, "2026-11-16") for one in (*written, suspended)]
    assert await story.runs.report_troubles(first, notices, ()) == len(notices)
    await story.deployments.activate(heir(), {}, (WEEKLY,))
    await story.deployments.activate(heir("heir", "newest"), {}, ("heir",))
    names: Any = await story.client.hkeys(f"{PROJECT}:notices")
    held = {text(name) for name in names}
    assert held == {*(one.format("newest") for one in TROUBLES), suspended}

    for name in (WEEKLY, "heir", "newest"):
        asked = [one.format(name) for one in TROUBLES]
        known = await story.lookups.since(first, 20, [*asked, "slots_missed other"])
        assert known.reported == frozenset(asked), "also of a run that was claimed under an old id"
    later = await claimed(story, RunKey("newest", SLOT + WEEK))
    again = [request(later, one.format("newest"), "2026-11-16") for one in TROUBLES]
    assert await story.runs.report_troubles(later, again, ()) == 0, "the operator was told today"
    over = "over failed {} source"
    end = NoticeEnd("failed newest source", request(later, over.format("newest"), "2026-11-16"))
    assert await story.runs.report_troubles(later, (), [end]) == 1
    late = NoticeEnd(written[3], request(first, over.format(WEEKLY), "2026-11-17"))
    assert await story.runs.report_troubles(first, (), [late]) == 0, "its end was told"


async def test_a_late_run_of_the_old_id_counts_a_trouble_under_the_new_one(story: LedgerFixture) -> None:
    first = (await story.begun(SLOT))[0]
    await story.deployments.activate(heir(), {}, (WEEKLY,))
    assert await story.runs.report_troubles(first, [request(first, f"failed {WEEKLY} source", "2026-11-16")], ()) == 1
    assert await story.client.hkeys(f"{PROJECT}:notices") == [b"failed heir source"]
    assert await told(story, first) == ["failed heir source"]


async def test_of_two_pasts_that_join_the_newer_word_counts(story: LedgerFixture) -> None:
    await story.deploy(WEEKLY, "heir")
    for name, day in ((WEEKLY, "2026-11-17"), ("heir", "2026-11-16")):
        word = json.dumps({"d": day, "t": 1, "o": 1, "s": 1})
        await story.client.hset(f"{PROJECT}:notices", f"failed {name} source", word)
    await story.deployments.activate(heir(), {}, (WEEKLY,))
    held: Any = await story.client.hgetall(f"{PROJECT}:notices")
    kept = {text(subject): json.loads(word)["d"] for subject, word in held.items()}
    assert kept == {"failed heir source": "2026-11-17"}


async def claimed(story: LedgerFixture, run: RunKey) -> RunKey:
    deployed = await story.deployments.deployed()
    assert deployed is not None
    await story.clock.request(Claim(run, deployed.bundle, "every", run.slot + WEEK), 1)
    return run
