"""What moved between two runs of one schedule, from what is stored."""

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import answer, deal, open_deals
from tests.support.fakes import HOUR, NOW, RUN, WEEKLY, Deployed, KnownRuns, OneSource, Stored, bundle_with, uses
from worker.domain.diff.between import NotCompared
from worker.domain.run import Run, RunKey
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import RequestError
from worker.flow.operate.compare_runs import bridge_between, compare_runs
from worker.ports.kinds import QuerySpec

LIST = QuerySpec("opportunities", "", False, (), lists_opportunities=True)


def run_at(hours: int, stored: str = "") -> Run:
    slot = NOW + hours * HOUR
    return replace(RUN, key=RunKey("weekly", slot), claimed_at=slot, snapshots=(("deals", stored),) if stored else ())


FIRST, MIDDLE, LAST = run_at(0, "first"), run_at(1, "middle"), run_at(2, "last")
WON = deal("b", 200, status="won")


def parts(**stored: Snapshot) -> Any:
    schedule = replace(WEEKLY, report=(open_deals(),), bridge="deals")
    return uses(
        deployments=Deployed(bundle_with(schedule)),
        connectors=OneSource(LIST),
        lookups=KnownRuns(LAST, MIDDLE, FIRST),
        snapshots=Stored(stored),
    )


async def test_the_older_run_is_compared_with_the_newer_however_they_are_given() -> None:
    given = parts(first=answer([deal("a", 100)], at=NOW), last=answer([deal("a", 300)], at=NOW + 2 * HOUR))
    found = await compare_runs(given, LAST, FIRST)
    assert (found.before, found.after) == (FIRST, LAST)
    (deals,) = found.queries
    assert deals.bridge is not None
    assert [(step.key, step.move) for step in deals.bridge.steps] == [("a", Move.RAISED)]
    assert found == await compare_runs(given, FIRST, LAST)


async def test_a_run_between_says_what_became_of_a_deal_that_the_newer_one_did_not_look_up() -> None:
    given = parts(
        first=answer([deal("a", 100), deal("b", 200)], at=NOW),
        middle=answer([deal("a", 100)], at=NOW + HOUR, followed=[WON]),
        last=answer([deal("a", 100)], at=NOW + 2 * HOUR),
    )
    (deals,) = (await compare_runs(given, FIRST, LAST)).queries
    assert deals.bridge is not None
    assert [(step.key, step.move) for step in deals.bridge.steps] == [("b", Move.WON)]


async def test_the_newest_reading_of_a_deal_that_left_counts() -> None:
    given = parts(
        first=answer([deal("b", 200)], at=NOW),
        middle=answer([], at=NOW + HOUR, followed=[deal("b", 200, status="lost")]),
        last=answer([], at=NOW + 2 * HOUR, followed=[WON]),
    )
    (deals,) = (await compare_runs(given, FIRST, LAST)).queries
    assert deals.bridge is not None
    assert [step.move for step in deals.bridge.steps] == [Move.WON]


async def test_a_run_without_an_answer_is_no_run_in_which_everything_left() -> None:
    (deals,) = (await compare_runs(parts(first=answer([deal("a", 100)])), FIRST, LAST)).queries
    assert (deals.not_compared, deals.tables, deals.bridge) == (NotCompared.NO_ANSWER_AFTER, (), None)


@pytest.mark.parametrize(
    ("other", "said"),
    [(replace(LAST, key=RunKey("other", NOW)), "two schedules"), (FIRST, "given twice")],
)
async def test_what_cannot_be_compared_is_refused(other: Run, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        await compare_runs(parts(), FIRST, other)


async def test_the_bridge_of_a_page_is_that_of_the_comparison() -> None:
    """Also what a run in between knows of a deal that left."""
    given = parts(
        first=answer([deal("a", 100), deal("b", 200)], at=NOW),
        middle=answer([deal("a", 100)], at=NOW + HOUR, followed=[WON]),
        last=answer([deal("a", 300)], at=NOW + 2 * HOUR),
    )
    (deals,) = (await compare_runs(given, FIRST, LAST)).queries
    assert deals.bridge is not None
    assert [step.move for step in deals.bridge.steps] == [Move.RAISED, Move.WON]
    assert await bridge_between(given, LAST, FIRST) == deals.bridge


@pytest.mark.parametrize(
    "stored",
    [{"first": answer([deal("a", 100)])}, {"last": answer([deal("a", 100)])}, {}],
    ids=["its answer is gone", "the past is gone", "both are gone"],
)
async def test_without_two_answers_there_is_no_bridge(stored: dict[str, Snapshot]) -> None:
    assert await bridge_between(parts(**stored), FIRST, LAST) is None


async def test_without_a_bridge_in_the_definition_there_is_none() -> None:
    stored = {"first": answer([deal("a", 100)], at=NOW), "last": answer([deal("a", 300)], at=NOW + 2 * HOUR)}
    given = parts(**stored)
    given.deployments = Deployed(bundle_with(replace(WEEKLY, report=(open_deals(),), bridge=None)))
    assert await bridge_between(given, FIRST, LAST) is None


async def test_a_bridge_of_one_run_with_itself_is_refused() -> None:
    with pytest.raises(RequestError, match="given twice"):
        await bridge_between(parts(), FIRST, FIRST)
