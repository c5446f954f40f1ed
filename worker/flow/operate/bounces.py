"""Handles reports that messages did not arrive although the server had accepted them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from worker.domain.address import same
from worker.domain.delivery import Delivery
from worker.domain.run import Run
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.flow.deployed import schedule_of
from worker.flow.facts import emit_all
from worker.flow.run.copies import copied
from worker.flow.run.notices import of_suspended, stopped_ways
from worker.flow.run.readers import entries, entry_of, subjects
from worker.flow.uses import UsesClock, UsesConnectors, UsesDeliveries, UsesDeployments, UsesEvents, UsesLookups
from worker.ports import Lookups
from worker.ports.bounces import BounceReport

NEWEST = 1000
"""Runs whose messages are looked through. Most reports come within five days of the message."""


class Followed(StrEnum):
    """What a report led to. NOT_OURS: no message with this identity went to this address. REPAIRED: a deployment came
    after the message, and the address is tried again.
    """

    SUSPENDED = "suspended"
    ALREADY = "already suspended"
    OTHER_FAULT = "nothing: the address is not at fault"
    REPAIRED = "nothing: it is older than the deployment"
    NOT_OURS = "nothing: no message that was sent to this address"


@dataclass(frozen=True, slots=True)
class BounceResult:
    report: BounceReport
    followed: Followed
    delivery: Delivery | None = None


class BouncesUses(UsesClock, UsesConnectors, UsesDeliveries, UsesDeployments, UsesEvents, UsesLookups, Protocol): ...


async def suspend_bounced(uses: BouncesUses, reports: Sequence[BounceReport]) -> tuple[BounceResult, ...]:
    """Suspends each address that is at fault, until the next deployment, and tells the operator. Anybody can write a
    report, so it counts only with the identity of a message that was sent to the address.
    """
    sent = await _sent(uses.lookups, {report.identity for report in reports})
    return tuple([await _followed(uses, report, sent.get(report.identity)) for report in reports])


async def suspend_vouched_for(uses: BouncesUses, channel: str, report: BounceReport) -> BounceResult:
    """As `suspend_bounced`, for a report that a mail service signed. It may lack the identity, because some services
    write a Message-ID of their own: then the newest message counts that went to the address through `channel`.
    """
    if report.identity:
        (result,) = await suspend_bounced(uses, [report])
        return result
    return await _followed(uses, report, await _newest(uses, channel, report.recipient))


async def _newest(uses: BouncesUses, channel: str, address: str) -> tuple[Run, Delivery] | None:
    for run in await uses.lookups.runs(None, NEWEST):
        rows = [row for row in await uses.lookups.deliveries(run.key) if row.date is not None]
        mine = [row for row in rows if same(row.key.address, address)]
        for row in mine or await _copied_to(uses, run, rows, address):
            entry = (await _entry(uses, run, row))[2]
            if entry is not None and entry.channel == channel:
                return run, row
    return None


async def _copied_to(uses: BouncesUses, run: Run, rows: Sequence[Delivery], address: str) -> list[Delivery]:
    """Deliveries with a copy to the address."""
    _, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    if not any(same(one, address) for entry in schedule.entries for one in entry.cc):
        return []
    return [row for row in rows if await _copy(uses, run, row, address) is not None]


async def _copy(uses: BouncesUses, run: Run, row: Delivery, address: str) -> str | None:
    """The address, as the definition has it, if it got a copy of the message."""
    entry = (await _entry(uses, run, row))[2]
    return next((one for one in copied(entry, row) if same(one, address)), None) if entry is not None else None


async def _entry(uses: BouncesUses, run: Run, row: Delivery) -> tuple[Bundle, Schedule, Subscription | None]:
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    return bundle, schedule, entry_of(uses.connectors, bundle, entries(schedule), row.key.reader)


async def _sent(lookups: Lookups, identities: Collection[str]) -> Mapping[str, tuple[Run, Delivery]]:
    """The deliveries with these identities, newest runs first, until all are found."""
    found: dict[str, tuple[Run, Delivery]] = {}
    for run in await lookups.runs(None, NEWEST):
        if len(found) == len(identities):
            break
        for row in await lookups.deliveries(run.key):
            if row.key.digest in identities:
                found[row.key.digest] = (run, row)
    return found


async def _followed(uses: BouncesUses, report: BounceReport, sent: tuple[Run, Delivery] | None) -> BounceResult:
    if sent is None or sent[1].date is None:
        return BounceResult(report, Followed.NOT_OURS)
    run, row = sent
    own, wanted = row.key.address, report.recipient
    who = own if same(own, wanted) else await _copy(uses, run, row, wanted)
    if who is None:
        return BounceResult(report, Followed.NOT_OURS)
    if not report.address_at_fault:
        return BounceResult(report, Followed.OTHER_FAULT, row)
    deployed = await uses.deployments.deployed()
    if deployed is None or sent[1].date < deployed.activated_at:
        return BounceResult(report, Followed.REPAIRED, row)
    return BounceResult(report, await _suspended(uses, report, run, row, who), row)


async def _suspended(uses: BouncesUses, report: BounceReport, run: Run, row: Delivery, who: str) -> Followed:
    """`who`: the address that is at fault, the reader's or one in `cc`."""
    bundle, schedule, entry = await _entry(uses, run, row)
    if entry is None:
        return Followed.REPAIRED
    subject, now = subjects(entry, who)[1], await uses.clock.now()
    stopped = await stopped_ways(uses, bundle)
    stop = of_suspended(uses.connectors, bundle, schedule, row.key, subject, report.words, now, stopped)
    facts = await uses.deliveries.suspend(run.key, stop)
    emit_all(uses.events, facts)
    return Followed.SUSPENDED if facts else Followed.ALREADY
