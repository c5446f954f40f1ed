"""Umami's reports on revenue and on the origins of visitors, over the simulated site."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from worker.sandbox.umami_scope import VisitScope, bucket, by, is_step, shown, text, zone_of
from worker.sandbox.umami_site import VIEW, WebsiteEvent

UTM = {name: "utm" + name[4:].capitalize() for name in ("utm_source", "utm_medium", "utm_campaign")}
UTM_REST = {"utm_term": "utmTerm", "utm_content": "utmContent"}
_SEARCH = ("google.com", "search.example")
_PAID = {"google": "Google Ads", "facebook": "Facebook / Meta"}


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
