"""Runs and deliveries as JSON documents and as lines: what `runs`, `show`, `explain` and --json print."""

from typing import Any

from worker.domain.delivery import Delivery
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import Missed, Run, stamp
from worker.flow.operate.explain import Explained


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
        "compared_with": {q: stamp(b.slot) if b else None for q, b in (row.compared_with or {}).items()},
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


def explained_document(run: Run, rows: tuple[Explained, ...]) -> dict[str, Any]:
    return {
        "key": str(run.key),
        "state": str(run.state),
        "reason": run.reason,
        "sentence": run.sentence or (SENTENCES[run.reason] if run.reason else ""),
        "gaps": run_document(run)["gaps"],
        "deliveries": [_explained_delivery(one) for one in rows],
    }


def _explained_delivery(one: Explained) -> dict[str, Any]:
    """`decision` is why it was to be sent or not; `why` how it ended; `past`, for each query, what this reader had been
    sent before, or why there was nothing to compare with.
    """
    known = SENTENCES[one.decision] if one.decision else "Why it was decided can no longer be told from what is stored."
    compared = {
        query: {"reason": past, "sentence": SENTENCES[past]}
        if isinstance(past, Reason)
        else {"slot": stamp(past.slot), "as_of": stamp(past.as_of)}
        for query, past in one.compared.items()
    }
    told = {"decision": one.decision, "decision_sentence": known, "past": compared, "why": why(one.row)}
    return delivery_document(one.row) | told


def explained_lines(told: dict[str, Any]) -> list[str]:
    """As a person reads it, of a run or of missed slots."""
    if told["state"] == "missed":
        slots = told["first"] if told["count"] == 1 else f"{told['count']} slots, {told['first']} to {told['last']},"
        return [f"{told['schedule']}: {slots} missed. {told['sentence']}"]
    lines = [f"{told['key']} is {told['state']}. {told['sentence']}".rstrip()]
    lines += [f"  missing {gap['query']} ({gap['reason']}): {gap['sentence']}" for gap in told["gaps"]]
    for row in told["deliveries"]:
        lines.append(f"{row['reader']}: {row['why']}")
        if row["decision"] != row["reason"]:
            lines.append(f"  {row['decision_sentence']}")
        for query, past in row["past"].items():
            against = f"the digest of {past['slot']}" if "slot" in past else f"nothing: {past['sentence']}"
            lines.append(f"  {query} compared with {against}")
        if row["possible_duplicate"]:
            lines.append("  It may have been sent twice under one identity: a possible duplicate.")
    return lines


def why(row: Delivery) -> str:
    """One sentence on how a delivery ended and why."""
    reason = SENTENCES[row.reason] if row.reason else ""
    return " ".join(part for part in (str(row.state), "–", reason, row.sentence) if part)


def reasons() -> dict[str, str]:
    return {str(reason): SENTENCES[reason] for reason in Reason}
