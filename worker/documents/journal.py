"""The demo's journal.json: what really happened between two instants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def journal_document(start: datetime, end: datetime, bridge: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """The movements in between: {"from", "to", "bridge"}.

    Both instants are in ISO 8601 with their offset. `bridge` has the shape of documents.bridge (minor units by currency
    and class), so that it can be compared with that of a run.
    """
    return {"from": start.isoformat(), "to": end.isoformat(), "bridge": bridge}
