"""Funnel reports from the event log: who was in which stage during a window, and what happened to them.

The shapes are those of Close's documented examples. Amounts are cents per year, times are seconds, rates are fractions.
A rate with nothing to divide by is null. A won stage that holds something converts 0.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timezone
from typing import Any

from worker.sandbox.cast import GROUP_MEMBERS, ORDER, PIPELINES, CastStage
from worker.sandbox.close_filters import CloseRefusal, Test, saved_search
from worker.sandbox.close_ranges import Range, base_range, compared_range
from worker.sandbox.events import SimulatedDeal
from worker.sandbox.pipeline import PipelineSimulation


@dataclass(frozen=True, slots=True)
class Stay:
    """One deal's time in one stage. `left` is None while it is still there. `onward` is the stage that it went to."""

    stage: str
    entered: datetime
    left: datetime | None
    onward: str | None


@dataclass(frozen=True, slots=True)
class DealHistory:
    """A deal within a window: `deal` as it was at the window's end, and the stays that started before that end."""

    deal: SimulatedDeal
    born: datetime
    stays: tuple[Stay, ...]

    def closed(self, kind: str, window: Range) -> bool:
        return self.deal.status == kind and window[0] <= self.deal.stage_since < window[1]


@dataclass(frozen=True, slots=True)
class FunnelRequest:
    pipeline: str
    cohort: Range | None
    window: Range
    users: frozenset[str]
    test: Test


def question(body: Any, now: datetime, zone: timezone) -> FunnelRequest:
    """A checked request body. The ranges of a comparison replace the base ranges. Raises CloseRefusal."""
    if not isinstance(body, Mapping):
        raise CloseRefusal(None, "The request body must be a JSON object.")
    for field, known in (("pipeline", PIPELINES), ("type", ("created-cohort", "active-stage-cohort"))):
        if not body.get(field):
            raise CloseRefusal(field, "This field is required.")
        if body[field] not in known:
            raise CloseRefusal(field, "Object does not exist." if field == "pipeline" else "Not a valid choice.")
    created = body["type"] == "created-cohort"
    stem = "cohort" if created else "report"
    base = base_range(body, stem, now, zone)
    if base is None:
        raise CloseRefusal(f"{stem}_relative_range", f"This field or {stem}_datetime_range is required.")
    report = base_range(body, "report", now, zone) or base
    other = compared_range(body, stem, base, now, zone)
    window = report if other is None else other
    cohort = (base if other is None else other) if created else None
    return FunnelRequest(body["pipeline"], cohort, window, _users(body), _search(body))


def _users(body: Mapping[str, Any]) -> frozenset[str]:
    given = body.get("users") or []
    if not isinstance(given, list) or not all(isinstance(user, str) for user in given):
        raise CloseRefusal("users", "Not a valid list of ids.")
    return frozenset(member for user in given for member in GROUP_MEMBERS.get(user, {user}))


def _search(body: Mapping[str, Any]) -> Test:
    query = body.get("query")
    if query is None:
        return lambda _deal: True
    if not isinstance(query, Mapping) or query.get("type") != "saved_search":
        raise CloseRefusal("query", "Only queries of type saved_search are supported.")
    return saved_search("query", str(query.get("saved_search_id")))


def histories(pipeline: PipelineSimulation, ask: FunnelRequest) -> list[DealHistory]:
    """The deals of the cohort: created in its range, or in an active stage at any time of the window."""
    found = (_history(versions, ask) for key, versions in pipeline.versions.items() if not pipeline.deals[key].deleted)
    return [history for history in found if history is not None and _belongs(history, ask)]


def _history(versions: Sequence[tuple[datetime, SimulatedDeal]], ask: FunnelRequest) -> DealHistory | None:
    seen = [(at, deal) for at, deal in versions if at < ask.window[1]]
    if not seen:
        return None
    moves = [seen[0]]
    for at, deal in seen[1:]:
        if (deal.pipeline, deal.stage) != (moves[-1][1].pipeline, moves[-1][1].stage):
            moves.append((at, deal))
    stays = []
    for number, (at, deal) in enumerate(moves):
        if deal.pipeline == ask.pipeline:
            onward = moves[number + 1] if number + 1 < len(moves) else None
            stays.append(Stay(deal.stage, at, onward and onward[0], onward and onward[1].stage))
    return DealHistory(seen[-1][1], seen[0][1].created_at, tuple(stays))


def _belongs(history: DealHistory, ask: FunnelRequest) -> bool:
    deal = history.deal
    if deal.pipeline != ask.pipeline or not ask.test(deal) or (ask.users and deal.owner not in ask.users):
        return False
    if ask.cohort is not None:
        return ask.cohort[0] <= history.born < ask.cohort[1]
    active = {stage.id for stage in PIPELINES[ask.pipeline] if stage.type == "active"}
    return any(s.stage in active and (s.left is None or s.left >= ask.window[0]) for s in history.stays)


