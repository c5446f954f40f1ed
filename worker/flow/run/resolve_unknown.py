"""What becomes of a delivery that may or may not have been accepted (semantics 7 and 9, "Unknown")."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from worker.domain.delivery import Baseline, Delivery, DeliveryState, Envelope, Receipt
from worker.domain.reason import Reason
from worker.domain.schedule import OnUnknown
from worker.errors import DeliveryDeferred
from worker.flow.run.comparison import Case
from worker.flow.services import House
from worker.ports import Channel


async def resolve_unknown(
    house: House, case: Case, channel: Channel, row: Delivery, moved: Mapping[str, Baseline]
) -> Delivery:
    """The row as it is afterwards: sent (looked up and found), pending (proved absent, or once more under the same
    identity), still unknown (asked again later), or unknown and held. `moved`: the baselines that being sent moves.
    """
    if channel.can_look_up:
        return await _look_up(house, case, channel, row, moved)
    held = row.resent or case.entry.on_unknown is OnUnknown.HOLD
    if held:
        await house.ledger.keep_unknown(str(row.key), row.attempt)
        house.reach("delivery.held")
        return replace(row, held=True, reason=Reason.HELD)
    if row.reason is Reason.LEASE_LAPSED:
        # The sweep does not know the channel; where nobody can be asked, the longer wait begins here.
        await house.ledger.uncertain(
            str(row.key), row.attempt, row.sentence, await _after(house, house.times.resend_after)
        )
        return row
    await house.ledger.resolve(str(row.key), row.attempt, duplicate=True, reason=Reason.POSSIBLE_DUPLICATE)
    return replace(row, state=DeliveryState.PENDING, resent=True)


async def _look_up(
    house: House, case: Case, channel: Channel, row: Delivery, moved: Mapping[str, Baseline]
) -> Delivery:
    """Ask the receiver for the one part whose intent has no outcome."""
    key, date = str(row.key), row.date
    if date is None:
        raise ValueError(f"{key} is unknown but was never begun")
    envelope = Envelope(row.key, case.reader.address, date)
    parts = channel.build(await case.rendered(channel.format), envelope)
    done = sum(1 for part in row.parts if part.state is DeliveryState.SENT)
    try:
        found: Receipt | None = await channel.find(parts[done], envelope)
    except DeliveryDeferred as error:
        wait = error.retry_after or house.times.lookup_after
        await house.ledger.uncertain(key, row.attempt, error.problem, await _after(house, wait))
        return replace(row, sentence=error.problem)
    if found is None:
        await house.ledger.resolve(key, row.attempt, duplicate=False, reason=Reason.ABSENT)
        return replace(row, state=DeliveryState.PENDING)
    if done + 1 == len(parts):
        await house.ledger.sent(key, row.attempt, found.text, moved)
        return replace(row, state=DeliveryState.SENT, reason=Reason.FOUND)
    await house.ledger.handed_over(key, row.attempt, done, found.text)
    await house.ledger.resolve(key, row.attempt, duplicate=False, reason=Reason.FOUND)
    parts_now = (*row.parts[:done], replace(row.parts[done], state=DeliveryState.SENT, receipt=found.text))
    return replace(row, state=DeliveryState.PENDING, parts=(*parts_now, *row.parts[done + 1 :]))


async def _after(house: House, seconds: float) -> datetime:
    return await house.ledger.now() + timedelta(seconds=seconds)
