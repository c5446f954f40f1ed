"""The state of one subject of a rule, and what would change it at the next evaluation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil, floor

from worker.domain.alert.rule import Rule
from worker.domain.alert.state import AlertState, Phase
from worker.domain.alert.subject import Amount, ClauseResult, SubjectFacts


class SubjectStanding(StrEnum):
    """The state of a subject."""

    QUIET = "quiet"  # the condition does not hold
    UNKNOWN = "unknown"  # a value that it needs is not known
    HAPPENED = "happened"  # an event
    HELD = "held"  # it held then; what became of it is no longer known
    PENDING = "pending"  # it holds, but not yet for as long as `for` says
    FIRING = "firing"
    CLEARING = "clearing"  # it holds no longer; `keep_firing` lasts


class Need(StrEnum):
    """What would change the state of a subject."""

    CONDITION = "condition"  # clauses that have to hold
    VALUES = "values"  # values that are not known
    TIME = "time"  # it still holds at this instant
    END = "end"  # the condition holds no longer, or `until` holds
    CLEARED = "cleared"  # it still does not hold at this instant
    WORSE = "worse"  # the amount reaches this
    REPEAT = "repeat"  # it still fires at this instant


@dataclass(frozen=True, slots=True)
class Next:
    """`texts`: clauses, or names of values. `at`: the earliest slot. `amount`: what it has to reach."""

    need: Need
    texts: tuple[str, ...] = ()
    at: datetime | None = None
    amount: Amount | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """One subject in one answer. `holds`: the rule's condition. `until`: that of its end, None if there is none or it
    is not known. `state`: what is remembered of the alert, None while nothing is.
    """

    subject: str
    facts: SubjectFacts
    holds: bool | None
    clauses: tuple[ClauseResult, ...]
    standing: SubjectStanding
    next: tuple[Next, ...]
    state: AlertState | None = None
    until: bool | None = None


def standing_of(rule: Rule, holds: bool | None, state: AlertState | None) -> SubjectStanding:
    """`holds`: the rule's condition as it stands in the answer."""
    if state is not None and state.clearing is not None:
        return SubjectStanding.CLEARING
    if state is not None:
        return SubjectStanding.FIRING if state.phase is Phase.FIRING else SubjectStanding.PENDING
    if holds is None:
        return SubjectStanding.UNKNOWN
    if not holds:
        return SubjectStanding.QUIET
    return SubjectStanding.HAPPENED if rule.event else SubjectStanding.HELD


def next_of(
    rule: Rule,
    standing: SubjectStanding,
    clauses: tuple[ClauseResult, ...],
    state: AlertState | None,
    *,
    falls: bool = False,
) -> tuple[Next, ...]:
    """`falls`: the lower the amount, the worse."""
    return tuple(_next_of(rule, standing, clauses, state, falls=falls))


def _next_of(
    rule: Rule, standing: SubjectStanding, clauses: tuple[ClauseResult, ...], state: AlertState | None, *, falls: bool
) -> Iterator[Next]:
    if standing is SubjectStanding.UNKNOWN:
        yield Next(Need.VALUES, unknown_values(clauses))
    elif standing is SubjectStanding.QUIET:
        yield Next(Need.CONDITION, tuple(one.text for one in clauses if one.holds is not True) or (rule.condition,))
    elif state is not None and standing is SubjectStanding.PENDING:
        yield Next(Need.TIME, at=state.since + timedelta(seconds=rule.pending))
    elif state is not None and standing is SubjectStanding.CLEARING and state.clearing is not None:
        yield Next(Need.CLEARED, at=state.clearing + timedelta(seconds=rule.keep_firing))
    elif state is not None and standing is SubjectStanding.FIRING:
        yield Next(Need.END, (rule.until or rule.condition,))
        yield from _news(rule, state, falls=falls)


def _news(rule: Rule, state: AlertState, *, falls: bool) -> Iterator[Next]:
    """The news about an alert that continues."""
    if state.notified is None:
        return
    amount = state.notified.amount
    if amount is not None and amount.value is not None:
        tenth = abs(Decimal(str(amount.value))) / 10
        limit = Decimal(str(amount.value)) + (-tenth if falls else tenth)
        whole = floor(limit) if falls else ceil(limit)
        reached = float(limit) if isinstance(amount.value, float) else whole
        yield Next(Need.WORSE, amount=Amount(amount.kind, reached, amount.currency))
    if rule.repeat is not None:
        yield Next(Need.REPEAT, at=state.notified.slot + timedelta(seconds=rule.repeat))


def unknown_values(clauses: tuple[ClauseResult, ...]) -> tuple[str, ...]:
    """Names of the values that clauses need and that are not known."""
    missing = (one.name for clause in clauses if clause.holds is None for one in clause.operands if one.value is None)
    return tuple(dict.fromkeys(missing))
