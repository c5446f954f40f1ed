"""What a connection of type umami offers: options, queries and their parameters under the API's own names.

https://docs.umami.is/docs/api/reports is incomplete and in places wrong for version 3. This module follows what a
server of version 3.1 accepts.
"""

from worker.ports.kinds import TLS, Option, Param, ParamKind, QuerySpec
from worker.sources.umami import answer_tables, presentations, rules
from worker.sources.umami.filters import FIELDS
from worker.sources.umami.rules import ATTRIBUTION_MODELS, UNITS, VITALS
from worker.sources.umami.values import EVENT_KINDS

ALIASES = {"goals": "goal", "utmFilters": "utm"}
"""Names in Umami's documentation that its servers do not have. They are accepted with a warning."""

_SITE = Param("websiteId", ParamKind.ID, required=True, note="the website, as `source` lists it")
_FILTERS = Param(
    "filters", ParamKind.OBJECT, note="{path, referrer, country, …}: `US,DE` is one of these, `neq.x` is not x"
)
_DATES = (
    Param("startDate", ParamKind.TEXT, note="instead of window: a date, an instant or milliseconds", spans=True),
    Param("endDate", ParamKind.TEXT, note="the last instant that counts; a date counts to its end", spans=True),
)
_ZONE = Param("timezone", ParamKind.TEXT, note="the zone of the report's days; default: the schedule's zone")
_UNIT = Param("unit", ParamKind.CHOICE, UNITS, note="the time of one row of the chart; default: day")
_COMPARE = Param("compare", ParamKind.TEXT, note="not allowed: write `compare:` next to `window:`")
_EVERY = (_SITE, _FILTERS, *_DATES)
_EVENT = Param("type", ParamKind.CHOICE, EVENT_KINDS, required=True, note="what counts as converting")

_FUNNEL = (
    *_EVERY,
    Param(
        "steps", ParamKind.LIST, required=True, note="2 to 8 of path:/pricing, event:signup or {type, value, filters}"
    ),
    Param("window", ParamKind.TEXT, required=True, note="the longest pause between steps: 60m, 7d; 60 means minutes"),
)
_GOAL = (*_EVERY, _EVENT, Param("value", ParamKind.TEXT, required=True, note="a path or an event's name; * at an end"))
_JOURNEY = (
    *_EVERY,
    Param("steps", ParamKind.INT, required=True, note="2 to 7"),
    Param("startStep", ParamKind.TEXT, note="a path or an event's name"),
    Param("endStep", ParamKind.TEXT, note="a path or an event's name"),
    Param("eventType", ParamKind.INT, note="1: only paths, 2: only events (version 3.1)"),
)
_REVENUE = (*_EVERY, Param("currency", ParamKind.TEXT, required=True, note="ISO 4217"), _ZONE, _UNIT, _COMPARE)
_ATTRIBUTION = (
    *_EVERY,
    Param(
        "model", ParamKind.CHOICE, tuple(ATTRIBUTION_MODELS), required=True, note="firstClick is sent as first-click"
    ),
    _EVENT,
    Param("step", ParamKind.TEXT, required=True, note="a path or an event's name"),
    Param("currency", ParamKind.TEXT, note="accepted but not used by version 3.1"),
    Param("timezone", ParamKind.TEXT, note="accepted but not used"),
)
_BREAKDOWN = (*_EVERY, Param("fields", ParamKind.CHOICES, FIELDS, required=True, note="what the rows are split by"))
_PERFORMANCE = (*_EVERY, _ZONE, _UNIT, Param("metric", ParamKind.CHOICE, VITALS, note="default: lcp"))
_SAVED = (
    Param("reportId", ParamKind.ID, required=True, note="the saved report, as `source` lists it"),
    _FILTERS,
    *_DATES,
    _ZONE,
)

_QUERIES = (
    QuerySpec(
        "funnel",
        "How many visitors went through steps in order",
        True,
        _FUNNEL,
        rules=rules.of("funnel"),
        counts="visitors",
        presentation=presentations.FUNNEL,
    ),
    QuerySpec(
        "goal",
        "How many visitors reached a page or sent an event",
        True,
        _GOAL,
        rules=rules.of("goal"),
        presentation=presentations.GOAL,
    ),
    QuerySpec(
        "journey",
        "The ways that visits took",
        True,
        _JOURNEY,
        rules=rules.of("journey"),
        presentation=presentations.JOURNEY,
        tables=answer_tables.JOURNEY,
    ),
    QuerySpec(
        "retention",
        "How many new visitors came back, day by day",
        True,
        (*_EVERY, _ZONE),
        rules=rules.of("retention"),
        presentation=presentations.RETENTION,
        tables=answer_tables.RETENTION,
    ),
    QuerySpec(
        "revenue",
        "Revenue in one currency, by day and origin",
        True,
        _REVENUE,
        rules=rules.of("revenue"),
        presentation=presentations.REVENUE,
        tables=answer_tables.revenue,
    ),
    QuerySpec(
        "utm",
        "Views by campaign parameters",
        True,
        _EVERY,
        rules=rules.of("utm"),
        presentation=presentations.CAMPAIGNS,
        tables=answer_tables.CAMPAIGNS,
    ),
    QuerySpec(
        "attribution",
        "Origins of the visitors who converted",
        True,
        _ATTRIBUTION,
        rules=rules.of("attribution"),
        presentation=presentations.ATTRIBUTION,
        tables=answer_tables.ATTRIBUTION,
    ),
    QuerySpec(
        "breakdown",
        "Views, visitors and visits by any fields",
        True,
        _BREAKDOWN,
        rules=rules.of("breakdown"),
        presentation=presentations.breakdown,
        tables=answer_tables.breakdown,
    ),
    QuerySpec(
        "performance",
        "How fast pages were (version 3.1)",
        True,
        _PERFORMANCE,
        rules=rules.of("performance"),
        presentation=presentations.performance,
        tables=answer_tables.performance,
    ),
    QuerySpec(
        "stats",
        "Totals of a website",
        True,
        (*_EVERY, _COMPARE),
        rules=rules.of("stats"),
        presentation=presentations.STATS,
    ),
    QuerySpec(
        "saved_report",
        "A report that was saved in Umami, over a window",
        True,
        _SAVED,
        rules=rules.of(""),
        presentation=presentations.SAVED,
    ),
    QuerySpec(
        "goals",
        "`goal`, as Umami's documentation misspells it",
        True,
        _GOAL,
        rules=rules.misspelt("goal"),
        presentation=presentations.GOAL,
    ),
    QuerySpec(
        "utmFilters",
        "`utm`, as Umami's documentation misspells it",
        True,
        _EVERY,
        rules=rules.misspelt("utm"),
        presentation=presentations.CAMPAIGNS,
        tables=answer_tables.CAMPAIGNS,
    ),
)

OPTIONS = (
    Option("base_url", note="the address of Umami, such as https://stats.acme.example; default: Umami Cloud"),
    Option("username", note="an account that may see the websites; with base_url"),
    Option("password", secret=True, note="of that account, which must have no second factor"),
    Option("api_key", secret=True, note="of Umami Cloud, or with base_url of your own server (from version 3.4)"),
    TLS,
)
QUERIES = {query.name: query for query in _QUERIES}
