"""The journal against a story told by hand and against its own identity over histories of chance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.documents.journal import journal_document
from worker.domain.snapshot.opportunity import INWARD, Move
from worker.sandbox.cast import MAIN, OTHER, active_stages, stage_of
from worker.sandbox.events import (
    Created,
    CurrencyChanged,
    Deleted,
    Event,
    Lost,
    MovedPipeline,
    PeriodChanged,
    Reopened,
    Revived,
    SimulatedDeal,
    Stalled,
    ValueChanged,
    Won,
)
from worker.sandbox.journal import EVERYTHING_OPEN, STALLED, Amounts, Population, bridge
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.wander import plain_deal, wander

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)
LATER = NOW + timedelta(days=2)
NEXT = NOW + timedelta(days=7)

seeds = st.integers(0, 2**32)


def closes(found: Amounts) -> bool:
    def total(lines: dict[str, int]) -> int:
        moves = sum(lines[m] if m in INWARD else -lines[m] for m in Move)
        return lines["opening"] + moves

    return all(total(lines) == lines["closing"] for lines in found.values())


def born(name: str, units: int | None, **changes: object) -> Event:
    deal: SimulatedDeal = replace(plain_deal(name, BEFORE, None if units is None else units * 100), **changes)  # type: ignore[arg-type]
    return Created(at=BEFORE, deal=deal.id, start=deal)


def booked(*events: Event) -> dict[str, int]:
    return {line: amount // 100 for line, amount in bridge(events, NOW, NEXT)["EUR"].items() if amount}


def test_the_worked_week_is_booked_to_the_unit() -> None:
    """The fixed example of the semantics: every class of the open population but the stalled ones."""
    late = plain_deal("I", LATER, 2_200_000)
    log: list[Event] = [
        born("A", 40_000),
        born("B", 30_000, stalled=True),
        born("C", 20_000, stalled=True),
        born("D", 15_000, stalled=True),
        born("E", 1_000, period="monthly"),
        born("F", 10_000),
        born("G", 9_000, stalled=True),
        born("H", 5_000, stalled=True),
        born("J", 7_500, stage=stage_of(MAIN, "lost")),
        born("K", 6_000, pipeline=OTHER, stage=stage_of(OTHER, "active")),
        born("L", None),
        born("M", 12_000, stalled=True),
        ValueChanged(at=LATER, deal="oppo_A", value=4_800_000),
        Stalled(at=LATER, deal="oppo_A"),
        ValueChanged(at=LATER, deal="oppo_B", value=2_500_000),
        ValueChanged(at=LATER, deal="oppo_C", value=1_800_000),
        Won(at=LATER, deal="oppo_C"),
        Lost(at=LATER, deal="oppo_D"),
        PeriodChanged(at=LATER, deal="oppo_E", period="annual"),
        ValueChanged(at=LATER, deal="oppo_E", value=1_500_000),
        CurrencyChanged(at=LATER, deal="oppo_F", currency="USD", value=1_100_000),
        MovedPipeline(at=LATER, deal="oppo_G", pipeline=OTHER, stage=active_stages(OTHER)[0]),
        Deleted(at=LATER, deal="oppo_H"),
        Created(at=LATER, deal="oppo_I", start=late),
        Reopened(at=LATER, deal="oppo_J", stage=active_stages(MAIN)[1]),
        MovedPipeline(at=LATER, deal="oppo_K", pipeline=MAIN, stage=active_stages(MAIN)[1]),
        ValueChanged(at=LATER, deal="oppo_L", value=400_000),
    ]
    everything = bridge(log, NOW, NEXT, EVERYTHING_OPEN)
    assert {line: amount // 100 for line, amount in everything["EUR"].items() if amount} == {
        "opening": 153_000,
        "new": 22_000,
        "reopened": 7_500,
        "moved_in": 6_000,
        "raised": 15_000,
        "lowered": 7_000,
        "won": 18_000,
        "lost": 15_000,
        "moved_out": 9_000,
        "converted_out": 10_000,
        "removed": 5_000,
        "closing": 139_500,
    }
    assert {line: n // 100 for line, n in everything["USD"].items() if n} == {"converted_in": 11_000, "closing": 11_000}
    assert {line: n // 100 for line, n in bridge(log, NOW, NEXT, STALLED)["EUR"].items() if n} == {
        "opening": 91_000,
        "stalled_in": 48_000,
        "lowered": 7_000,
        "won": 18_000,
        "lost": 15_000,
        "moved_out": 9_000,
        "removed": 5_000,
        "closing": 85_000,
    }


def test_won_and_reopened_in_between_is_no_move() -> None:
    log = (
        born("A", 100),
        Won(at=LATER, deal="oppo_A"),
        Reopened(at=LATER, deal="oppo_A", stage=active_stages(MAIN)[0]),
    )
    assert booked(*log) == {"opening": 100, "closing": 100}


def test_a_deal_that_came_and_went_in_between_leaves_no_trace() -> None:
    deal = plain_deal("A", LATER, 10_000)
    log = (born("B", 1), Created(at=LATER, deal=deal.id, start=deal), Deleted(at=LATER, deal=deal.id))
    assert booked(*log) == {"opening": 1, "closing": 1}


def test_a_deal_priced_anew_and_then_deleted_is_removed_at_its_old_value() -> None:
    log = (born("A", 100), ValueChanged(at=LATER, deal="oppo_A", value=7), Deleted(at=LATER, deal="oppo_A"))
    assert booked(*log) == {"opening": 100, "removed": 100}


def test_a_deal_that_revives_at_a_higher_price_is_raised_first() -> None:
    log = (
        born("A", 100, stalled=True),
        ValueChanged(at=LATER, deal="oppo_A", value=15_000),
        Revived(at=LATER, deal="oppo_A"),
    )
    assert {k: v for k, v in bridge(log, NOW, NEXT, STALLED)["EUR"].items() if v} == {
        "opening": 10_000,
        "raised": 5_000,
        "revived": 15_000,
    }


def test_a_deal_won_in_another_currency_is_converted_before_it_is_won() -> None:
    log = (
        born("A", 100),
        CurrencyChanged(at=LATER, deal="oppo_A", currency="JPY", value=1_700_000),
        Won(at=LATER, deal="oppo_A"),
    )
    found = bridge(log, NOW, NEXT)
    assert {k: v for k, v in found["EUR"].items() if v} == {"opening": 10_000, "converted_out": 10_000}
    assert {k: v for k, v in found["JPY"].items() if v} == {"converted_in": 17_000, "won": 17_000}


def test_the_journal_names_its_ends_and_every_class() -> None:
    found = journal_document(NOW, NEXT, bridge([born("A", 100)], NOW, NEXT))
    assert (found["from"], found["to"]) == (NOW.isoformat(), NEXT.isoformat())
    assert found["bridge"] == {
        "EUR": {"opening": 10_000, **dict.fromkeys((m.value for m in Move), 0), "closing": 10_000}
    }


@pytest.mark.parametrize("population", [EVERYTHING_OPEN, STALLED, Population(OTHER)])
@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_it_closes_over_any_history(seed: int, population: Population) -> None:
    pipeline = PipelineSimulation(seed, NOW, history=False)
    middle = wander(pipeline, NOW, 60)
    end = wander(pipeline, middle, 60)
    found = bridge(pipeline.log, middle, end, population)
    assert closes(found)
    assert all(amount >= 0 for lines in found.values() for amount in lines.values())


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_two_weeks_open_where_the_first_one_closed(seed: int) -> None:
    pipeline = PipelineSimulation(seed, NOW, history=False)
    middle = wander(pipeline, NOW, 40)
    end = wander(pipeline, middle, 40)
    first, second = bridge(pipeline.log, NOW, middle), bridge(pipeline.log, middle, end)
    assert {c: lines["closing"] for c, lines in first.items() if lines["closing"]} == {
        c: lines["opening"] for c, lines in second.items() if lines["opening"]
    }
