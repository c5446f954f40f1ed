"""Notices to the operator about runs that did not reach everybody and about suspensions: one a day for each subject."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, Reader
from worker.domain.notice import MOST_CAUSES, Cause, Notice, NoticeRequest, Suspension, Trouble
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import Run, RunKey
from worker.domain.schedule import Bundle, Schedule, Subscription
from worker.domain.snapshot.snapshot import Gap
from worker.domain.time.zones import zone_named
from worker.flow.run.readers import OPERATOR, WEBHOOK, is_notice, operator_entries, subjects
from worker.flow.uses import UsesConnectors, UsesDeliveries
from worker.ports import Connectors

FELL_SHORT = frozenset({DeliveryState.REFUSED, DeliveryState.FAILED, DeliveryState.UNKNOWN})


class StopUses(UsesConnectors, UsesDeliveries, Protocol): ...


async def stopped_ways(uses: StopUses, bundle: Bundle) -> frozenset[str]:
    """The suspended ones of the ways to the operators. A single operator is notified in any case, so nothing is looked
    up.
    """
    known = operator_entries(uses.connectors, bundle)
    if len(known) < 2:
        return frozenset()
    asked = {subject for entry in known for subject in _ways(entry)}
    return frozenset(await uses.deliveries.suspended(sorted(asked)))


def of_failed(
    connectors: Connectors,
    bundle: Bundle,
    schedule: Schedule,
    run: RunKey,
    reason: Reason,
    causes: Iterable[Cause],
    now: datetime,
    stopped: Collection[str] = (),
) -> NoticeRequest | None:
    """The notice of a run that failed, wholly or for some readers; None where no operator is named. `stopped`: see
    `stopped_ways`.
    """
    address = operator_address(connectors, bundle, stopped)
    if address is None:
        return None
    notice = _notice(run, schedule, Trouble.FAILED, failed_subject(schedule, reason), reason, tuple(causes), now)
    return NoticeRequest(Reader(schedule.id, OPERATOR, address).id, notice_day(bundle, now), notice)


def of_suspended(
    connectors: Connectors,
    bundle: Bundle,
    schedule: Schedule,
    key: DeliveryKey,
    subject: str,
    sentence: str,
    now: datetime,
    stopped: Collection[str] = (),
) -> Suspension:
    """What a refusal of the delivery `key` suspends, and the notice about it. If the refusal stops the way to the first
    operator, another operator gets the notice. A refused notice creates another one only if somebody else can be
    notified.
    """
    address = operator_address(connectors, bundle, {*stopped, subject}, or_first=not is_notice(key.reader))
    if address is None:
        return Suspension(subject, sentence)
    who = subject.split(" ", 2)[2] if subject.startswith("address ") else key.address
    cause = (Cause(who, sentence),)
    notice = _notice(key.run, schedule, Trouble.SUSPENDED, subject, Reason.SUSPENDED, cause, now)
    one_of_many = f"{OPERATOR}/{hashlib.sha256(subject.encode()).hexdigest()[:8]}"
    reader = Reader(schedule.id, one_of_many, address).id
    return Suspension(subject, sentence, NoticeRequest(reader, notice_day(bundle, now), notice))


def of_trouble(
    connectors: Connectors, bundle: Bundle, schedule: str, notice: Notice, stopped: Collection[str] = ()
) -> NoticeRequest | None:
    """A notice that a run may have in addition to others; None if no operator is named. `stopped`: see
    `stopped_ways`.
    """
    address = operator_address(connectors, bundle, stopped)
    if address is None:
        return None
    one_of_many = f"{OPERATOR}/{hashlib.sha256(notice.subject.encode()).hexdigest()[:8]}"
    return NoticeRequest(Reader(schedule, one_of_many, address).id, notice_day(bundle, notice.at), notice)


def causes_of(gaps: Iterable[Gap]) -> tuple[Cause, ...]:
    return tuple(Cause(gap.query_id, gap.sentence) for gap in gaps)


def undelivered(rows: Iterable[Delivery]) -> tuple[Cause, ...]:
    """Which readers a run did not reach, and why."""
    short = (row for row in rows if row.state in FELL_SHORT and not is_notice(row.key.reader))
    return tuple(Cause(row.key.address, row.sentence or (SENTENCES[row.reason] if row.reason else "")) for row in short)


def notice_of(row: Delivery, run: Run, schedule: Schedule) -> Notice:
    """The content of a delivery to the operator. An earlier version did not store it: then it is made from the run."""
    if row.notice is not None:
        return row.notice
    causes = tuple(Cause(query, sentence) for query, _, sentence in run.gaps)
    at = run.closed_at or datetime.min.replace(tzinfo=UTC)
    reason = run.reason or Reason.UNDELIVERED
    return _notice(run.key, schedule, Trouble.FAILED, failed_subject(schedule, reason), reason, causes, at)


def failed_subject(schedule: Schedule, reason: Reason) -> str:
    """By which notices of failed runs are counted."""
    return f"failed {schedule.id} {reason}"


def _notice(
    run: RunKey,
    schedule: Schedule,
    trouble: Trouble,
    subject: str,
    reason: Reason,
    causes: tuple[Cause, ...],
    now: datetime,
) -> Notice:
    more = max(len(causes) - MOST_CAUSES, 0)
    return Notice(run, schedule.name, trouble, subject, reason, causes[:MOST_CAUSES], more, now)


def operator_address(
    connectors: Connectors, bundle: Bundle, stopped: Collection[str], *, or_first: bool = True
) -> str | None:
    """The address of the first operator who can be reached. If there is none, a notice to the first one waits."""
    known = operator_entries(connectors, bundle)
    free = [entry for entry in known if not set(_ways(entry)) & set(stopped)]
    chosen = free or (known if or_first else [])
    return (chosen[0].address or WEBHOOK) if chosen else None


def _ways(entry: Subscription) -> tuple[str, str]:
    return subjects(entry, entry.address or WEBHOOK)


def notice_day(bundle: Bundle, now: datetime) -> str:
    """In the operator's zone, as 2026-11-23."""
    return now.astimezone(zone_named(bundle.defaults.timezone)).date().isoformat()
