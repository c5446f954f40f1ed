"""What the next day will ask of each connection: requests and tokens, with what is fetched once for several runs.

An estimate by the definitions: names of users and stages, look-ups of what left a list, and tries come on top.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from worker.domain.schedule import Bundle, Query, Schedule
from worker.ports import Connectors, Triggers
from worker.ports.kinds import Price

DAY = timedelta(days=1)
Lengths = Mapping[str, Mapping[str, int | None]]
"""Rows of each list when it was read last, by schedule and query; None where nobody read it yet."""


@dataclass(frozen=True, slots=True)
class DayCost:
    """`asked`: queries of all runs; `fetched`: how many of them are left once equal ones of one slot are fetched once.
    `tokens` is 0 where the service counts none. `unknown`: fetches of lists whose length nobody knows; each is counted
    as one request.
    """

    connection: str
    asked: int
    fetched: int
    requests: int
    tokens: int
    unknown: int

    def __str__(self) -> str:
        equal = f" ({self.asked} asked, equal ones fetched once)" if self.asked != self.fetched else ""
        tokens = f", {self.tokens} of the day's tokens" if self.tokens else ""
        more = " or more" if self.unknown else ""
        queries, requests = _counted(self.fetched, "query", "queries"), _counted(self.requests, "request", "requests")
        return f"{queries}{equal}, {requests}{tokens}{more}"


def next_day(connectors: Connectors, triggers: Triggers, bundle: Bundle, now: datetime) -> tuple[DayCost, ...]:
    """By the definitions alone: no list's length is known, and nothing is paused but what they say is."""
    until = now + DAY
    slots = {
        name: takewhile(lambda slot: slot < until, triggers.upcoming(schedule.trigger, now))
        for name, schedule in bundle.schedules.items()
        if not schedule.paused
    }
    return cost(connectors, bundle, slots, {})


def cost(
    connectors: Connectors, bundle: Bundle, slots: Mapping[str, Iterable[datetime]], lengths: Lengths
) -> tuple[DayCost, ...]:
    """Of the runs that fire at `slots`, by schedule, for each connection that they use.

    A run whose slot is another fetches anew, whatever `share_for` says: what was begun before its slot cannot serve it.
    """
    asked: dict[str, int] = dict.fromkeys(bundle.connections, 0)
    fetches: dict[tuple[str, ...], _Fetched] = {}
    for name, instants in slots.items():
        schedule, due = bundle.schedules[name], list(instants)
        for key, item in _questions(schedule):
            asked[item.source] += len(due)
            one = fetches.setdefault(key, _Fetched(item.source, connectors.query(bundle, item).price))
            one.slots.update(due)
            one.rows = lengths.get(name, {}).get(item.id) if one.rows is None else one.rows
    return tuple(_sum(source, count, fetches.values()) for source, count in asked.items() if count)


@dataclass(slots=True)
class _Fetched:
    """One question that is asked at each of `slots`, once for all schedules that ask it. `rows`: of the list."""

    source: str
    price: Price
    slots: set[datetime] = field(default_factory=set)
    rows: int | None = None


def _questions(schedule: Schedule) -> Iterator[tuple[tuple[str, ...], Query]]:
    """What each run asks, and by what an equal question is known; a comparison is a question of its own."""
    for item in schedule.report:
        params = json.dumps(item.params, sort_keys=True, default=str)
        key = (item.source, item.query, params, schedule.trigger.zone, str(item.as_written))
        yield (*key, repr(item.window)), item
        if item.compare is not None:
            yield (*key, f"{item.window!r} against {item.compare!r}"), item


def _sum(source: str, asked: int, fetches: Iterable[_Fetched]) -> DayCost:
    own = [one for one in fetches if one.source == source]
    return DayCost(
        connection=source,
        asked=asked,
        fetched=sum(len(one.slots) for one in own),
        requests=sum(len(one.slots) * _pages(one.price, one.rows) * one.price.requests for one in own),
        tokens=sum(len(one.slots) * _pages(one.price, one.rows) * one.price.tokens for one in own),
        unknown=sum(len(one.slots) for one in own if one.price.page and one.rows is None),
    )


def _pages(price: Price, rows: int | None) -> int:
    return max(1, -(-rows // price.page)) if price.page and rows is not None else 1


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
