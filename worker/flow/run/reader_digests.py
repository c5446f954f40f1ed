"""The digests of a run's readers, made from stored data. Parts that several readers share are made once."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from worker.domain.decide import why_unusable
from worker.domain.delivery import Baseline, Delivery, Reader
from worker.domain.digest.compose import compose
from worker.domain.digest.context import DigestContext
from worker.domain.digest.for_audience import SplitContext, split_context
from worker.domain.digest.model import Digest
from worker.domain.due.spread import delay_of
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.domain.schedule import Schedule, Subscription
from worker.domain.snapshot.currencies import written_as_in
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import LedgerError
from worker.flow.deployed import schedule_of
from worker.flow.run.audience import audience_key, audience_of, narrowed, undecided_rows
from worker.flow.run.collect import COMPARED
from worker.flow.run.comparison import Answers, Comparison, Composed, ReaderDigest, RunSlot
from worker.flow.run.conditions import condition_of
from worker.flow.run.copies import with_copies
from worker.flow.run.named import NamedReaders, named_readers
from worker.flow.run.notices import notice_of
from worker.flow.run.owners import OwnerAddresses, emails
from worker.flow.run.readers import entries, entry_of, is_alert, is_notice
from worker.flow.run.stored_answers import load_found
from worker.flow.run.untold import remaining
from worker.memo import Memo
from worker.ports import (
    AlertLedger,
    Condition,
    Connectors,
    Deployments,
    Expressions,
    InForce,
    Lookups,
    RunLedger,
    Snapshots,
    Triggers,
)

FOUND = 4
"""Runs whose answers a process keeps decoded. They are large, and are needed again only for a further past of the same
run; each Composed holds the answers that it was made from.
"""

SPLITS = 2
"""Answers and pasts that a process keeps split by owner, for the readers who see some rows only; and entries of such
readers for which it keeps where each owner is reached.
"""

COMPOSED = 10
"""A message of the queue carries ten deliveries that run side by side, and each may have a past of its own."""

RENDERINGS = 20
"""Each Composed in two forms, such as two languages, or a mail and a post."""

COMMON = 64
"""Small things: rows of runs that deliver, of which only the state changes, and the entries of a schedule by reader."""


@dataclass(frozen=True, slots=True)
class ReaderDigests:
    """Makes the digest of each reader of a run from what is stored. What the readers of a run share is made once and
    kept by value. Each kind has its own memo, so that one kind never evicts another. `english`: the services' words for
    attached files.
    """

    lookups: Lookups
    runs: RunLedger
    snapshots: Snapshots
    deployments: Deployments
    connectors: Connectors
    triggers: Triggers
    expressions: Expressions
    alerts: AlertLedger
    english: Mapping[str, str] = field(default_factory=dict)
    found: Memo = field(default_factory=lambda: Memo(FOUND))
    splits: Memo = field(default_factory=lambda: Memo(SPLITS))
    addresses: Memo = field(default_factory=lambda: Memo(SPLITS))
    pasts: Memo = field(default_factory=lambda: Memo(SPLITS))
    digest_memo: Memo = field(default_factory=lambda: Memo(COMPOSED))
    renderings: Memo = field(default_factory=lambda: Memo(RENDERINGS))
    common: Memo = field(default_factory=lambda: Memo(COMMON))

    def fresh(self) -> "ReaderDigests":
        """The same without any cache, for somebody who looks at stored data. A stored answer keeps its id when a row is
        forgotten, so with a cache a long-running process would still show the forgotten row.
        """
        return ReaderDigests(
            self.lookups,
            self.runs,
            self.snapshots,
            self.deployments,
            self.connectors,
            self.triggers,
            self.expressions,
            self.alerts,
            self.english,
        )

    async def open(self, row: Delivery, current: Mapping[str, Baseline] | None = None) -> ReaderDigest | None:
        """The digest of a delivery in the ledger; None if its reader is gone. `current`: the reader's baselines, if
        they were read with the row. Raises LedgerError if the deployment is gone.
        """
        run = await self.common.get(("run", row.key.run), lambda: self.lookups.run(row.key.run))
        if run is None:
            return None
        bundle, schedule = await schedule_of(self.deployments, run.bundle, run.key.schedule)
        known = await self.common.get(("entries", run.key), partial(self._entries, run, schedule))
        entry = entry_of(self.connectors, bundle, known, row.key.reader)
        if entry is None:
            return None
        reader = Reader(schedule.id, entry.id, row.key.address)
        now: Mapping[str, Baseline] = {}
        if is_notice(row.key.reader):
            notice = notice_of(row, run, schedule)
            notice = replace(notice, held=remaining(notice.held, row.untold))
            composed = Composed((row.key, notice), Answers({}, {}, ()), Comparison({}, {}, {}), notice)
        elif is_alert(row.key.reader):
            composed = await self.digest_memo.get((row.key.run, row.content), partial(self._notification, row))
        else:
            now = current if current is not None else (await self.runs.baselines([reader])).get(reader, {})
            composed = await self._composed(run, now, row, entry)
        return ReaderDigest(
            bundle=bundle,
            schedule=schedule,
            entry=entry,
            reader=reader,
            slot=run.key.slot,
            composed=composed,
            templates=self.connectors.templates(bundle),
            renderings=self.renderings,
            route=self.connectors.route(bundle, entry.channel, entry.address),
            current=now,
            snapshot_ids={query: i for query, i in run.snapshots if not query.endswith(COMPARED)},
            on_demand=run.trigger == "manual",
            alerted=run.notified > 0,
            english=self.english,
            held=remaining(row.tells_of, row.untold),
            more_held=row.tells_of_more,
            run=str(run.key),
        )

    async def as_if(self, row: Delivery, entry: Subscription) -> Digest | None:
        """The digest that a delivery would have brought by another entry of its reader; None if its run is gone. Raises
        LedgerError for what is not stored any more.
        """
        run = await self.lookups.run(row.key.run)
        digest = (await self._composed(run, {}, row, entry)).digest if run is not None else None
        return digest if isinstance(digest, Digest) else None

    async def named(self, there: InForce) -> NamedReaders | None:
        """Whom a schedule names by what is in force. It is read once for all readers of a deployment."""
        key = ("named", there.bundle, there.at, there.schedule)
        return await self.common.get(key, lambda: named_readers(self.deployments, there.schedule, there.bundle))

    async def _notification(self, row: Delivery) -> Composed:
        """A run's notification of alerts is stored with the run, together with everything that its messages are made
        from. Raises LedgerError if it is gone.
        """
        told = await self.alerts.notification(row.key.run, row.content)
        if told is None:
            raise LedgerError(f"{row.key}: what it tells is not in Redis any more")
        return Composed((row.key.run, row.content), Answers({}, {}, ()), Comparison({}, {}, {}), told)

    async def _entries(self, run: Run, schedule: Schedule) -> Mapping[str, Subscription]:
        """Of every reader of the run, with those who subscribed at run time, as they were at its hand-over."""
        return {**entries(schedule), **with_copies(schedule, await self.lookups.subscribed(run.key))}

    async def composed(
        self, key: Hashable, of: RunSlot, found: Answers, past: Comparison, entry: Subscription
    ) -> Composed:
        """The digest that follows from a run's answers and one past, for the reader of an entry. `key` names run,
        answers and past.
        """
        condition = await self._condition(entry.rows) if entry.rows else None
        addresses = await self._addresses(key, of, found, past, entry) if entry.each else None
        audience = audience_of(of.schedule, entry, condition, addresses)
        if audience is None:
            return Composed((key, None), found, past, compose(self._context(of, found, past)))
        parts = await self.splits.get(key, partial(self._split, of, found, past))
        context, shown, compared = narrowed(parts, past, audience)
        return Composed((key, audience.key), shown, compared, compose(context), undecided_rows(parts, audience))

    def _context(self, of: RunSlot, found: Answers, past: Comparison) -> DigestContext:
        return digest_context(self.connectors, self.triggers, of, found, past)

    async def _split(self, of: RunSlot, found: Answers, past: Comparison) -> SplitContext:
        return split_context(self._context(of, found, past))

    async def _addresses(
        self, key: Hashable, of: RunSlot, found: Answers, past: Comparison, entry: Subscription
    ) -> OwnerAddresses:
        """For one entry and all of its readers, because every reader asks about every owner."""

        async def make() -> OwnerAddresses:
            known = emails(of.schedule, found.snapshots, past.earlier)
            return OwnerAddresses(self.connectors, of.bundle, entry, known)

        return await self.addresses.get((key, replace(entry, address=None)), make)

    async def _condition(self, text: str) -> Condition:
        async def compiled() -> Condition:
            return condition_of(self.expressions, text)

        return await self.common.get(("condition", text), compiled)

    async def _composed(
        self, run: Run, current: Mapping[str, Baseline], row: Delivery, entry: Subscription
    ) -> Composed:
        key = _composed_key(run, current, row)

        async def make() -> Composed:
            bundle, schedule = await schedule_of(self.deployments, run.bundle, run.key.schedule)
            found = await self.found.get(_found_key(run), lambda: load_found(self.snapshots, run))
            past = await self.pasts.get(key, lambda: self.past(schedule, run.key.slot, found, current, row))
            of = RunSlot(bundle, schedule, str(run.key), run.key.slot, run.claimed_at, row.may_repeat)
            return await self.composed(key, of, found, past, entry)

        return await self.digest_memo.get((key, audience_key(entry)), make)

    async def past(
        self,
        schedule: Schedule,
        slot: datetime,
        found: Answers,
        current: Mapping[str, Baseline],
        row: Delivery | None,
    ) -> Comparison:
        """The baselines that the first decision fixed in the row, else the reader's present baselines. Only baselines
        of an earlier slot count.
        """
        fixed, known = (row.compared_with, row.why_first) if row is not None else (None, {})
        pair: dict[str, Baseline | None] = {}
        earlier: dict[str, Snapshot] = {}
        why: dict[str, Reason] = {}
        for item in schedule.report:
            baseline = fixed.get(item.id) if fixed is not None else current.get(item.id)
            before, now = (
                await self.snapshots.load(baseline.snapshot) if baseline else None,
                found.snapshots.get(item.id),
            )
            reason = known.get(item.id) or why_unusable(baseline, before, now, slot)
            if fixed is None and item.id in _later(current, slot):
                reason = Reason.LATER_DIGEST
            if reason is Reason.FIRST and item.id not in known and await self._answered_before(schedule, slot, item.id):
                reason = Reason.SUBSCRIBED  # the reader was added after the schedule's first answer
            if reason is None and before is not None:
                pair[item.id], earlier[item.id] = baseline, before if now is None else written_as_in(before, now)
            else:
                pair[item.id], why[item.id] = None, reason or Reason.FIRST
        return Comparison(pair, earlier, why)

    async def _answered_before(self, schedule: Schedule, slot: datetime, query: str) -> bool:
        """Whether an earlier run of the schedule has a complete answer to this query."""
        earlier = slot - timedelta(milliseconds=1)
        chain = await self.runs.chain(schedule.id, query, earlier)
        oldest = await self.snapshots.load(chain[-1]) if chain else None
        return oldest is not None and oldest.slot < slot


class UsesDigests(Protocol):
    @property
    def digests(self) -> ReaderDigests: ...


def _found_key(run: Run) -> tuple[Hashable, ...]:
    return run.key, run.attempt, run.snapshots, run.gaps


def _composed_key(run: Run, current: Mapping[str, Baseline], row: Delivery) -> tuple[Hashable, ...]:
    """Readers of one run with the same past have the same digest, as far as they see the same rows."""
    pair = current if row.compared_with is None else row.compared_with
    compared_with = frozenset((query, baseline) for query, baseline in pair.items() if baseline)
    later = _later(current, run.key.slot) if row.compared_with is None else frozenset()
    return (
        _found_key(run),
        run.bundle,
        run.claimed_at,
        compared_with,
        later,
        frozenset(row.why_first.items()),
        row.may_repeat,
    )


def _later(current: Mapping[str, Baseline], slot: datetime) -> frozenset[str]:
    """Queries whose baseline is not of an earlier slot. A digest compares with earlier slots only."""
    return frozenset(query for query, baseline in current.items() if baseline.slot >= slot)


def digest_context(
    connectors: Connectors, triggers: Triggers, of: RunSlot, found: Answers, past: Comparison
) -> DigestContext:
    bundle, schedule, slot = of.bundle, of.schedule, of.slot
    late, on_time = of.claimed_at - slot, delay_of(schedule.id, schedule.spread) + timedelta(seconds=schedule.grace)
    return DigestContext(
        schedule=schedule,
        run=of.run,
        slot=slot,
        traits={q.id: connectors.query(bundle, q).traits(q.params) for q in schedule.report},
        snapshots=found.snapshots,
        compared=found.compared,
        gaps=found.gaps,
        baselines={q: (b, past.earlier[q]) if b is not None else None for q, b in past.compared_with.items()},
        why_no_baseline=past.why_first,
        connections={name: connection.type for name, connection in bundle.connections.items()},
        next_slot=triggers.next(schedule.trigger, slot),
        may_repeat=of.may_repeat,
        late=int(late.total_seconds()) if late > on_time else 0,
    )
