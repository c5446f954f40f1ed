"""Sums, conversion and movements of a pipeline, computed from the events of the simulation.

https://developers.pipedrive.com/docs/api/v1/Pipelines : rates in whole percent, maps by currency, and an empty map
written as a list, as some answers of the service are.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.cast import active_stages
from worker.sandbox.events import Created, Event, Lost, StageChanged, Won
from worker.sandbox.pipedrive_book import PIPELINE_IDS, STAGE_IDS, Book, StoredDeal
from worker.sandbox.pipedrive_dialect import AccountDialect, company_currency, currency_of
from worker.sandbox.pipedrive_rows import formatted, number

RATES = {"EUR": Decimal(1), "USD": Decimal("0.9"), "JPY": Decimal("0.006")}
ZONE = ZoneInfo("Europe/Berlin")


def summary(deals: Iterable[StoredDeal], dialect: AccountDialect) -> dict[str, Any]:
    """GET /v1/deals/summary: values and weighted values by currency, and both converted."""
    values: dict[str, list[StoredDeal]] = {}
    for kept in deals:
        values.setdefault(currency_of(kept, dialect), []).append(kept)
    home = company_currency(dialect)
    sums = {code: _total(those) for code, those in values.items()}
    weighted = {code: sum((_weighted(k) for k in those), Decimal(0)) for code, those in values.items()}
    converted = sum((total * _rate(code, home) for code, total in sums.items()), Decimal(0))
    all_weighted = sum((total * _rate(code, home) for code, total in weighted.items()), Decimal(0))
    return {
        "values_total": {code: _sum(code, total, len(values[code]), home) for code, total in sums.items()} or [],
        "weighted_values_total": {
            code: {"value": number(total), "count": len(values[code]), "value_formatted": formatted(total, code)}
            for code, total in weighted.items()
        }
        or [],
        "total_count": sum(len(those) for those in values.values()),
        "total_currency_converted_value": number(converted),
        "total_weighted_currency_converted_value": number(all_weighted),
        "total_currency_converted_value_formatted": formatted(converted, home),
        "total_weighted_currency_converted_value_formatted": formatted(all_weighted, home),
    }


def _rate(code: str, home: str) -> Decimal:
    """Rounded, like a service's rates. The rate of a currency to itself is one."""
    return (RATES.get(code, Decimal(1)) / RATES[home]).quantize(Decimal("0.0001"))


def _sum(code: str, total: Decimal, count: int, home: str) -> dict[str, Any]:
    converted = total * _rate(code, home)
    return {
        "value": number(total),
        "count": count,
        "value_converted": number(converted),
        "value_formatted": formatted(total, code),
        "value_converted_formatted": formatted(converted, home),
    }


def per_stage(deals: Iterable[StoredDeal], dialect: AccountDialect) -> dict[str, Any]:
    """`deals_summary` as version 1 had it: by stage, then by currency."""
    stages: dict[int, dict[str, list[StoredDeal]]] = {}
    found = list(deals)
    for kept in found:
        stages.setdefault(kept.stage, {}).setdefault(currency_of(kept, dialect), []).append(kept)
    counts: dict[str, int] = {}
    for kept in found:
        counts[currency_of(kept, dialect)] = counts.get(currency_of(kept, dialect), 0) + 1
    return {
        "per_stages": {
            str(stage): {code: _old_sum(code, those) for code, those in by.items()} for stage, by in stages.items()
        }
        or [],
        "per_currency": counts or [],
        "total_count": len(found),
    }


def _old_sum(code: str, those: list[StoredDeal]) -> dict[str, Any]:
    total, weighted = _total(those), sum((_weighted(kept) for kept in those), Decimal(0))
    return {
        "count": len(those),
        "value": number(total),
        "value_formatted": formatted(total, code),
        "weighted_value": number(weighted),
        "weighted_value_formatted": formatted(weighted, code),
    }


