"""What was removed about a person or a deal."""

from typing import Any

from worker.flow.operate.forget import Forgotten


def forgotten_document(gone: Forgotten) -> dict[str, Any]:
    """What was removed, and which schedules would store it again.

    {"baselines", "deliveries", "suspensions", "answers", "subscriptions", "alerts", "still_named_by": [schedule id, …]}

    The first six are counts of what was removed; `answers` are stored answers that held the row, `alerts` are
    states of alert rules, and what runs found and told of alerts, that named it. `still_named_by`: the
    schedules in force that still name the address.
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
