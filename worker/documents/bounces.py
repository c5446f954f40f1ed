"""The effects of bounces."""

from collections.abc import Sequence
from typing import Any

from worker.flow.operate.bounces import BounceResult


def bounces_document(results: Sequence[BounceResult], others: int) -> dict[str, Any]:
    """The effect of each bounce, and how many mails were not bounces.

    {"bounces": [{"recipient", "words", "delivery", "followed"}, …], "other_mails"}

    `delivery`: RUN/READER of the message; null if no message was sent to this address.
    """
    return {"bounces": [_row(result) for result in results], "other_mails": others}


def posted_document(result: BounceResult) -> dict[str, Any]:
    """The effect of a bounce that a mail service posted: one of the rows above without `delivery`, which the service
    does not need.
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
