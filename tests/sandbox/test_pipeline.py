"""The simulation: told by its seed alone, never short of what a step promises, never contradicting itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sandbox.cast import MAIN, OTHER, USERS
from worker.sandbox.events import Created, Deleted, Lost, MovedPipeline, Revived, Stalled, ValueChanged, Won, fold
from worker.sandbox.journal import STALLED, bridge
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.wander import plain_deal

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
TICK = timedelta(seconds=10)


def test_one_seed_tells_one_story() -> None:
    one, other = PipelineSimulation(5, NOW, names=HOSTILE), PipelineSimulation(5, NOW, names=HOSTILE)
    assert one.step(NOW + TICK) == other.step(NOW + TICK)
    assert one.log == other.log
    assert PipelineSimulation(6, NOW, names=HOSTILE).log != PipelineSimulation(5, NOW, names=HOSTILE).log


def test_it_opens_with_what_a_demo_needs(pipeline: PipelineSimulation) -> None:
    deals = pipeline.open_deals()
    assert len(deals) == 40
    assert len(pipeline.open_deals(OTHER)) == 6
    assert {d.period for d in deals} == {"one_time", "annual", "monthly"}
    assert any(d.value is None for d in pipeline.visible())
    assert any(d.owner is None for d in deals)
    assert any(d.owner == USERS[-1].id for d in deals)
    assert all(d.action is not None for d in deals if d.stalled)
    assert 5 <= sum(d.stalled for d in deals) <= 20
    assert {d.status for d in pipeline.visible()} == {"active", "won", "lost"}
    assert {d.currency for d in pipeline.visible()} == {"EUR"}
    assert "<b>Bold & Sons</b>" in {d.lead for d in pipeline.visible()}
    assert all(event.at < NOW for event in pipeline.log)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 6))
def test_every_step_keeps_its_promise(seed: int, steps: int) -> None:
    pipeline = PipelineSimulation(seed, NOW, names=HOSTILE)
    for number in range(1, steps + 1):
        at = NOW + TICK * number
        happened = pipeline.step(at)
        assert {type(e) for e in happened} >= {
            Created,
            Won,
            Lost,
            ValueChanged,
            Stalled,
            Revived,
            MovedPipeline,
            Deleted,
        }
        moved = bridge(pipeline.log, at - TICK, at)["EUR"]
        assert all(moved[c] > 0 for c in ("new", "won", "lost", "raised", "lowered", "moved_out", "removed"))
        assert moved["converted_in"] == moved["converted_out"] == moved["unexplained"] == 0
        stalled = bridge(pipeline.log, at - TICK, at, STALLED)["EUR"]
        assert stalled["stalled_in"] > 0
        assert stalled["revived"] > 0


def test_a_step_wins_one_deal_below_its_old_value(pipeline: PipelineSimulation) -> None:
    before = dict(pipeline.deals)
    happened = pipeline.step(NOW + TICK)
    won = {e.deal for e in happened if isinstance(e, Won)}
    assert any((pipeline.deals[d].value or 0) < (before[d].value or 0) for d in won)


def test_the_state_is_the_fold_of_the_log(pipeline: PipelineSimulation) -> None:
    pipeline.step(NOW + TICK)
    assert fold(pipeline.log, NOW + TICK) == pipeline.deals
    assert fold(pipeline.log, NOW) != pipeline.deals


def test_an_event_from_before_the_last_is_refused(pipeline: PipelineSimulation) -> None:
    deal = pipeline.open_deals()[0]
    with pytest.raises(ValueError, match="older than the last event"):
        pipeline.apply(Won(at=NOW - timedelta(days=300), deal=deal.id))
    assert pipeline.deals[deal.id] == deal


def test_a_step_survives_a_clock_that_was_set_back(pipeline: PipelineSimulation) -> None:
    pipeline.step(NOW + TICK)
    happened = pipeline.step(NOW)
    assert {event.at for event in happened} == {NOW + TICK}


def test_what_cannot_happen_is_refused(pipeline: PipelineSimulation) -> None:
    deal = pipeline.open_deals()[0]
    with pytest.raises(TypeError, match="never created"):
        pipeline.apply(Won(at=NOW, deal="oppo_nobody"))
    with pytest.raises(TypeError, match="exists already"):
        pipeline.apply(Created(at=NOW, deal=deal.id, start=deal))
    pipeline.apply(Deleted(at=NOW, deal=deal.id))
    with pytest.raises(TypeError, match="was deleted"):
        pipeline.apply(Won(at=NOW, deal=deal.id))


def test_a_month_counts_twelve_times_and_the_unknown_not_at_all() -> None:
    assert plain_deal("A", NOW, 500, period="monthly").annual == 6_000
    assert plain_deal("A", NOW, 500, period="one_time").annual == 500
    assert plain_deal("A", NOW, None, period="monthly").annual is None


def test_a_big_pipeline_is_all_open_deals() -> None:
    pipeline = PipelineSimulation.big(1_200, now=NOW)
    assert len(pipeline.open_deals(MAIN)) == len(pipeline.deals) == 1_200
    assert sum(deal.stalled for deal in pipeline.deals.values()) == 120
