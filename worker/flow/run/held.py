"""Digests that are not sent by themselves: what another message says about them, and which message it is."""

from dataclasses import replace
from typing import Protocol

from worker.domain.cap import HeldDigest
from worker.domain.delivery import Delivery
from worker.domain.digest.model import Digest
from worker.domain.digest.sections import Figure
from worker.domain.snapshot.snapshot import Kind
from worker.flow.facts import emit_all
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.readers import subjects
from worker.flow.uses import UsesDeliveries, UsesEvents

OF_DEALS = "subject."
"""Begins the name of a figure that is the sum of a list of deals; the name is a word for it."""


class HeldUses(UsesDeliveries, UsesEvents, Protocol): ...


def held_digest(digest: ReaderDigest) -> HeldDigest:
    """What a later message says about a digest that is not sent: its name, its slot, its key figure and the number of
    changes. For a notification of alerts it is the number of alerts.
    """
    made = HeldDigest(digest.schedule.name, digest.slot, 0, schedule=digest.reader.schedule, reader=digest.reader.id)
    if digest.alerts is not None:
        return replace(made, alerts=len(digest.alerts.findings))
    changes = sum(one.added + one.removed + one.rows + len(one.measures) for one in digest.digest.changes)
    figure = _figure(digest.digest)
    of_deals = figure is not None and digest.digest.measure is None
    return replace(made, changes=changes, figure=figure, of_deals=of_deals)


def _figure(digest: Digest) -> Figure | None:
    if digest.measure is not None:
        return None if digest.measure.missing else digest.measure.figure
    key = digest.keys[0] if digest.keys else None
    if key is None or key.closing is None:
        return None
    stalled = digest.key_query in {section.query_id for section in digest.stalled}
    name = f"{OF_DEALS}{'stalled' if stalled else digest.holds.value}"
    return Figure(name, Kind.MONEY, key.closing, key.opening, key.currency)


async def take_over_held(uses: HeldUses, digest: ReaderDigest, row: Delivery) -> None:
    """Lets this message name the held digests that wait for its address. After its first try it does not change any
    more.
    """
    if row.date is not None or digest.bundle.defaults.cap is None or digest.notice:
        return
    _, subject = subjects(digest.entry, digest.reader.address)
    taken = await uses.deliveries.take_over_held(row.key, subject)
    digest.held, digest.more_held = taken.held, taken.more
    emit_all(uses.events, taken.facts)
