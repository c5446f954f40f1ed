"""Why a run's deliveries were sent or not."""

from collections.abc import Iterable
from typing import Any

from worker.documents.deliveries import delivery_document, why
from worker.documents.runs import gap_documents, note_documents
from worker.domain.delivery import Baseline
from worker.domain.reason import SENTENCES, Reason
from worker.domain.run import Run, stamp
from worker.flow.operate.explain import Explained


def explained_document(run: Run, rows: Iterable[Explained], notes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """A run, and why each of its deliveries ended as it did.

    {"key", "state", "reason", "sentence", "gaps": [gap, …], "notes": [note, …], "deliveries": [explained delivery, …]}

    A delivery is as in `delivery_document`, with six more keys. `decision` is the reason why it was sent or left out,
    null if that is no longer known; `decision_sentence` explains it. `past` gives for each query what had been sent to
    the reader before. `undecided` gives for a query the number of rows that were not shown, because a value that the
    condition in `rows` needs is not known. `why` gives how the delivery ended. `copies` is {address: reason or null}
    for `cc`: why it got no copy; a receiver's refusal of a copy is in `sentence`.
    """
    return {
        "key": str(run.key),
        "state": str(run.state),
        "reason": run.reason,
        "sentence": run.sentence or (SENTENCES[run.reason] if run.reason else ""),
        "gaps": gap_documents(run.gaps),
        "notes": note_documents(notes),
        "deliveries": [_delivery(one) for one in rows],
    }


def _delivery(one: Explained) -> dict[str, Any]:
    known = SENTENCES[one.decision] if one.decision else "The stored data no longer shows why it was decided."
    return {
        **delivery_document(one.row),
        "decision": one.decision,
        "decision_sentence": known,
        "past": {query: _past(past) for query, past in one.compared.items()},
        "undecided": dict(one.undecided),
        "copies": dict(one.copies),
        "why": why(one.row),
    }


def _past(past: Baseline | Reason) -> dict[str, str]:
    """The answer that it was compared with, {"slot", "as_of"}; if there was none, why: {"reason", "sentence"}."""
    if isinstance(past, Reason):
        return {"reason": past, "sentence": SENTENCES[past]}
    return {"slot": stamp(past.slot), "as_of": stamp(past.as_of)}
