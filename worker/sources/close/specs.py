"""What a connection of type close offers: options, queries and their parameters under the API's own names.

https://developer.close.com/api/resources/reporting/get-funnel-totals
https://developer.close.com/api/resources/opportunities/list
"""

from collections.abc import Mapping
from typing import Any

from worker.domain.digest.layout import DEALS
from worker.domain.snapshot.opportunity import COLUMNS, TABLE
from worker.domain.snapshot.presentation import FigureColumn, Presentation, TableRule
from worker.ports.kinds import TLS, AnswerTables, KeptNames, Option, Param, ParamKind, Price, QuerySpec, columns_of
from worker.sources.close import groups
from worker.sources.close.conditions import conditions, stalled
from worker.sources.close.funnel import STAGES, STAGES_BY_USER, USERS
from worker.sources.close.metrics import LEADING, TOTALS
from worker.sources.close.names import FEWEST, KEPT
from worker.sources.close.pages import PAGE
from worker.sources.close.rules import ACTIVE, CREATED, compares, funnel_faults, list_faults, list_follow

NAMED_RANGES = (
    "today",
    "this-week",
    "this-month",
    "this-quarter",
    "this-year",
    "yesterday",
    "last-week",
    "last-month",
    "last-quarter",
    "last-year",
    "all-time",
)
SAME_DAYS = ("same-days-last-week", "same-days-last-month", "same-days-last-quarter", "same-days-last-year")
PERIODS = ("one_time", "monthly", "annual")
STATUS_TYPES = ("active", "won", "lost")
ORDERS = (
    "date_won",
    "date_updated",
    "date_created",
    "confidence",
    "user_name",
    "value",
    "annualized_value",
    "annualized_expected_value",
)
GROUPS = ("user_id", "date_won__week", "date_won__month", "date_won__quarter", "date_won__year")
DATES = tuple(
    f"{field}{suffix}"
    for field in ("date_won", "date_created", "date_updated")
    for suffix in ("", "__gte", "__gt", "__lte", "__lt")
)

_FUNNEL = (
    Param("pipeline", ParamKind.ID, required=True, note="the pipeline whose statuses are the funnel"),
    Param("type", ParamKind.CHOICE, (CREATED, ACTIVE), required=True, note="which deals are counted"),
    Param("report_relative_range", ParamKind.CHOICE, NAMED_RANGES, note="the report's range by name"),
    Param("report_datetime_range", ParamKind.RANGE, note="the report's range by its two ends"),
    Param("cohort_relative_range", ParamKind.CHOICE, NAMED_RANGES, note=f"when deals were created; only {CREATED}"),
    Param("cohort_datetime_range", ParamKind.RANGE, note=f"when deals were created; only {CREATED}"),
    Param("compared_relative_range", ParamKind.CHOICE, NAMED_RANGES, note="what a named range is compared with"),
    Param("compared_datetime_range", ParamKind.CHOICE, SAME_DAYS, note="what a range by two ends is compared with"),
    Param("compared_custom_range", ParamKind.RANGE, note="a comparison by its two ends"),
    Param("query", ParamKind.OBJECT, note="{type: saved_search, saved_search_id: …}"),
    Param("users", ParamKind.CHOICES, note="ids of users or groups; empty means all"),
)


def _several(name: str, kind: ParamKind, choices: tuple[str, ...] = ()) -> tuple[Param, ...]:
    """A filter, and its variant that takes several values."""
    return Param(name, kind, choices), Param(f"{name}__in", ParamKind.CHOICES, choices)


def _descending(names: tuple[str, ...]) -> tuple[str, ...]:
    return names + tuple(f"-{name}" for name in names)


