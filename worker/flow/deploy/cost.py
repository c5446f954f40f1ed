"""What the next day will ask of each connection: requests and tokens, with what is fetched once for several runs.

An estimate by the definitions: names of users and stages, look-ups of what left a list, and tries come on top.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from worker.domain.query import Price
from worker.domain.schedule import Bundle, Query, Schedule
from worker.ports import Connectors, Triggers

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
    once: dict[tuple[str, ...], tuple[str, Price, int | None]] = {}
    for name, instants in slots.items():
        schedule = bundle.schedules[name]
        for slot in instants:
            for key, item in _questions(schedule, slot):
                asked[item.source] += 1
                rows = lengths.get(name, {}).get(item.id)
                known = once.get(key)
                if known is None or known[2] is None:
                    once[key] = (item.source, connectors.price(bundle, item), rows)
    return tuple(_sum(source, count, once.values()) for source, count in asked.items() if count)


def _questions(schedule: Schedule, slot: datetime) -> Iterator[tuple[tuple[str, ...], Query]]:
    """What one run asks, and by what an equal question is known; a comparison is a question of its own."""
    for item in schedule.report:
        params = json.dumps(item.params, sort_keys=True, default=str)
        key = (item.source, item.query, params, schedule.trigger.zone, slot.isoformat(), str(item.as_written))
        yield (*key, repr(item.window)), item
        if item.compare is not None:
            yield (*key, f"{item.window!r} against {item.compare!r}"), item


def _sum(source: str, asked: int, fetches: Iterable[tuple[str, Price, int | None]]) -> DayCost:
    own = [(price, rows) for at, price, rows in fetches if at == source]
    answers = [(price, _pages(price, rows)) for price, rows in own]
    return DayCost(
        connection=source,
        asked=asked,
        fetched=len(own),
        requests=sum(pages * price.requests for price, pages in answers),
        tokens=sum(pages * price.tokens for price, pages in answers),
        unknown=sum(1 for price, rows in own if price.page and rows is None),
    )


def _pages(price: Price, rows: int | None) -> int:
    return max(1, -(-rows // price.page)) if price.page and rows is not None else 1


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
