"""Sends a webhook the events that it wants: each at least once, in their order, until an event is given up."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from worker.domain.events import FACT_STATES, fact_name
from worker.domain.outgoing import EventWebhook
from worker.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, RequestError
from worker.flow.uses import UsesEventStream, UsesEventWebhooks
from worker.ports.event_stream import StreamedFact
from worker.ports.event_webhooks import FailedTry, WaitingEvent, WebhookTurn
from worker.ports.outgoing import OutgoingRequests

PAGE = 500
AT_ONCE = 50
"""Events that one call sends, at most, so that a webhook that was removed ends soon."""
WAITS = (5.0, 30.0, 120.0, 300.0)
"""Seconds after the first failure in a row, the second, and so on; then always the last."""
REFUSED = 5
"""Tries in a row after which an event that is refused is given up."""
WORTH = timedelta(hours=24)
"""For how long after it happened an event is tried again."""

Render = Callable[[StreamedFact], bytes]
Skipped = Callable[[str, Sequence[str]], None]
"""Called with a webhook, and the kinds of facts that this version cannot read and therefore does not send."""


class ForwardUses(UsesEventStream, UsesEventWebhooks, Protocol): ...


async def forward(
    uses: ForwardUses, requests: OutgoingRequests, webhook: EventWebhook, who: str, render: Render, skipped: Skipped
) -> bool:
    """Takes the turn, queues new events, and sends waiting ones. Returns whether more can be sent at once. Raises
    LedgerUnavailable, and ClaimLost if another process took the turn meanwhile.
    """
    turn = await uses.event_webhooks.take(webhook.name, who)
    if turn is None:
        return False
    await _queue(uses, webhook, who, turn.cursor, render, skipped)
    if turn.retry_at is not None and turn.now < turn.retry_at:
        return False
    waiting = await uses.event_webhooks.waiting(webhook.name, AT_ONCE)
    # Asked for after them: an event that was put back by hand has all its tries, and its older failures are forgotten.
    failures = await uses.event_webhooks.failures(webhook.name) if waiting else 0
    for event in waiting:
        failure = await _tried(requests, webhook, event, turn, failures)
        if failure is not None:
            await uses.event_webhooks.failed(webhook.name, who, event, failure)
            return False
        await uses.event_webhooks.sent(webhook.name, who, event)
        failures = 0
    return len(waiting) == AT_ONCE


async def _queue(
    uses: ForwardUses, webhook: EventWebhook, who: str, cursor: str, render: Render, skipped: Skipped
) -> None:
    """The cursor moves in the same step as the events, so a process that is killed neither queues an event twice nor
    omits one.
    """
    more = True
    while more:
        page = await uses.event_stream.after(cursor, PAGE)
        if page.last != cursor:
            wanted = [(one.id, render(one)) for one in page.facts if _wants(webhook, one)]
            await uses.event_webhooks.add(webhook.name, who, page.last, wanted, unknown=len(page.unknown))
        if page.unknown:
            skipped(webhook.name, page.unknown)
        cursor, more = page.last, page.full


def _wants(webhook: EventWebhook, one: StreamedFact) -> bool:
    name = fact_name(type(one.fact))
    return webhook.wants(name, str(getattr(one.fact, "state", "")) if name in FACT_STATES else "")


async def _tried(
    requests: OutgoingRequests, webhook: EventWebhook, event: WaitingEvent, turn: WebhookTurn, failures: int
) -> FailedTry | None:
    """None if the receiver accepted it. A refused event delays the others for some minutes, in case the receiver is
    still being set up.
    """
    try:
        await requests.post(webhook, f"evt_{event.id}", event.body)
    except (DeliveryError, RequestError) as error:
        asked = error.retry_after if isinstance(error, DeliveryDeferred) else None
        wait = max(asked or 0.0, WAITS[min(failures, len(WAITS) - 1)])
        refused = isinstance(error, DeliveryRefused) and failures + 1 >= REFUSED
        return FailedTry(str(error), wait, given_up=refused, stale=turn.now - WORTH)
    return None
