"""Alerts, what mutes them, and what a rule reported or would have reported."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from worker.web.api.shapes.base import ApiShape, Instant, MoneyShape


class AlertAmountShape(ApiShape):
    """`money` for money alone, `number` for all other kinds. Both are null if the service knows no value."""

    kind: str
    money: MoneyShape | None
    number: float | None


class SubjectShape(ApiShape):
    """What an alert is about: a row by its key, a group by its value, or a query by its id."""

    key: str
    name: str
    amount: AlertAmountShape | None
    owner_id: str
    owner: str
    stage: str
    url: str
    count: int | None
    cells: dict[str, Any]


class LastMessageShape(ApiShape):
    slot: datetime
    amount: AlertAmountShape | None
    severity: str


class AcknowledgedShape(ApiShape):
    by: str
    at: datetime
    comment: str


class KeptQuietShape(ApiShape):
    """`why`: silenced, snoozed or inhibited. `by`: who made the silence, or the rule that inhibits."""

    why: str
    by: str
    silence: str | None
    until: datetime | None
    comment: str


class FiringAlertShape(ApiShape):
    """`state`: pending or firing. `clearing`: since when it has not held, while `keep_firing` lasts."""

    fingerprint: str
    schedule: str
    rule: str
    state: str
    severity: str
    since: datetime
    clearing: datetime | None
    evaluated: datetime | None
    subject: SubjectShape
    labels: dict[str, str]
    last_message: LastMessageShape | None
    readers: list[str]
    acknowledged: AcknowledgedShape | None
    quiet: KeptQuietShape | None


class UnacknowledgedShape(FiringAlertShape):
    was_acknowledged: bool


class SilenceShape(ApiShape):
    """`until` is exclusive. `snooze`: made for one alert. `fault`: why it mutes nothing, null if it works."""

    id: str
    matchers: list[str]
    by: str
    comment: str
    starts: datetime
    until: datetime
    snooze: bool
    fault: str | None


class NewSilenceShape(SilenceShape):
    """`mutes`: the alerts that it mutes now. `warnings`: of names in its matchers that no deployed rule has."""

    mutes: list[FiringAlertShape]
    warnings: list[str]


class MutesShape(ApiShape):
    """The alerts that a silence would mute now. `warnings`: of names in its matchers that no deployed rule has."""

    mutes: list[FiringAlertShape]
    warnings: list[str]


class CommentRequest(ApiShape):
    """`comment`: why; others read it."""

    comment: str = Field(default="", max_length=500)


class SnoozeRequest(CommentRequest):
    until: Instant


class MatchersRequest(ApiShape):
    """Each as NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX. All must match."""

    matchers: list[str] = Field(min_length=1, max_length=20, examples=[["rule=big-deal-stalled", "owner=Ann"]])


class SilenceRequest(MatchersRequest):
    """`comment`: why, so that others know whether it may end."""

    until: Instant
    comment: str = Field(min_length=1, max_length=500)


class OperandShape(ApiShape):
    name: str
    kind: str
    money: MoneyShape | None
    value: Any


class ClauseShape(ApiShape):
    """`holds` is null if a value that it needs is not known."""

    text: str
    holds: bool | None
    operands: list[OperandShape]
    operator: str
    threshold: str


class NeedShape(ApiShape):
    """What the next evaluation needs: clauses or names of values, the earliest slot, or an amount."""

    need: str
    texts: list[str]
    at: datetime | None
    amount: AlertAmountShape | None


class SubjectExplainedShape(ApiShape):
    """`standing`: quiet, unknown, happened, held, pending, firing or clearing."""

    subject: SubjectShape
    standing: str
    holds: bool | None
    until: bool | None
    clauses: list[ClauseShape]
    next: list[NeedShape]
    alert: FiringAlertShape | None


class NoAnswerShape(ApiShape):
    reason: str
    sentence: str


class TransitionShape(ApiShape):
    subject: str
    name: str
    before: str | None
    after: str | None
    reason: str | None
    why: str


class RuleExplainedShape(ApiShape):
    """One rule in one run. `skipped`: why it was not evaluated. `missing`: evaluations in a row without data. `newest`:
    no later run evaluated it. `more` counts subjects that are not listed.
    """

    run: str
    schedule: str
    rule: str
    written_out: dict[str, Any]
    skipped: str | None
    gap: NoAnswerShape | None
    missing: int
    judged: int
    unknown: int
    newest: bool
    transitions: list[TransitionShape]
    subjects: list[SubjectExplainedShape]
    more: int


class BalanceShape(ApiShape):
    """Each reason is sent or withheld, otherwise `even` is false."""

    fired: int
    ends: dict[str, int]
    kept: dict[str, int]
    even: bool


class AlertEndShape(ApiShape):
    fingerprint: str
    reader: str
    end: str


class KeptShape(ApiShape):
    """`detail`: the silence's id, the rule that inhibits, or who acknowledged."""

    fingerprint: str
    rule: str
    subject: str
    reason: str
    why: str
    detail: str


class RunAlertsShape(ApiShape):
    balance: BalanceShape
    ends: list[AlertEndShape]
    kept: list[KeptShape]
    rules: list[RuleExplainedShape]


class BackTestFindingShape(ApiShape):
    """`leaves` is later than the slot where quiet hours would have held it."""

    slot: datetime
    fingerprint: str
    reason: str
    reader: str
    name: str
    leaves: datetime


class WeekShape(ApiShape):
    """`week`: its Monday, in UTC."""

    reader: str
    week: date
    count: int


class BackTestShape(ApiShape):
    """`data_since`: the first slot with an answer, null without one. `gaps`: slots without an answer. `unknown`:
    judgements, of `judged`, that a value left open. `kept`: reasons for which nobody was notified, by cause. `a_week`:
    messages, by reader.
    """

    schedule: str
    rule: str
    since: datetime
    until: datetime
    data_since: datetime | None
    runs: int
    gaps: list[datetime]
    judged: int
    unknown: int
    findings: list[BackTestFindingShape]
    kept: dict[str, int]
    messages: list[WeekShape]
    a_week: dict[str, float]
