"""How a digest prints Umami's reports. It prints the conversion, the step that lost most, the money, the visits and
their origins. Everything else is counted.
"""

from collections.abc import Mapping
from typing import Any

from worker.domain.snapshot.presentation import FactRule, FigureColumn, KeyRule, Presentation, TableRule
from worker.sources.umami.returns import DAYS
from worker.sources.umami.shares import UTM

TOP_SOURCES = "top_sources"
REFERRER = "referrer"

_NEUTRAL = frozenset({"bounce_rate"})
_MONEY = FactRule("money", "revenue", ("transactions", "average"))
_VISITS = FactRule("visits", "visitors", ("visits", "pageviews"))
_FOUND = TableRule("name", (FigureColumn("value"),), joined=TOP_SOURCES, called={"value": "visitors"}, partial=True)
_SOLD = TableRule("name", (FigureColumn("revenue"),), joined=TOP_SOURCES)
_WAYS = TableRule("path", (FigureColumn("visits"),), order=("-visits",))
_COHORTS = TableRule(
    "date",
    tuple(FigureColumn(f"day_{day}") for day in DAYS),
    details=("visitors",),
    rows=7,
    newest=True,
    shaded=True,
    title="table.cohorts",
    total_of={"visitors": "new_visitors", **{f"day_{day}": f"back_on_day_{day}" for day in DAYS}},
)
_CAMPAIGNS: Mapping[str, TableRule] = {
    name: TableRule("name", (FigureColumn("views"),), order=("-views",)) for name in UTM[:3]
}
_PAGES = TableRule("name", (FigureColumn("p75"), FigureColumn("measured")), order=("-p75",))

FUNNEL = Presentation(key=KeyRule("conversion_rate", 0), figures=(), tables={})
STATS = Presentation(
    key=KeyRule("visitors", 1, movers=(TOP_SOURCES, "visitors")),
    facts=(_VISITS,),
    figures=("bounce_rate", "time_per_visit"),
    tables={},
    neutral=_NEUTRAL,
)
REVENUE = Presentation(
    key=KeyRule("revenue", 2, movers=(TOP_SOURCES, "revenue")),
    facts=(_MONEY,),
    figures=("revenue_per_session",),
    tables={REFERRER: _SOLD},
)
GOAL = Presentation(key=KeyRule("conversion_rate", 3), figures=("conversions",), tables={})
RETENTION = Presentation(
    key=KeyRule("back_on_day_7", 4, instead=("back_on_day_5", "back_on_day_3", "back_on_day_2", "back_on_day_1")),
    figures=("back_on_day_7", "new_visitors"),
    tables={"first_days": _COHORTS},
    aside=frozenset({"first_days"}),
)
ATTRIBUTION = Presentation(
    key=KeyRule("visitors", 5, movers=(TOP_SOURCES, "visitors")), figures=(), tables={REFERRER: _FOUND}
)
JOURNEY = Presentation(figures=(), tables={"journeys": _WAYS}, aside=frozenset({"journeys"}))
CAMPAIGNS = Presentation(figures=(), tables=_CAMPAIGNS, aside=frozenset(UTM))
SAVED = Presentation(
    facts=(_MONEY, _VISITS),
    figures=("conversion_rate", "bounce_rate", "time_per_visit", "revenue_per_session", "back_on_day_7"),
    tables={
        REFERRER: TableRule(
            "name", (FigureColumn("value"), FigureColumn("revenue")), joined=TOP_SOURCES, called={"value": "visitors"}
        ),
        "journeys": _WAYS,
        "first_days": _COHORTS,
        "pages": _PAGES,
        **_CAMPAIGNS,
    },
    aside=frozenset({"journeys", "first_days", *UTM}),
    neutral=_NEUTRAL,
)
"""For a saved report of any type: what an answer lacks is not printed."""


def breakdown_fields(params: Mapping[str, Any]) -> list[str]:
    given = params.get("fields", ())
    return [field.strip() for field in given.split(",")] if isinstance(given, str) else [str(one) for one in given]


def breakdown(params: Mapping[str, Any]) -> Presentation:
    """With only the referrer as its field, it is a part of the top sources."""
    fields = breakdown_fields(params)
    if fields == [REFERRER]:
        rule = TableRule(REFERRER, (FigureColumn("visitors"),), joined=TOP_SOURCES)
        return Presentation(figures=(), tables={"breakdown": rule})
    figures = (FigureColumn("visitors"), FigureColumn("visits"))
    rule = TableRule(fields[0] if fields else "", figures, details=(*fields[1:], "views"), order=("-visitors",))
    return Presentation(figures=(), tables={"breakdown": rule}, aside=frozenset({"breakdown"}))


def performance(params: Mapping[str, Any]) -> Presentation:
    """The requested metric comes first; the slowest pages follow."""
    metric = str(params.get("metric", "lcp"))
    names = {
        name: "cls_thousandths" if name == "cls" else f"{name}_ms" for name in ("lcp", "inp", "cls", "fcp", "ttfb")
    }
    return Presentation(
        key=KeyRule(f"{names.get(metric, names['lcp'])}.p75", 6, movers=("pages", "p75")),
        figures=tuple(f"{name}.p75" for name in names.values()),
        tables={"pages": _PAGES},
        aside=frozenset({"pages"}),
        neutral=frozenset({"p75", *(f"{name}.p75" for name in names.values())}),
    )
