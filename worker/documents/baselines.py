"""What readers are compared with, and what a reset changed."""

from collections.abc import Iterable
from typing import Any

from worker.domain.delivery import Baseline, DeliveryKey
from worker.domain.run import stamp
from worker.flow.operate.reset_baselines import ResetPlan
from worker.ports import HeldBaseline


def baselines_document(schedule: str, held: Iterable[HeldBaseline]) -> dict[str, Any]:
    """What each reader's next digest is compared with.

    {"schedule", "baselines": [{"reader", "query", "slot", "as_of", "reset_at"}, …]}

    `slot` is that of the run that is compared with, and `as_of` is when it was read; both are null if there is nothing
    to compare with. `reset_at` is the time of the last reset, null if there was none.
    """
    return {
        "schedule": schedule,
        "baselines": [
            {
                "reader": row.reader,
                "query": row.query,
                "slot": _slot(row.at),
                "as_of": stamp(row.at.as_of) if row.at else None,
                "reset_at": stamp(row.reset_at) if row.reset_at else None,
            }
            for row in held
        ],
    }


def reset_document(plan: ResetPlan, going: Iterable[DeliveryKey]) -> dict[str, Any]:
    """What was reset.

    {"schedule", "run", "changed": [{"reader", "query", "was", "now"}, …], "unchanged": [{"reader", "query",
    "sentence"}, …], "on_their_way": [delivery key, …]}

    `run` is the run that is compared with from now on, null if there is none. `was` and `now` are slots, null if there
    is nothing to compare with. `on_their_way` are deliveries that were decided before: they are sent as they are, and
    no later digest is compared with them.
    """
    return {
        "schedule": plan.schedule,
        "run": str(plan.run) if plan.run else None,
        "changed": [
            {"reader": one.reader, "query": one.query, "was": _slot(one.was), "now": _slot(one.becomes)}
            for one in plan.changes
        ],
        "unchanged": [{"reader": one.reader, "query": one.query, "sentence": one.sentence} for one in plan.unchanged],
        "on_their_way": [str(key) for key in going],
    }


def _slot(baseline: Baseline | None) -> str | None:
    return stamp(baseline.slot) if baseline else None
