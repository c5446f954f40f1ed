"""A digest from a few answers, now and before."""

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, open_deals, schedule
from tests.support.traits import traits_of
from worker.domain.delivery import Baseline
from worker.domain.digest.compose import compose
from worker.domain.digest.context import DigestContext
from worker.domain.digest.model import Digest
from worker.domain.schedule import Query, Schedule
from worker.domain.snapshot.snapshot import Gap, GapReason, Kind, Measure, Row, Snapshot
from worker.domain.time.window import Window

BASELINE = Baseline("old", LAST_WEEK, LAST_WEEK)
GAP = Gap("deals", GapReason.UNAVAILABLE, "Close answered 503 four times.", 4)


def digest(
    plan: Schedule, now: list[Snapshot], before: list[Snapshot] | None = None, *gaps: Gap, **other: object
) -> Digest:
    """Snapshots find their query by its id."""
    context = DigestContext(
        schedule=plan,
        run="weekly-pipeline@2026-11-16T08:00:00Z",
        slot=THIS_WEEK,
        traits=traits_of(plan),
        snapshots={one.query_id: one for one in now},
        baselines={one.query_id: (BASELINE, one) for one in before or []},
        gaps=gaps,
        connections={"close": "close"},
        **other,  # type: ignore[arg-type]
    )
    return compose(context)


def pipeline(now: list[Row], before: list[Row] | None = None, left: list[Row] | None = None) -> Digest:
    old = None if before is None else [answer(before, at=LAST_WEEK)]
    return digest(schedule(open_deals(), bridge="deals"), [answer(now, followed=left or [])], old)


def totals_item() -> Query:
    return Query("totals", "close", "funnel_totals")


def totals(won: int | None, *, window: Window | None = None, currency: str | None = None) -> Snapshot:
    measures = (
        Measure(("total", "count_total_won"), Kind.INT, won, None, "none won" if won is None else None),
        Measure(("stage", "s1", "value"), Kind.MONEY, 500, currency),
    )
    return Snapshot("totals", "fp", window, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures)