_LIST = (
    Param("pipeline", ParamKind.ID, note="ours: resolved to the pipeline's statuses"),
    Param("lead_id", ParamKind.ID),
    Param("organization_id", ParamKind.ID),
    *_several("user_id", ParamKind.ID),
    *_several("status_id", ParamKind.ID),
    *_several("status_type", ParamKind.CHOICE, STATUS_TYPES),
    *_several("status_label", ParamKind.TEXT),
    *_several("status", ParamKind.TEXT),
    *_several("value_period", ParamKind.CHOICE, PERIODS),
    *(Param(name, ParamKind.INSTANT, note="a date, an instant or a window's name") for name in DATES),
    Param("query", ParamKind.TEXT, note="a search over the properties of opportunities"),
    Param("lead_query", ParamKind.TEXT, note="deprecated by Close: use lead_saved_search_id"),
    Param("lead_saved_search_id", ParamKind.ID, note="a Smart View of leads"),
    Param("is_stalled", ParamKind.BOOL),
    Param(
        "_order_by",
        ParamKind.CHOICE,
        _descending(ORDERS),
        note="which deals a cut list holds; no effect without `_limit`",
    ),
    Param("_group_by", ParamKind.CHOICE, _descending(GROUPS), note="adds a table of groups"),
    Param("_limit", ParamKind.INT, note="cuts the list: shown, never compared", cuts=True),
    Param("_skip", ParamKind.INT, note="cuts the list: shown, never compared", cuts=True),
    Param("_fields", ParamKind.CHOICES, note="asked for in addition to what a digest needs; it adds no column"),
)


def _list_tables(params: Mapping[str, Any]) -> AnswerTables:
    grouped = {"groups": groups.COLUMNS} if "_group_by" in params else {}
    return columns_of({TABLE: COLUMNS, **grouped})


def _report_price(params: Mapping[str, Any]) -> Price:
    """A comparison in the parameters and the file per user each take one more call."""
    return Price(requests=2 if compares(params) else 1, file=1)


_GROUPED = TableRule(
    "label",
    (FigureColumn("total_results"), FigureColumn("total_value_annualized")),
    order=("-total_value_annualized",),
    rows=10,
    total=True,
)
_LISTED = Presentation(tables={TABLE: DEALS, "groups": _GROUPED})

_NAMES = KeptNames(requests=FEWEST, kept=KEPT.total_seconds())
"""The account, and its users, pipelines and statuses: a page of each."""

_QUERIES = (
    QuerySpec(
        "funnel_totals",
        "Totals of a funnel report, in all and by user",
        True,
        _FUNNEL,
        rules=funnel_faults,
        per_person=frozenset({"users"}),
        tables=columns_of({"users": USERS}),
        measures={f"total.{name}": kind for name, kind in TOTALS.items()},
        rule_tables={"users": USERS},
        price=_report_price,
        names=_NAMES,
        presentation=Presentation(leading=LEADING, neutral=frozenset({"average_time_to_win"})),
    ),
    QuerySpec(
        "funnel_stages",
        "Stages of a funnel report, in all and by user",
        True,
        _FUNNEL,
        rules=funnel_faults,
        per_person=frozenset({"stages_by_user"}),
        tables=columns_of({"stages_by_user": STAGES_BY_USER}),
        measures={},
        rule_tables={"stages": STAGES, "stages_by_user": STAGES_BY_USER},
        counts="deals",
        price=_report_price,
        names=_NAMES,
    ),
    QuerySpec(
        "opportunities",
        "Opportunities as they are now, and what happened to those that left the list",
        False,
        _LIST,
        lists=True,
        rules=list_faults,
        default_follow=list_follow,
        price=Price(page=PAGE, shared=1),
        names=_NAMES,
        lists_opportunities=True,
        tables=_list_tables,
        stalled=stalled,
        conditions=conditions,
        presentation=_LISTED,
        measures=groups.MEASURES,
        rule_tables={"groups": groups.COLUMNS},
    ),
)

OPTIONS = (
    Option("base_url", note="default: https://api.close.com/api/v1"),
    Option("api_key", secret=True, note="belongs to one organization"),
    Option("access_token", secret=True, note="an OAuth token; `${file:PATH}` is read again when the token is refused"),
    Option("refresh_token", secret=True, note="of OAuth; renewed ones are stored, encrypted with FUNNELBEAT_TOKEN_KEY"),
    Option("client_id", note="of the OAuth app, with refresh_token"),
    Option("client_secret", secret=True, note="of the OAuth app, with refresh_token"),
    Option("oauth_url", note="where a token is renewed; default: the service's own address"),
    TLS,
)
QUERIES = {query.name: query for query in _QUERIES}
