"""What followed from bounces."""

from collections.abc import Sequence
from typing import Any

from worker.flow.operate.bounces import BounceResult


def bounces_document(results: Sequence[BounceResult], others: int) -> dict[str, Any]:
    """What followed from each bounce, and how many mails were none.

    {"bounces": [{"recipient", "words", "delivery", "followed"}, …], "other_mails"}

    `delivery`: RUN/READER of the message; null where no message was sent to this address.
    """
    return {"bounces": [_row(result) for result in results], "other_mails": others}


def posted_document(result: BounceResult) -> dict[str, Any]:
    """What followed from a bounce that a mail service posted, as one of the rows above without `delivery`: the service
    has no use for it.
    """
    row = _row(result)
    del row["delivery"]
    return row


def _row(result: BounceResult) -> dict[str, Any]:
    return {
        "recipient": result.report.recipient,
        "words": result.report.words,
        "delivery": None if result.delivery is None else str(result.delivery.key),
        "followed": str(result.followed),
    }