def conversion(book: Book, pipeline: int, user: int, days: tuple[date, date]) -> dict[str, Any]:
    """Of the user's deals that changed in the period: how many went from each stage to the next."""
    stages = [STAGE_IDS[stage] for key in PIPELINE_IDS if PIPELINE_IDS[key] == pipeline for stage in active_stages(key)]
    deals = {k.number: k for k, _ in _happened(book, pipeline, user, days)}.values()
    reached = [sum(stages.index(kept.stage) >= n for kept in deals if kept.stage in stages) for n in range(len(stages))]
    steps = [
        {"from_stage_id": came, "to_stage_id": went, "conversion_rate": _percent(reached[n + 1], reached[n])}
        for n, (came, went) in enumerate(pairwise(stages))
    ]
    return {
        "stage_conversions": steps,
        "won_conversion": _percent(sum(kept.status == "won" for kept in deals), len(deals)),
        "lost_conversion": _percent(sum(kept.status == "lost" for kept in deals), len(deals)),
    }


def movements(book: Book, pipeline: int, user: int, days: tuple[date, date], dialect: AccountDialect) -> dict[str, Any]:
    happened = _happened(book, pipeline, user, days)
    held = [k for k in book.every() if k.pipeline == pipeline and k.owner == user and not k.deal.deleted]
    groups: Mapping[str, list[StoredDeal]] = {
        "new_deals": _those(happened, Created),
        "deals_left_open": [kept for kept in held if kept.status == "open" and not kept.archived],
        "won_deals": _those(happened, Won),
        "lost_deals": _those(happened, Lost),
    }
    moved = sum(isinstance(event, StageChanged) for _, event in happened)
    return {
        "movements_between_stages": {"count": moved},
        **{name: _group(deals, dialect) for name, deals in groups.items()},
        "average_age_in_days": _ages(groups["deals_left_open"]),
    }


def _happened(book: Book, pipeline: int, user: int, days: tuple[date, date]) -> list[tuple[StoredDeal, Event]]:
    """Both days are included, in the account's zone. A deal counts for its present owner."""
    first, last = days
    return [
        (kept, event)
        for event in book.pipeline.log
        if first <= event.at.astimezone(ZONE).date() <= last
        and (kept := book.kept(book.pipeline.deals[event.deal])).pipeline == pipeline
        and kept.owner == user
        and not kept.deal.deleted
    ]


def _those(happened: list[tuple[StoredDeal, Event]], kind: type[Event]) -> list[StoredDeal]:
    return list({kept.number: kept for kept, event in happened if isinstance(event, kind)}.values())


def _group(deals: list[StoredDeal], dialect: AccountDialect) -> dict[str, Any]:
    values: dict[str, Decimal] = {}
    for kept in deals:
        code = currency_of(kept, dialect)
        values[code] = values.get(code, Decimal(0)) + (kept.value or Decimal(0))
    return {
        "count": len(deals),
        "deals_ids": [kept.number for kept in deals],
        "values": {code: number(total) for code, total in values.items()} or [],
        "formatted_values": {code: formatted(total, code) for code, total in values.items()} or [],
    }


def _ages(deals: list[StoredDeal]) -> dict[str, Any]:
    """Days from creation to entering the present stage. This figure does not change with the clock."""
    days: dict[int, list[float]] = {}
    for kept in deals:
        days.setdefault(kept.stage, []).append((kept.stage_since - kept.deal.created_at).total_seconds() / 86_400)
    every = [age for ages in days.values() for age in ages]
    return {
        "across_all_stages": _mean(every),
        "by_stages": [{"stage_id": stage, "value": _mean(ages)} for stage, ages in sorted(days.items())],
    }


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 2) if values else 0


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _total(deals: Iterable[StoredDeal]) -> Decimal:
    return sum((kept.value or Decimal(0) for kept in deals), Decimal(0))


def _weighted(kept: StoredDeal) -> Decimal:
    return (kept.value or Decimal(0)) * kept.deal.confidence / 100
