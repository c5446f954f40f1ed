"""Notices as the ledger is asked for them."""

from datetime import UTC, datetime

from worker.domain.notice import Cause, Notice, NoticeRequest, Suspension, Trouble
from worker.domain.reason import Reason
from worker.domain.run import RunKey

OPERATOR = "operator|ops@tern.example"
DAY = "2026-11-16"
AT = datetime(2026, 11, 16, tzinfo=UTC)


def failed(run: RunKey, day: str = DAY, reader: str = OPERATOR, reason: Reason = Reason.SOURCE) -> NoticeRequest:
    causes = (Cause("deals", "Close is down"),)
    subject = f"failed {run.schedule} {reason}"
    return NoticeRequest(reader, day, Notice(run, "Weekly", Trouble.FAILED, subject, reason, causes, 0, AT))


def suspended(run: RunKey, address: str, day: str = DAY, sentence: str = "550 no such user") -> Suspension:
    subject = f"address mail {address}"
    cause = (Cause(address, sentence),)
    notice = Notice(run, "Weekly", Trouble.SUSPENDED, subject, Reason.SUSPENDED, cause, 0, AT)
    return Suspension(subject, sentence, NoticeRequest(f"operator/{address[:3]}|ops@tern.example", day, notice))
