"""What a connection of type pipedrive offers: options, queries and their parameters under the API's own names.

https://developers.pipedrive.com/docs/api/v1/Pipelines
https://developers.pipedrive.com/docs/api/v1/Deals
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.domain.snapshot.opportunity import COLUMNS, TABLE
from worker.ports.kinds import TLS, AnswerTables, Option, Param, ParamKind, QuerySpec, columns_of
from worker.sources.pipedrive import presentations
from worker.sources.pipedrive.conditions import conditions, stalled_conditions
from worker.sources.pipedrive.old_summary import CONVERTED
from worker.sources.pipedrive.people import PEOPLE
from worker.sources.pipedrive.pipelines import PIPELINES, STAGES
from worker.sources.pipedrive.prices import NAMES, PRICES
from worker.sources.pipedrive.rules import (
    deals_faults,
    deals_follow,
    pipeline_faults,
    pipelines_faults,
    range_faults,
    sliced,
    stalled_faults,
    summary_faults,
)
from worker.sources.pipedrive.stage_tables import OPEN_STAGES, STAGE_AGES, STAGE_RATES
from worker.sources.pipedrive.statistics_tables import AGES, CONVERSION, MOVEMENTS, VALUES
from worker.sources.pipedrive.summary import STAGE_SUMS, SUMS

STATUSES = ("open", "won", "lost", "deleted")
ORDERS = ("id", "update_time", "add_time")
DIRECTIONS = ("asc", "desc")
RULES = ("rotting", "days_in_stage", "no_next_activity", "stage_history")
PERCENTILES = ("75", "90")
EXTRA_FIELDS = (
    *("next_activity_id", "last_activity_id", "first_won_time", "products_count", "files_count", "notes_count"),
    *("followers_count", "email_messages_count", "activities_count", "done_activities_count"),
    *("undone_activities_count", "participants_count", "last_incoming_mail_time", "last_outgoing_mail_time"),
    *("smart_bcc_email", "source_lead_id"),
)

_SORTED = (
    Param("sort_by", ParamKind.CHOICE, ORDERS, note="which rows a cut list holds"),
    Param("sort_direction", ParamKind.CHOICE, DIRECTIONS, note="which rows a cut list holds"),
)
_CUT = (
    Param("limit", ParamKind.INT, note="cuts the list: shown, never compared; at most 500", cuts=True),
    Param("cursor", ParamKind.TEXT, note="cuts the list: begins where another answer ended", cuts=True),
)
_STATISTICS = (
    Param("id", ParamKind.ID, required=True, note="the pipeline"),
    Param("start_date", ParamKind.TEXT, note="first day, instead of window:", spans=True),
    Param("end_date", ParamKind.TEXT, note="last day, included, instead of window:", spans=True),
    Param(
        "user_id",
        ParamKind.CHOICES,
        note="one call for each; `all` means everybody, also people who left; default: the token's own user",
    ),
)
_WHOSE = (
    Param("owner_id", ParamKind.ID),
    Param("person_id", ParamKind.ID),
    Param("org_id", ParamKind.ID),
    Param("pipeline_id", ParamKind.ID),
    Param("stage_id", ParamKind.ID),
    Param("filter_id", ParamKind.ID, note="a saved filter; Pipedrive then ignores the other conditions"),
)
_DEALS = (
    *_WHOSE,
    Param("ids", ParamKind.CHOICES, note="at most 100"),
    Param("status", ParamKind.CHOICES, STATUSES, note="default: all except deleted"),
    Param("updated_since", ParamKind.INSTANT, note="a date, an instant or a window's name"),
    Param("updated_until", ParamKind.INSTANT, note="a date, an instant or a window's name"),
    *_SORTED,
    Param("include_fields", ParamKind.CHOICES, EXTRA_FIELDS, note="added to the fields that a digest needs"),
    Param("custom_fields", ParamKind.CHOICES, note="passed on; no custom field is kept"),
    Param("include_option_labels", ParamKind.BOOL, note="passed on"),
    Param("include_labels", ParamKind.BOOL, note="passed on"),
    *_CUT,
    Param("archived", ParamKind.BOOL, note="ours: the list of archived deals instead"),
    Param("id", ParamKind.ID, note="version 1, deprecated: the open deals of this pipeline"),
    Param("user_id", ParamKind.ID, note="version 1: whose deals"),
    Param("everyone", ParamKind.INT, note="version 1: 1 for everybody's deals"),
    Param("start", ParamKind.INT, note="version 1: cuts the list", cuts=True),
    Param("get_summary", ParamKind.INT, note="version 1: 1 adds the pipeline's sums"),
    Param("totals_convert_currency", ParamKind.TEXT, note="version 1: a currency's code or default_currency"),
)


def _pipeline_tables(params: Mapping[str, Any]) -> AnswerTables:
    by_stage = {"stage_sums": STAGE_SUMS} if params.get("by_stage") else {}
    return columns_of({"pipeline": PIPELINES, "pipeline_stages": STAGES, "sums": SUMS, **by_stage})


_MOVED = {"movements": MOVEMENTS, "values": VALUES, "ages": AGES, "people": PEOPLE, "stage_ages": STAGE_AGES}


def _list_tables(params: Mapping[str, Any]) -> AnswerTables:
    stages = {} if sliced(params) else {"open_stages": OPEN_STAGES}
    summed = {"stage_sums": STAGE_SUMS, "stage_sums_converted": CONVERTED} if params.get("get_summary") else {}
    return columns_of({TABLE: COLUMNS, **stages, **summed})


_QUERIES = (
    QuerySpec(
        "pipelines",
        "Every pipeline, and which one is the default",
        False,
        (*_SORTED, *_CUT),
        rules=pipelines_faults,
        tables=columns_of({"pipelines": PIPELINES}),
        presentation=presentations.PIPELINES,
    ),
    QuerySpec(
        "pipeline",
        "One pipeline, its stages and the sums of its deals",
        False,
        (
            Param("id", ParamKind.ID, required=True, note="the pipeline"),
            Param("status", ParamKind.CHOICE, ("open", "won", "lost"), note="which deals are summed; default: open"),
            Param(
                "totals_convert_currency",
                ParamKind.TEXT,
                note="removed with version 1: the company's own currency is used",
            ),
            Param("by_stage", ParamKind.BOOL, note="ours: sums for each stage too, 40 tokens each"),
        ),
        rules=pipeline_faults,
        tables=_pipeline_tables,
        presentation=presentations.SUMS,
    ),
    QuerySpec(
        "conversion",
        "Rates from stage to stage and to the close, user by user",
        True,
        (*_STATISTICS, Param("shares", ParamKind.BOOL, note="ours: won and lost of all, counted; 40 tokens a user")),
        rules=range_faults,
        presentation=presentations.CONVERSION,
        tables=columns_of({"conversion": CONVERSION, "stage_rates": STAGE_RATES}),
    ),
    QuerySpec(
        "movements",
        "Deals that came, moved, stayed open and ended, user by user",
        True,
        _STATISTICS,
        rules=range_faults,
        presentation=presentations.MOVEMENTS,
        tables=columns_of(_MOVED),
    ),
    QuerySpec(
        "deals",
        "Deals as they are now, and what happened to those that left the list",
        False,
        _DEALS,
        lists=True,
        rules=deals_faults,
        default_follow=deals_follow,
        lists_opportunities=True,
        conditions=conditions,
        tables=_list_tables,
        presentation=presentations.LISTED,
    ),
    QuerySpec(
        "deals_summary",
        "Counts and sums of deals per currency",
        False,
        (
            Param("status", ParamKind.CHOICE, ("open", "won", "lost")),
            Param("filter_id", ParamKind.ID, note="Pipedrive then ignores user_id"),
            Param("user_id", ParamKind.ID),
            Param("pipeline_id", ParamKind.ID),
            Param("stage_id", ParamKind.ID),
        ),
        rules=summary_faults,
        presentation=presentations.SUMS,
        tables=columns_of({"sums": SUMS}),
    ),
    QuerySpec(
        "stalled_deals",
        "Open deals that stall, by Pipedrive's rule or one of ours",
        False,
        (
            *_WHOSE,
            Param("rule", ParamKind.CHOICE, RULES, note="ours; Pipedrive's own is rotting, the default"),
            Param("days", ParamKind.INT, note="ours: for days_in_stage"),
            Param("percentile", ParamKind.CHOICE, PERCENTILES, note="ours: for stage_history; 90 by default"),
            Param("history_days", ParamKind.INT, note="ours: how far back stage_history looks; 365 by default"),
        ),
        lists=True,
        rules=stalled_faults,
        default_follow=lambda _use: "departures",
        lists_opportunities=True,
        stalled=True,
        conditions=stalled_conditions,
        presentation=presentations.stalled,
        tables=columns_of({TABLE: COLUMNS}),
    ),
)

OPTIONS = (
    Option("company_domain", note="acme, if people open https://acme.pipedrive.com"),
    Option("base_url", note="instead of company_domain; without /api"),
    Option("api_token", secret=True, note="from the user's personal preferences; sees what that user sees"),
    Option("access_token", secret=True, note="an OAuth token; `${file:PATH}` is read again when the token is refused"),
    Option("refresh_token", secret=True, note="of OAuth; renewed ones are stored, encrypted with FUNNELBEAT_TOKEN_KEY"),
    Option("client_id", note="of the OAuth app, with refresh_token"),
    Option("client_secret", secret=True, note="of the OAuth app, with refresh_token"),
    Option("oauth_url", note="where a token is renewed; default: the service's own address"),
    TLS,
)
QUERIES = {query.name: replace(query, price=PRICES[query.name], names=NAMES) for query in _QUERIES}
