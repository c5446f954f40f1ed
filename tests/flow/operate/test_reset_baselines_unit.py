"""What readers are compared with, looked at and reset by a person."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import answer, open_deals
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    RUN,
    WEEKLY,
    Deployed,
    Emitted,
    KnownDeliveries,
    Stored,
    bundle_with,
    uses,
)
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState
from worker.domain.events import BaselinesReset
from worker.domain.run import Run, RunKey
from worker.errors import RequestError
from worker.flow.operate.reset_baselines import Change, ResetPlan, Selection, Unchanged, held, plan_reset, reset
from worker.ports import HeldBaseline

BOTH = replace(WEEKLY, report=(open_deals(), open_deals("other")))
LATER = Baseline("later", NOW + HOUR, NOW + HOUR)
THEN = Baseline("now", NOW, NOW)
TEAM_DEALS = HeldBaseline(KEY.reader, "deals", LATER, None)
TEAM_OTHER = HeldBaseline(KEY.reader, "other", None, NOW)
BOSS_DEALS = HeldBaseline("boss|boss@acme.example", "deals", LATER, None)
ALL = Selection("weekly")


class Resets:
    """`rows` are held; one delivery was decided before and is still open."""

    def __init__(self, *rows: HeldBaseline) -> None:
        self.rows, self.done = rows, list[Mapping[tuple[str, str], Baseline | None]]()

    async def held(self, schedule: str) -> tuple[HeldBaseline, ...]:
        return self.rows

    async def reset(self, schedule: str, to: Mapping[tuple[str, str], Baseline | None]) -> tuple[DeliveryKey, ...]:
        self.done.append(to)
        return (KEY,)


class SentThen(KnownDeliveries):
    """RUN, with an answer to one query, was sent to one reader."""

    def __init__(self, state: DeliveryState = DeliveryState.SENT, run: Run = RUN) -> None:
        super().__init__(Delivery(replace(KEY, run=run.key), state))
        self.rows = (replace(run, snapshots=(("deals", "now"), ("deals:compared", "week"))),)


def parts(*rows: HeldBaseline, lookups: KnownDeliveries | None = None, stored: Stored | None = None) -> Any:
    return uses(
        deployments=Deployed(bundle_with(BOTH)),
        events=Emitted(),
        lookups=lookups or SentThen(),
        resets=Resets(*(rows or (TEAM_DEALS, TEAM_OTHER, BOSS_DEALS))),
        snapshots=stored or Stored({"now": answer([])}),
    )


@pytest.mark.parametrize(
    ("reader", "query", "expected"),
    [
        (None, None, True),
        ("team", None, True),
        ("TEAM@acme.example", "deals", True),
        ("team|team@acme.example", "deals", True),
        ("boss", None, False),
        (None, "other", False),
    ],
)
def test_a_reader_is_meant_by_entry_by_address_or_by_both(
    reader: str | None, query: str | None, expected: bool
) -> None:
    assert Selection("weekly", reader, query).fits(KEY.reader, "deals") is expected


async def test_what_is_held_is_listed_as_far_as_it_is_meant() -> None:
    assert await held(parts(), ALL) == (TEAM_DEALS, TEAM_OTHER, BOSS_DEALS)
    assert await held(parts(), Selection("weekly", "team", "deals")) == (TEAM_DEALS,)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (Selection("daily"), "no schedule 'daily' is deployed"),
        (Selection("weekly", None, "third"), "--query: found 'third'; weekly has deals, other"),
    ],
)
async def test_a_schedule_or_query_that_is_not_there_is_refused(of: Selection, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        await held(parts(), of)


async def test_a_reset_to_nothing_takes_what_is_compared_with_and_counts_its_readers() -> None:
    plan = await plan_reset(parts(), ALL, None)
    assert plan.run is None
    assert plan.changes == (
        Change(KEY.reader, "deals", LATER, None),
        Change(BOSS_DEALS.reader, "deals", LATER, None),
    )
    assert plan.readers == 2


async def test_a_reader_is_set_back_to_what_was_sent_and_the_others_say_why_not() -> None:
    plan = await plan_reset(parts(), ALL, "weekly@latest")
    assert plan == ResetPlan(
        "weekly",
        RUN.key,
        (Change(KEY.reader, "deals", LATER, THEN),),
        (
            Unchanged(BOSS_DEALS.reader, "deals", f"{RUN.key} was not sent to this reader"),
            Unchanged(KEY.reader, "other", f"{RUN.key} has no stored answer to this query"),
        ),
    )


async def test_a_reader_who_has_no_baseline_any_more_can_be_set_back() -> None:
    plan = await plan_reset(parts(replace(TEAM_DEALS, at=None)), Selection("weekly", None, "deals"), "weekly@latest")
    assert plan.changes == (Change(KEY.reader, "deals", None, THEN),)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (parts(replace(TEAM_DEALS, at=THEN)), "no reader is compared with anything else now"),
        (parts(TEAM_DEALS, lookups=SentThen(DeliveryState.SKIPPED)), "was not sent to this reader"),
        (parts(TEAM_DEALS, stored=Stored()), "has no stored answer to this query"),
    ],
    ids=["it is so already", "it was not sent", "the answer is gone"],
)
async def test_a_reset_that_would_change_nothing_is_refused_and_says_why(given: Any, words: str) -> None:
    with pytest.raises(RequestError, match=f"nothing to reset: .*{words}"):
        await plan_reset(given, Selection("weekly", None, "deals"), "weekly@latest")


async def test_a_reset_to_nothing_of_nobody_names_whom_it_looked_for() -> None:
    with pytest.raises(RequestError, match="no reader that fits 'nobody' is compared with anything now"):
        await plan_reset(parts(), Selection("weekly", "nobody"), None)


async def test_a_run_of_another_schedule_is_nothing_to_be_set_back_to() -> None:
    other = SentThen(run=replace(RUN, key=RunKey("daily", NOW)))
    with pytest.raises(RequestError, match="is a run of another schedule than weekly"):
        await plan_reset(parts(lookups=other), ALL, "daily@latest")


async def test_a_reset_is_one_step_and_tells_what_goes_out_all_the_same() -> None:
    given = parts()
    plan = await plan_reset(given, ALL, "weekly@latest")
    assert await reset(given, plan) == (KEY,)
    assert given.resets.done == [{(KEY.reader, "deals"): THEN}]
    assert given.events.facts == [BaselinesReset(RUN.key, "weekly", 1)]
