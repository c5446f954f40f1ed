"""Sending the parts of a message: for each part the pace, the intent, the check of the claim, and the transmission.

The intent is written before the bytes leave. What happens in between is `unknown` if the process dies.
"""

import asyncio
import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Protocol

from worker.domain.delivery import DeliveryKey, Envelope, Part, Receipt
from worker.domain.limits import LONGEST_WAIT
from worker.errors import DeliveryUncertain
from worker.flow.run.attempt import Attempt, PaceTooLong
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.copies import CopiesUses, left_out, withheld
from worker.flow.run.envelope import EnvelopeUses, envelope_of
from worker.flow.run.reader_digests import UsesDigests
from worker.flow.run.receiver_circuit import through_circuit
from worker.flow.uses import UsesCircuits, UsesDeliveries, UsesProcess, UsesTimes, UsesTransmit
from worker.ports import Channel, DeliveryLedger
from worker.ports.channels import paced

OF_THE_LEASE = 0.8
"""The part of a delivery's lease that the receiver is waited for. The rest is for recording that no answer came."""


class HandOverUses(
    CopiesUses, EnvelopeUses, UsesCircuits, UsesDeliveries, UsesDigests, UsesProcess, UsesTimes, UsesTransmit, Protocol
): ...


async def hand_over(uses: HandOverUses, digest: ReaderDigest, channel: Channel[Any], attempt: Attempt) -> None:
    """Sends every part in order, from the first without a receipt. Raises what the channel raises,
    PaceTooLong and ReceiverSilent.
    """
    named = await _named(uses, digest, attempt)
    without = await left_out(uses, digest, attempt.row, attempt.now, named)
    if without != attempt.row.left_out:
        attempt.row = replace(attempt.row, left_out=without)
    attempt.withheld = await withheld(uses, digest, attempt.row, attempt.now, named)
    key, envelope = attempt.row.key, envelope_of(uses, digest, attempt.row, attempt.date)
    if attempt.withheld:
        envelope = replace(envelope, withheld=tuple(digest.entry.cc[place] for place in attempt.withheld))
    parts = channel.build(await digest.content(channel, linked=envelope.links is not None), envelope)
    for part in parts[len(attempt.receipts) :]:
        attempt.part = part.name
        await _pace(uses.deliveries, channel, digest, key)
        sealed = channel.seal(part, attempt.receipts)
        async with through_circuit(uses, attempt.receiver):
            attempt.begun = await uses.deliveries.intend(
                key,
                part.number,
                len(parts),
                hashlib.sha256(sealed).hexdigest(),
                attempt.date,
                digest.past.compared_with,
                attempt=attempt.begun,
                why_first=digest.past.why_first,
                version=uses.version,
                link_key=envelope.links.key_id if envelope.links is not None else "",
                left_out=attempt.row.left_out,
                untold=attempt.row.untold,
            )
            await _still_ours(uses, attempt)
            attempt.out = part.number
            attempt.receipts.append(await _transmitted(uses, digest, channel, part, sealed, envelope))
        if part.number + 1 < len(parts):
            done = attempt.receipts[-1].text
            await uses.deliveries.handed_over(key, attempt.begun, part.number, done, digest.sent_baselines())
            attempt.out = None


async def _named(uses: HandOverUses, digest: ReaderDigest, attempt: Attempt) -> Collection[str] | None:
    """Ids of the copies that the definition in force names; None if there are no copies."""
    if not digest.entry.cc or attempt.in_force is None:
        return None
    named = await uses.digests.named(attempt.in_force)
    return named.ids if named is not None else ()


async def _transmitted(
    uses: HandOverUses, digest: ReaderDigest, channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope
) -> Receipt:
    """Waits for the receiver as long as the attempt has its lease. After that its answer would belong to another
    attempt.
    """
    patience = uses.times.delivery_lease * OF_THE_LEASE
    try:
        async with asyncio.timeout(patience):
            return await uses.transmit(channel, part, sealed, envelope)
    except TimeoutError:
        problem = f"no answer came within {patience:.0f} seconds"
        raise DeliveryUncertain(digest.entry.channel, problem, silent=True) from None


async def _still_ours(uses: HandOverUses, attempt: Attempt) -> None:
    """Asks whether the claim still holds. An answer that is older than half a lease when it is read proves nothing,
    because the process may have been stopped in between; then the question is repeated. Raises ClaimLost.
    """
    fresh = uses.times.delivery_lease / 2
    asked = -fresh
    while uses.monotonic() - asked >= fresh:
        asked = uses.monotonic()
        await uses.deliveries.check(attempt.row.key, attempt.begun)


async def _pace(ledger: DeliveryLedger, channel: Channel[Any], digest: ReaderDigest, key: DeliveryKey) -> None:
    """Waits for the receiver's pace. A notification of alerts has a turn of its own beside the reader's digest. Raises
    PaceTooLong.
    """
    reader = digest.reader
    named = key.reader if digest.alerts is not None else reader.id
    limited = paced(channel)
    if limited is None:
        return
    wait = await ledger.pace(*limited.pace(reader.address), f"{reader.schedule}/{named}")
    if wait > LONGEST_WAIT:
        raise PaceTooLong(wait)
    await asyncio.sleep(wait)
