"""The closed list of reasons."""

from worker.domain.reason import SENTENCES, Reason


def reasons_document() -> dict[str, str]:
    """Every reason of a run, a delivery or a missed slot: {reason: sentence, …}."""
    return {str(reason): SENTENCES[reason] for reason in Reason}
