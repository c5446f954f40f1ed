"""One eventful step of the pipeline: the promised moves, each on a different deal, and some random events."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from worker.sandbox.cast import ACTIONS, MAIN, OTHER, USERS, active_stages
from worker.sandbox.events import (
    Created,
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

CROWD = 40
"""A step fills the main pipeline up to this number of open deals, so that later steps find enough deals."""

STUCK = 8
"""When more deals than this are stalled, some of them are revived. Otherwise the whole list would become stalled."""


class ScriptTarget(Protocol):
    """What the script needs of the pipeline."""

    rng: random.Random
    deals: dict[str, SimulatedDeal]
    stepped_at: datetime | None

    def open_deals(self, pipeline: str = MAIN) -> list[SimulatedDeal]: ...

    def draft(self, at: datetime, *, pipeline: str = MAIN, stage: int = 0) -> SimulatedDeal: ...


class _Cast:
    """Gives out every deal at most once, so that each promised move is the only event of its deal."""

    def __init__(self, rng: random.Random, deals: list[SimulatedDeal]) -> None:
        self.free = sorted(deals, key=lambda deal: deal.id)
        rng.shuffle(self.free)

    def take(self, wanted: Callable[[SimulatedDeal], bool] = lambda _deal: True) -> SimulatedDeal | None:
        for position, deal in enumerate(self.free):
            if wanted(deal):
                return self.free.pop(position)
        return None


def _priced(deal: SimulatedDeal) -> bool:
    return deal.value is not None and deal.value >= 10_000 and not deal.stalled


def _moving(deal: SimulatedDeal) -> bool:
    return not deal.stalled


def _stuck(deal: SimulatedDeal) -> bool:
    return deal.stalled


def play(pipeline: ScriptTarget, now: datetime) -> Iterator[Event]:
    """All events of one step, all at `now`. A move does not happen when no deal of its kind is left. New deals keep
    enough in supply, so that every promised move happens.
    """
    rng = pipeline.rng
    cast = _Cast(rng, pipeline.open_deals())
    yield from _prices(rng, cast, now)
    yield from _exits(cast, now)
    yield from _stalls(rng, cast, now)
    yield from _chance(pipeline, cast, now)
    yield from _births(pipeline, now)


def _prices(rng: random.Random, cast: _Cast, now: datetime) -> Iterator[Event]:
    for percent in (rng.randrange(115, 160), rng.randrange(50, 90)):
        if (deal := cast.take(_priced)) and deal.value is not None:
            yield ValueChanged(at=now, deal=deal.id, value=deal.value * percent // 100)
    if deal := cast.take(lambda d: _priced(d) and d.period == "monthly"):
        yield PeriodChanged(at=now, deal=deal.id, period="annual")
    if (deal := cast.take(_priced)) and deal.value is not None:
        yield ValueChanged(at=now, deal=deal.id, value=deal.value * 9 // 10)
        yield Won(at=now, deal=deal.id)


def _exits(cast: _Cast, now: datetime) -> Iterator[Event]:
    if deal := cast.take(_priced):
        yield Won(at=now, deal=deal.id)
    if deal := cast.take(lambda d: _stuck(d) and d.value is not None) or cast.take(_priced):
        yield Lost(at=now, deal=deal.id)
    if deal := cast.take(_priced):
        yield MovedPipeline(at=now, deal=deal.id, pipeline=OTHER, stage=active_stages(OTHER)[0])
    if deal := cast.take(_priced):
        yield Deleted(at=now, deal=deal.id)


def _stalls(rng: random.Random, cast: _Cast, now: datetime) -> Iterator[Event]:
    stages = active_stages(MAIN)
    for _ in range(max(1, sum(map(_stuck, cast.free)) - STUCK)):
        deal = cast.take(lambda d: _stuck(d) and bool(d.value)) or cast.take(_stuck)
        if deal is None:
            break
        if deal.stage != stages[-1]:
            yield StageChanged(at=now, deal=deal.id, stage=stages[stages.index(deal.stage) + 1])
        yield Revived(at=now, deal=deal.id)
    for _ in range(2):
        if deal := cast.take(_priced) or cast.take(_moving):
            yield Stalled(at=now, deal=deal.id, action=rng.choice(ACTIONS))


def _chance(pipeline: ScriptTarget, cast: _Cast, now: datetime) -> Iterator[Event]:
    rng = pipeline.rng
    if deal := cast.take():
        yield OwnerChanged(at=now, deal=deal.id, owner=rng.choice(USERS).id)
    if rng.random() < 0.5 and (deal := cast.take(_moving)):
        yield StageChanged(at=now, deal=deal.id, stage=rng.choice(active_stages(MAIN)))
    if rng.random() < 0.5 and (deal := cast.take(lambda d: d.value is None)):
        yield ValueChanged(at=now, deal=deal.id, value=rng.randrange(8, 90) * 12_500)
    if rng.random() < 0.5:
        visitor = next((d for d in pipeline.open_deals(OTHER) if d.updated_at < now and not d.stalled), None)
        if visitor is not None:
            yield MovedPipeline(at=now, deal=visitor.id, pipeline=MAIN, stage=active_stages(MAIN)[1])
    if (lost := _just_lost(pipeline)) and rng.random() < 0.5:
        yield Reopened(at=now, deal=lost.id, stage=active_stages(MAIN)[0])


def _just_lost(pipeline: ScriptTarget) -> SimulatedDeal | None:
    """A deal that the previous step lost. If a deal is lost before anybody has read it, a reader of lists cannot
    distinguish it from a deal that has only now come into view.
    """
    return next(
        (d for d in pipeline.deals.values() if d.lost_at is not None and d.lost_at == pipeline.stepped_at), None
    )


def _births(pipeline: ScriptTarget, now: datetime) -> Iterator[Event]:
    for number in range(max(2, CROWD - len(pipeline.open_deals()))):
        deal = pipeline.draft(now, stage=number % 2)
        yield Created(at=now, deal=deal.id, start=deal)