def answer(pipeline: PipelineSimulation, ask: FunnelRequest, kind: str) -> dict[str, Any]:
    """The JSON answer: the aggregate, then one entry per user who owns a deal of the cohort (null: deals without an
    owner).
    """
    cohort = histories(pipeline, ask)
    measure: Callable[[Iterable[DealHistory], FunnelRequest], dict[str, Any]] = totals if kind == "totals" else stages
    owners = sorted({history.deal.owner for history in cohort}, key=lambda owner: (owner is None, owner or ""))
    data = [{"user_id": o, **measure([s for s in cohort if s.deal.owner == o], ask)} for o in owners]
    return {"aggregations": measure(cohort, ask), "data": data}


def totals(cohort: Iterable[DealHistory], ask: FunnelRequest) -> dict[str, Any]:
    """The ten metrics of /totals/. Velocity counts at least one day, as the documented example does."""
    every = list(cohort)
    won = [s for s in every if s.closed("won", ask.window)]
    lost = [s for s in every if s.closed("lost", ask.window)]
    value_won, value_lost = _value(won), _value(lost)
    complete = len(won) + len(lost)
    seconds = _mean([(s.deal.stage_since - s.born).total_seconds() for s in won])
    average = round(value_won / len(won)) if won else 0
    rate = _share(len(won), complete)
    days = max(1.0, (seconds or 0) / 86_400)
    return {
        "average_time_to_win": seconds,
        "average_value_annualized_per_won_opportunity": average,
        "count": len(every),
        "count_total_complete": complete,
        "count_total_won": len(won),
        "count_win_rate": rate,
        "sales_velocity": round(len(every) * average * (rate or 0) / days),
        "value_total_complete": value_won + value_lost,
        "value_total_won": value_won,
        "value_win_rate": _share(value_won, value_won + value_lost),
    }


def stages(cohort: Iterable[DealHistory], ask: FunnelRequest) -> dict[str, Any]:
    every = list(cohort)
    shown = [stage for stage in PIPELINES[ask.pipeline] if stage.type != "lost"]
    return {"stages": [_stage(stage, every, ask) for stage in shown]}


def _stage(stage: CastStage, cohort: Sequence[DealHistory], ask: FunnelRequest) -> dict[str, Any]:
    stays = [(history, stay) for history in cohort if (stay := _stay(history, stage, ask)) is not None]
    here = [history for history, _ in stays]
    on = [(history, stay) for history, stay in stays if _advanced(stay)]
    lost = [history for history, stay in stays if stay.onward is not None and _type(stay.onward, ask) == "lost"]
    ahead = [history for history, _ in on]
    weighted = sum((s.deal.annual or 0) * s.deal.confidence // 100 for s in here)
    weighted_on = sum((s.deal.annual or 0) * s.deal.confidence // 100 for s in ahead)
    return {
        "status": {"id": stage.id, "label": stage.label, "type": stage.type},
        "count": len(here),
        "count_conversion_rate": _share(len(ahead), len(here)),
        "count_lost": len(lost),
        "count_lost_ratio": _share(len(lost), len(here)),
        "value": _value(here),
        "value_conversion_rate": _rate(_value(ahead), _value(here), here),
        "value_lost": _value(lost),
        "value_lost_ratio": _rate(_value(lost), _value(here), here),
        "weighted_value": weighted,
        "weighted_value_conversion_rate": _rate(weighted_on, weighted, here),
        "average_time_to_advance": _mean([(y.left - y.entered).total_seconds() for _, y in on if y.left]),
    }


def _stay(history: DealHistory, stage: CastStage, ask: FunnelRequest) -> Stay | None:
    """The deal's last stay in the stage that overlaps the window. The won stage counts the wins of the window."""
    start = ask.window[0] if ask.cohort is None else datetime(1970, 1, 1, tzinfo=UTC)
    if stage.type == "won":
        found = [s for s in history.stays if s.stage == stage.id and s.entered >= start]
    else:
        found = [s for s in history.stays if s.stage == stage.id and (s.left is None or s.left >= start)]
    return found[-1] if found else None


def _advanced(stay: Stay) -> bool:
    return stay.onward is not None and _ahead(stay.stage, stay.onward)


def _ahead(here: str, there: str) -> bool:
    return ORDER[there] > ORDER[here] and any(
        stage.id == there and stage.type != "lost" for stages_ in PIPELINES.values() for stage in stages_
    )


def _type(stage: str, ask: FunnelRequest) -> str | None:
    return next((s.type for s in PIPELINES[ask.pipeline] if s.id == stage), None)


def _value(those: Iterable[DealHistory]) -> int:
    return sum(history.deal.annual or 0 for history in those)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rate(part: int, whole: int, those: Sequence[DealHistory]) -> float | None:
    """A share of the values: null without deals, 0 when the deals have no value."""
    return None if not those else (part / whole if whole else 0)


def _mean(seconds: list[float]) -> float | None:
    return round(sum(seconds) / len(seconds), 3) if seconds else None
