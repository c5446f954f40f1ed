"""The events that can happen to a deal. A deal's state is computed from its events and from nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from worker.sandbox.cast import STAGES, stage_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDeal:
    """One opportunity at one moment. `value`: in hundredths of `currency` (as Close writes it), None if unknown.
    `period`: one_time, monthly or annual. `due`: the expected close, or the day of the win when it is won. `action`:
    what the service suggests for a stalled deal, with its reason.
    """

    id: str
    lead_id: str
    lead: str
    note: str
    owner: str | None
    pipeline: str
    stage: str
    value: int | None
    period: str
    currency: str
    confidence: int
    created_at: datetime
    updated_at: datetime
    stage_since: datetime
    due: date | None = None
    lost_at: datetime | None = None
    stalled: bool = False
    action: tuple[str, str] | None = None
    deleted: bool = False

    @property
    def status(self) -> str:
        """Close's status_type: active, won or lost."""
        return STAGES[self.stage].type

    @property
    def annual(self) -> int | None:
        """Hundredths per year: monthly × 12, else × 1."""
        if self.value is None:
            return None
        return self.value * 12 if self.period == "monthly" else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of one deal at one instant (UTC)."""

    at: datetime
    deal: str

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:
        """The fields that the event sets."""
        raise TypeError(f"{type(self).__name__} cannot happen to {deal.id}, which exists already")


@dataclass(frozen=True, slots=True, kw_only=True)
class Created(Event):
    start: SimulatedDeal


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChanged(Event):
    value: int | None

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002  # siblings look at it
        return {"value": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodChanged(Event):
    period: str

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"period": self.period}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyChanged(Event):
    """`value`: in hundredths of the new currency."""

    currency: str
    value: int | None

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"currency": self.currency, "value": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged(Event):
    owner: str | None

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"owner": self.owner}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChanged(Event):
    """To another active stage of the same pipeline."""

    stage: str

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"stage": self.stage, "stage_since": self.at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Won(Event):
    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:
        settled = {"stalled": False, "action": None, "confidence": 100, "stage_since": self.at}
        return {"stage": stage_of(deal.pipeline, "won"), "due": self.at.date(), **settled}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost(Event):
    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:
        settled = {"stalled": False, "action": None, "stage_since": self.at}
        return {"stage": stage_of(deal.pipeline, "lost"), "lost_at": self.at, **settled}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(Event):
    """The day of a win that is undone stays in the deal, as in Close."""

    stage: str

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"stage": self.stage, "lost_at": None, "stage_since": self.at, "confidence": 50}


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPipeline(Event):
    pipeline: str
    stage: str

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"pipeline": self.pipeline, "stage": self.stage, "stage_since": self.at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled(Event):
    action: tuple[str, str] | None = None

    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"stalled": True, "action": self.action}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revived(Event):
    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"stalled": False, "action": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(Event):
    def changes(self, deal: SimulatedDeal) -> dict[str, Any]:  # noqa: ARG002
        return {"deleted": True}


def after(deal: SimulatedDeal | None, event: Event) -> SimulatedDeal:
    """The deal after `event`. Raises TypeError for an event that cannot happen: a second creation, or a change of
    something that was not created or was deleted.
    """
    if deal is None:
        if not isinstance(event, Created):
            raise TypeError(f"{type(event).__name__} cannot happen to {event.deal}, which was never created")
        return event.start
    if deal.deleted:
        raise TypeError(f"{type(event).__name__} cannot happen to {event.deal}, which was deleted")
    return replace(deal, updated_at=event.at, **event.changes(deal))


def fold(log: Iterable[Event], until: datetime) -> dict[str, SimulatedDeal]:
    """Every deal ever created, as it was at `until` (events of exactly that instant included)."""
    deals: dict[str, SimulatedDeal] = {}
    for event in log:
        if event.at <= until:
            deals[event.deal] = after(deals.get(event.deal), event)
    return deals
