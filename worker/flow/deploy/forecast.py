"""What new and changed alert rules would have reported for stored answers, as an estimate of what they will report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.domain.alert.rule import Rule
from worker.domain.schedule import Bundle, Schedule
from worker.flow.alert.backtest import BackTested, BackTestUses, backtested

LOOKS_BACK = timedelta(days=30)
MOST_RUNS = 2_000
"""Runs of a schedule that are read for one rule, the newest ones, because a plan has to be fast."""

NOISE = 10
"""Messages a week to one reader from which on a plan warns (decision 087)."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`change`: added or changed. `tested`: None where no answer of the rule's query is stored, or the query itself is
    new or changed. `noisy`: messages a week, of readers who would have got more than NOISE.
    """

    schedule: str
    rule: str
    change: str
    tested: BackTested | None = None

    @property
    def noisy(self) -> Mapping[str, float]:
        rates = self.tested.a_week if self.tested is not None else {}
        return {reader: count for reader, count in rates.items() if count > NOISE}


async def forecasts(
    uses: BackTestUses, bundle: Bundle, before: Mapping[str, Schedule], now: datetime
) -> tuple[Forecast, ...]:
    """`before`: the deployed schedules by their new ids. Raises RequestError for a rule that this version does not
    understand.
    """
    found = list[Forecast]()
    for schedule in bundle.schedules.values():
        was = before.get(schedule.id)
        for rule, change in _news(schedule, was):
            tested = None
            if was is not None and _same_query(schedule, was, rule):
                since = now - LOOKS_BACK
                tested = await backtested(uses, bundle, schedule, rule, since, history=was.id, most=MOST_RUNS)
            known = tested if tested is not None and tested.found.since is not None else None
            found.append(Forecast(schedule.id, rule.id, change, known))
    return tuple(found)


def _news(schedule: Schedule, was: Schedule | None) -> Iterator[tuple[Rule, str]]:
    """Changed readers of an entry change what is sent, but not what fires."""
    old = {rule.id: rule for rule in was.alerts} if was is not None else {}
    for rule in schedule.alerts:
        before = old.get(rule.id) or old.get(rule.previously)
        if before is None:
            yield rule, "added"
        elif replace(rule, id=before.id, previously=before.previously) != before:
            yield rule, "changed"


def _same_query(schedule: Schedule, was: Schedule, rule: Rule) -> bool:
    """Whether the stored answers are answers to the rule's query."""
    now = schedule.item(rule.query)
    return any(
        (one.source, one.query, one.params, one.window, one.compare, one.follow)
        == (now.source, now.query, now.params, now.window, now.compare, now.follow)
        for one in was.report
        if one.id == now.id
    )
