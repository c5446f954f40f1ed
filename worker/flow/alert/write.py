"""Writes what alert rules changed with the step that ends the fetching of their run."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from worker.domain.delivery import Reader
from worker.domain.schedule import Subscription
from worker.errors import LedgerError
from worker.flow.alert.evaluate import RunFound
from worker.flow.alert.notify import NotifyUses, alerted
from worker.flow.facts import emit_all
from worker.flow.uses import UsesEvents
from worker.ports import AlertChanges

EVALUATIONS = 10
"""How often one attempt evaluates its rules at most. Each repetition means that another process made progress, so it
soon ends.
"""


class WriteUses(NotifyUses, UsesEvents, Protocol): ...


class Written(Protocol):
    @property
    def again(self) -> bool: ...


W = TypeVar("W", bound=Written)


async def with_alerts(
    uses: WriteUses,
    found: RunFound,
    now: datetime,
    subscribed: Mapping[Reader, Subscription],
    write: Callable[[AlertChanges | None], Awaitable[W]],
) -> W:
    """The result of `write` for the changes of the rules (None for a schedule without rules). The rules are evaluated
    again as long as `write` reports that their state changed meanwhile. Emits the facts when the changes are written.
    Raises LedgerError if they never are.
    """
    for _ in range(EVALUATIONS):
        alerts = await alerted(uses, found, now, subscribed)
        written = await write(alerts.changes if alerts is not None else None)
        if not written.again:
            emit_all(uses.events, alerts.facts if alerts is not None else ())
            return written
    raise LedgerError(f"{found.run}: its alerts were evaluated {EVALUATIONS} times, and something changed each time")
