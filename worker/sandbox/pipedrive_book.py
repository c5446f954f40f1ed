"""The simulated pipeline as Pipedrive would store it: integer ids, no stages for won and lost, one value per deal.

Ids are given in the order of creation and never change. A recurring value of the simulation is shown as its annual
value, because a deal of Pipedrive has one value and no period.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from worker.domain.money import exponent, from_hundredths
from worker.sandbox.cast import MAIN, OTHER, PIPELINES, USERS, active_stages
from worker.sandbox.events import SimulatedDeal
from worker.sandbox.pipeline import PipelineSimulation

PIPELINE_IDS = {MAIN: 1, OTHER: 2}
STAGE_IDS = {stage: n for n, stage in enumerate((s for p in PIPELINES for s in active_stages(p)), start=1)}
STAGES_BY_ID = {number: stage for stage, number in STAGE_IDS.items()}
USER_IDS = {user.id: n for n, user in enumerate(USERS, start=11)}
FIRST_DEAL = 101
ROTS_AFTER = 14
"""Days without an update after which a deal is rotten, in every stage."""


@dataclass(frozen=True, slots=True)
class StoredDeal:
    """A deal as Pipedrive has it. `value`: in whole units of its currency. `stage`: the last stage that was not
    an end.
    """

    number: int
    deal: SimulatedDeal
    stage: int
    stage_since: datetime
    updated_at: datetime
    closed_at: datetime | None
    value: Decimal | None
    archived: bool

    @property
    def owner(self) -> int:
        """Every deal has an owner here. A deal without an owner belongs to the first user."""
        return USER_IDS[self.deal.owner or USERS[0].id]

    @property
    def pipeline(self) -> int:
        return PIPELINE_IDS[self.deal.pipeline]

    @property
    def status(self) -> str:
        if self.deal.deleted:
            return "deleted"
        return "open" if self.deal.status == "active" else self.deal.status


class Book:
    """`archived` holds ids of the simulation. Nothing in the simulation archives a deal, but a test may."""

    def __init__(self, pipeline: PipelineSimulation, opened: datetime) -> None:
        self.pipeline = pipeline
        self.archived: set[str] = set()
        self._touched = opened - timedelta(days=1)
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}
        self._kept: dict[str, tuple[SimulatedDeal, bool, StoredDeal]] = {}

    def number(self, deal_id: str) -> int:
        self._count()
        return self._numbers[deal_id]

    def find(self, number: int) -> StoredDeal | None:
        self._count()
        at = number - FIRST_DEAL
        return self.kept(self.pipeline.deals[self._ids[at]]) if 0 <= at < len(self._ids) else None

    def every(self) -> list[StoredDeal]:
        """By id, deleted deals included."""
        return [self.kept(deal) for deal in self.pipeline.deals.values()]

    def kept(self, deal: SimulatedDeal) -> StoredDeal:
        put_away = deal.id in self.archived
        known = self._kept.get(deal.id)
        if known is None or known[0] is not deal or known[1] is not put_away:
            known = deal, put_away, self._keep(deal, put_away)
            self._kept[deal.id] = known
        return known[2]

    def _keep(self, deal: SimulatedDeal, put_away: bool) -> StoredDeal:
        stage, since = self._place(deal)
        return StoredDeal(
            number=self.number(deal.id),
            deal=deal,
            stage=stage,
            stage_since=since,
            updated_at=self._updated(deal),
            closed_at=None if deal.status == "active" else deal.stage_since,
            value=worth(deal),
            archived=put_away,
        )

    def _place(self, deal: SimulatedDeal) -> tuple[int, datetime]:
        """A deal that is won or lost stays in its stage."""
        for _, version in reversed(self.pipeline.versions[deal.id]):
            if version.stage in STAGE_IDS:
                return STAGE_IDS[version.stage], version.stage_since
        return STAGE_IDS[active_stages(deal.pipeline)[0]], deal.created_at

    def _updated(self, deal: SimulatedDeal) -> datetime:
        """Treats stalled as Pipedrive's rotten. A stalled deal was last updated so long ago that it became rotten at
        the moment of the event. Every other open deal was updated the day before the sandbox started.
        """
        if not deal.stalled:
            return max(deal.updated_at, self._touched) if deal.status == "active" else deal.updated_at
        began = deal.updated_at
        for at, version in reversed(self.pipeline.versions[deal.id]):
            if not version.stalled:
                break
            began = at
        return began - timedelta(days=ROTS_AFTER)

    def _count(self) -> None:
        """The simulation keeps deals in the order of creation and never removes one."""
        for deal_id in islice(self.pipeline.deals, len(self._ids), None):
            self._numbers[deal_id] = FIRST_DEAL + len(self._ids)
            self._ids.append(deal_id)


def worth(deal: SimulatedDeal) -> Decimal | None:
    """The annual value in whole units of the currency."""
    if deal.value is None:
        return None
    amount, _rest = from_hundredths(deal.value, deal.currency)
    yearly = amount * 12 if deal.period == "monthly" else amount
    return Decimal(yearly).scaleb(-exponent(deal.currency))
