"""The simulated sales pipeline: a log of events, and the deals that follow from it. Deterministic in (seed, now)."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from worker.sandbox.cast import ACTIONS, CURRENCY, MAIN, USERS, active_stages, new_id
from worker.sandbox.events import Created, Event, SimulatedDeal, after
from worker.sandbox.names import FRIENDLY, Names
from worker.sandbox.past import live_through
from worker.sandbox.script import play

PERIODS = ("one_time", "annual", "monthly")


class PipelineSimulation:
    """`log` only grows. `deals` holds the present state, deleted deals included. `revision` counts events, so that a
    cached answer can be recognised as outdated. Not thread-safe: it belongs to the event loop that serves it.
    """

    def __init__(self, seed: int, now: datetime, *, history: bool = True, names: Names = FRIENDLY) -> None:
        self.names = names
        self.rng = random.Random(seed)
        self.log: list[Event] = []
        self.deals: dict[str, SimulatedDeal] = {}
        self.versions: dict[str, list[tuple[datetime, SimulatedDeal]]] = {}
        self.steps = 0
        self.stepped_at: datetime | None = None
        self._drafted = 0
        if history:
            for event in live_through(self.rng, now, self.draft):
                self.apply(event)

    @classmethod
    def big(cls, count: int, *, seed: int = 1, now: datetime) -> "PipelineSimulation":
        """`count` open deals of the main pipeline, every tenth of them stalled, and nothing else."""
        pipeline = cls(seed, now, history=False)
        for number in range(count):
            at = now - timedelta(days=90) + timedelta(seconds=number)
            deal = pipeline.draft(at, stage=number % 4)
            if number % 10 == 0:
                deal = replace(deal, stalled=True, action=ACTIONS[number // 10 % len(ACTIONS)])
            pipeline.apply(Created(at=at, deal=deal.id, start=deal))
        return pipeline

    @property
    def revision(self) -> int:
        return len(self.log)

    def apply(self, event: Event) -> None:
        """Append one event. Raises TypeError for an event that cannot happen, ValueError for one that is older than the
        last.
        """
        if self.log and event.at < self.log[-1].at:
            raise ValueError(f"{type(event).__name__} at {event.at} is older than the last event, {self.log[-1].at}")
        deal = after(self.deals.get(event.deal), event)
        self.log.append(event)
        self.deals[event.deal] = deal
        self.versions.setdefault(event.deal, []).append((event.at, deal))

    def step(self, now: datetime) -> tuple[Event, ...]:
        """One moment with many events. At least one deal each is new, won (one below its old value), lost, raised,
        lowered, newly stalled, revived, moved to the other pipeline and deleted. Other events are random. The log stays
        in order even if the clock was set back.
        """
        began = len(self.log)
        now = max(now, self.log[-1].at) if self.log else now
        for event in play(self, now):
            self.apply(event)
        self.steps += 1
        self.stepped_at = now
        return tuple(self.log[began:])

    def visible(self) -> Iterator[SimulatedDeal]:
        """Deals that the service still shows."""
        return (deal for deal in self.deals.values() if not deal.deleted)

    def open_deals(self, pipeline: str = MAIN) -> list[SimulatedDeal]:
        return [d for d in self.visible() if d.status == "active" and d.pipeline == pipeline]

    def draft(self, at: datetime, *, pipeline: str = MAIN, stage: int = 0) -> SimulatedDeal:
        """A random new deal, which is not yet in the log. `stage` counts the active stages from 0."""
        rng = self.rng
        company = self.names.companies[self._drafted % len(self.names.companies)]
        self._drafted += 1
        value = None if rng.random() < 0.06 else rng.randrange(8, 400) * 12_500
        period = rng.choices(PERIODS, weights=(5, 3, 3))[0]
        if value is not None and period == "monthly":
            value = max(value // 1_200 * 100, 10_000)
        return SimulatedDeal(
            id=new_id("oppo", rng),
            lead_id=new_id("lead", rng),
            lead=company,
            note=f"{rng.choice(('Rollout', 'Seats', 'Pilot', 'Support plan', 'Expansion'))} for {company}",
            owner=None if rng.random() < 0.08 else rng.choice(USERS).id,
            pipeline=pipeline,
            stage=active_stages(pipeline)[stage],
            value=value,
            period=period,
            currency=CURRENCY,
            confidence=(20, 40, 60, 80)[stage],
            created_at=at,
            updated_at=at,
            stage_since=at,
            due=(at + timedelta(days=rng.randrange(10, 120))).date() if rng.random() < 0.8 else None,
        )
