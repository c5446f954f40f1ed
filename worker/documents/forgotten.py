"""What was removed about a person or a deal."""

from typing import Any

from worker.flow.operate.forget import Forgotten


def forgotten_document(gone: Forgotten) -> dict[str, Any]:
    """What was removed, and which schedules would store it again.

    {"baselines", "deliveries", "suspensions", "answers", "subscriptions", "alerts", "still_named_by": [schedule id, …]}

    The first six are counts of what was removed. `answers`: stored answers with the row. `alerts`: states of alert
    rules, findings and reports with the row. `still_named_by`: the current schedules that still have the address.
    """
    return {
        "baselines": gone.baselines,
        "deliveries": gone.deliveries,
        "suspensions": gone.suspensions,
        "answers": gone.answers,
        "subscriptions": gone.subscriptions,
        "alerts": gone.alerts,
        "still_named_by": list(gone.named),
    }
