"""A digest without a run: preview, dry run, test send. And a run's bridge, computed again from stored data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from worker.domain.address import comparable
from worker.domain.delivery import Baseline, Decision, Delivery, DeliveryKey, Envelope, Reader
from worker.domain.diff.bridge import Bridge, bridge
from worker.domain.digest.model import Digest
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.domain.snapshot.currencies import written_as_in
from worker.domain.snapshot.snapshot import Gap
from worker.errors import DeliveryError, RequestError
from worker.flow.deployed import schedule_of
from worker.flow.operate.find_run import refuse_slot_to_come
from worker.flow.operate.notes import Noted, notes_in
from worker.flow.operate.send_once import NONCE, send_parts
from worker.flow.run.collect import Collected, CollectUses, FetchContext, collect
from worker.flow.run.comparison import Answers, ReaderDigest, RunSlot
from worker.flow.run.owner_readers import in_use, owner_readers, past_of_each
from worker.flow.run.reader_digests import ReaderDigests, UsesDigests
from worker.flow.run.readers import chosen_entries, readers
from worker.flow.run.stored_answers import load_found
from worker.flow.run.tick import deadline
from worker.flow.uses import UsesClock, UsesConnectors, UsesDeployments, UsesSnapshots, UsesSubscriptions, UsesTransmit
from worker.memo import Memo
from worker.ports import Connectors

PAGE = "html"
"""The form that a browser shows best. The first entry with it is previewed if none is named."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What `preview` shows. `page`: the whole message as the channel shows it. `suffix`: how its file's name ends.
    `plain` and `shown`: other forms of it, as of a stored message.
    """

    digest: Digest
    subject: str
    page: str
    suffix: str
    plain: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What one reader would get (dry run), or got (test send). `outcome`: the receiver's answer to a test send."""

    reader: str
    decision: Decision
    subject: str
    gaps: tuple[Gap, ...]
    outcome: str = ""
    failed: bool = False
    notes: tuple[Noted, ...] = ()


class PreviewUses(CollectUses, UsesClock, UsesDigests, UsesSubscriptions, Protocol): ...


class SendToUses(PreviewUses, UsesTransmit, Protocol): ...


class BridgeUses(UsesConnectors, UsesDeployments, UsesSnapshots, Protocol): ...


async def preview(
    uses: PreviewUses, bundle: Bundle, schedule: Schedule, entry_id: str | None, address: str | None = None
) -> Preview:
    """What the reader of one entry would get now. Nothing is sent and nothing is stored. `address`: which of the
    entry's readers; the first if it is not given.

    Raises RequestError for an unknown entry or address, or a schedule without entries.
    """
    entry = shown_entry(uses.connectors, bundle, schedule, entry_id)
    found = await _reader_digests(uses, bundle, schedule, None, [entry])
    if not found:
        raise RequestError(
            f"{schedule.id}: entry {entry.id} has no reader now, because nobody with an address owns a row"
        )
    reader_digest = _chosen(found, schedule, entry, address)
    entry = reader_digest.entry
    channel = uses.connectors.channel(bundle, entry.channel, entry.address)
    shown = channel.preview(await reader_digest.content(channel), reader_digest.reader.address)
    return Preview(reader_digest.digest, shown.subject, shown.text, channel.preview_suffix, shown.plain, shown.shown)


async def dry_run(uses: PreviewUses, bundle: Bundle, schedule: Schedule, at: datetime | None) -> list[DryRun]:
    rows = []
    for reader_digest in await _reader_digests(uses, bundle, schedule, at, list(schedule.to), everybody=True):
        if reader_digest.entry.each and not _reached(uses, bundle, reader_digest.entry, reader_digest.reader):
            rows.append(DryRun(reader_digest.reader.id, Decision(send=False, reason=Reason.NO_ADDRESS), "", ()))
            continue
        channel = uses.connectors.channel(bundle, reader_digest.entry.channel, reader_digest.entry.address)
        shown = channel.preview(await reader_digest.content(channel), reader_digest.reader.address)
        noted = notes_in(reader_digest.digest.sources)
        rows.append(
            DryRun(
                reader_digest.reader.id, reader_digest.decide(), shown.subject, reader_digest.found.gaps, notes=noted
            )
        )
    return rows


async def send_to(
    uses: SendToUses, bundle: Bundle, schedule: Schedule, at: datetime | None, channel_name: str, address: str
) -> DryRun:
    """Sends once to one address, outside the ledger. A test moves no baseline and is never repeated automatically."""
    if not schedule.to:
        raise RequestError(f"{schedule.id} has no entry under `to:` whose template a test could use")
    of_channel = [entry for entry in schedule.to if entry.channel == channel_name]
    named = [entry for entry in of_channel if not entry.each]
    like = next(iter((*named, *of_channel, *schedule.to)))
    # A test shows every row, whoever the entry is for: the person at the terminal may see them all.
    entry = replace(like, id="test", channel=channel_name, address=address, each=None, cc=())
    reader_digest = (await _reader_digests(uses, bundle, schedule, at, [entry]))[0]
    channel = uses.connectors.channel(bundle, channel_name, address)
    now = await uses.clock.now()
    run = RunKey(schedule.id, reader_digest.slot, "manual", NONCE)
    envelope = Envelope(DeliveryKey(run, reader_digest.reader.id), address, now)
    content = await reader_digest.content(channel)
    subject = channel.preview(content, address).subject
    trial = DryRun(
        reader_digest.reader.id,
        reader_digest.decide(),
        subject,
        reader_digest.found.gaps,
        notes=notes_in(reader_digest.digest.sources),
    )
    try:
        receipts = await send_parts(uses, channel, content, envelope)
    except DeliveryError as error:
        return replace(trial, outcome=str(error), failed=True)
    return replace(trial, outcome=f"sent: {receipts[0].text}")


