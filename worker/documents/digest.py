"""A message for programs: a digest or a notice, with the text of a mail.

Every text except `text` is on one line, without characters that reverse or hide text. The shapes are in
`digest_shapes`.
"""

from collections.abc import Iterable

from worker.documents import digest_shapes as shapes
from worker.documents.digest_sections import (
    bridge_view,
    fact,
    figures,
    file,
    funnel,
    key_figure,
    key_measure,
    money,
    move,
    source,
    stalled,
    table,
)
from worker.documents.harmless import all_harmless
from worker.domain.delivery import Attachment
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.run import stamp


def digest_message(digest: Digest, subject: str, text: str, files: Iterable[Attachment] = ()) -> shapes.DigestMessage:
    """{"type": "digest", "timestamp", "data"}, the envelope that Standard Webhooks advises. `subject` and `text`: from
    templates, ready to be shown. The timestamp is the digest's slot, so that every try has the same bytes.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure
    """
    data: shapes.DigestDocument = all_harmless(_digest(digest, subject, files))
    data["text"] = text
    return {"type": "digest", "timestamp": stamp(digest.slot), "data": data}


def notice_message(notice: Notice, subject: str, text: str) -> shapes.NoticeMessage:
    """{"type": "notice", "timestamp", "data"}; see `digest_message`."""
    data: shapes.NoticeDocument = all_harmless(_notice(notice, subject))
    data["text"] = text
    return {"type": "notice", "timestamp": stamp(notice.at), "data": data}


def _digest(digest: Digest, subject: str, files: Iterable[Attachment]) -> shapes.DigestDocument:
    return {
        "version": shapes.VERSION,
        "subject": subject,
        "text": "",
        "schedule": digest.schedule,
        "name": digest.name,
        "run": digest.run,
        "slot": stamp(digest.slot),
        "as_of": stamp(digest.as_of) if digest.as_of else None,
        "since": stamp(digest.since) if digest.since else None,
        "next_slot": stamp(digest.next_slot) if digest.next_slot else None,
        "late": digest.late,
        "standing": digest.standing.value,
        "holds": digest.holds.value,
        "changed": digest.changed,
        "empty": digest.empty,
        "may_repeat": stamp(digest.may_repeat) if digest.may_repeat else None,
        "narrowed": digest.narrowed,
        "own": digest.own,
        "key_query": digest.key_query,
        "keys": [key_figure(one) for one in digest.keys],
        "measure": key_measure(digest.measure) if digest.measure else None,
        "facts": [fact(one) for one in digest.facts],
        "bridges": [bridge_view(one) for one in digest.bridges],
        "moves": [move(one) for one in digest.moves],
        "stages": [
            {"stage": one.stage, "count": one.count, "totals": [money(m) for m in one.totals]} for one in digest.stages
        ],
        "stalled": [stalled(one) for one in digest.stalled],
        "funnels": [funnel(one) for one in digest.funnels],
        "figures": [figures(one) for one in digest.figures],
        "tables": [table(one) for one in digest.tables],
        "sources": [source(one) for one in digest.sources],
        "files": [file(one) for one in files],
    }


def _notice(notice: Notice, subject: str) -> shapes.NoticeDocument:
    return {
        "version": shapes.VERSION,
        "subject": subject,
        "text": "",
        "schedule": notice.run.schedule,
        "name": notice.name,
        "run": str(notice.run),
        "trouble": notice.trouble.value,
        "about": notice.subject,
        "reason": notice.reason.value,
        "causes": [{"who": one.who, "sentence": one.sentence} for one in notice.causes],
        "more_causes": notice.more_causes,
        "at": stamp(notice.at),
    }
