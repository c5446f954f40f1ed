"""The requests and tokens that the next day needs of each connection. What several runs share is counted once.

It is an estimate by the definitions and the last answers. Look-ups of rows that left a list, and repeated tries, come
on top.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from types import MappingProxyType

from worker.domain.schedule import Bundle, Query, Schedule
from worker.domain.snapshot.requests import RequestCount
from worker.flow.deploy.last_answers import LastAnswers
from worker.ports import Connectors, Triggers
from worker.ports.kinds import KeptNames, Price

DAY = timedelta(days=1)
_NOTHING = LastAnswers()


@dataclass(frozen=True, slots=True)
class DayCost:
    """`asked`: queries of all runs. `fetched`: how many of them are fetched, because equal ones of one slot are fetched
    once. `tokens` is 0 if the service counts none. `unknown`: fetches whose cost is not known (lists of unknown length,
    and answers that depend on the account); each is counted as its minimum. `measured`: fetches whose cost is
    that of the last answer.
    """

    connection: str
    asked: int
    fetched: int
    requests: int
    tokens: int
    unknown: int
    measured: int = 0

    def __str__(self) -> str:
        equal = f" ({self.asked} asked, equal ones fetched once)" if self.asked != self.fetched else ""
        tokens = f", {self.tokens} of the day's tokens" if self.tokens else ""
        more = (" or more" if self.unknown else "") + (", by the last runs" if self.measured else "")
        queries, requests = _counted(self.fetched, "query", "queries"), _counted(self.requests, "request", "requests")
        return f"{queries}{equal}, {requests}{tokens}{more}"


def next_day(
    connectors: Connectors,
    triggers: Triggers,
    bundle: Bundle,
    now: datetime,
    last: Mapping[str, LastAnswers] = MappingProxyType({}),
) -> tuple[DayCost, ...]:
    """By the definitions and the last answers, by schedule; nothing is paused but what the definitions say is."""
    until = now + DAY
    slots = {
        name: takewhile(lambda slot: slot < until, triggers.upcoming(schedule.trigger, now))
        for name, schedule in bundle.schedules.items()
        if not schedule.paused
    }
    return cost(connectors, bundle, slots, last)


def cost(
    connectors: Connectors,
    bundle: Bundle,
    slots: Mapping[str, Iterable[datetime]],
    last: Mapping[str, LastAnswers],
) -> tuple[DayCost, ...]:
    """The cost of the runs that fire at `slots`, by schedule, for each connection that they use.

    Runs with different slots never share a fetch, whatever `share_for` says: a fetch that began before a run's slot
    cannot serve it.
    """
    asked: dict[str, int] = dict.fromkeys(bundle.connections, 0)
    fetches: dict[tuple[str, ...], _Fetched] = {}
    for name, instants in slots.items():
        schedule, due = bundle.schedules[name], list(instants)
        for key, item, files in _questions(schedule):
            asked[item.source] += len(due)
            spec = connectors.query(bundle, item)
            price = spec.price_of(item.params)
            one = fetches.setdefault(key, _Fetched(item.source, price, spec.names, price.file if files else 0))
            one.slots.update(due)
            known = last.get(name, _NOTHING)
            one.rows = known.lengths.get(item.id) if one.rows is None else one.rows
            one.sent = known.sent.get(item.id) if one.sent is None else one.sent
    return tuple(_sum(source, count, fetches.values()) for source, count in asked.items() if count)


@dataclass(slots=True)
class _Fetched:
    """One question that is asked at each of `slots`, once for all schedules that ask it. `file`: requests of the file
    beside it. `rows`: of the list. `sent`: the requests when it was asked last.
    """

    source: str
    price: Price
    names: KeptNames
    file: int
    slots: set[datetime] = field(default_factory=set)
    rows: int | None = None
    sent: RequestCount | None = None

    @property
    def unknown(self) -> bool:
        return is_unknown(self.price, self.rows, self.sent)

    @property
    def measured(self) -> bool:
        own = self.sent is not None and self.sent.requests is not None
        return own or (self.rows is not None and not self.unknown)

    @property
    def each(self) -> tuple[int, int]:
        """Requests and tokens of one answer."""
        requests, tokens = answer_cost(self.price, self.rows, self.sent)
        return requests + self.file, tokens


def answer_cost(price: Price, rows: int | None, sent: RequestCount | None) -> tuple[int, int]:
    """Requests and tokens of one answer, by what the last one took, else by the length of the last list."""
    if sent is not None and sent.requests is not None:
        return sent.requests, sent.tokens
    pages = price.pages(rows)
    return pages * price.requests, pages * price.tokens


def is_unknown(price: Price, rows: int | None, sent: RequestCount | None) -> bool:
    """Whether an answer may take more than can be known before it."""
    if sent is not None and sent.requests is not None:
        return False
    return price.more or bool(price.page and rows is None)


def attached(schedule: Schedule, item: Query) -> bool:
    """Whether a reader gets the file that the service offers beside the answer."""
    return any(item.id in entry.attach for entry in schedule.to)


def _questions(schedule: Schedule) -> Iterator[tuple[tuple[str, ...], Query, bool]]:
    """The questions of each run: a key that is equal for equal questions, the query, and whether a file comes with it.
    A comparison is a question of its own, without a file.
    """
    for item in schedule.report:
        files = attached(schedule, item)
        params = json.dumps(item.params, sort_keys=True, default=str)
        key = (item.source, item.query, params, schedule.trigger.zone, str(item.as_written))
        yield (*key, repr(item.window), str(files)), item, files
        if item.compare is not None:
            yield (*key, f"{item.window!r} against {item.compare!r}"), item, False


def _sum(source: str, asked: int, fetches: Iterable[_Fetched]) -> DayCost:
    own = [one for one in fetches if one.source == source]
    beside = _beside(own)
    return DayCost(
        connection=source,
        asked=asked,
        fetched=sum(len(one.slots) for one in own),
        requests=sum(len(one.slots) * one.each[0] for one in own) + beside[0],
        tokens=sum(len(one.slots) * one.each[1] for one in own) + beside[1],
        unknown=sum(len(one.slots) for one in own if one.unknown),
        measured=sum(len(one.slots) for one in own if one.measured),
    )


def _beside(own: list[_Fetched]) -> tuple[int, int]:
    """Requests and tokens of names, and of what answers share: once for all questions, as long as they are kept."""
    kept = max((one.names.kept for one in own), default=0.0)
    times, read = 0, None
    for slot in sorted({slot for one in own if one.names.requests for slot in one.slots}):
        if read is None or (slot - read).total_seconds() >= kept:
            times, read = times + 1, slot
    shared = {key: part for one in own if one.sent is not None for key, part in one.sent.shared.items()}
    names = max(((one.names.requests, one.names.tokens) for one in own), default=(0, 0))
    requests = names[0] + sum(count for count, _ in shared.values())
    return times * requests, times * (names[1] + sum(tokens for _, tokens in shared.values()))


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
