"""Deliveries: the attempts to bring one run to one reader."""

from collections.abc import Iterable, Mapping
from typing import Any

from worker.domain.delivery import Delivery
from worker.domain.reason import SENTENCES
from worker.domain.run import stamp

ARRIVED = "It may have arrived before that."


def delivery_document(row: Delivery) -> dict[str, Any]:
    """One delivery in its present state.

    {"key", "reader", "state", "reason", "sentence", "attempt", "possible_duplicate", "may_have_arrived", "held",
    "not_before", "date", "compared_with": {query id: slot or null}, "parts": [{"state", "sha256", "receipt"}, …]}

    `reason` is null if the state is sufficient. `may_have_arrived` is true if the delivery was unknown when a newer run
    superseded it or it expired: the reader may have it. `not_before` is null unless the delivery waits. `date` is the
    instant of the first intent to send, null before that. `compared_with` is empty before the first decision. Its value
    for a query is the slot of the last run that was sent to this reader, null if there was none. `sha256` (hexadecimal)
    is that of the bytes that were handed over, and `receipt` is the receiver's answer; both are empty if there is none.
    """
    return {
        "key": str(row.key),
        "reader": row.key.reader,
        "state": str(row.state),
        "reason": row.reason,
        "sentence": sentence_of(row),
        "attempt": row.attempt,
        "possible_duplicate": row.resent,
        "may_have_arrived": row.may_have_arrived,
        "held": row.held,
        "not_before": stamp(row.not_before) if row.not_before else None,
        "date": stamp(row.date) if row.date else None,
        "compared_with": {q: stamp(b.slot) if b else None for q, b in (row.compared_with or {}).items()},
        "parts": [{"state": str(p.state), "sha256": p.sha256, "receipt": p.receipt} for p in row.parts],
    }


def sentence_of(row: Delivery) -> str:
    """The delivery's own sentence, otherwise its reason's, and whether it may have arrived; empty if there is none."""
    sentence = row.sentence or (SENTENCES[row.reason] if row.reason else "")
    return f"{sentence}{'' if sentence.endswith('.') else '.'} {ARRIVED}" if row.may_have_arrived else sentence


def why(row: Delivery) -> str:
    """How a delivery ended and why, in one line."""
    reason = SENTENCES[row.reason] if row.reason else ""
    arrived = ARRIVED if row.may_have_arrived else ""
    said = " ".join(part for part in (reason, row.sentence, arrived) if part)
    return f"{row.state} – {said}" if said else str(row.state)


def retried_document(run: str, deliveries: Iterable[str], left_out: Mapping[str, str]) -> dict[str, Any]:
    """The keys of the deliveries that are queued again: {"run", "deliveries": [key, …], "left_out": {key: reason}}.

    The list is empty if the run has no delivery that was refused, failed or expired, or if a newer run has reached
    their readers. `left_out`: those whose readers are not in the current deployment.
    """
    return {"run": run, "deliveries": list(deliveries), "left_out": dict(left_out)}
