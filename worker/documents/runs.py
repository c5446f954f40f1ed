"""Runs and missed slots."""

from collections.abc import Iterable
from typing import Any

from worker.documents.bridge import bridge_document
from worker.documents.deliveries import delivery_document
from worker.domain.delivery import Delivery
from worker.domain.diff.bridge import Bridge
from worker.domain.missed import MissedRow
from worker.domain.reason import SENTENCES
from worker.domain.run import Run, stamp


def run_document(run: Run) -> dict[str, Any]:
    """One run in its present state.

    {"key", "schedule", "slot", "trigger", "state", "reason", "sentence", "attempt", "bundle", "claimed_at",
    "claimed_by_pid", "executed_by_pid", "closed_at", "gaps": [gap, …]}

    `reason` is null if the state is sufficient. `executed_by_pid` is null until a worker begins the run, and
    `closed_at` until it ends. `attempt` counts from 1, and is 0 before the first.
    """
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
        "gaps": gap_documents(run.gaps),
    }


def gap_documents(gaps: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Queries without an answer: [{"query", "reason", "sentence"}, …]. `gaps` are triples in that order."""
    return [{"query": query, "reason": reason, "sentence": sentence} for query, reason, sentence in gaps]


def note_documents(notes: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """The sources' notes on their answers: [{"query", "sentence"}, …]. `notes` are pairs in that order."""
    return [{"query": query, "sentence": sentence} for query, sentence in notes]


def missed_document(missed: MissedRow) -> dict[str, Any]:
    """Consecutive slots that never ran: {"schedule", "state": "missed", "first", "last", "count", "reason",
    "sentence"}.

    `first` and `last` are included in `count`, and equal if it is 1.
    """
    return {
        "schedule": missed.schedule,
        "state": "missed",
        "first": stamp(missed.first),
        "last": stamp(missed.last),
        "count": missed.count,
        "reason": missed.reason,
        "sentence": SENTENCES[missed.reason],
    }


def run_list_document(runs: Iterable[Run], missed: Iterable[MissedRow]) -> dict[str, Any]:
    """Both in the order given: {"runs": [run, …], "missed": [missed slots, …]}."""
    return {"runs": [run_document(run) for run in runs], "missed": [missed_document(row) for row in missed]}


def finished_run_document(run: Run, rows: Iterable[Delivery], notes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """A run as in `run_document`, with "notes": [note, …] and "deliveries": [delivery, …]."""
    noted = {"notes": note_documents(notes)}
    return {**run_document(run), **noted, "deliveries": [delivery_document(row) for row in rows]}


def shown_run_document(
    run: Run, bridge: Bridge | None, rows: Iterable[Delivery], notes: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """A run as in `run_document`, with "notes": [note, …], "bridge" (null if the run has none) and "deliveries":
    [delivery, …].
    """
    beside = {"notes": note_documents(notes), "bridge": bridge_document(bridge) if bridge is not None else None}
    return {**run_document(run), **beside, "deliveries": [delivery_document(row) for row in rows]}


def demo_run_document(run: Run, bridge: Bridge | None) -> dict[str, Any]:
    """One run in the demo's runs.json.

    {"key", "slot", "trigger", "state", "claimed_by_pid", "executed_by_pid", "bridge"}; `bridge` is null for a run that
    has nothing to compare with.
    """
    whole = run_document(run)
    names = ("key", "slot", "trigger", "state", "claimed_by_pid", "executed_by_pid")
    return {**{name: whole[name] for name in names}, "bridge": bridge_document(bridge) if bridge is not None else None}


def queued_run_document(key: str) -> dict[str, str]:
    """The key of a run that was queued for the workers: {"key"}."""
    return {"key": key}


def cancelled_document(run: str, was: str, deliveries: int) -> dict[str, Any]:
    """A run that somebody ended: {"run", "was", "deliveries"}.

    `was`: its previous state: claimed, fetching or delivering. `deliveries`: how many were ended; 0 before the
    hand-over.
    """
    return {"run": run, "was": was, "deliveries": deliveries}
