"""The part of the demo that shows one alert: it fires, gets worse and is resolved.

It uses the pipeline of renewals, so that the pipeline of the example does not change meanwhile.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from worker.documents.alerts import notified_document
from worker.domain.alert.notification import Finding
from worker.domain.alert.rule import alert_fingerprint
from worker.errors import LedgerError
from worker.flow.services import Services
from worker.sandbox.cast import ACTIONS, MAIN, OTHER
from worker.sandbox.events import Created, Event, SimulatedDeal, Stalled, ValueChanged, Won
from worker.sandbox.server import Sandbox, SandboxThread

T = TypeVar("T")
WATCH, RULE = "stalled-watch", "big-deal-stalled"
WORTH, GROWN = 8_000_000, 10_000_000
"""Cents: what the deal is worth when it stalls, and later."""

RUNS = 50
"""Newest runs of the watch among which the next notification is looked for."""


_STEPS = {"first": "it began", "new": "it began", "worse": "it got worse", "resolved": "it was over"}


class Wait(Protocol):
    """Calls `look` until it returns a value."""

    def __call__(self, look: Callable[[], Awaitable[T | None]]) -> Awaitable[T]: ...


def of_renewals(text: str) -> str:
    """A schedule that watches another pipeline than the example's."""
    return text.replace(MAIN, OTHER)


async def one_alert(services: Services, project: str, box: SandboxThread, wait: Wait) -> list[dict[str, Any]]:
    """What was sent to readers, in order. Raises LedgerError if it differs from what happened."""
    deal = box.call(_stalls)
    name = alert_fingerprint(project, WATCH, RULE, deal.id)
    told, truth = list[Finding](), list[tuple[str, int]]()

    async def next_finding() -> Finding | None:
        return await _after(services, name, told[-1].at if told else None)

    for move, reason, worth in ((None, "first", WORTH), (_grows, "worse", GROWN), (_is_won, "resolved", GROWN)):
        if move is not None:
            box.call(_moved(move, deal.id))
        told.append(await wait(next_finding))
        truth.append((reason, worth))
    seen = [(one.reason.value, one.facts.amount.value if one.facts.amount else None) for one in told]
    if [("first" if reason == "new" else reason, worth) for reason, worth in seen] != truth or told[-1].why != "won":
        raise LedgerError(f"alerts told {seen}, and what happened is {truth}")
    return [notified_document(one) for one in told]


def alert_sentence(findings: Iterable[Mapping[str, Any]]) -> str:
    """What was sent to readers, in words: it began, it got worse, it was over (won). `findings`: documents,
    in order.
    """
    steps = [_STEPS[one["reason"]] + (f" ({one['why']})" if one["why"] else "") for one in findings]
    return f"Readers were notified of one alert {len(steps)} times: {', '.join(steps)}."


async def _after(services: Services, fingerprint: str, slot: datetime | None) -> Finding | None:
    """The next finding about an alert, of a run later than `slot`."""
    for run in reversed(await services.lookups.runs(WATCH, RUNS)):
        if slot is not None and run.key.slot <= slot:
            continue
        for row in await services.lookups.deliveries(run.key):
            one = await services.alerts.notification(run.key, row.content) if row.content else None
            for finding in one.findings if one is not None and row.state.value == "sent" else ():
                if finding.fingerprint == fingerprint:
                    return finding
    return None


def _stalls(box: Sandbox) -> SimulatedDeal:
    """A new deal that stalls at once."""
    now = box.now()
    drafted = box.pipeline.draft(now, pipeline=OTHER)
    deal = replace(drafted, value=WORTH, period="one_time")
    box.pipeline.apply(Created(at=now, deal=deal.id, start=deal))
    box.pipeline.apply(Stalled(at=now, deal=deal.id, action=ACTIONS[0]))
    return deal


def _grows(at: datetime, deal: str) -> Event:
    return ValueChanged(at=at, deal=deal, value=GROWN)


def _is_won(at: datetime, deal: str) -> Event:
    return Won(at=at, deal=deal)


def _moved(move: Callable[[datetime, str], Event], deal: str) -> Callable[[Sandbox], None]:
    def apply(box: Sandbox) -> None:
        box.pipeline.apply(move(box.now(), deal))

    return apply
