"""Test messages that a person sends, the same for every door: first the act, then its record on the audit list."""

from datetime import datetime
from typing import Protocol

from worker.domain.access import Actor
from worker.domain.schedule import Bundle, Schedule
from worker.errors import RequestError
from worker.flow.operate.audited import AuditUses, record
from worker.flow.operate.preview import DryRun, SendToUses, send_to
from worker.flow.operate.send_once import taken_address


class TryOutUses(AuditUses, SendToUses, Protocol): ...


async def send_trial(
    uses: TryOutUses, actor: Actor, bundle: Bundle, schedule: Schedule, at: datetime | None, channel: str, address: str
) -> DryRun:
    """Fetches now and sends to one address, outside the ledger. Raises RequestError for a channel that is not defined
    and an address that it does not take.
    """
    if channel not in bundle.channels:
        known = ", ".join(sorted(bundle.channels)) or "none"
        raise RequestError(f"found the channel {channel!r}, expected one of: {known}")
    to = taken_address(uses, bundle, channel, address)
    sent = await send_to(uses, bundle, schedule, at, channel, to)
    after = {"to": f"{channel}:{to}", "sent": str(not sent.failed).lower()}
    await record(uses, actor, "test", schedule.id, after=after)
    return sent
