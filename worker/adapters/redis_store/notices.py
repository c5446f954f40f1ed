"""Notices to the operator as the ledger keeps them: in their delivery's row, under `i`.

The object: k trouble, s subject, e reason, w the schedule's name, c causes [[who, sentence]], m further causes, p the
slots of each cause [[first, last, count] or null], where one has any; c has them as text too, for an earlier version.
The script adds t when it happened, n how many were not told before, f when the first of those happened, g the digests
that were held [[the schedule's name, slot, changes, key figure (JSON text, "" for none), alerts]]. codec.py reads it.
"""

from typing import Any

from worker.adapters.redis_store.codec import held_digest_row, short, slots_row
from worker.domain.cap import MOST_HELD, OverCap
from worker.domain.notice import NoticeRequest, Suspension, Trouble
from worker.domain.reason import Reason
from worker.domain.time.epoch import to_ms

LONGEST_CAUSE = 500


def request_row(request: NoticeRequest, expires: int) -> dict[str, Any]:
    """As lua/common.lua `add_notice` reads it; `expires` in milliseconds."""
    notice = request.notice
    row: dict[str, Any] = {
        "k": str(notice.trouble),
        "s": notice.subject,
        "e": str(notice.reason),
        "w": notice.name,
        "c": [[short(cause.who), short(cause.sentence, LONGEST_CAUSE)] for cause in notice.causes],
        "m": notice.more_causes,
    }
    if any(cause.slots for cause in notice.causes):
        row["p"] = [cause.slots and slots_row(cause.slots) for cause in notice.causes]
    given = {"reader": request.reader, "subject": notice.subject, "day": request.day, "expires": expires, "told": row}
    return given | {"before": request.before} if request.before else given


def held_row(held: OverCap) -> dict[str, Any]:
    """As lua/settle.lua `tell_later` reads it."""
    one = held.digest
    row = {"k": str(Trouble.HELD), "s": held.subject, "e": str(Reason.CAPPED), "w": one.name, "c": [], "m": 0}
    return {
        "subject": held.subject,
        "reader": held.reader,
        "at": to_ms(held.until),
        "digests": [held_digest_row(each) for each in (*held.others, one)],
        "more": held.more,
        "told": row,
        "most": MOST_HELD,
    }


def suspension_row(suspension: Suspension, expires: int) -> dict[str, Any]:
    row: dict[str, Any] = {"subject": suspension.subject, "sentence": short(suspension.sentence, 1000)}
    return row if suspension.notice is None else row | {"notice": request_row(suspension.notice, expires)}
