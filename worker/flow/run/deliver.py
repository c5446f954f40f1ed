"""From a pending delivery to its outcome: decide, render, claim, send, settle.

Intent is written before bytes leave and the outcome after it; what lies between is `unknown` and is found out or
repeated as semantics 7 says, never silently.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from worker.domain.decide import sent_baselines, skipped_baselines
from worker.domain.delivery import Baseline, Decision, Delivery, DeliveryKey, DeliveryState, Envelope, Receipt
from worker.domain.limits import LONGEST_WAIT
from worker.domain.outcome import Deferred, DeliveryFailed, Refused, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.errors import (
    ClaimLost,
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUncertain,
    RenderError,
    RequestError,
)
from worker.flow.run.comparison import ReaderDigest, open_case
from worker.flow.run.readers import subjects
from worker.flow.run.resolve_unknown import resolve_unknown, wait_if_unclear
from worker.flow.run.settle import settle
from worker.flow.services import Services
from worker.ports import Channel, DeliveryLease
from worker.ports.channels import Paced, saved

BACKOFF = (1, 5, 15, 60)
"""Waits before the second, third, … try, in units of `times.backoff` (a minute): what a smart host's greylisting and
short outages need.
"""


async def deliver(services: Services, key: DeliveryKey) -> DeliveryState | None:
    """Bring one delivery as far as it goes now. None: somebody else has it, or there is nothing to do."""
    held = await services.deliveries.hold(key, services.pid)
    services.tell(held.facts)
    if held.lease is None:
        return None
    try:
        return await _bring_on(services, held.lease)
    except ClaimLost:
        return None


async def _bring_on(services: Services, held: DeliveryLease) -> DeliveryState:
    services.reach("delivery.taken")
    row = held.row
    try:
        case = await open_case(services, row, held.current)
        if case is None:
            return await _give_up(services, row, Reason.DELETED, "nobody reads it any more")
        return await _advance(services, case, held)
    except RenderError as error:
        return await _give_up(services, row, Reason.RENDER, str(error))
    except RequestError as error:
        # A secret that this process does not have: somebody may set it before the delivery's time is over.
        return await _wait(services, row, str(error))


async def _advance(services: Services, case: ReaderDigest, held: DeliveryLease) -> DeliveryState:
    row = held.row
    channel = services.connectors.channel(case.bundle, case.entry.channel, case.entry.address)
    if row.state is DeliveryState.UNKNOWN:
        row = await resolve_unknown(services, case, channel, row, sent(case))
        services.reach("delivery.resolved")
        if row.state is not DeliveryState.PENDING:
            return row.state
    decision = await _decide(services, case, row, suspensions=held.suspensions)
    if decision.send:
        return await _send(services, case, channel, row, row.date or held.now)
    await settle(services, row.key, row.attempt, Skipped(decision.reason, _skipped(case, decision.reason)))
    services.reach("delivery.skipped")
    return DeliveryState.SKIPPED


async def _give_up(services: Services, row: Delivery, reason: Reason, sentence: str) -> DeliveryState:
    """What cannot be rendered cannot be sent; what may have been sent stays unknown, for somebody to settle."""
    if row.state is DeliveryState.UNKNOWN:
        await settle(services, row.key, row.attempt, Unknown(sentence))
        return DeliveryState.UNKNOWN
    if reason is Reason.DELETED:
        await settle(services, row.key, row.attempt, Skipped(reason))
        return DeliveryState.SKIPPED
    await settle(services, row.key, row.attempt, DeliveryFailed(reason, sentence))
    services.reach("delivery.failed")
    return DeliveryState.FAILED


async def _wait(services: Services, row: Delivery, sentence: str) -> DeliveryState:
    if row.state is DeliveryState.UNKNOWN:
        again = await _in(services, services.times.backoff)
        await settle(services, row.key, row.attempt, Unknown(sentence, again))
        return DeliveryState.UNKNOWN
    return await _defer(services, row, row.attempt, services.times.backoff, Reason.BACKOFF, sentence)


async def _decide(services: Services, case: ReaderDigest, row: Delivery, *, suspensions: bool) -> Decision:
    """A delivery whose identity is fixed was decided before; only what stops the address may stop it still."""
    if suspensions and await services.deliveries.suspended(subjects(case.entry, case.reader.address)):
        return Decision(send=False, reason=Reason.SUSPENDED)
    if row.date is not None or case.notice:
        return Decision(send=True, reason=Reason.ALWAYS)
    return case.decide()


async def _send(
    services: Services, case: ReaderDigest, channel: Channel[Any], row: Delivery, date: datetime
) -> DeliveryState:
    """One try. A process that was stopped while it sent may find its claim lost and its bytes gone out all the same,
    when somebody else has sent them too or will: counted, because a repeat may happen and silence may not.
    """
    effort = Attempt(row, date)
    try:
        return await _try(services, case, channel, row, effort)
    except ClaimLost:
        if effort.out is not None:
            await services.deliveries.count_repeat(effort.key, effort.out, effort.came)
        raise


async def _try(
    services: Services, case: ReaderDigest, channel: Channel[Any], row: Delivery, effort: "Attempt"
) -> DeliveryState:
    """Hand every part over and settle; what the channel raises decides how."""
    try:
        wait = await _hand_over(services, case, channel, effort)
        if wait:
            return await _defer(services, row, effort.attempt or row.attempt, wait, Reason.PACE, "")
    except DeliveryDeferred as error:
        effort.out = None
        return await _later(services, row, effort.attempt, error)
    except DeliveryRefused as error:
        effort.out = None
        return await _refused(services, case, row, effort.attempt, error)
    except DeliveryUncertain as error:
        again = await _in(services, wait_if_unclear(services, channel))
        await settle(services, row.key, effort.attempt, Unknown(error.problem, again))
        services.reach("delivery.unknown")
        return DeliveryState.UNKNOWN
    await settle(services, row.key, effort.attempt or row.attempt, Sent(effort.receipts[-1].text, sent(case)))
    services.reach("delivery.sent")
    return DeliveryState.SENT


class Attempt:
    """One try of one delivery: the attempt that fences it, its date, which the first try ever fixes, and what the
    receiver has said so far. `out`: a part's bytes may have left and the ledger does not know yet.
    """

    def __init__(self, row: Delivery, date: datetime) -> None:
        self.key = row.key
        self.date = date
        self.attempt = 0
        self.out: int | None = None
        self.receipts = [Receipt(part.receipt) for part in row.parts if part.state is DeliveryState.SENT]

    @property
    def came(self) -> str:
        """The receipt of the part that is out; empty where the receiver said nothing."""
        known = self.out is not None and len(self.receipts) > self.out
        return self.receipts[-1].text if known else ""


async def _hand_over(services: Services, case: ReaderDigest, channel: Channel[Any], effort: Attempt) -> float:
    """Every part in order, from the first without a receipt. Returns how long the receiver's pace asks to wait,
    in seconds, where that is too long to wait here; 0 when all is handed over.
    """
    envelope = Envelope(effort.key, case.reader.address, effort.date)
    parts = channel.build(await case.content(channel), envelope)
    services.reach("delivery.rendered")
    for part in parts[len(effort.receipts) :]:
        wait = await _place(services, channel, case.reader.address)
        if wait:
            return wait
        sealed = channel.seal(part, effort.receipts)
        digest = hashlib.sha256(sealed).hexdigest()
        effort.attempt = await services.deliveries.intend(
            effort.key,
            part.number,
            len(parts),
            digest,
            effort.date,
            case.past.compared_with,
            attempt=effort.attempt,
            why_first=case.past.why_first,
            version=services.version,
        )
        services.reach("delivery.sending")
        await _still_ours(services, effort)
        effort.out = part.number
        effort.receipts.append(await channel.send(part, sealed, envelope))
        services.reach("delivery.accepted")
        if services.keep_message is not None:
            services.keep_message(str(effort.key), part, saved(channel, part, sealed))
        if part.number + 1 < len(parts):
            await services.deliveries.handed_over(effort.key, effort.attempt, part.number, effort.receipts[-1].text)
            effort.out = None
            services.reach("delivery.part")
    return 0.0


async def _still_ours(services: Services, effort: Attempt) -> None:
    """Raises ClaimLost. An answer that is older than half a lease when it is read proves nothing any more: this process
    may have been stopped in between, and is asked for again.
    """
    clock, fresh = services.monotonic, services.times.delivery_lease / 2
    asked = -fresh
    while clock() - asked >= fresh:
        asked = clock()
        await services.deliveries.check(effort.key, effort.attempt)
        services.reach("delivery.checked")


def sent(case: ReaderDigest) -> Mapping[str, Baseline]:
    """The baselines that this delivery moves when it is sent: of complete queries."""
    if case.notice:
        return {}
    return sent_baselines(case.slot, case.snapshot_ids, case.found.snapshots)


def _skipped(case: ReaderDigest, reason: Reason) -> Mapping[str, Baseline]:
    if reason is not Reason.NO_CHANGE:
        return {}
    return skipped_baselines(case.slot, case.snapshot_ids, case.found.snapshots, case.current, case.past.earlier)


async def _later(services: Services, row: Delivery, attempt: int, error: DeliveryDeferred) -> DeliveryState:
    """Surely not accepted, and worth another try: when the receiver says, else by our own back-off."""
    tries = max(row.attempt, attempt - 1)
    own = BACKOFF[min(tries, len(BACKOFF) - 1)] * services.times.backoff
    wait = error.retry_after if error.retry_after is not None else own
    reason = Reason.RATE_LIMITED if error.retry_after is not None else Reason.BACKOFF
    return await _defer(services, row, attempt or row.attempt, wait, reason, error.problem)


async def _defer(
    services: Services, row: Delivery, attempt: int, wait: float, reason: Reason, sentence: str
) -> DeliveryState:
    await settle(services, row.key, attempt, Deferred(await _in(services, wait), reason, sentence))
    services.reach("delivery.deferred")
    return DeliveryState.DEFERRED


async def _refused(
    services: Services, case: ReaderDigest, row: Delivery, attempt: int, error: DeliveryRefused
) -> DeliveryState:
    sentence = error.problem if error.problem.startswith(error.code) else f"{error.code}: {error.problem}"
    await settle(services, row.key, attempt, Refused(Reason.REFUSED, sentence))
    services.reach("delivery.refused")
    if error.suspend is not None:
        channel, address = subjects(case.entry, case.reader.address)
        await services.deliveries.suspend(channel if error.suspend == "channel" else address, sentence)
    return DeliveryState.REFUSED


async def _place(services: Services, channel: Channel[Any], address: str) -> float:
    """Wait for the receiver's pace; what is too long to wait for here is returned, in seconds."""
    if not isinstance(channel, Paced):
        return 0.0
    wait = await services.deliveries.pace(*channel.pace(address))
    if wait > LONGEST_WAIT:
        return wait
    await asyncio.sleep(wait)
    return 0.0


async def _in(services: Services, seconds: float) -> datetime:
    return await services.clock.now() + timedelta(seconds=seconds)
