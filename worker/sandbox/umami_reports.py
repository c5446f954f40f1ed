"""Umami's reports over the simulated site. Figures have the types that PostgreSQL gives them: sums are text."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from worker.sandbox.umami_scope import VisitScope, bucket, by, is_funnel_step, is_step, share, shown, text, zone_of
from worker.sandbox.umami_site import VIEW, WebsiteEvent

UTM = {name: "utm" + name[4:].capitalize() for name in ("utm_source", "utm_medium", "utm_campaign")}
UTM_REST = {"utm_term": "utmTerm", "utm_content": "utmContent"}
_SEARCH = ("google.com", "search.example")
_PAID = {"google": "Google Ads", "facebook": "Facebook / Meta"}


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


def revenue(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    zone, unit = zone_of(given.get("timezone")), given.get("unit") or "day"
    hits = scope.hits()
    sales = [(hit, hit.paid[1]) for hit in hits if hit.paid is not None and hit.paid[0] == given["currency"]]
    chart = by(sales, lambda sale: (sale[0].name, bucket(sale[0].at.astimezone(zone), unit)))
    return {
        "chart": [
            {"x": name, "t": shown(at, given.get("timezone")), "y": text(a for _, a in found), "count": len(found)}
            for (name, at), found in sorted(chart.items(), key=lambda part: part[0][1])
        ],
        "total": {
            **_money(sales, scope.everybody().hits()),
            "comparison": _money(_sold(scope.before(), given), scope.before().everybody().hits()),
        },
        "country": _origins(sales, "country"),
        "region": [
            {"country": country, "name": name, "value": text(amount for _, amount in found)}
            for (country, name), found in by(
                sales, lambda sale: (sale[0].fields["country"], sale[0].fields["region"])
            ).items()
        ],
        "referrer": _origins(sales, "referrer"),
        "channel": [
            {"name": name, "value": text(amount for _, amount in found)}
            for name, found in by(sales, lambda sale: channel(sale[0])).items()
        ],
    }


def channel(hit: WebsiteEvent) -> str:
    """The service's word for the way in which a visitor arrived."""
    fields = hit.fields
    if fields["utmMedium"] in ("cpc", "paid"):
        return "paidAds"
    if fields["utmMedium"] == "email":
        return "email"
    if fields["referrer"] is None:
        return "direct"
    return "organicSearch" if fields["referrer"] in _SEARCH else "referral"


def _sold(scope: VisitScope, given: Mapping[str, Any]) -> list[tuple[WebsiteEvent, Decimal]]:
    return [(hit, hit.paid[1]) for hit in scope.hits() if hit.paid is not None and hit.paid[0] == given["currency"]]


def _money(sales: list[tuple[WebsiteEvent, Decimal]], hits: list[WebsiteEvent]) -> dict[str, Any]:
    whole, sessions = sum((amount for _, amount in sales), Decimal(0)), len({hit.session for hit in hits})
    return {
        "sum": text([whole]) if sales else None,
        "count": len(sales),
        "unique_count": len({hit.session for hit, _ in sales}),
        "total_sessions": sessions,
        "average": float(whole) / len(sales) if sales else 0,
        "arpu": float(whole) / sessions if sessions else 0,
    }


def _origins(sales: list[tuple[WebsiteEvent, Decimal]], name: str) -> list[dict[str, Any]]:
    """Some direct sales have null, others have empty text."""
    found = by(sales, lambda sale: sale[0].fields[name] or ("" if sale[0].visit < "8" else None))
    return [{"name": key, "value": text(amount for _, amount in part)} for key, part in found.items()]


def utm(scope: VisitScope, _given: Mapping[str, Any]) -> Any:
    views = [hit for hit in scope.hits() if hit.kind == VIEW]
    return {name: _top(views, field, "utm", "views", 50) for name, field in {**UTM, **UTM_REST}.items()}


def _top(hits: Iterable[WebsiteEvent], field: str, name: str, value: str, most: int) -> list[dict[str, Any]]:
    counts = Counter(hit.fields[field] for hit in hits if hit.fields[field])
    return [{name: key, value: n} for key, n in counts.most_common(most)]


def attribution(scope: VisitScope, given: Mapping[str, Any]) -> Any:
    """By the first view of every session that did the step, or by the last view before it did so for the last time.
    Filters apply to the step and not to earlier views.
    """
    done = [hit for hit in scope.hits() if _is_exactly(hit, given["type"], given["step"])]
    last = {hit.session: hit.at for hit in done}
    sessions = by(scope.everybody().hits(), lambda hit: hit.session)
    if given["model"] == "first-click":
        touched = [sessions[session][0] for session in last]
    else:
        earlier = [[hit for hit in sessions[session] if hit.at < at] for session, at in last.items()]
        touched = [hits[-1] for hits in earlier if hits]
    paid = Counter(_PAID[hit.fields["utmSource"] or ""] for hit in touched if hit.fields["utmSource"] in _PAID)
    return {
        "referrer": _top(touched, "referrer", "name", "value", 20),
        "paidAds": [{"name": name, "value": n} for name, n in paid.most_common(20)],
        **{name: _top(touched, field, "name", "value", 20) for name, field in {**UTM, **UTM_REST}.items()},
        "total": {
            "pageviews": len(done),
            "visitors": len({hit.session for hit in done}),
            "visits": len({hit.visit for hit in done}),
        },
    }


def _is_exactly(hit: WebsiteEvent, kind: str, step: str) -> bool:
    """Attribution does not support the star."""
    return "*" not in step and is_step(hit, kind, step)


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
