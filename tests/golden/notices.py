"""Hand-built notices to the operator, and to readers of digests that were held."""

from datetime import UTC, datetime, timedelta

from worker.domain.cap import HeldDigest
from worker.domain.digest.sections import Figure
from worker.domain.notice import Cause, Notice, SlotSpan, Trouble
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Kind

SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)
RUN = RunKey("weekly-pipeline", SLOT)
ENDED = SLOT + timedelta(minutes=30, seconds=4)
LONG = (
    "GET /opportunity/: the request was refused (401): the API key is not valid any more, or was made for another firm"
)


def failed(reason: Reason, *causes: Cause, more: int = 0, name: str = "Weekly pipeline") -> Notice:
    return Notice(RUN, name, Trouble.FAILED, f"failed weekly-pipeline {reason}", reason, causes, more, ENDED)


def watched(trouble: Trouble, reason: Reason, *causes: Cause) -> Notice:
    """What the scheduler says of itself."""
    return Notice(RUN, "Weekly pipeline", trouble, f"{reason} weekly-pipeline", reason, causes, 0, ENDED)


def suspended(subject: str, sentence: str) -> Notice:
    cause = (Cause(subject.rpartition(" ")[2], sentence),)
    return Notice(
        RUN, "Weekly pipeline", Trouble.SUSPENDED, subject, Reason.SUSPENDED, cause, 0, SLOT + timedelta(seconds=42)
    )


def held(*digests: HeldDigest, more: int = 0) -> Notice:
    subject = "address mail sales@acme.example"
    return Notice(RUN, "Weekly pipeline", Trouble.HELD, subject, Reason.CAPPED, (), more, SLOT, held=digests)


NOTICES = {
    "failed-source": Notice(
        RUN,
        "Weekly pipeline",
        Trouble.FAILED,
        "failed weekly-pipeline source",
        Reason.SOURCE,
        (
            Cause("deals", LONG),
            Cause("stalled", "GET /opportunity/: no answer came in time"),
            Cause("funnel", "POST /report/funnel/opportunity/stages/: 429 for two minutes"),
        ),
        0,
        ENDED,
        12,
        SLOT - timedelta(days=2, hours=3),
    ),
    "failed-abandoned": failed(Reason.ABANDONED),
    "failed-undelivered": failed(
        Reason.UNDELIVERED,
        Cause("sales@acme.example", "pipeline/email.txt.j2, line 12: 'digest' has no attribute 'dealz'"),
        Cause("\u202eevil\x1b[31m@acme.example", "<b>550</b> " + "x" * 400),
        more=310,
        name="<Pipeline> & פגישה שבועית " + "sehr lang " * 8,
    ),
    "failed-partly-delivered": failed(
        Reason.PARTLY_DELIVERED,
        Cause("ann@initech.example", "550 5.7.26 data: Unauthenticated email from acme.example is not accepted"),
    ),
    "suspended-address": suspended(
        "address mail a.very.long.mailbox.name.of.somebody.who.left@subsidiary.initech.example",
        "550 5.1.1 rcpt: <a.very.long.mailbox.name@initech.example>: Recipient address rejected: User unknown in table",
    ),
    "suspended-channel": suspended("channel chat", "token_revoked"),
    "no-data": Notice(
        RUN,
        "Stalled watch",
        Trouble.NO_DATA,
        "no_data stalled-watch big",
        Reason.NO_DATA,
        (Cause("A big deal stalls", "deals"),),
        0,
        ENDED,
    ),
    "data-back": Notice(
        RUN,
        "Stalled watch",
        Trouble.NO_DATA,
        "data_back stalled-watch big",
        Reason.DATA_BACK,
        (Cause("A big deal stalls", "deals"),),
        0,
        ENDED,
    ),
    "not-read": Notice(
        RUN,
        "Stalled watch",
        Trouble.NO_DATA,
        "not_read stalled-watch big",
        Reason.NOT_READ,
        (Cause("A big deal stalls", "its record has version 2; this program reads version 1"),),
        0,
        ENDED,
    ),
    "slots-missed": watched(
        Trouble.MISSED,
        Reason.SLOTS_MISSED,
        Cause(
            "12 × 2026-11-16T05:00:00Z – 2026-11-16T07:45:00Z",
            "",
            SlotSpan(SLOT - timedelta(hours=3), SLOT - timedelta(minutes=15), 12),
        ),
    ),
    "slots-missed-of-an-earlier-version": watched(
        Trouble.MISSED, Reason.SLOTS_MISSED, Cause("1 × 2026-11-16T05:00:00Z", "")
    ),
    "budget-spent": watched(Trouble.BUDGET, Reason.BUDGET_SPENT, Cause("deals", "429 for two minutes")),
    "waited-too-long": watched(Trouble.TOO_LATE, Reason.WAITED_TOO_LONG, Cause("sales@acme.example", "")),
    "over-failed": watched(Trouble.FAILED, Reason.TROUBLE_OVER),
    "over-undelivered": watched(Trouble.UNDELIVERED, Reason.TROUBLE_OVER),
    "over-missed": watched(Trouble.MISSED, Reason.TROUBLE_OVER),
    "over-budget": watched(Trouble.BUDGET, Reason.TROUBLE_OVER),
    "over-too-late": watched(Trouble.TOO_LATE, Reason.TROUBLE_OVER),
    "held": held(
        HeldDigest(
            "Weekly pipeline",
            SLOT,
            12,
            Figure("subject.open", Kind.MONEY, 122_140_000, 119_830_000, "EUR"),
            of_deals=True,
        ),
        HeldDigest("Stalled watch", SLOT + timedelta(minutes=2), 0, alerts=3),
        HeldDigest("Daily website", SLOT + timedelta(minutes=5), 1, Figure("conversion_rate", Kind.RATIO, 0.061, 0.06)),
        HeldDigest("<Pipeline> & פגישה שבועית " + "sehr lang " * 8, SLOT + timedelta(hours=1), 0),
        more=310,
    ),
    "held-one": held(HeldDigest("Daily website", SLOT, 0)),
}
