"""Asking every query of a report at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.domain.builders import answer, deal, open_deals
from tests.support.fakes import HOUR, NOW, TEAM, WEEKLY, Fetches, OneSource, Stepped, Stored, bundle_with, uses
from worker.domain.delivery import Baseline
from worker.domain.schedule import Bundle, Follow, Query
from worker.domain.snapshot.history import remembered
from worker.domain.snapshot.snapshot import Gap, GapReason, Snapshot
from worker.domain.time.window import WindowSpec
from worker.errors import LedgerUnavailable, RequestError, SourceUnavailable
from worker.flow.intervals import Intervals
from worker.flow.run.collect import FetchContext, collect, question_of, resolver
from worker.flow.run.shared_fetch import SharedFailure
from worker.ports import Answer, FetchFailed
from worker.ports.kinds import QuerySpec

STATE, WINDOWED = QuerySpec("opportunities", "", False, ()), QuerySpec("funnel", "", True, ())
DEALS, OTHER = open_deals(), open_deals("other")
BOTH = replace(WEEKLY, report=(DEALS, OTHER))
CONTEXT = FetchContext(bundle_with(BOTH), BOTH, NOW, NOW + HOUR, NOW)
LAST_HOUR = replace(DEALS, window=WindowSpec("since-previous-slot"), compare=WindowSpec("previous"))


class Connection(OneSource):
    def source(self, bundle: Bundle, connection: str) -> Any:
        if connection == "unset":
            raise RequestError("CLOSE_KEY is not set")
        return uses()


class Chains:
    def __init__(self, *ids: str, wrong: Exception | None = None) -> None:
        self.ids, self.wrong, self.since = ids, wrong, list[datetime | None]()

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        self.since.append(since)
        if self.wrong is not None and query == "other":
            raise self.wrong
        return self.ids


def parts(
    fetches: Fetches,
    spec: QuerySpec = STATE,
    runs: Chains | None = None,
    stored: Mapping[str, Snapshot] | None = None,
) -> Any:
    return uses(
        connectors=Connection(spec),
        fetches=fetches,
        runs=runs or Chains(),
        snapshots=Stored(stored),
        times=Intervals(),
        triggers=Stepped(),
    )


async def test_every_query_gives_one_answer_or_one_gap() -> None:
    mine, compared = answer([deal("a")]), answer([deal("b")])
    wrong = SourceUnavailable("GET /opportunity/", "429", retry_after=60.0, limited=True)
    found = await collect(parts(Fetches(deals=Answer(mine, compared), other=wrong)), CONTEXT, [])
    assert (found.snapshots, found.compared) == ({"deals": remembered(mine, None)}, {"deals": compared})
    [gap] = found.gaps
    assert (gap.query_id, gap.reason, gap.retry_after) == ("other", GapReason.RATE_LIMITED, 60.0)


@pytest.mark.parametrize(
    ("wrong", "reason", "seconds"),
    [
        (SharedFailure(FetchFailed("incomplete", "a page is missing", 5.0)), GapReason.INCOMPLETE, 5.0),
        (RequestError("CLOSE_KEY is not set"), GapReason.REFUSED, None),
    ],
)
async def test_a_failure_that_somebody_else_met_and_a_missing_secret_are_gaps_as_well(
    wrong: Exception, reason: GapReason, seconds: float | None
) -> None:
    found = await collect(parts(Fetches(deals=wrong, other=Answer(answer([])))), CONTEXT, [])
    [gap] = found.gaps
    assert (gap.query_id, gap.reason, gap.retry_after) == ("deals", reason, seconds)
    assert gap.sentence in str(wrong)


async def test_a_connection_that_cannot_be_opened_is_a_gap_of_its_queries_alone() -> None:
    report = (replace(DEALS, source="unset"), OTHER)
    context = replace(CONTEXT, schedule=replace(BOTH, report=report))
    found = await collect(parts(Fetches(other=Answer(answer([])))), context, [])
    assert list(found.snapshots) == ["other"]
    assert [(gap.query_id, gap.reason) for gap in found.gaps] == [("deals", GapReason.REFUSED)]


async def test_a_source_that_does_not_answer_is_a_gap_when_the_runs_time_is_over() -> None:
    """The least that a source is given is a second, also where the deadline has passed."""
    late = replace(CONTEXT, deadline=NOW - HOUR, schedule=WEEKLY)
    found = await collect(parts(Fetches()), late, [])
    assert [(gap.query_id, gap.reason) for gap in found.gaps] == [("deals", GapReason.DEADLINE)]


async def test_the_state_now_is_not_told_for_a_slot_that_a_newer_one_followed() -> None:
    fetches = Fetches(deals=Answer(answer([])), other=Answer(answer([])))
    found = await collect(parts(fetches), replace(CONTEXT, stale=True), [])
    assert {gap.reason for gap in found.gaps} == {GapReason.NOT_KNOWABLE}
    assert fetches.asked == []
    windowed = await collect(parts(fetches, WINDOWED), replace(CONTEXT, stale=True), [])
    assert (list(windowed.snapshots), windowed.gaps) == (["deals", "other"], ())


async def test_a_run_that_was_postponed_past_the_next_slot_says_what_it_was_postponed_for() -> None:
    """It said "not knowable", although the service had been down at the slot."""
    down = Gap("deals", GapReason.UNAVAILABLE, "GET /opportunity/: no answer came in time")
    found = await collect(parts(Fetches()), replace(CONTEXT, stale=True, failed={"deals": down}), [])
    assert down in found.gaps
    assert {gap.reason for gap in found.gaps if gap.query_id != "deals"} == {GapReason.NOT_KNOWABLE}


async def test_a_ledger_that_fails_is_no_gap() -> None:
    runs = Chains(wrong=LedgerUnavailable("Redis cannot be reached"))
    with pytest.raises(LedgerUnavailable):
        await collect(parts(Fetches(), runs=runs), CONTEXT, [])


def past(slot: datetime) -> dict[str, Baseline]:
    return {"deals": Baseline("old", slot, slot + timedelta(seconds=1))}


async def test_a_question_looks_back_to_the_oldest_of_its_readers() -> None:
    runs = Chains("old", "older", "gone", "new")
    stored = {
        "old": answer([deal("a")], at=NOW - HOUR),
        "older": answer([deal("b")], at=NOW - 2 * HOUR),
        "new": answer([deal("c")], at=NOW),
    }
    baselines: Sequence[dict[str, Baseline]] = [past(NOW - HOUR), {}, past(NOW - 2 * HOUR)]
    asked = await question_of(parts(Fetches(), runs=runs, stored=stored), CONTEXT, DEALS, baselines)
    assert runs.since == [NOW - 2 * HOUR]
    assert asked.since == NOW - 2 * HOUR + timedelta(seconds=1)
    assert asked.formerly == {"a", "b"}, "what is of this slot or later is no past, and what is gone is left out"
    assert asked.previous is stored["old"]


async def test_a_question_without_a_past_has_none_and_who_does_not_follow_looks_nobody_up() -> None:
    asked = await question_of(parts(Fetches()), CONTEXT, DEALS, [])
    assert (asked.since, asked.previous, asked.formerly, asked.window) == (None, None, frozenset(), None)
    stored = {"old": answer([deal("a")], at=NOW - HOUR)}
    plain = replace(DEALS, follow=Follow.NONE)
    asked = await question_of(parts(Fetches(), runs=Chains("old"), stored=stored), CONTEXT, plain, [past(NOW - HOUR)])
    assert asked.formerly == frozenset()


@pytest.mark.parametrize(("attach", "expected"), [((), False), (("deals",), True), (("other",), False)])
async def test_a_services_file_is_asked_for_only_if_a_reader_gets_it(attach: tuple[str, ...], expected: bool) -> None:
    context = replace(CONTEXT, schedule=replace(BOTH, to=(replace(TEAM, attach=attach),)))
    assert (await question_of(parts(Fetches()), context, DEALS, [])).files is expected


async def windows_of(item: Query, start: datetime | None = None) -> tuple[Any, Any]:
    schedule = replace(BOTH, trigger=replace(BOTH.trigger, start=start))
    asked = await question_of(parts(Fetches()), replace(CONTEXT, schedule=schedule), item, [])
    return asked.window, asked.compared


async def test_the_window_before_is_of_the_slot_before() -> None:
    window, compared = await windows_of(LAST_HOUR)
    assert (window.start, window.end) == (NOW - HOUR, NOW)
    assert (compared.start, compared.end) == (NOW - 2 * HOUR, NOW - HOUR)


async def test_who_asks_for_no_comparison_gets_none() -> None:
    window, compared = await windows_of(replace(LAST_HOUR, compare=None))
    assert window.end == NOW
    assert compared is None


async def test_the_first_slot_ever_has_nothing_before_it_to_compare_with() -> None:
    window, compared = await windows_of(LAST_HOUR, start=NOW)
    assert window.end == NOW
    assert compared is None


def test_windows_resolve_by_the_slot_and_not_by_the_clock() -> None:
    late = replace(CONTEXT, now=NOW + 100 * HOUR)
    assert resolver(Stepped(), late)(WindowSpec("yesterday")) == resolver(Stepped(), CONTEXT)(WindowSpec("yesterday"))
    found = resolver(Stepped(), CONTEXT)(WindowSpec("since-previous-slot"))
    assert (found.start, found.end, found.zone) == (NOW - HOUR, NOW, "UTC")
