"""Rows that move while a list is read: the list changes just before a later page is answered."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from worker.sandbox.events import Created, Deleted, SimulatedDeal
from worker.sandbox.pipeline import PipelineSimulation

KINDS = ("insert", "delete", "swap")


class Shifts:
    """`insert` adds a deal at the beginning of the list (rows come twice). `delete` removes the first deal (a row is
    left out). `swap` does both, so that the total does not change.
    """

    def __init__(self) -> None:
        self._armed: deque[str] = deque()

    def arm(self, kind: str, times: int = 1) -> None:
        """Arms a shift for the next `times` later pages. Raises ValueError."""
        if kind not in KINDS:
            raise ValueError(f"found {kind!r}, expected one of {', '.join(KINDS)}")
        self._armed.extend([kind] * times)

    def strike(self, pipeline: PipelineSimulation, listed: Sequence[SimulatedDeal], now: datetime) -> None:
        if not self._armed or not listed:
            return
        kind = self._armed.popleft()
        at = max(now, pipeline.log[-1].at)
        first = listed[0]
        if kind in {"delete", "swap"}:
            pipeline.apply(Deleted(at=at, deal=first.id))
        if kind == "insert":
            pipeline.apply(_twin(pipeline, first, at, first.created_at - timedelta(seconds=1)))
        elif kind == "swap":
            pipeline.apply(_twin(pipeline, first, at, at))


def _twin(pipeline: PipelineSimulation, deal: SimulatedDeal, at: datetime, created: datetime) -> Created:
    """Similar to `deal`, so that it matches the list's filters. Like an import, it may say that it was created
    earlier.
    """
    twin = replace(deal, id=pipeline.draft(at).id, created_at=created, updated_at=at)
    return Created(at=at, deal=twin.id, start=twin)
