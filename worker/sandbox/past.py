"""The months before the sandbox started: deals that went through the stages, until they ended or until now."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from worker.sandbox.cast import ACTIONS, MAIN, OTHER, active_stages
from worker.sandbox.events import (
    Created,
    Event,
    Lost,
    OwnerChanged,
    SimulatedDeal,
    StageChanged,
    Stalled,
    ValueChanged,
    Won,
)

OPEN = 40
OPEN_ELSEWHERE = 6
CLOSED = 70
OLDEST_OPEN = timedelta(days=200)
STALLED = 9

Draft = Callable[..., SimulatedDeal]


def live_through(rng: random.Random, now: datetime, draft: Draft) -> list[Event]:
    """Every event before `now`, in chronological order."""
    events: list[Event] = []
    for number in range(CLOSED):
        events += _closed(rng, now, draft, won=number % 5 < 3)
    for number in range(OPEN):
        events += _open(rng, now, draft, MAIN, stage=number % 4, stalled=number % 4 != 0 and number < STALLED * 4 // 3)
    for number in range(OPEN_ELSEWHERE):
        events += _open(rng, now, draft, OTHER, stage=number % 2, stalled=number == 0)
    return sorted(events, key=lambda event: event.at)


def _walk(
    rng: random.Random, born: datetime, end: datetime, deal: SimulatedDeal, stages: tuple[str, ...]
) -> list[Event]:
    """The creation of a deal and one stage after the other, spread over the time until `end`."""
    events: list[Event] = [Created(at=born, deal=deal.id, start=deal)]
    cuts = sorted(rng.uniform(0.1, 0.9) for _ in stages)
    for cut, stage in zip(cuts, stages, strict=True):
        events.append(StageChanged(at=born + (end - born) * cut, deal=deal.id, stage=stage))
    return events


def _closed(rng: random.Random, now: datetime, draft: Draft, *, won: bool) -> list[Event]:
    end = now - timedelta(days=rng.uniform(0.2, 75))
    born = end - timedelta(days=rng.uniform(6, 90))
    deal = draft(born)
    reached = 4 if won else rng.randrange(1, 5)
    events = _walk(rng, born, end, deal, active_stages(MAIN)[1:reached])
    return [*events, (Won if won else Lost)(at=end, deal=deal.id)]


def _open(rng: random.Random, now: datetime, draft: Draft, pipeline: str, *, stage: int, stalled: bool) -> list[Event]:
    born = now - timedelta(days=rng.uniform(13, 30 if rng.random() < 0.5 else OLDEST_OPEN.days))
    end = now - timedelta(days=rng.uniform(0.5, 12))
    deal = draft(born, pipeline=pipeline)
    events = _walk(rng, born, end, deal, active_stages(pipeline)[1 : stage + 1])
    if rng.random() < 0.2:
        events.append(OwnerChanged(at=end, deal=deal.id, owner=deal.owner))
    if deal.value is not None and rng.random() < 0.3:
        events.append(ValueChanged(at=end, deal=deal.id, value=deal.value * 11 // 10))
    if stalled:
        events.append(Stalled(at=end, deal=deal.id, action=rng.choice(ACTIONS)))
    return events
