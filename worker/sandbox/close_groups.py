"""`_group_by` of an opportunity list: groups in order. Pages are counted in deals, so a page may split a group."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from worker.sandbox.cast import USERS_BY_ID
from worker.sandbox.close_filters import CloseRefusal
from worker.sandbox.events import SimulatedDeal

Key = tuple[Any, ...]


def _week(day: date) -> dict[str, int]:
    year, week, _ = day.isocalendar()
    return {"weekyear": year, "week": week}


PERIODS: dict[str, Callable[[date], dict[str, int]]] = {
    "date_won__week": _week,
    "date_won__month": lambda day: {"year": day.year, "month": day.month},
    "date_won__quarter": lambda day: {"year": day.year, "quarter": (day.month + 2) // 3},
    "date_won__year": lambda day: {"year": day.year},
}


def facts(deal: SimulatedDeal, by: str) -> dict[str, Any]:
    """The keys of the deal's group: the user, or the parts of the period. They are null without an owner or a day."""
    if by == "user_id":
        owner = USERS_BY_ID.get(deal.owner or "")
        return {"user_id": deal.owner, "user_name": owner.name if owner else None}
    if deal.due is None:
        return dict.fromkeys(PERIODS[by](date.min))
    return PERIODS[by](deal.due)


def _rank(deal: SimulatedDeal, by: str) -> Key:
    told = facts(deal, by)
    parts = (told["user_name"], told["user_id"]) if by == "user_id" else tuple(told.values())
    return (parts[0] is not None, *(("",) * len(parts) if parts[0] is None else parts))


def grouped(
    deals: Sequence[SimulatedDeal],
    by: str,
    page: slice,
    show: Callable[[SimulatedDeal], dict[str, Any]],
    total: Callable[[Sequence[SimulatedDeal]], dict[str, Any]],
) -> tuple[list[dict[str, Any]], int]:
    """The groups that the page touches, and how many deals the page holds. `total` gives the aggregates of a
    whole group.

    Within a group the order of `deals` stays. Raises CloseRefusal for an unknown grouping.
    """
    name = by.removeprefix("-")
    if name != "user_id" and name not in PERIODS:
        raise CloseRefusal("_group_by", f"Not a valid choice: {by}")
    in_order = sorted(deals, key=lambda deal: _rank(deal, name), reverse=by.startswith("-"))
    whole = {key: list(those) for key, those in groupby(in_order, key=lambda deal: _rank(deal, name))}
    cut = in_order[page]
    groups = []
    for key, those in groupby(cut, key=lambda deal: _rank(deal, name)):
        members = list(those)
        told = facts(members[0], name)
        label = "/".join("none" if part is None else str(part) for part in told.values())
        groups.append({"key": label, **told, "objects": [show(d) for d in members], **total(whole[key])})
    return groups, len(cut)
