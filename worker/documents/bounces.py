"""What followed from bounces."""

from collections.abc import Sequence
from typing import Any

from worker.flow.operate.bounces import BounceResult


def bounces_document(results: Sequence[BounceResult], others: int) -> dict[str, Any]:
    """What followed from each bounce, and how many mails were none.

    {"bounces": [{"recipient", "words", "delivery", "followed"}, …], "other_mails"}

    `delivery`: RUN/READER of the message; null where no message was sent to this address.
    """
    return {
        "bounces": [
            {
                "recipient": result.report.recipient,
                "words": result.report.words,
                "delivery": None if result.delivery is None else str(result.delivery.key),
                "followed": str(result.followed),
            }
            for result in results
        ],
        "other_mails": others,
    }
