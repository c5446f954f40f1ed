"""Renders a closed delivery again from stored data, and compares it with the ledger's record of what was sent. It does
the same as flow.deliver (open → content → build → seal), but never sends anything.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from worker.domain.delivery import Delivery, DeliveryState, Part, Receipt
from worker.domain.run import Run
from worker.errors import NotFound, RenderError, RequestError
from worker.flow.deployed import schedule_of
from worker.flow.run.envelope import EnvelopeUses, envelope_of
from worker.flow.run.reader_digests import ReaderDigests, UsesDigests
from worker.flow.uses import UsesAlerts, UsesConnectors, UsesDeployments, UsesLookups, UsesProcess, UsesSnapshots
from worker.ports import Snapshots
from worker.ports.channels import Channel, ExplainsReceipts, saved

CLOSED = frozenset({DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.REFUSED, DeliveryState.FAILED})


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One part made again. `part`, `sealed` and `saved` (the file that a person keeps of it) are None if it could not
    be made. `note`: what else is known.
    """

    number: int
    recorded: str
    part: Part | None
    sealed: bytes | None
    note: str = ""
    saved: bytes | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sealed).hexdigest() if self.sealed is not None else ""

    @property
    def equal(self) -> bool:
        return self.sha256 == self.recorded


@dataclass(frozen=True, slots=True)
class Replayed:
    """One delivery made again. `causes`: what is missing or differs, one sentence each; empty if all parts
    are equal.
    """

    row: Delivery
    copies: tuple[Rebuilt, ...]
    causes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return bool(self.copies) and all(copy.equal for copy in self.copies)


class ReplayUses(
    EnvelopeUses,
    UsesAlerts,
    UsesConnectors,
    UsesDeployments,
    UsesDigests,
    UsesLookups,
    UsesProcess,
    UsesSnapshots,
    Protocol,
): ...


async def replay(uses: ReplayUses, run: Run) -> AsyncIterator[Replayed]:
    """Makes every closed delivery of the run again of which a part was sent, or may have been sent.

    Raises LedgerError if the deployment is no longer stored or damaged, because then nothing can be rendered.
    """
    await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    digests = uses.digests.fresh()
    for row in await uses.lookups.deliveries(run.key):
        if _handed_over(row):
            yield await _again(uses, digests, run, row)


async def replay_one(uses: ReplayUses, row: Delivery) -> Replayed:
    """One delivery made again. Raises NotFound if no part of it was sent, or if it is not closed; LedgerError as
    `replay`.
    """
    run = await uses.lookups.run(row.key.run)
    if run is None or not _handed_over(row):
        raise NotFound(f"{row.key} is {row.state}: nothing that was handed over can be made again")
    await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    return await _again(uses, uses.digests.fresh(), run, row)


def _handed_over(row: Delivery) -> bool:
    return (row.state in CLOSED or row.held) and any(part.sha256 for part in row.parts)


async def _again(uses: ReplayUses, digests: ReaderDigests, run: Run, row: Delivery) -> Replayed:
    try:
        copies, why = await _copies(uses, digests, row), ""
    except (RenderError, RequestError) as error:
        copies, why = tuple(_lost(row, 0)), f"it cannot be rendered: {error}"
    if copies and all(copy.equal for copy in copies):
        return Replayed(row, copies)
    causes = [why] if why else []
    return Replayed(row, copies, (*causes, *await _causes(uses, run, row)))


async def _copies(uses: ReplayUses, digests: ReaderDigests, row: Delivery) -> tuple[Rebuilt, ...]:
    case = await digests.open(row)
    if case is None or row.date is None:
        return tuple(_lost(row, 0))
    channel = uses.connectors.channel(case.bundle, case.entry.channel, case.entry.address)
    envelope = envelope_of(uses, case, row, row.date)
    parts = channel.build(await case.content(channel, linked=envelope.links is not None), envelope)
    made = [_rebuilt(channel, part, row) for part in parts[: len(row.parts)] if row.parts[part.number].sha256]
    return (*made, *_lost(row, len(parts)))


def _rebuilt(channel: Channel[Any], part: Part, row: Delivery) -> Rebuilt:
    known, receipts = row.parts[part.number], [Receipt(one.receipt) for one in row.parts[: part.number]]
    sealed = channel.seal(part, receipts)
    note = channel.explain_receipt(known.receipt) if isinstance(channel, ExplainsReceipts) else ""
    return Rebuilt(part.number, known.sha256, part, sealed, note, saved(channel, part, sealed))


def _lost(row: Delivery, made: int) -> list[Rebuilt]:
    """Parts that are in the ledger and were not made again."""
    return [Rebuilt(n, part.sha256, None, None) for n, part in enumerate(row.parts) if n >= made and part.sha256]


async def _causes(uses: ReplayUses, run: Run, row: Delivery) -> tuple[str, ...]:
    """What is missing or differs. If nothing is, the difference has a cause that is not recorded."""
    causes = []
    if row.version != uses.version:
        made_by = row.version or "a version that was not recorded"
        causes.append(f"it was rendered by {made_by}, and this is {uses.version} (version+templates)")
    if row.content and await uses.alerts.forgotten(run.key):
        causes.append("what it tells of alerts had something taken out on request")
    for query, snapshot in run.snapshots:
        causes += await _stored(uses.snapshots, query, "this run's answer", snapshot)
    for query, baseline in (row.compared_with or {}).items():
        if baseline is not None:
            causes += await _stored(uses.snapshots, query, "the answer it was compared with", baseline.snapshot)
    return tuple(causes) or ("everything that it was made from is there, and still it differs",)


async def _stored(snapshots: Snapshots, query: str, what: str, snapshot: str) -> list[str]:
    if await snapshots.load(snapshot) is None:
        return [f"{query}: {what} is no longer stored (past its retention)"]
    if await snapshots.forgotten(snapshot):
        return [f"{query}: {what} had rows that were forgotten on request"]
    return []
