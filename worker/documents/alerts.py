"""Alerts that fire, what silences them, and why a rule did or did not report them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from worker.documents.alert import amount_document, clause_document, subject_document
from worker.documents.rules import written_out
from worker.domain.alert.listed import ListedAlert, Quiet
from worker.domain.alert.matcher_text import silence_fault, written
from worker.domain.alert.notification import Finding
from worker.domain.alert.outlook import Next, Outlook, SubjectStanding
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement
from worker.domain.run import stamp
from worker.flow.alert.acts import Muted, Silenced
from worker.flow.alert.explain import RunExplained
from worker.flow.alert.explain_rules import RuleExplained


def alert_document(row: ListedAlert) -> dict[str, Any]:
    """An alert that fires or is pending.

    {"fingerprint", "schedule", "rule", "state", "severity", "since", "clearing", "evaluated", "subject": {…},
    "labels": {…}, "last_message", "readers": [reader, …], "acknowledged": ack or null, "quiet": quiet or null}

    `state` is pending or firing. `clearing`: since when the condition has not held, while `keep_firing` lasts.
    `evaluated`: the slot of the rule's last evaluation. `last_message`: the last report of it, {"slot", "amount",
    "severity"}. `quiet`: what suppresses all its messages, {"why", "by", "silence", "until", "comment"}.
    """
    held = row.state
    last = held.notified
    return {
        "fingerprint": row.fingerprint,
        "schedule": row.schedule,
        "rule": row.rule.id,
        "state": held.phase.value,
        "severity": held.severity.value,
        "since": stamp(held.since),
        "clearing": stamp(held.clearing) if held.clearing else None,
        "evaluated": stamp(row.slot) if row.slot else None,
        "subject": subject_document(held.facts),
        "labels": dict(row.labels),
        "last_message": last
        and {"slot": stamp(last.slot), "amount": amount_document(last.amount), "severity": last.severity.value},
        "readers": sorted(held.readers),
        "acknowledged": _ack(row.ack),
        "quiet": quiet_document(row.quiet),
    }


def alerts_document(rows: Iterable[ListedAlert]) -> list[dict[str, Any]]:
    """[alert, …], by schedule, rule, severity and start."""
    return [alert_document(row) for row in rows]


def notified_document(of: Finding) -> dict[str, Any]:
    """One report of an alert to a reader, as in alerts.json of the demo.

    {"slot", "fingerprint", "rule", "reason", "why", "severity", "subject": {…}}
    """
    return {
        "slot": stamp(of.at),
        "fingerprint": of.fingerprint,
        "rule": of.rule,
        "reason": of.reason.value,
        "why": of.why,
        "severity": of.severity.value,
        "subject": subject_document(of.facts),
    }


def quiet_document(of: Quiet | None) -> dict[str, Any] | None:
    """`why`: silenced, snoozed or inhibited. `by`: who made the silence, or the rule that inhibits."""
    if of is None:
        return None
    until = stamp(of.until) if of.until else None
    return {"why": of.why.value, "by": of.by, "silence": of.silence or None, "until": until, "comment": of.comment}


def _ack(of: Acknowledgement | None) -> dict[str, Any] | None:
    return None if of is None else {"by": of.by, "at": stamp(of.at), "comment": of.comment}


def silence_document(of: Silence) -> dict[str, Any]:
    """{"id", "matchers": [text, …], "by", "comment", "starts", "until", "snooze", "fault"}: `until` is exclusive;
    `snooze` is true if it was made for one alert. `fault`: why it has no effect, null if it works.
    """
    return {
        "id": of.id,
        "matchers": [written(one) for one in of.matchers],
        "by": of.by,
        "comment": of.comment,
        "starts": stamp(of.starts),
        "until": stamp(of.until),
        "snooze": of.snooze,
        "fault": silence_fault(of) or None,
    }


def silences_document(silences: Iterable[Silence]) -> list[dict[str, Any]]:
    """As `silence_document`, oldest first: [silence, …]."""
    return [silence_document(one) for one in silences]


def silenced_document(made: Silenced) -> dict[str, Any]:
    """A silence, with the alerts that it suppresses now, as `preview_of_silence`."""
    return {**silence_document(made.silence), **preview_of_silence(made.muted)}


def preview_of_silence(muted: Muted) -> dict[str, Any]:
    """The alerts that it would suppress now: {"mutes": [alert, …], "warnings": [text, …]}. `warnings`: of names in its
    matchers that no deployed rule has.
    """
    return {"mutes": alerts_document(muted.mutes), "warnings": list(muted.warnings)}


def unacknowledged_document(row: ListedAlert, *, was_acknowledged: bool) -> dict[str, Any]:
    """The alert, with "was_acknowledged"."""
    return {**alert_document(row), "acknowledged": None, "was_acknowledged": was_acknowledged}


def rule_explained_document(of: RuleExplained, limit: int) -> dict[str, Any]:
    """One rule in one run.

    {"run", "schedule", "rule", "written_out": {…}, "skipped", "gap", "missing", "judged", "unknown", "newest",
    "transitions": [transition, …], "subjects": [subject, …], "more"}

    `skipped`: why it was not evaluated (older, gap, unreadable, first_event). `gap`: why there was no answer.
    `missing`: consecutive evaluations without data, until now. `newest`: no later run evaluated the rule. `subjects`:
    at most `limit` of each standing, in the order firing, pending, not known, quiet. `more` counts the others.
    """
    found, shown = of.evaluation, _first(of.subjects, limit)
    return {
        "run": str(of.run.key),
        "schedule": of.run.key.schedule,
        "rule": of.rule.id,
        "written_out": written_out(of.rule),
        "skipped": found.skipped.value if found is not None and found.skipped else None,
        "gap": of.gap and {"reason": of.gap.reason.value, "sentence": of.gap.sentence},
        "missing": of.missing,
        "judged": found.judged if found is not None else len(of.subjects),
        "unknown": found.unknown if found is not None else sum(one.holds is None for one in of.subjects),
        "newest": of.newest,
        "transitions": [
            {
                "subject": one.subject,
                "name": one.facts.name,
                "before": one.before.value if one.before else None,
                "after": one.after.value if one.after else None,
                "reason": one.reason.value if one.reason else None,
                "why": one.why,
            }
            for one in (found.transitions if found is not None else ())
        ],
        "subjects": [_subject(of, one) for one in shown],
        "more": len(of.subjects) - len(shown),
    }


def _first(subjects: Iterable[Outlook], limit: int) -> list[Outlook]:
    """At most `limit` of each standing."""
    found, counts = list[Outlook](), Counter[SubjectStanding]()
    for one in subjects:
        counts[one.standing] += 1
        if counts[one.standing] <= limit:
            found.append(one)
    return found


def _subject(of: RuleExplained, one: Outlook) -> dict[str, Any]:
    """One subject.

    {"subject": {…}, "standing", "holds", "until", "clauses": [clause, …], "next": [need, …], "alert": alert or null}

    `standing`: quiet, unknown, happened, held, pending, firing or clearing. `next`: what the next evaluation needs to
    change that; empty if a later run evaluated the rule.
    """
    row = of.alerts.get(one.subject)
    return {
        "subject": subject_document(one.facts),
        "standing": one.standing.value,
        "holds": one.holds,
        "until": one.until,
        "clauses": [clause_document(clause) for clause in one.clauses],
        "next": [_next(need) for need in one.next] if of.newest else [],
        "alert": alert_document(row) if row is not None else None,
    }


def _next(one: Next) -> dict[str, Any]:
    """{"need", "texts": [text, …], "at", "amount"}: clauses or names of values, the earliest slot, or an amount that
    must be reached.
    """
    return {
        "need": one.need.value,
        "texts": list(one.texts),
        "at": stamp(one.at) if one.at else None,
        "amount": amount_document(one.amount),
    }


def run_alerts_document(of: RunExplained | None, rules: Iterable[RuleExplained], limit: int) -> dict[str, Any] | None:
    """The alerts of a run; null for a run without rules.

    {"balance": {"fired", "ends": {end: count}, "kept": {why: count}, "even"}, "ends": [{"fingerprint", "reader",
    "end"}, …], "kept": [{"fingerprint", "rule", "subject", "reason", "why", "detail"}, …], "rules": [rule, …]}

    `end`: sent, carried, held, waiting, stopped or noticed. `why`: silenced, inhibited, snoozed, acked or no_reader;
    `detail` is the silence's id, the rule that inhibits, or who acknowledged. `even`: each reason is either reported or
    kept back.
    """
    if of is None:
        return None
    return {
        "balance": {
            "fired": of.balance.fired,
            "ends": {one.value: count for one, count in of.balance.ends.items()},
            "kept": {one.value: count for one, count in of.balance.kept.items()},
            "even": of.balance.even,
        },
        "ends": [{"fingerprint": one.fingerprint, "reader": one.reader, "end": one.end.value} for one in of.ends],
        "kept": [
            {
                "fingerprint": one.fingerprint,
                "rule": one.rule,
                "subject": one.subject,
                "reason": one.reason.value,
                "why": one.why.value,
                "detail": one.detail,
            }
            for one in of.kept
        ],
        "rules": [rule_explained_document(one, limit) for one in rules],
    }
