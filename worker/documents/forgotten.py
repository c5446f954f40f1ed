"""What was forgotten of a person or a deal."""

from typing import Any

from worker.flow.operate.forget import Forgotten


def forgotten_document(gone: Forgotten) -> dict[str, Any]:
    """What was removed, and who would bring it back.

    {"baselines", "deliveries", "suspensions", "answers", "still_named_by": [schedule id, …]}

    The first four count what was removed; `answers` are stored answers that held the row. `still_named_by` are the
    places in force that go on naming the address.
    """
    return {
        "baselines": gone.baselines,
        "deliveries": gone.deliveries,
        "suspensions": gone.suspensions,
        "answers": gone.answers,
        "still_named_by": list(gone.named),
    }
