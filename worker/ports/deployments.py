"""The current deployment, and the last slots of its schedules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Reader
from worker.domain.outgoing import Outgoing
from worker.domain.schedule import Bundle, Timing


@dataclass(frozen=True, slots=True)
class Deployment:
    bundle: str
    activated_at: datetime


@dataclass(frozen=True, slots=True)
class ActivationBasis:
    """The state that a deployment was computed from: the bundle in force, and when its schedules are due next."""

    bundle: str | None
    pending: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Owner:
    """The project directory that deploys, by its id. `over`: a bundle without schedules, or "" for none. As long as it
    is in force, the name is free, also if the ledger has the id of another directory.
    """

    id: str
    over: str | None = None


class Deployments(Protocol):
    """Bundles, and which of them is active. Raises LedgerUnavailable."""

    async def activate(
        self,
        bundle: Bundle,
        firsts: Mapping[str, datetime | None],
        gone: Sequence[str],
        dropped: Sequence[Reader] = (),
        *,
        fresh: Sequence[str] = (),
        basis: ActivationBasis | None = None,
        carried: Mapping[Reader, Reader] | None = None,
        owner: Owner | None = None,
    ) -> Deployment:
        """Stores the bundle and puts it in force. `firsts`: when new schedules, and those whose trigger changed, are
        due first; the others keep their due instants. `gone`: schedules that are removed. `dropped`: readers that are
        no longer named; their baselines are removed. `carried`: readers whose entry has another id now, by the old
        one; what is kept of them is kept under the new one. `fresh`: schedules that begin without a history. A
        schedule that names another as `previously` takes over its runs, chains, baselines, last slot and pause, once.
        Suspensions are lifted, because what was refused may be repaired. Raises ClaimLost if `basis` no longer holds.
        The ledger belongs to `owner` from then on; raises NameTaken if it belongs to another directory. Without
        `owner`, nobody looks.
        """
        ...

    async def owner(self) -> str | None:
        """The id of the project directory that the ledger belongs to."""

    async def deployed(self) -> Deployment | None: ...

    async def history(self) -> Sequence[Deployment]:
        """The last twenty deployments, newest first; the first is in force. None from before this was kept. A bundle
        can be in it more than once.
        """
        ...

    async def bundle(self, bundle_id: str) -> Bundle | None: ...

    async def timings(self, bundle_id: str) -> Mapping[str, Timing]:
        """The timing of every schedule of a bundle, by its id: all that a clock needs. Raises LedgerError if the bundle
        is lost.
        """
        ...

    async def outgoing(self, bundle_id: str) -> Outgoing:
        """The URLs that a bundle calls in addition to channels. Raises LedgerError if the bundle is lost."""
        ...

    async def last_slot(self, schedule: str) -> datetime | None:
        """The newest slot of the schedule that was claimed or missed."""
        ...

    async def last_slots(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        """`last_slot` of the schedules that have one."""
        ...
