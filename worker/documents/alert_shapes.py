"""The shapes of alerts in a message for programs. Instants are RFC 3339 in UTC; money as in `section_shapes`."""

from typing import Literal, TypedDict

from worker.documents.digest_shapes import FileDocument
from worker.documents.section_shapes import MoneyDocument


class AlertAmountDocument(TypedDict):
    """`kind`: money, ratio (a fraction), seconds, int and so on. `money` is set for money only, `number` for all other
    kinds; both are null if the service knows no value.
    """

    kind: str
    money: MoneyDocument | None
    number: float | None


class AlertSubjectDocument(TypedDict):
    """The subject of an alert: a row by its key, a group by its value, or a query by its id. `count`: rows of a group.
    `cells`: further facts of a deal, by column; instants are texts.
    """

    key: str
    name: str
    amount: AlertAmountDocument | None
    owner_id: str
    owner: str
    stage: str
    url: str
    count: int | None
    cells: dict[str, str | int | float | bool | None]


class OperandDocument(TypedDict):
    """A value that a clause read: `money` for money, otherwise `value`. Both are null if it is not known."""

    name: str
    kind: str
    money: MoneyDocument | None
    value: str | int | float | bool | None


class ClauseDocument(TypedDict):
    """One clause of the condition. `holds` is null if a value that it needs is not known."""

    text: str
    holds: bool | None
    operands: list[OperandDocument]
    operator: str
    threshold: str


class LastMessageDocument(TypedDict):
    """The last message to the reader about this alert: its slot, amount and severity."""

    slot: str
    amount: AlertAmountDocument | None
    severity: str


class FindingDocument(TypedDict):
    """One alert that is reported to the reader. `fingerprint` identifies it permanently. `reason`: first, new, worse,
    repeat, resolved, after_silence, no_data or data_back. `why`: for an end or an event, its class, such as won. `at`:
    the slot of the run that found it. `over_since`: it was over before this message could be sent.
    """

    fingerprint: str
    rule: str
    reason: str
    severity: str
    subject: AlertSubjectDocument
    since: str
    at: str
    why: str
    last_message: LastMessageDocument | None
    over_since: str | None
    clauses: list[ClauseDocument]
    labels: dict[str, str]


class OpenAlertDocument(TypedDict):
    """An alert that is firing and was reported before. `acked_by` is empty if nobody acknowledged it."""

    fingerprint: str
    rule: str
    subject: AlertSubjectDocument
    since: str
    acked_by: str


class AlertRuleDocument(TypedDict):
    """A rule that has a finding. `form`: rows, groups, changes or query. `repeat`: seconds, null for never. `open`: how
    many of its alerts are firing. `open_amount`: their sum, null if they have no common currency.
    """

    id: str
    name: str
    form: str
    condition: str
    query: str
    repeat: int | None
    last_check: str | None
    open: int
    open_amount: AlertAmountDocument | None


class AlertDocument(TypedDict):
    """The alerts of one run that are reported to one reader. `subject` and `text` are those of a mail. No finding is
    left out. `open`: the first alerts that are firing and were reported before. `carried`: findings that an earlier
    message could not report.
    """

    version: int
    subject: str
    text: str
    schedule: str
    name: str
    run: str
    slot: str
    as_of: str
    rules: list[AlertRuleDocument]
    findings: list[FindingDocument]
    open: list[OpenAlertDocument]
    carried: int
    files: list[FileDocument]


class AlertMessage(TypedDict):
    """A message about alerts. `timestamp` is the slot."""

    type: Literal["alert"]
    timestamp: str
    data: AlertDocument
