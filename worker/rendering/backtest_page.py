"""A back-test as one HTML page."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from markupsafe import Markup

from worker.domain.alert.backtest import BackTestFinding
from worker.domain.alert.state import AlertReason
from worker.rendering.reader_pages import own_templates, style
from worker.rendering.wording import Wording

MOST = 500
"""The number of findings that the page lists; its totals count all."""


@dataclass(frozen=True, slots=True)
class BackTestShown:
    """`since`: the first slot with data, None if there is none. `messages`: by reader and by the Monday of the week;
    `a_week`: by reader.
    """

    schedule: str
    rule: str
    since: datetime | None
    until: datetime
    runs: int
    gaps: int
    judged: int
    unknown: int
    findings: Sequence[BackTestFinding]
    messages: Mapping[tuple[str, date], int]
    a_week: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WeekBar:
    """`percent`: relative to the longest bar of all readers."""

    date: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class ReaderShown:
    name: str
    a_week: str
    weeks: tuple[WeekBar, ...]


@dataclass(frozen=True, slots=True)
class FindingShown:
    at: str
    name: str
    reason: str
    reader: str


def backtest_page(of: BackTestShown, locale: str, zone: str) -> str:
    """HTML. Names come from other systems; the template escapes them."""
    w = Wording(locale, zone, of.until.year)
    return (
        own_templates()
        .get_template("web/backtest.html.j2")
        .render(
            w=w,
            style=Markup(style()),  # noqa: S704  # our own file
            schedule=of.schedule,
            rule=w.clean(of.rule),
            facts=list(_facts(of, w)),
            readers=list(_readers(of, w)),
            findings=[_finding(one, w) for one in of.findings[:MOST]],
            more=max(len(of.findings) - MOST, 0),
        )
    )


def weeks_of(messages: Mapping[tuple[str, date], int]) -> Mapping[str, Mapping[date, int]]:
    """By reader, every week from the first to the last that has a message; the same weeks for all readers."""
    if not messages:
        return {}
    weeks, found = [week for _, week in messages], defaultdict[str, dict[date, int]](dict)
    count = (max(weeks) - min(weeks)).days // 7 + 1
    for reader in sorted({reader for reader, _ in messages}):
        for place in range(count):
            week = min(weeks) + timedelta(weeks=place)
            found[reader][week] = messages.get((reader, week), 0)
    return found


def _facts(of: BackTestShown, w: Wording) -> Iterator[tuple[str, str]]:
    if of.since is None:
        yield w.say("backtest.span"), w.say("backtest.none")
        return
    yield w.say("backtest.span"), w.say("backtest.from_to", first=w.stamp(of.since), last=w.stamp(of.until))
    yield w.say("backtest.runs"), str(of.runs)
    yield w.say("backtest.gaps"), str(of.gaps)
    yield w.say("backtest.unknown"), w.say("backtest.unknown_of", count=of.unknown, judged=of.judged)


def _readers(of: BackTestShown, w: Wording) -> Iterator[ReaderShown]:
    most = max(of.messages.values(), default=1)
    for reader, weeks in weeks_of(of.messages).items():
        bars = tuple(WeekBar(w.local_day(week), count, round(count / most * 100, 1)) for week, count in weeks.items())
        yield ReaderShown(w.clean(reader), f"{of.a_week.get(reader, 0):.1f}", bars)


def _finding(of: BackTestFinding, w: Wording) -> FindingShown:
    key = AlertReason.NEW if of.reason is AlertReason.FIRST else of.reason
    return FindingShown(w.stamp(of.slot), w.clean(of.name), w.say(f"alert.{key.value}"), w.clean(of.reader))
