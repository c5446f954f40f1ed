"""What is in force, and when its schedules came last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Reader
from worker.domain.schedule import Bundle, Timing


@dataclass(frozen=True, slots=True)
class Deployment:
    bundle: str
    activated_at: datetime


@dataclass(frozen=True, slots=True)
class ActivationBasis:
    """What a deployment was reckoned from: the bundle in force, and when schedules are due next."""

    bundle: str | None
    pending: Mapping[str, datetime | None]


class Deployments(Protocol):
    """Bundles, and which of them is in force. Raises LedgerUnavailable."""

    async def activate(
        self,
        bundle: Bundle,
        firsts: Mapping[str, datetime | None],
        gone: Sequence[str],
        dropped: Sequence[Reader] = (),
        *,
        fresh: Sequence[str] = (),
        basis: ActivationBasis | None = None,
    ) -> Deployment:
        """Store the bundle and put it in force. `firsts`: when new schedules, and those whose trigger changed, are due
        first; the others keep theirs. `gone`: schedules that are no longer there. `dropped`: readers that are no
        longer named: their baselines go. `fresh`: schedules that begin without a past. A schedule that names another
        as `previously` takes over its runs, chains, baselines, last slot and pause, once. Suspensions are lifted:
        somebody may have mended what was refused. Raises ClaimLost when `basis` does not hold any more.
        """
        ...

    async def deployed(self) -> Deployment | None: ...

    async def bundle(self, bundle_id: str) -> Bundle | None: ...

    async def timings(self, bundle_id: str) -> Mapping[str, Timing]:
        """Of every schedule of a bundle, by its id: all that a clock needs. Raises LedgerError when it is lost."""
        ...

    async def last_slot(self, schedule: str) -> datetime | None:
        """The newest slot of the schedule that was claimed or missed."""
        ...

    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        """`last_slot` of those that have one."""
        ...
