"""Random histories with every kind of event, for tests of the properties of bridges and journals."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from worker.sandbox.cast import MAIN, OTHER, USERS, active_stages
from worker.sandbox.events import (
    Created,
    CurrencyChanged,
    Deleted,
    Event,
    Lost,
    MovedPipeline,
    OwnerChanged,
    PeriodChanged,
    Reopened,
    Revived,
    SimulatedDeal,
    StageChanged,
    Stalled,
    ValueChanged,
    Won,
)
from worker.sandbox.pipeline import PERIODS, PipelineSimulation

CURRENCIES = ("EUR", "USD", "JPY")

Chance = Callable[[random.Random, SimulatedDeal, datetime], Event]


def _value(rng: random.Random) -> int | None:
    """Whole units, so that it fits a currency without hundredths. Sometimes unknown, sometimes zero."""
    return rng.choice((None, 0, *(rng.randrange(1, 90_000) * 100 for _ in range(6))))


def _move(rng: random.Random, deal: SimulatedDeal, at: datetime) -> Event:
    there = OTHER if deal.pipeline == MAIN else MAIN
    return MovedPipeline(at=at, deal=deal.id, pipeline=there, stage=rng.choice(active_stages(there)))


OPEN_CHANCES: tuple[Chance, ...] = (
    lambda rng, d, at: ValueChanged(at=at, deal=d.id, value=_value(rng)),
    lambda rng, d, at: PeriodChanged(at=at, deal=d.id, period=rng.choice(PERIODS)),
    lambda rng, d, at: CurrencyChanged(at=at, deal=d.id, currency=rng.choice(CURRENCIES), value=_value(rng)),
    lambda rng, d, at: OwnerChanged(at=at, deal=d.id, owner=rng.choice((None, *(user.id for user in USERS)))),
    lambda rng, d, at: StageChanged(at=at, deal=d.id, stage=rng.choice(active_stages(d.pipeline))),
    lambda _rng, d, at: Won(at=at, deal=d.id),
    lambda _rng, d, at: Lost(at=at, deal=d.id),
    _move,
    lambda _rng, d, at: Stalled(at=at, deal=d.id, action=("follow_up_call", "It has been quiet.")),
    lambda _rng, d, at: Revived(at=at, deal=d.id),
    lambda _rng, d, at: Deleted(at=at, deal=d.id),
)
CLOSED_CHANCES: tuple[Chance, ...] = (
    lambda rng, d, at: Reopened(at=at, deal=d.id, stage=rng.choice(active_stages(d.pipeline))),
    lambda rng, d, at: ValueChanged(at=at, deal=d.id, value=_value(rng)),
    lambda _rng, d, at: Deleted(at=at, deal=d.id),
)


def wander(pipeline: PipelineSimulation, began: datetime, count: int) -> datetime:
    """`count` events, one second apart, from one second after `began`. Returns the instant of the last event."""
    rng, at = pipeline.rng, began
    for _ in range(count):
        at += timedelta(seconds=1)
        pipeline.apply(_any_event(pipeline, rng, at))
    return at


def _any_event(pipeline: PipelineSimulation, rng: random.Random, at: datetime) -> Event:
    living = sorted(pipeline.visible(), key=lambda deal: deal.id)
    if not living or rng.random() < 0.15:
        deal = pipeline.draft(at, pipeline=rng.choice((MAIN, OTHER)))
        return Created(at=at, deal=deal.id, start=deal)
    deal = rng.choice(living)
    chances = OPEN_CHANCES if deal.status == "active" else CLOSED_CHANCES
    return rng.choice(chances)(rng, deal, at)


def plain_deal(
    name: str, at: datetime, value: int | None, *, period: str = "annual", currency: str = "EUR"
) -> SimulatedDeal:
    """An open deal in the first stage of the main pipeline, for histories that a test writes itself. `name` is the end
    of its id.
    """
    return SimulatedDeal(
        id=f"oppo_{name}",
        lead_id=f"lead_{name}",
        lead=f"Customer {name}",
        note="",
        owner=USERS[0].id,
        pipeline=MAIN,
        stage=active_stages(MAIN)[0],
        value=value,
        period=period,
        currency=currency,
        confidence=50,
        created_at=at,
        updated_at=at,
        stage_since=at,
        due=date(2027, 1, 15),
    )