async def _reader_digests(
    uses: PreviewUses,
    bundle: Bundle,
    schedule: Schedule,
    at: datetime | None,
    entries: list[Subscription],
    *,
    everybody: bool = False,
) -> list[ReaderDigest]:
    """One fetch, and one digest per reader. `everybody`: also of owners without an address. Raises RequestError if `at`
    has not come yet.
    """
    now = await uses.clock.now()
    refuse_slot_to_come("--at", at or now, now)
    slot = at or now.replace(microsecond=now.microsecond // 1000 * 1000)
    shown = replace(schedule, to=tuple(entries))
    named = readers(shown)
    of_named, of_each = await uses.runs.baselines(list(named)), await past_of_each(uses.runs, shown)
    past, explained = {**of_named, **of_each}, await in_use(uses, bundle, shown, of_each)
    stale = (now - slot).total_seconds() > schedule.grace
    until = deadline(uses.triggers, schedule, now)
    context = FetchContext(bundle, schedule, slot, until, now, stale=stale, on_demand=True)
    collected = await collect(uses, context, [*of_named.values(), *explained.values()])
    each = {entry.id: entry for entry in entries if entry.each}
    owners = await owner_readers(uses, bundle, shown, collected.snapshots, explained)
    reached = {
        r: replace(each[r.entry], address=r.address)
        for r in owners
        if everybody or _reached(uses, bundle, each[r.entry], r)
    }
    shown_to = named | reached
    chosen = chosen_entries(shown, {}, shown_to, await uses.subscriptions.choices(schedule.id))
    return [
        await _reader_digest(uses.digests, context, collected, r, entry, past.get(r, {}))
        for r, entry in (shown_to | chosen).items()
    ]


def _reached(uses: PreviewUses, bundle: Bundle, entry: Subscription, reader: Reader) -> bool:
    """An owner without an address is sent nothing."""
    return uses.connectors.takes(bundle, entry.channel, reader.address)


async def _reader_digest(
    digests: ReaderDigests,
    context: FetchContext,
    collected: Collected,
    reader: Reader,
    entry: Subscription,
    current: Mapping[str, Any],
) -> ReaderDigest:
    bundle, schedule = context.bundle, context.schedule
    found = Answers(collected.snapshots, collected.compared, collected.gaps)
    past = await digests.past(schedule, context.slot, found, current, None)
    run = str(RunKey(schedule.id, context.slot))
    of = RunSlot(bundle, schedule, run, context.slot, context.now)
    key = run, context.now, frozenset(past.compared_with.items()), frozenset(past.why_first.items())
    return ReaderDigest(
        bundle=bundle,
        schedule=schedule,
        entry=entry,
        reader=reader,
        slot=context.slot,
        composed=await digests.composed(key, of, found, past, entry),
        templates=digests.connectors.templates(bundle),
        renderings=Memo(1),
        route=digests.connectors.route(bundle, entry.channel, entry.address),
        current=current,
        on_demand=True,
        english=digests.english,
    )


async def bridge_of(uses: BridgeUses, run: Run, rows: tuple[Delivery, ...]) -> Bridge | None:
    """The run's bridge for the audience "everybody", from the baseline of its first decided delivery; None if there is
    none.
    """
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    query, baseline = schedule.bridge, compared_with(rows, schedule.bridge)
    if baseline is None or query is None:
        return None
    now = (await load_found(uses.snapshots, run)).snapshots.get(query)
    before = await uses.snapshots.load(baseline.snapshot)
    if now is None or before is None:
        return None
    item = schedule.item(query)
    traits = uses.connectors.query(bundle, item).traits(item.params)
    return bridge(written_as_in(before, now), now, item.follow, traits.scope)


def compared_with(rows: Sequence[Delivery], query: str | None) -> Baseline | None:
    """What a run's bridge begins with: the query's baseline of the first decided delivery."""
    pair = next((row.compared_with for row in rows if row.compared_with), None)
    return pair.get(query) if pair is not None and query is not None else None


def _chosen(found: list[ReaderDigest], schedule: Schedule, entry: Subscription, address: str | None) -> ReaderDigest:
    wanted = comparable(address) if address is not None else None
    chosen = next((one for one in found if wanted in (None, comparable(one.reader.address))), None)
    if chosen is None:
        known = ", ".join(one.reader.address for one in found)
        raise RequestError(f"--reader: {address!r} does not read {schedule.id}, entry {entry.id}, now; it has {known}")
    return chosen


def shown_entry(connectors: Connectors, bundle: Bundle, schedule: Schedule, entry_id: str | None) -> Subscription:
    if not schedule.to:
        raise RequestError(f"{schedule.id} has no entry under `to:` to preview")
    if entry_id is not None:
        found = next((entry for entry in schedule.to if entry.id == entry_id), None)
        if found is None:
            known = ", ".join(entry.id for entry in schedule.to)
            raise RequestError(f"--entry: {schedule.id} has no entry {entry_id!r}; it has {known}")
        return found
    named = [one for one in schedule.to if not one.each]
    return next((one for one in named if _suffix(connectors, bundle, one) == PAGE), (*named, *schedule.to)[0])


def _suffix(connectors: Connectors, bundle: Bundle, entry: Subscription) -> str:
    return connectors.channel(bundle, entry.channel, entry.address).preview_suffix
