"""From a pending delivery to its outcome: hold, compare, resolve what is unknown, decide, send, settle.

The intent is written before bytes leave, and the outcome after it. What happens in between is `unknown`: it is looked
up, or repeated as semantics 7 says, and never silently.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.delivery import Decision, Delivery, DeliveryKey, DeliveryState
from worker.domain.notice import Suspension
from worker.domain.outcome import Deferred, DeliveryFailed, Outcome, Refused, Sent, Skipped, Unknown
from worker.domain.reason import Reason
from worker.domain.subscription import may_be_sent
from worker.errors import (
    ClaimLost,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    DeliveryUncertain,
    NewerVersion,
    RenderError,
    RequestError,
)
from worker.flow.facts import emit_all
from worker.flow.run.attempt import Attempt, PaceTooLong, ReceiverSilent
from worker.flow.run.cap import capped
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.copies import dead_copies, missing_copies, suspend_copies
from worker.flow.run.hand_over import hand_over
from worker.flow.run.held import held_digest, take_over_held
from worker.flow.run.notices import of_suspended, stopped_ways
from worker.flow.run.quiet import collected, quiet
from worker.flow.run.reader_digests import UsesDigests
from worker.flow.run.readers import is_also, subjects
from worker.flow.run.resolve_unknown import resolve_unknown, wait_if_unclear
from worker.flow.run.settle import settle
from worker.flow.run.untold import remaining, untold
from worker.flow.uses import (
    UsesCircuits,
    UsesClock,
    UsesConnectors,
    UsesDeliveries,
    UsesDeployments,
    UsesEvents,
    UsesHolidays,
    UsesLinks,
    UsesProcess,
    UsesSubscriptions,
    UsesTimes,
    UsesTransmit,
)
from worker.ports import DeliveryLease

BACKOFF = (1, 5, 15, 60)
"""Waits before the second, third, … try, in units of `times.backoff` (a minute). They fit a smart host's greylisting
and short outages.
"""


class DeliverUses(
    UsesCircuits,
    UsesClock,
    UsesConnectors,
    UsesDeliveries,
    UsesDeployments,
    UsesDigests,
    UsesEvents,
    UsesHolidays,
    UsesLinks,
    UsesProcess,
    UsesSubscriptions,
    UsesTimes,
    UsesTransmit,
    Protocol,
): ...


async def deliver(uses: DeliverUses, key: DeliveryKey) -> DeliveryState | None:
    """Continues one delivery as far as possible now. None: another process has it, or there is nothing to do."""
    held = await uses.deliveries.hold(key, uses.pid)
    emit_all(uses.events, held.facts)
    if held.lease is None:
        return None
    attempt = Attempt(held.lease.row, held.lease.now, held.lease.in_force)
    try:
        outcome = await _tried(uses, held.lease, attempt)
        if outcome is None:
            return attempt.row.state
        await settle(uses, key, attempt.number, outcome, await _suspension(uses, attempt))
        if attempt.digest is not None:
            dead = {**dead_copies(attempt.receipts), **dict(attempt.dead_copies)}
            await suspend_copies(uses, attempt.digest, key, dead, attempt.now)
    except ClaimLost:
        # The bytes may have left although the claim is lost, and another process may send them too. The possible
        # duplicate is recorded: a repeat is allowed, but not an unrecorded one.
        if attempt.out is not None:
            await uses.deliveries.count_repeat(key, attempt.out, attempt.receipt_text)
        return None
    return _STATES[type(outcome)]


async def _tried(uses: DeliverUses, lease: DeliveryLease, attempt: Attempt) -> Outcome | None:
    try:
        return await _outcome(uses, lease, attempt)
    except (DeliveryError, NewerVersion, RenderError, RequestError, PaceTooLong, ReceiverSilent) as error:
        return await _outcome_of(error, uses, attempt)


async def _outcome(uses: DeliverUses, lease: DeliveryLease, attempt: Attempt) -> Outcome | None:
    """The policy of a delivery, step by step. None if the delivery was unknown and resolving it has settled it. Raises
    NewerVersion for what this version would send otherwise than it was decided.
    """
    if attempt.row.strange:
        marks = ", ".join(attempt.row.strange)
        raise NewerVersion(f"a newer version of Funnelbeat decided on this delivery ({marks}), and has to send it")
    if await _nothing_left(uses, attempt):
        return Skipped(Reason.NOT_NAMED)
    digest = attempt.digest = await uses.digests.open(attempt.row, lease.current)
    if digest is None:
        return Unknown() if attempt.unknown else Skipped(Reason.DELETED)
    if digest.entry.each and not uses.connectors.takes(digest.bundle, digest.entry.channel, digest.reader.address):
        return Skipped(Reason.NO_ADDRESS)
    channel = uses.connectors.channel(digest.bundle, digest.entry.channel, digest.entry.address)
    attempt.receiver = uses.connectors.receiver(digest.bundle, digest.entry.channel, digest.entry.address)
    attempt.channel = channel
    if attempt.unknown:
        attempt.resolved(await resolve_unknown(uses, digest, channel, attempt.row, digest.sent_baselines()))
        if attempt.row.state is not DeliveryState.PENDING:
            return None
    withheld = await _withheld(uses, digest, lease, attempt)
    if withheld is not None:
        return withheld
    await take_over_held(uses, digest, attempt.row)
    await _leave_out_held(uses, digest, attempt)
    await hand_over(uses, digest, channel, attempt)
    reason, missing = missing_copies(digest.entry, attempt.row, attempt.receipts, attempt.withheld)
    return Sent(attempt.receipts[-1].text, digest.sent_baselines(), reason, missing)


async def _nothing_left(uses: DeliverUses, attempt: Attempt) -> bool:
    """Of a message that names held digests: whether its reader wants to know of none of them any more."""
    notice = attempt.row.notice if is_also(attempt.row.key.reader) else None
    if notice is None:
        return False
    left_out = await untold(uses, attempt.row, notice.held, attempt.now)
    attempt.row = replace(attempt.row, untold=left_out)
    return bool(notice.held) and len(left_out) == len(notice.held) and not notice.more_causes


async def _leave_out_held(uses: DeliverUses, digest: ReaderDigest, attempt: Attempt) -> None:
    """A digest that names held ones, too, leaves out those of readers who were removed."""
    if digest.held and not digest.notice and attempt.row.date is None:
        left_out = await untold(uses, attempt.row, digest.held, attempt.now)
        attempt.row, digest.held = replace(attempt.row, untold=left_out), remaining(digest.held, left_out)


async def _withheld(
    uses: DeliverUses, digest: ReaderDigest, lease: DeliveryLease, attempt: Attempt
) -> Skipped | Deferred | None:
    """Why the message is not sent, or not yet; None if it is sent now.

    A notice to the operator through a suspended channel waits until a deployment uses the channel again. Quiet hours
    and the cap do not hold a notice to the operator. They also do not hold the rest of a message of which a part was
    sent.
    """
    to_operator = digest.notice and not is_also(attempt.row.key.reader)
    decision = await _decide(uses, digest, lease, attempt.row)
    if not decision.send and to_operator:
        return Deferred(await _in(uses, BACKOFF[-1] * uses.times.backoff), decision.reason)
    if not decision.send:
        return Skipped(decision.reason, digest.skipped_baselines(decision.reason))
    if to_operator or attempt.receipts:
        return None
    return _not_yet(uses, digest, attempt) or await capped(uses, digest, attempt.row)


def _not_yet(uses: DeliverUses, digest: ReaderDigest, attempt: Attempt) -> Deferred | None:
    """A message that names held digests is not collected again."""
    holiday, row = uses.holidays.name, attempt.row
    if not digest.notice and row.date is None:
        oldest = min([digest.slot, *(one.slot for one in row.tells_of)])
        waits = collected(holiday, digest.entry, oldest, attempt.now)
        if waits is not None:
            return replace(waits, held_as=held_digest(digest))
    return quiet(holiday, digest.entry, attempt.now)


async def _outcome_of(error: Exception, uses: DeliverUses, attempt: Attempt) -> Outcome:
    """The outcome for an error of the try. What may have been sent stays unknown."""
    if isinstance(error, DeliveryError):
        attempt.dead_copies = error.dead_copies
    match error:
        case DeliveryUncertain():
            wait = wait_if_unclear(uses.times, attempt.channel) if attempt.channel is not None else 0.0
            return Unknown(error.problem, await _in(uses, wait))
        case DeliveryDeferred():
            attempt.out = None
            return await _later(uses, attempt, error)
        case DeliveryRefused():
            attempt.out = None
            attempt.refusal = error
            return _refused(attempt, error)
        case RenderError():
            return Unknown() if attempt.unknown else DeliveryFailed(Reason.RENDER, str(error))
        case PaceTooLong() | ReceiverSilent():
            return Deferred(await _in(uses, error.seconds), error.reason, error.sentence)
    # This process does not have a secret, or is of an older version. The secret may be set before the delivery expires,
    # and another process may be of the newer version.
    again = await _in(uses, uses.times.backoff)
    return Unknown(str(error), again) if attempt.unknown else Deferred(again, Reason.BACKOFF, str(error))


def _refused(attempt: Attempt, error: DeliveryRefused) -> Outcome:
    """A reader who was sent the main part has the digest, so the refusal of a later part does not count as a refusal of
    the whole.
    """
    if attempt.digest is None or not attempt.receipts:
        return Refused(Reason.REFUSED, _words(error))
    missing = f"{attempt.part} was refused: {_words(error)}"
    return Sent(attempt.receipts[0].text, attempt.digest.sent_baselines(), Reason.PARTS_MISSING, missing)


async def _decide(uses: DeliverUses, digest: ReaderDigest, lease: DeliveryLease, row: Delivery) -> Decision:
    """A delivery whose identity is fixed was decided before. After that, only a suspension, the reader, or a deployment
    that no longer names the reader can stop it.
    """
    stopped = None if digest.notice else await _stopped(uses, digest, lease)
    if stopped is not None:
        return Decision(send=False, reason=stopped)
    if lease.suspensions and await uses.deliveries.suspended(subjects(digest.entry, digest.reader.address)):
        return Decision(send=False, reason=Reason.SUSPENDED)
    if row.date is not None or digest.notice:
        return Decision(send=True, reason=Reason.ALWAYS)
    decided = digest.decide()
    if row.tells_of and decided.reason in {Reason.NO_CHANGE, Reason.EMPTY}:
        return Decision(send=True, reason=Reason.COLLECTED)
    return decided


async def _stopped(uses: DeliverUses, digest: ReaderDigest, lease: DeliveryLease) -> Reason | None:
    """Why this reader gets no messages; None if nothing stops them. Who is not named any more gets none, because what
    that reader said is forgotten.
    """
    if not may_be_sent(digest.bundle, digest.schedule, digest.reader, digest.entry.channel):
        return Reason.NOT_ALLOWED
    said = lease.preference.reason(lease.now) if lease.preference is not None else None
    if said is not None or lease.in_force is None or lease.in_force.subscribed:
        return said
    named = await uses.digests.named(lease.in_force)
    still = named is not None and named.names(uses.connectors, lease.in_force.reader)
    return None if still else Reason.NOT_NAMED


async def _later(uses: DeliverUses, attempt: Attempt, error: DeliveryDeferred) -> Deferred:
    """The message was certainly not accepted. The next try is at the time that the receiver named, else after our own
    back-off.
    """
    tries = max(attempt.row.attempt, attempt.begun - 1)
    own = BACKOFF[min(tries, len(BACKOFF) - 1)] * uses.times.backoff
    wait = error.retry_after if error.retry_after is not None else own
    reason = Reason.RATE_LIMITED if error.retry_after is not None else Reason.BACKOFF
    return Deferred(await _in(uses, wait), reason, error.problem)


async def _in(uses: UsesClock, seconds: float) -> datetime:
    return await uses.clock.now() + timedelta(seconds=seconds)


async def _suspension(uses: DeliverUses, attempt: Attempt) -> Suspension | None:
    """The channel or the address that a refusal suspends, until somebody corrects the cause."""
    error, digest = attempt.refusal, attempt.digest
    if digest is None or error is None or error.suspend is None:
        return None
    channel, address = subjects(digest.entry, digest.reader.address)
    subject = channel if error.suspend == "channel" else address
    of = (digest.bundle, digest.schedule, attempt.row.key)
    stopped = await stopped_ways(uses, digest.bundle)
    return of_suspended(uses.connectors, *of, subject, _words(error), attempt.now, stopped)


def _words(error: DeliveryRefused) -> str:
    return error.problem if error.problem.startswith(error.code) else f"{error.code}: {error.problem}"


_STATES = {
    Sent: DeliveryState.SENT,
    Skipped: DeliveryState.SKIPPED,
    Deferred: DeliveryState.DEFERRED,
    Refused: DeliveryState.REFUSED,
    DeliveryFailed: DeliveryState.FAILED,
    Unknown: DeliveryState.UNKNOWN,
}
