"""Makes a row of a deal of version 2 whose fields are all as documented. The types are checked in C (msgspec).

Reading an answer field by field (rows.py) costs several times as much. Here None means that a field is not as
documented, or that the answer is of version 1. rows.py then makes the row and its notes, or the error. Both ways make
the same row.
"""

from typing import Any, Literal

import msgspec

from worker.domain.snapshot.opportunity import Status
from worker.domain.snapshot.snapshot import Row
from worker.sources.common.parse import LARGEST, day_of, encodable, milliseconds
from worker.sources.pipedrive.amounts import minor_units
from worker.sources.pipedrive.currencies import Currencies
from worker.sources.pipedrive.names import PipedriveNames
from worker.sources.pipedrive.stalls import MOVING, DealActivity, StallRule

STATUS = {"open": Status.OPEN, "won": Status.WON, "lost": Status.LOST, "deleted": Status.DELETED}


class PlainDeal(msgspec.Struct):
    """The fields of a row. A field without a default must exist, if only as null."""

    id: int
    stage_id: int
    pipeline_id: int
    owner_id: int | None
    status: Literal["open", "won", "lost", "deleted"]
    value: int | float | None
    currency: str | None = None
    title: str | None = None
    owner_name: str | None = None
    org_id: int | None = None
    org_name: str | None = None
    person_id: int | None = None
    person_name: str | None = None
    stage_order_nr: int | None = None
    is_deleted: bool | None = None
    deleted: bool | None = None
    is_archived: bool | None = None
    add_time: str | None = None
    update_time: str | None = None
    stage_change_time: str | None = None
    rotten_time: str | None = None
    won_time: str | None = None
    lost_time: str | None = None
    close_time: str | None = None
    expected_close_date: str | None = None
    probability: int | float | None = None
    next_activity_id: Any = msgspec.UNSET
    next_activity_subject: str | None = None


def plain_row(
    found: Any, names: PipedriveNames, rule: StallRule, now: int, currencies: Currencies, *, archives: bool
) -> Row | None:
    """`found`: one deal as JSON gave it. The others: as for DealRowReader."""
    try:
        deal = msgspec.convert(found, PlainDeal)
        return _row(deal, names, rule, now, currencies, archives)
    except ValueError:
        return None


def _row(
    deal: PlainDeal, names: PipedriveNames, rule: StallRule, now: int, currencies: Currencies, archives: bool
) -> Row | None:
    """Raises ValueError for a malformed date or instant."""
    money = _money(deal, currencies)
    if money is None or not _whole(deal):
        return None
    key, stage_id = str(deal.id), str(deal.stage_id)
    owner_id = None if deal.owner_id is None else str(deal.owner_id)
    status = _status(deal, archives)
    created = _instant(deal.add_time)
    updated, since = _instant(deal.update_time) or created, _instant(deal.stage_change_time) or created
    planned = None if deal.next_activity_id is msgspec.UNSET else deal.next_activity_id is not None
    activity = DealActivity(stage_id, updated, since, planned, _instant(deal.rotten_time))
    verdict = rule(activity, now) if status is Status.OPEN else MOVING
    stage = names.stages.get(stage_id)
    return Row(
        key,
        (
            _text(deal.title) or f"Deal {key}",
            *_customer(deal),
            owner_id,
            names.user(owner_id, _text(deal.owner_name)),
            str(deal.pipeline_id),
            stage_id,
            names.stage(stage_id),
            stage.order if stage is not None else deal.stage_order_nr,
            status.value,
            *money,
            _confidence(deal, names),
            day_of(encodable(deal.expected_close_date)) if deal.expected_close_date else None,
            created,
            updated,
            since,
            _closed_at(deal, status),
            verdict.stalled,
            verdict.since if verdict.stalled else None,
            _text(deal.next_activity_subject),
            verdict.why if verdict.stalled else None,
            names.url(key),
        ),
    )


def _whole(deal: PlainDeal) -> bool:
    """Whether every id is valid; 0 means an owner or a customer that is gone, which is noted."""
    ids = (deal.id, deal.stage_id, deal.pipeline_id, deal.owner_id, deal.org_id, deal.person_id)
    return all(one is None or 0 < one <= LARGEST for one in ids) and abs(deal.stage_order_nr or 0) <= LARGEST


def _status(deal: PlainDeal, archives: bool) -> Status:
    status = STATUS[deal.status]
    if deal.is_deleted or deal.deleted:
        return Status.DELETED
    return Status.ARCHIVED if deal.is_archived and not archives and status is Status.OPEN else status


def _customer(deal: PlainDeal) -> tuple[str | None, str | None]:
    """lead_id, lead."""
    if deal.org_id is not None:
        return f"org_{deal.org_id}", _text(deal.org_name)
    if deal.person_id is not None:
        return f"person_{deal.person_id}", _text(deal.person_name)
    return None, None


def _money(deal: PlainDeal, currencies: Currencies) -> tuple[int | None, str | None, str, int | None] | None:
    """value, currency, period, annual. None for an amount that does not fit the currency's minor unit."""
    currency, value = currencies.ours(deal.currency), deal.value
    if value is None:
        return None, currency, "one_time", None
    if currency is None or abs(value) > LARGEST:
        return None
    amount, rest = minor_units(value, currency)
    return None if rest else (amount, currency, "one_time", amount)


def _confidence(deal: PlainDeal, names: PipedriveNames) -> int | None:
    if deal.probability is not None:
        if abs(deal.probability) > LARGEST:
            raise ValueError(deal.probability)
        return round(deal.probability)
    stage = names.stages.get(str(deal.stage_id))
    pipeline = None if stage is None else names.pipelines.get(stage.pipeline)
    return stage.probability if stage is not None and pipeline is not None and pipeline.weighs else None


def _closed_at(deal: PlainDeal, status: Status) -> int | None:
    if status is Status.WON:
        own = _instant(deal.won_time)
    elif status is Status.LOST:
        own = _instant(deal.lost_time)
    else:
        return None
    return own if own is not None else _instant(deal.close_time)


def _text(found: str | None) -> str | None:
    return encodable(found) or None if found else None


def _instant(found: str | None) -> int | None:
    """The database's zero date gets a note, and raises ValueError here as any other invalid date."""
    return milliseconds(encodable(found)) if found else None
