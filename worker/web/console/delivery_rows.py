"""Deliveries of a run as rows of a table, those that need somebody first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from worker.documents.deliveries import sentence_of
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, plain_id
from worker.domain.run import CLOSED, Run
from worker.errors import LedgerError, RequestError
from worker.flow.operate.delivered_by import EntryOf, delivered_by, suspended_of
from worker.flow.operate.retry import fell_short
from worker.flow.run.readers import ALSO, is_alert, is_also, is_notice
from worker.web.console.page import Visit
from worker.web.console.states import StateMark, delivery_mark

SHORT = 3
"""Readers who were not reached that stand at the top."""

MOST = 60
"""Deliveries on one page, those in trouble first."""


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """Texts for one row. `words`: the receiver's own, else ours. `key`: for a form, if a person has to settle it."""

    mark: StateMark
    reader: str
    address: str
    entry: str
    at: str
    tries: str
    words: str
    key: str
    preview: str


async def delivery_values(visit: Visit, run: Run, rows: Sequence[Delivery]) -> dict[str, object]:
    """`short`: those who were not reached, each with what the server said, and whether nothing more goes there."""
    ordered = sorted(rows, key=lambda row: (delivery_mark(row).rank, row.key.address))
    short = [row for row in ordered if delivery_mark(row).rank == 0]
    by = await _delivered_by(visit, run, ordered[:MOST])
    stopped = await suspended_of(visit.uses, {row.key: by[row.key] for row in short[:SHORT] if row.key in by})
    found = [shown_delivery(visit, run, row, by) for row in ordered[:MOST]]
    return {
        "rows": found,
        "all": len(rows),
        "short": [(one.address, one.words, row.key in stopped) for row, one in zip(short[:SHORT], found, strict=False)],
        "more_short": max(0, len(short) - SHORT),
        "unknown": sum(1 for row in rows if row.state is DeliveryState.UNKNOWN),
        "again": sum(1 for row in rows if fell_short(row)) if run.state in CLOSED else 0,
    }


def shown_delivery(visit: Visit, run: Run, row: Delivery, by: EntryOf) -> ShownDelivery:
    w, at = visit.w, row.settled_at or row.date or row.not_before
    receipts = [part.receipt for part in row.parts if part.receipt]
    words = w.sentence(sentence_of(row)) or (receipts[0] if receipts else "")
    return ShownDelivery(
        mark=delivery_mark(row),
        reader=row.key.reader,
        address=w.clean(row.key.address),
        entry=_entry(visit, row.key, by),
        at=w.clock(at) if at else "",
        tries=w.count(row.attempt),
        words=w.clean(words, 300),
        key=str(row.key) if row.state is DeliveryState.UNKNOWN else "",
        preview=message_href(visit, run, row.key.reader, ""),
    )


def counted(visit: Visit, rows: Sequence[Delivery]) -> str:
    """As in "1 refused, 5 delivered, 1 skipped". What only the operator was told reached no reader."""
    marks_of_readers = [delivery_mark(row) for row in rows if row.notice is None]
    marks = Counter(sorted(marks_of_readers, key=lambda mark: mark.rank))
    return ", ".join(f"{visit.w.count(n)} {visit.w.say(f'console.counted.{mark.name}')}" for mark, n in marks.items())


def message_href(visit: Visit, run: Run, reader: str, form: str) -> str:
    return f"{visit.to('run', str(run.key))}?{urlencode({'reader': reader, 'form': form})}#preview"


def _entry(visit: Visit, key: DeliveryKey, by: EntryOf) -> str:
    """As in "team · mail" and "team, alerts · mail"."""
    name = _entry_name(visit, key.reader)
    channel = visit.w.clean(by[key].channel) if key in by else name
    return name if name == channel else f"{name} · {channel}"


def _entry_name(visit: Visit, reader: str) -> str:
    """The id of its entry, and what is told where it is no digest. The address stands beside it already."""
    name, _, address = plain_id(reader.removeprefix(ALSO)).partition("|")
    entry = visit.w.clean(name.removesuffix(f":{address}"))
    if is_also(reader):
        return visit.w.say("console.of_held", entry=entry)
    if is_notice(reader):
        return visit.w.say("console.notice")
    return visit.w.say("console.of_alerts", entry=entry) if is_alert(reader) else entry


async def _delivered_by(visit: Visit, run: Run, rows: Sequence[Delivery]) -> EntryOf:
    """Nothing where the deployment is gone, or a channel cannot be opened here: the rest of the page stands."""
    try:
        return await delivered_by(visit.uses, run, rows)
    except (LedgerError, RequestError):
        return {}
