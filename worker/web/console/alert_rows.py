"""Alerts as rows of a table."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.domain.alert.carry import size
from worker.domain.alert.listed import ListedAlert, Quiet
from worker.domain.alert.matcher_text import parse_matcher
from worker.domain.alert.silence import Matcher
from worker.domain.alert.state import Phase
from worker.errors import RequestError
from worker.flow.alert.current import current
from worker.rendering.amount_words import amount_words
from worker.rendering.numbers import NONE
from worker.web.console.page import Visit
from worker.web.console.states import StateMark

FIRING, PENDING, ACKED, QUIET = (
    StateMark("firing", 0),
    StateMark("pending", 2),
    StateMark("acked", 1),
    StateMark("quiet", 1),
)


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """Texts for one row. `note`: who acknowledged it and when, or what mutes it. `open`: it is neither acknowledged nor
    muted. `acked`: it is acknowledged.
    """

    mark: StateMark
    fingerprint: str
    name: str
    owner: str
    stage: str
    value: str
    rule: str
    schedule: str
    href: str
    since: str
    note: str
    open: bool
    acked: bool


@dataclass(frozen=True, slots=True)
class ShownAlerts:
    """`rows`: as many as were asked for. `all`: how many there are; `counts`: of each state, by its name."""

    rows: list[ShownAlert]
    all: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        return self.counts.get(FIRING.name, 0)


async def shown_alerts(visit: Visit, most: int, matchers: Sequence[Matcher] = ()) -> ShownAlerts:
    """Those that are open first, then by severity, the largest first. Raises RequestError."""
    if not visit.project:
        return ShownAlerts([])
    found = sorted(await current(visit.uses, matchers=matchers), key=_place)
    counts = Counter(mark_of(row).name for row in found)
    return ShownAlerts([shown_alert(visit, row) for row in found[:most]], len(found), counts)


def _place(row: ListedAlert) -> tuple[int, int, float]:
    """Equal alerts stay as they are listed: by schedule, rule and beginning."""
    return mark_of(row).rank, -row.state.severity.rank, -size(row.state.facts.amount)


def mark_of(row: ListedAlert) -> StateMark:
    if row.state.phase is Phase.PENDING:
        return PENDING
    return ACKED if row.ack else QUIET if row.quiet else FIRING


def matchers_of(text: str) -> tuple[Matcher, ...]:
    """Matchers as on the command line, between blanks. Raises RequestError."""
    try:
        return tuple(parse_matcher(one) for one in shlex.split(text[:1_000]))
    except ValueError as error:
        raise RequestError(f"{text[:100]!r}: {error}; put quotes around a value with blanks") from None


def shown_alert(visit: Visit, row: ListedAlert) -> ShownAlert:
    w, facts, mark = visit.w, row.state.facts, mark_of(row)
    note = ""
    if row.ack is not None:
        note = w.say("console.acked_by", by=w.clean(row.ack.by), date=w.stamp(row.ack.at))
    elif row.quiet is not None:
        note = _quiet(visit, row.quiet)
    return ShownAlert(
        mark=mark,
        fingerprint=row.fingerprint,
        name=w.named(facts.name, facts.key),
        owner=w.clean(facts.owner) if facts.owner != facts.name else "",
        stage=w.clean(facts.stage),
        value=amount_words(w, facts.amount) or NONE,
        rule=row.rule.id,
        schedule=row.schedule,
        href=visit.to("schedule", row.schedule),
        since=w.stamp(row.state.since),
        note=note,
        open=mark == FIRING,
        acked=row.ack is not None,
    )


def _quiet(visit: Visit, quiet: Quiet) -> str:
    w = visit.w
    why = w.say(f"console.withheld.{quiet.why.value}")
    return f"{why}, {w.say('console.until', date=w.stamp(quiet.until))}" if quiet.until else why
