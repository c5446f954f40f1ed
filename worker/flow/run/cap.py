"""The cap on messages to one address: whether a digest is sent, or only named in a message at the period's end."""

from typing import Protocol

from worker.domain.cap import OverCap
from worker.domain.delivery import Delivery
from worker.domain.outcome import Skipped
from worker.domain.reason import Reason
from worker.domain.time.duration import written
from worker.domain.time.zones import wall, zone_named
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.held import held_digest
from worker.flow.run.readers import also_id, is_also, subjects
from worker.flow.uses import UsesDeliveries


class CapUses(UsesDeliveries, Protocol): ...


async def capped(uses: CapUses, digest: ReaderDigest, row: Delivery) -> Skipped | None:
    """None if the delivery has its turn. The message that names held digests counts as well, and is never held. A
    digest that is held changes no baseline: the schedule's next digest contains what changed. Held alerts are named in
    the same message.
    """
    cap = digest.bundle.defaults.cap
    if cap is None or row.date is not None or digest.entry.uncapped:
        return None
    _, subject = subjects(digest.entry, digest.reader.address)
    until = await uses.deliveries.turn(subject, row.key, cap, always=is_also(row.key.reader))
    if until is None:
        return None
    zone = zone_named(digest.entry.zone)
    sentence = (
        f"This address had its {cap.messages} messages in {written(cap.per)}: one message tells of the others "
        f"at {wall(until, zone):%a %d %b %Y %H:%M} ({digest.entry.zone})."
    )
    held = OverCap(subject, until, also_id(row.key.reader), held_digest(digest), row.tells_of, row.tells_of_more)
    return Skipped(Reason.CAPPED, held=held, sentence=sentence)
