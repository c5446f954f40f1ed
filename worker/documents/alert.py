"""Alerts for programs: a notification with the text of a mail. The shapes are in `alert_shapes`."""

from collections.abc import Iterable

from worker.documents import alert_shapes as shapes
from worker.documents.digest_sections import file, money
from worker.documents.digest_shapes import VERSION
from worker.documents.harmless import all_harmless
from worker.documents.section_shapes import MoneyDocument
from worker.domain.alert.notification import Finding, Notification, OpenAlert, RuleShown
from worker.domain.alert.state import LastNotification
from worker.domain.alert.subject import Amount, ClauseResult, Operand, SubjectFacts
from worker.domain.delivery import Attachment
from worker.domain.money import Money
from worker.domain.run import stamp
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.snapshot import Cell, Kind
from worker.domain.time.epoch import from_ms

_INSTANTS = frozenset(column.name for column in COLUMNS if column.kind is Kind.INSTANT)


def alert_message(
    notification: Notification, subject: str, text: str, files: Iterable[Attachment] = ()
) -> shapes.AlertMessage:
    """{"type": "alert", "timestamp", "data"}; see `digest.digest_message`."""
    data: shapes.AlertDocument = all_harmless(_alert(notification, subject, files))
    data["text"] = text
    return {"type": "alert", "timestamp": stamp(notification.slot), "data": data}


def _alert(of: Notification, subject: str, files: Iterable[Attachment]) -> shapes.AlertDocument:
    return {
        "version": VERSION,
        "subject": subject,
        "text": "",
        "schedule": of.run.schedule,
        "name": of.name,
        "run": str(of.run),
        "slot": stamp(of.slot),
        "as_of": stamp(of.as_of),
        "rules": [_rule(one) for one in of.rules],
        "findings": [_finding(one) for one in of.findings],
        "open": [_open(one) for one in of.open],
        "carried": of.carried,
        "files": [file(one) for one in files],
    }


def _rule(of: RuleShown) -> shapes.AlertRuleDocument:
    return {
        "id": of.id,
        "name": of.name,
        "form": of.form.value,
        "condition": of.condition,
        "query": of.query,
        "repeat": of.repeat,
        "last_check": stamp(of.last_check) if of.last_check else None,
        "open": of.open,
        "open_amount": amount_document(of.open_amount),
    }


def _finding(of: Finding) -> shapes.FindingDocument:
    return {
        "fingerprint": of.fingerprint,
        "rule": of.rule,
        "reason": of.reason.value,
        "severity": of.severity.value,
        "subject": subject_document(of.facts),
        "since": stamp(of.since),
        "at": stamp(of.at),
        "why": of.why,
        "last_message": None if of.notified is None else _last_message(of.notified),
        "over_since": stamp(of.over_since) if of.over_since else None,
        "clauses": [clause_document(one) for one in of.clauses],
        "labels": dict(of.labels),
    }


def _last_message(of: LastNotification) -> shapes.LastMessageDocument:
    return {"slot": stamp(of.slot), "amount": amount_document(of.amount), "severity": of.severity.value}


def _open(of: OpenAlert) -> shapes.OpenAlertDocument:
    return {
        "fingerprint": of.fingerprint,
        "rule": of.rule,
        "subject": subject_document(of.facts),
        "since": stamp(of.since),
        "acked_by": of.acked_by,
    }


def subject_document(of: SubjectFacts) -> shapes.AlertSubjectDocument:
    return {
        "key": of.key,
        "name": of.name,
        "amount": amount_document(of.amount),
        "owner_id": of.owner_id,
        "owner": of.owner,
        "stage": of.stage,
        "url": of.url,
        "count": of.count,
        "cells": {name: _cell(name, value) for name, value in of.cells.items()},
    }


def _cell(column: str, value: Cell) -> Cell:
    instant = column in _INSTANTS and isinstance(value, int) and not isinstance(value, bool)
    return stamp(from_ms(int(value or 0))) if instant else value


def amount_document(of: Amount | None) -> shapes.AlertAmountDocument | None:
    if of is None:
        return None
    if of.kind is not Kind.MONEY:
        return {"kind": of.kind.value, "money": None, "number": None if of.value is None else float(of.value)}
    return {"kind": of.kind.value, "money": _money(of.value, of.currency), "number": None}


def clause_document(of: ClauseResult) -> shapes.ClauseDocument:
    return {
        "text": of.text,
        "holds": of.holds,
        "operands": [_operand(one) for one in of.operands],
        "operator": of.operator,
        "threshold": of.threshold,
    }


def _operand(of: Operand) -> shapes.OperandDocument:
    known, number = of.value, of.value if isinstance(of.value, int | float) else None
    if of.kind is Kind.MONEY:
        amount = _money(number, of.currency)
        return {"name": of.name, "kind": of.kind.value, "money": amount, "value": None}
    if of.kind is Kind.INSTANT and isinstance(known, int) and not isinstance(known, bool):
        known = stamp(from_ms(known))
    return {"name": of.name, "kind": of.kind.value, "money": None, "value": known}


def _money(value: float | None, currency: str | None) -> MoneyDocument | None:
    return None if value is None or currency is None else money(Money(round(value), currency))
