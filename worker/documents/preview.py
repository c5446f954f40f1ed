"""Digests without a run: a preview, a dry run, a test send."""

from typing import Any

from worker.documents.message import message_document
from worker.documents.runs import gap_documents, note_documents
from worker.flow.operate.notes import notes_in
from worker.flow.operate.preview import DryRun, Preview


def preview_document(file: str, seen: Preview) -> dict[str, Any]:
    """The path of the page, its gaps, and the notes of its sources.

    {"file", "subject", "gaps": [sentence, …], "notes": [note, …]}
    """
    gaps = [gap.sentence for gap in seen.digest.gaps]
    return {"file": file, "subject": seen.subject, "gaps": gaps, "notes": note_documents(notes_in(seen.digest.sources))}


def shown_preview_document(schedule: str, seen: Preview) -> dict[str, Any]:
    """{"schedule", "subject", "form", "page", "plain", "gaps": [gap, …], "notes": [note, …], "message"}.

    `page` is the message as the channel shows it, and `form` is its format: html, txt or json. `plain` is the form
    without HTML, empty if there is none. `message` is the body of a webhook.
    """
    return {
        "schedule": schedule,
        "subject": seen.subject,
        "form": seen.suffix.rpartition(".")[2],
        "page": seen.page,
        "plain": seen.plain,
        "gaps": gap_documents((gap.query_id, gap.reason, gap.sentence) for gap in seen.digest.gaps),
        "notes": note_documents(notes_in(seen.digest.sources)),
        "message": message_document(seen.digest, seen.subject, seen.plain or seen.page),
    }


def dry_run_document(trial: DryRun) -> dict[str, Any]:
    """What one reader would get, or got.

    {"reader", "send", "reason", "subject", "outcome", "failed", "gaps": [gap, …], "notes": [note, …]}

    `send` and `reason` are the decision. `outcome` is the result of a test send, empty for a dry run. `failed` is true
    for a test send that the receiver did not clearly accept.
    """
    return {
        "reader": trial.reader,
        "send": trial.decision.send,
        "reason": trial.decision.reason,
        "subject": trial.subject,
        "outcome": trial.outcome,
        "failed": trial.failed,
        "gaps": gap_documents((gap.query_id, gap.reason, gap.sentence) for gap in trial.gaps),
        "notes": note_documents(trial.notes),
    }


def sent_test_document(channel: str, address: str | None, receipt: str) -> dict[str, Any]:
    """A sample that a receiver accepted: {"channel", "address", "receipt"}. `address` is null for a channel that has
    its own. `receipt`: the receiver's words.
    """
    return {"channel": channel, "address": address, "receipt": receipt}
