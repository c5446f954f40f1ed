"""Baselines, as a person looks at them and resets them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.delivery import Baseline, DeliveryKey


@dataclass(frozen=True, slots=True)
class HeldBaseline:
    """What one reader (by its id in the schedule) is compared with in one query. `at` is None after a reset to nothing.
    `reset_at`: when somebody reset it last.
    """

    reader: str
    query: str
    at: Baseline | None
    reset_at: datetime | None


class BaselineResets(Protocol):
    """Raises LedgerUnavailable."""

    async def held(self, schedule: str) -> tuple[HeldBaseline, ...]:
        """By reader and query. A reader who was never sent anything has none."""
        ...

    async def reset(self, schedule: str, to: Mapping[tuple[str, str], Baseline | None]) -> tuple[DeliveryKey, ...]:
        """Set what (reader, query) is compared with; None: with nothing. The queries of one reader change in one step.

        A delivery that is being decided is decided again. A delivery that was decided before is sent as it was decided,
        and changes none of these baselines; the ones that are still open are returned. Raises RequestError for an
        answer that is no longer stored.
        """
        ...
