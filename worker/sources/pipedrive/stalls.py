"""Decides whether a deal is stalled, by Pipedrive's own rule or one of ours. Each rule is a function of a deal and a
moment.

Pipedrive: https://support.pipedrive.com/en/article/the-rotting-feature (days since the last update, set per stage).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from worker.domain.snapshot.codes import coded
from worker.sources.pipedrive.names import PipedriveStage

DAY_MS = 86_400_000
FEWEST = 8
"""A stage with fewer stays has not enough history."""


@dataclass(frozen=True, slots=True)
class DealActivity:
    """The facts for a rule. Times in milliseconds since the epoch. `planned`: whether a next activity exists; None if
    the answer does not say. `rotten_at`: when the deal started or will start to rot, if the service says so.
    """

    stage_id: str
    updated_at: int | None
    stage_since: int | None
    planned: bool | None = None
    rotten_at: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`stalled`: None if the rule cannot decide. `since`: when it began; None if only our own runs know. `why`: a code
    of words.py with the rule's bound, and nothing that changes with time.
    """

    stalled: bool | None
    since: int | None = None
    why: str | None = None


UNTOLD = Verdict(None)
MOVING = Verdict(False)


class StallRule(Protocol):
    def __call__(self, deal: DealActivity, now: int) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Rotting:
    """Pipedrive's rule: days without an update, set per stage. Planned activities do not count."""

    stages: Mapping[str, PipedriveStage]

    def __call__(self, deal: DealActivity, now: int) -> Verdict:
        stage = self.stages.get(deal.stage_id)
        days = stage.rots_after if stage is not None else None
        turned = deal.rotten_at
        if turned is None and days is not None and deal.updated_at is not None:
            turned = deal.updated_at + days * DAY_MS
        why = coded("no_update", days, stage.name) if stage is not None and days is not None else coded("rotten")
        return _since(turned, now, why)


@dataclass(frozen=True, slots=True)
class DaysInStage:
    """Days in one stage, whatever was done meanwhile."""

    days: int

    def __call__(self, deal: DealActivity, now: int) -> Verdict:
        entered = deal.stage_since
        turned = None if entered is None else entered + self.days * DAY_MS
        return _since(turned, now, coded("days_in_stage", self.days))


@dataclass(frozen=True, slots=True)
class NothingPlanned:
    """No next activity. The service does not say since when, so our own runs keep it."""

    def __call__(self, deal: DealActivity, now: int) -> Verdict:  # noqa: ARG002  # every rule gets the moment
        if deal.planned is None:
            return UNTOLD
        return MOVING if deal.planned else Verdict(True, None, coded("no_next_activity"))


@dataclass(frozen=True, slots=True)
class Idle:
    """No update for longer than most deals stayed in the whole stage. `bounds`: stage → milliseconds; a stage without
    one is not judged. Because the bound is a whole stay, an active deal never stalls, however old it is.
    """

    bounds: Mapping[str, int]
    percent: int
    stages: Mapping[str, PipedriveStage]

    def __call__(self, deal: DealActivity, now: int) -> Verdict:
        bound = self.bounds.get(deal.stage_id)
        if bound is None or deal.updated_at is None:
            return UNTOLD
        stage = self.stages.get(deal.stage_id)
        why = coded("idle", self.percent, math.ceil(bound / DAY_MS), stage.name if stage else deal.stage_id)
        return _since(deal.updated_at + bound, now, why)


def bounds(stays: Iterable[tuple[str, int]], percent: int) -> dict[str, int]:
    """The stay (milliseconds) that `percent` of a stage's stays do not exceed, for stages with enough stays."""
    by_stage: dict[str, list[int]] = defaultdict(list)
    for stage_id, length in stays:
        by_stage[stage_id].append(length)
    return {
        stage_id: sorted(lengths)[math.ceil(len(lengths) * percent / 100) - 1]
        for stage_id, lengths in by_stage.items()
        if len(lengths) >= FEWEST
    }


def _since(turned: int | None, now: int, why: str) -> Verdict:
    if turned is None:
        return UNTOLD
    return Verdict(True, turned, why) if turned <= now else MOVING
