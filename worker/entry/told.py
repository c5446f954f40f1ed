"""Runs and deliveries as JSON documents and as lines: what `runs`, `show`, `explain` and --json print."""

from typing import Any

from worker.domain.delivery import Delivery
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import Missed, Run, stamp


def run_document(run: Run) -> dict[str, Any]:
    return {
        "key": str(run.key),
        "schedule": run.key.schedule,
        "slot": stamp(run.key.slot),
        "trigger": run.trigger,
        "state": str(run.state),
        "reason": run.reason,
        "sentence": run.sentence,
        "attempt": run.attempt,
        "bundle": run.bundle,
        "claimed_at": stamp(run.claimed_at),
        "claimed_by_pid": run.claimed_by_pid,
        "executed_by_pid": run.executed_by_pid,
        "closed_at": stamp(run.closed_at) if run.closed_at else None,
        "gaps": [{"query": query, "reason": reason, "sentence": sentence} for query, reason, sentence in run.gaps],
    }


def delivery_document(row: Delivery) -> dict[str, Any]:
    return {
        "key": str(row.key),
        "reader": row.key.reader,
        "state": str(row.state),
        "reason": row.reason,
        "sentence": row.sentence or (SENTENCES[row.reason] if row.reason else ""),
        "attempt": row.attempt,
        "possible_duplicate": row.resent,
        "held": row.held,
        "not_before": stamp(row.not_before) if row.not_before else None,
        "date": stamp(row.date) if row.date else None,
        "compared_with": {q: stamp(b.slot) if b else None for q, b in (row.pair or {}).items()},
        "parts": [{"state": str(p.state), "sha256": p.sha256, "receipt": p.receipt} for p in row.parts],
    }


def missed_document(missed: Missed) -> dict[str, Any]:
    return {
        "schedule": missed.schedule,
        "state": "missed",
        "first": stamp(missed.first),
        "last": stamp(missed.last),
        "count": missed.count,
        "reason": missed.reason,
        "sentence": SENTENCES[missed.reason],
    }


def why(row: Delivery) -> str:
    """One sentence on how a delivery ended and why."""
    reason = SENTENCES[row.reason] if row.reason else ""
    return " ".join(part for part in (str(row.state), "–", reason, row.sentence) if part)


def reasons() -> dict[str, str]:
    return {str(reason): SENTENCES[reason] for reason in Reason}
