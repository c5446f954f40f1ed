"""Umami's reports over the simulated site. Figures have the types that PostgreSQL gives them: sums are text."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from worker.sandbox.umami_origins import attribution, revenue, utm
from worker.sandbox.umami_scope import VisitScope, bucket, by, is_funnel_step, is_step, share, shown, zone_of
from worker.sandbox.umami_site import VIEW, WebsiteEvent


def funnel(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    """Every step within `window` minutes of the step before, by session. Only the first step is filtered."""
    pause = timedelta(minutes=float(given["window"]))
    everything = scope.everybody().hits()
    reached: dict[str, list[datetime]] = defaultdict(list)
    rows: list[dict[str, Any]] = []
    for position, step in enumerate(given["steps"]):
        now: dict[str, list[datetime]] = defaultdict(list)
        for hit in scope.hits() if position == 0 else everything:
            near = position == 0 or any(at <= hit.at <= at + pause for at in reached.get(hit.session, ()))
            if near and is_funnel_step(hit, step["type"], step["value"]):
                now[hit.session].append(hit.at)
        rows.append(_funnel_row(step, len(now), rows))
        reached = now
    return rows


def _funnel_row(step: Mapping[str, Any], visitors: int, before: list[dict[str, Any]]) -> dict[str, Any]:
    previous = before[-1]["visitors"] if before else 0
    dropped = max(0, previous - visitors)
    return {
        "type": step["type"],
        "value": step["value"],
        **({"filters": step["filters"]} if "filters" in step else {}),
        "visitors": visitors,
        "previous": previous,
        "dropped": dropped,
        "dropoff": share(dropped, previous),
        "remaining": share(visitors, before[0]["visitors"] if before else visitors),
    }


def goal(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    hits = scope.hits()
    return {
        "num": len({hit.session for hit in hits if is_step(hit, given["type"], given["value"])}),
        "total": len({hit.session for hit in hits}),
    }


def journey(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    """At most a hundred paths. Unused steps become one or two nulls, so one path may appear in two rows."""
    kind = given.get("eventType")
    counts: Counter[tuple[str | None, ...]] = Counter()
    for visit, hits in by(scope.hits(), lambda hit: hit.visit).items():
        names = [hit.name for hit in hits if kind is None or hit.kind == int(kind)][: int(given["steps"])]
        way = _way(names, given.get("startStep"), given.get("endStep"))
        if way:
            counts[*way, *([None] if visit < "8" else [None, None])] += 1
    return [{"items": list(way), "count": n} for way, n in counts.most_common(100)]


def _way(names: list[str], start: str | None, end: str | None) -> list[str]:
    """The steps without repetitions. Empty if the first or last step is not the requested one."""
    wrong = not names or start not in (None, names[0]) or end not in (None, names[-1])
    return [] if wrong else [name for name, _ in groupby(names)]


def retention(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    """Cohorts by the local day on which the session began. Days without sessions are left out."""
    zone = zone_of(given.get("timezone"))
    if scope.site is None:
        return []
    born = scope.site.newcomers(scope.start, scope.end, scope.now)
    first = {session: at.astimezone(zone).date() for session, at in born.items()}
    active = {
        (first[hit.session], hit.session, (hit.at.astimezone(zone).date() - first[hit.session]).days)
        for hit in scope.hits()
        if hit.session in first
    }
    size, back = Counter(first.values()), Counter((day, n) for day, _, n in active)
    return [
        {
            "date": shown(f"{day.isoformat()} 00:00:00", given.get("timezone")),
            "day": n,
            "visitors": size[day],
            "returnVisitors": back[day, n],
            "percentage": back[day, n] * 100 / size[day],
        }
        for day, n in sorted(back)
    ]


def breakdown(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    """Only of views, whose event is null."""
    fields = given["fields"]
    views = [hit for hit in scope.hits() if hit.kind == VIEW]
    groups = by(views, lambda hit: tuple(hit.fields[name] for name in fields))
    rows = [{**_seen(hits, str), **dict(zip(fields, key, strict=True))} for key, hits in groups.items()]
    return sorted(rows, key=lambda row: -int(row["visitors"]))[:500]


def _seen(hits: list[WebsiteEvent], written: Callable[[int], Any]) -> dict[str, Any]:
    visits = by(hits, lambda hit: hit.visit).values()
    return {
        "views": written(sum(hit.kind == VIEW for hit in hits)),
        "visitors": len({hit.session for hit in hits}),
        "visits": len(visits),
        "bounces": sum(len(visit) == 1 for visit in visits),
        "totaltime": written(sum(int((visit[-1].at - visit[0].at).total_seconds()) for visit in visits)),
    }


def stats(scope: VisitScope, *, without_bounces: bool = False) -> dict[str, Any]:
    """Only of views: a visit with events and no view does not count."""

    def totals(within: VisitScope) -> dict[str, Any]:
        views = [hit for hit in within.hits() if hit.kind == VIEW]
        if without_bounces:
            views = [hit for visit in by(views, lambda hit: hit.visit).values() for hit in visit if len(visit) > 1]
        found = _seen(views, int)
        return {"pageviews": found.pop("views"), **found}

    return {**totals(scope), "comparison": totals(scope.before())}


def performance(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    zone, unit, metric = zone_of(given.get("timezone")), given.get("unit") or "day", given.get("metric")
    loads = [hit for hit in scope.hits() if hit.load]

    def speeds(hits: Iterable[WebsiteEvent], name: str = metric or "lcp") -> dict[str, Any]:
        return _percentiles([hit.load * _FACTORS[name] for hit in hits])

    def listed(field: str) -> list[dict[str, Any]]:
        groups = by(loads, lambda hit: hit.fields[field])
        return [{"name": name, **speeds(hits), "count": len(hits)} for name, hits in groups.items()]

    chart = by(loads, lambda hit: bucket(hit.at.astimezone(zone), unit))
    return {
        "chart": [{"t": shown(at, given.get("timezone")), **speeds(hits)} for at, hits in sorted(chart.items())],
        "summary": {**{name: speeds(loads, name) for name in _FACTORS}, "count": len(loads)},
        "pages": listed("path"),
        "pageTitles": listed("title"),
        "devices": listed("device"),
        "browsers": listed("browser"),
    }


_FACTORS = {"lcp": 1.0, "inp": 0.05, "cls": 0.00003, "fcp": 0.5, "ttfb": 0.1}


def _percentiles(values: list[float]) -> dict[str, float]:
    """0 if nothing was measured, as the service writes it."""
    ordered = sorted(values)
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 4) if ordered else 0
        for name, share in (("p50", 0.5), ("p75", 0.75), ("p95", 0.95))
    }


REPORTS: Mapping[str, Callable[[VisitScope, Mapping[str, Any]], Any]] = {
    "attribution": attribution,
    "breakdown": breakdown,
    "funnel": funnel,
    "goal": goal,
    "journey": journey,
    "performance": performance,
    "retention": retention,
    "revenue": revenue,
    "utm": utm,
}
