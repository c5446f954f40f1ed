"""Resolves a delivery that may have been accepted (semantics 7 and 9, "Unknown")."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from worker.domain.delivery import Baseline, Delivery, DeliveryState, Envelope, Receipt
from worker.domain.outcome import Pending, Sent, Unknown
from worker.domain.reason import Reason
from worker.domain.schedule import OnUnknown
from worker.errors import DeliveryDeferred
from worker.flow.intervals import Intervals
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.settle import SettleUses, settle
from worker.flow.uses import UsesClock, UsesTimes
from worker.ports import Channel
from worker.ports.channels import Findable, Idempotent


class ResolveUses(SettleUses, UsesClock, UsesTimes, Protocol): ...


class FindableChannel(Channel[Any], Findable, Protocol):
    """A channel whose receiver can be asked."""


async def resolve_unknown(
    uses: ResolveUses, digest: ReaderDigest, channel: Channel[Any], row: Delivery, moved: Mapping[str, Baseline]
) -> Delivery:
    """The row afterwards: sent (looked up and found), pending (proved absent, or to be sent once more under the same
    identity), still unknown (asked again later), or unknown and held. `moved`: the baselines that move if it was sent.
    """
    if isinstance(channel, Findable):
        return await _look_up(uses, digest, channel, row, moved)
    if isinstance(channel, Idempotent):
        await settle(uses, row.key, row.attempt, Pending(Reason.SAME_KEY))
        return replace(row, state=DeliveryState.PENDING)
    if row.resent or digest.entry.on_unknown is OnUnknown.HOLD:
        return await _hold(uses, row, row.sentence)
    if row.reason is Reason.LEASE_LAPSED:
        # The sweep does not know the channel. If the receiver cannot be asked, the longer wait begins here.
        again = await _after(uses, uses.times.resend_after)
        await settle(uses, row.key, row.attempt, Unknown(row.sentence, again))
        return row
    await settle(uses, row.key, row.attempt, Pending(Reason.POSSIBLE_DUPLICATE))
    return replace(row, state=DeliveryState.PENDING, resent=True)


def wait_if_unclear(times: Intervals, channel: Channel[Any]) -> float:
    """Seconds until `resolve_unknown` can find out the state of a part."""
    if isinstance(channel, Findable):
        return times.lookup_after
    return times.backoff if isinstance(channel, Idempotent) else times.resend_after


async def _hold(uses: SettleUses, row: Delivery, sentence: str) -> Delivery:
    await settle(uses, row.key, row.attempt, Unknown(sentence))
    return replace(row, held=True, reason=Reason.HELD, sentence=sentence)


async def _look_up(
    uses: ResolveUses, digest: ReaderDigest, channel: FindableChannel, row: Delivery, moved: Mapping[str, Baseline]
) -> Delivery:
    """Asks the receiver for the one part whose intent has no outcome."""
    key, date = row.key, row.date
    if date is None:
        raise ValueError(f"{key} is unknown but was never begun")
    envelope = Envelope(row.key, digest.reader.address, date)
    parts = channel.build(await digest.content(channel), envelope)
    done = sum(1 for part in row.parts if part.state is DeliveryState.SENT)
    if done >= len(parts):
        # Another version or template began it, so this message has no such part to ask the receiver for.
        has = f"{len(parts)} part{'' if len(parts) == 1 else 's'}"
        return await _hold(uses, row, f"part {done + 1} is unclear, and the message now has {has}")
    try:
        found: Receipt | None = await channel.find(parts[done], envelope)
    except DeliveryDeferred as error:
        wait = error.retry_after or uses.times.lookup_after
        await settle(uses, row.key, row.attempt, Unknown(error.problem, await _after(uses, wait)))
        return replace(row, sentence=error.problem)
    if found is None:
        await settle(uses, row.key, row.attempt, Pending(Reason.ABSENT))
        return replace(row, state=DeliveryState.PENDING)
    if done + 1 == len(parts):
        await settle(uses, row.key, row.attempt, Sent(found.text, moved))
        return replace(row, state=DeliveryState.SENT, reason=Reason.FOUND)
    await uses.deliveries.handed_over(key, row.attempt, done, found.text, moved)
    await settle(uses, row.key, row.attempt, Pending(Reason.FOUND))
    parts_now = (*row.parts[:done], replace(row.parts[done], state=DeliveryState.SENT, receipt=found.text))
    return replace(row, state=DeliveryState.PENDING, parts=(*parts_now, *row.parts[done + 1 :]))


async def _after(uses: UsesClock, seconds: float) -> datetime:
    return await uses.clock.now() + timedelta(seconds=seconds)
