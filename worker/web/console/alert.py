"""Why one alert fires, and what ends it; and what its rule would have reported for stored runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.alert.outlook import Next
from worker.domain.alert.subject import ClauseResult, Operand
from worker.flow.alert.backtest import BackTested, backtested
from worker.flow.alert.current import find_alert
from worker.flow.alert.deployed_rules import find_rule
from worker.flow.alert.explain_rules import explain_rule
from worker.rendering.amount_words import amount_words
from worker.rendering.backtest_page import weeks_of
from worker.rendering.numbers import NONE
from worker.web.console.alert_rows import shown_alert
from worker.web.console.page import Visit, shown

SPANS = (30, 90, 365)
"""Days that a back-test may look back."""

RUNS = 400
"""Runs that a back-test of a page reads, the newest. The command line reads all."""

FINDINGS = 50
"""Findings that a page lists, the newest."""


@dataclass(frozen=True, slots=True)
class WeekColumn:
    """A column of the chart, in percent of it. `x`: its middle."""

    x: float
    y: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class ReaderWeeks:
    name: str
    a_week: str
    columns: tuple[WeekColumn, ...]
    first: str
    last: str
    most: str


async def alert_page(visit: Visit, request: Request) -> Response:
    """Raises NotFound for an alert that is over."""
    w, row = visit.w, await find_alert(visit.uses, request.path_params["fingerprint"])
    found = await explain_rule(visit.uses, f"{row.schedule}/{row.rule.id}", row.fingerprint)
    subject = next((one for one in found.subjects if one.subject == row.subject), None)
    values: dict[str, object] = {
        "row": shown_alert(visit, row),
        "condition": w.clean(row.rule.condition, 400),
        "until": w.clean(row.rule.until, 400),
        "rule_key": f"{row.schedule}/{row.rule.id}",
        "severity": row.state.severity.value,
        "labels": sorted((w.clean(name), w.clean(value)) for name, value in row.labels.items() if value),
        "run": visit.to("run", str(found.run.key)),
        "slot": w.stamp(found.run.key.slot),
        "clauses": [_clause(visit, one) for one in subject.clauses] if subject is not None else (),
        "next": [_next(visit, one) for one in subject.next] if subject is not None else (),
        "gap": w.clean(found.gap.sentence, 300) if found.gap is not None else "",
    }
    return shown(visit, "alert", values)


async def backtest_page(visit: Visit, request: Request) -> Response:
    """Raises NotFound for a rule that is not deployed."""
    asked = request.query_params.get("days", "")
    days = int(asked) if asked in map(str, SPANS) else SPANS[1]
    found = find_rule(visit.deployed, request.path_params["rule"])
    since = visit.now - timedelta(days=days)
    tested = await backtested(visit.uses, found.bundle, found.schedule, found.rule, since, most=RUNS)
    w, of = visit.w, tested.found
    values: dict[str, object] = {
        "rule": f"{tested.schedule}/{tested.rule.id}",
        "name": w.named(tested.rule.name, tested.rule.id),
        "condition": w.clean(tested.rule.condition, 400),
        "schedule": tested.schedule,
        "days": days,
        "spans": [(one, w.days(one)) for one in SPANS],
        "since": w.stamp(of.since) if of.since is not None else "",
        "runs": w.count(tested.runs),
        "gaps": w.count(len(of.gaps)),
        "unknown": w.count(of.unknown),
        "judged": w.count(of.judged),
        "kept": [(w.say(f"console.withheld.{why.value}"), w.count(n)) for why, n in of.kept.items()],
        "readers": list(_weeks(visit, tested)),
        "rows": [
            (
                w.stamp(one.slot),
                w.clean(one.name),
                w.say(f"alert.{_reason(one.reason.value)}"),
                w.clean(address_of(one.reader)),
            )
            for one in tested.findings[::-1][:FINDINGS]
        ],
        "more": max(0, len(tested.findings) - FINDINGS),
    }
    return shown(visit, "backtest", values)


def address_of(reader: str) -> str:
    """Of a reader's id."""
    return reader.partition("|")[2] or reader


def _reason(reason: str) -> str:
    """The reason `first` is shown like `new`."""
    return "new" if reason == "first" else reason


def _weeks(visit: Visit, of: BackTested) -> Iterator[ReaderWeeks]:
    w, most = visit.w, max(of.messages.values(), default=1)
    for reader, weeks in weeks_of(of.messages).items():
        width = 100 / len(weeks)
        columns = tuple(
            WeekColumn(
                round(place * width + width / 2, 2),
                round(100 - count / most * 100, 2),
                round(count / most * 100, 2),
                f"{w.local_day(week)}: {w.count(count)}",
            )
            for place, (week, count) in enumerate(weeks.items())
        )
        days = list(weeks)
        ends = w.local_day(days[0]), w.local_day(days[-1])
        yield ReaderWeeks(w.clean(address_of(reader)), f"{of.a_week.get(reader, 0):.1f}", columns, *ends, w.count(most))


def _clause(visit: Visit, of: ClauseResult) -> tuple[str, str, str]:
    """As written, the values that it read, and how it turned out."""
    read = ", ".join(f"{visit.w.clean(one.name)} = {_value(visit, one)}" for one in of.operands)
    holds = {True: "yes", False: "no", None: "unknown"}[of.holds]
    return visit.w.clean(of.text, 300), read, holds


def _value(visit: Visit, of: Operand) -> str:
    return NONE if of.value is None else visit.w.measure(of.value, of.kind, of.currency)


def _next(visit: Visit, of: Next) -> str:
    w = visit.w
    texts = ", ".join(w.clean(text, 200) for text in of.texts)
    at = w.stamp(of.at) if of.at is not None else ""
    return w.say(f"console.need.{of.need.value}", texts=texts, date=at, amount=amount_words(w, of.amount) or NONE)
