"""All findings of a notification as one table, for an attached CSV file: a message lists only the first ones."""

from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.subject import Amount
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Row, Table
from worker.domain.time.epoch import to_ms

LISTED = 50
"""The most findings that a message lists. If there are more, a file is attached."""

COLUMNS: tuple[Column, ...] = (
    Column("rule", Kind.TEXT),
    Column("reason", Kind.TEXT),
    Column("why", Kind.TEXT),
    Column("severity", Kind.TEXT),
    Column("name", Kind.TEXT),
    Column("value", Kind.MONEY),
    Column("currency", Kind.TEXT),
    Column("number", Kind.TEXT),
    Column("owner", Kind.TEXT),
    Column("stage", Kind.TEXT),
    Column("since", Kind.INSTANT),
    Column("over_since", Kind.INSTANT),
    Column("url", Kind.TEXT),
)
"""`value` for money, `number` for every other amount."""


def findings_table(notification: Notification) -> Table:
    """One row for each finding, in the order of the message; the key is the fingerprint."""
    return Table("alerts", COLUMNS, tuple(Row(one.fingerprint, _cells(one)) for one in notification.findings))


def _cells(of: Finding) -> tuple[Cell, ...]:
    facts, value, number = of.facts, *_amount(of.facts.amount)
    currency = facts.amount.currency if facts.amount is not None else None
    over = to_ms(of.over_since) if of.over_since is not None else None
    known = (of.rule, of.reason.value, of.why, of.severity.value, facts.name, value, currency, number)
    return (*known, facts.owner, facts.stage, to_ms(of.since), over, facts.url)


def _amount(amount: Amount | None) -> tuple[int | None, str | None]:
    if amount is None or amount.value is None:
        return None, None
    return (round(amount.value), None) if amount.kind is Kind.MONEY else (None, str(amount.value))
