"""Kinds of connection and channel made up for these tests: a shop's shelves, and two ways to send."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from worker.adapters.definitions.kinds import Registry
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.domain.snapshot.snapshot import Column, Kind
from worker.errors import RequestError
from worker.ports import Quota, Source
from worker.ports.channels import Channel, ChannelKind
from worker.ports.kinds import Option, Param, ParamKind, QuerySpec, RuleViolation, SourceKind, Use
from worker.ports.tokens import Renewal


def _cohort_rules(use: Use) -> tuple[RuleViolation, ...]:
    if use.params.get("type") == "active" and "cohort_relative_range" in use.params:
        found = "`cohort_relative_range` beside `type: active`"
        return (RuleViolation(("params", "cohort_relative_range"), found, "leave it out, or write `type: created`"),)
    if use.params.get("type") == "created" and use.window is None and "cohort_relative_range" not in use.params:
        return (RuleViolation(("params", "type"), "`type: created` without a cohort", "add `window:` or a cohort"),)
    return ()


def _follow(use: Use) -> str:
    if "_limit" in use.params:
        return "none"
    return "departures" if use.params.get("is_stalled") else "closed"


TOTALS = QuerySpec(
    name="shop_totals",
    summary="What the shop sold.",
    windowed=True,
    params=(
        Param("shop", ParamKind.ID, required=True, note="the shop's id"),
        Param("type", ParamKind.CHOICE, ("created", "active")),
        Param("cohort_relative_range", ParamKind.TEXT),
        Param("report_datetime_range", ParamKind.RANGE),
        Param("compared_custom_range", ParamKind.RANGE),
        Param("users", ParamKind.CHOICES),
        Param("query", ParamKind.OBJECT),
    ),
    rules=_cohort_rules,
)

DEALS = QuerySpec(
    name="deals",
    summary="Deals on the table.",
    windowed=False,
    lists=True,
    lists_opportunities=True,
    params=(
        Param("shop", ParamKind.ID),
        Param("status_type", ParamKind.CHOICE, ("active", "won", "lost")),
        Param("status_type__in", ParamKind.CHOICES, ("active", "won", "lost")),
        Param("is_stalled", ParamKind.BOOL),
        Param("date_created__gte", ParamKind.INSTANT),
        Param("_limit", ParamKind.INT, cuts=True),
        Param("_skip", ParamKind.INT, cuts=True),
    ),
    default_follow=_follow,
)


TICKETS = QuerySpec(
    name="tickets",
    summary="Tickets in the queue.",
    windowed=False,
    params=(Param("queue", ParamKind.ID),),
    lists=True,
    default_follow=lambda _use: "departures",
)

SALES = QuerySpec(
    name="sales",
    summary="What each clerk sold.",
    windowed=False,
    params=(),
    measures={"total.count": Kind.INT, "total.share": Kind.RATIO},
    rule_tables={"clerks": (Column("clerk", Kind.TEXT), Column("sold", Kind.INT))},
)


def _closed(
    options: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    quota: Quota | None = None,
    renewal: Renewal | None = None,
) -> Source:
    raise RequestError("this shop is made up")


SHELF = SourceKind(
    type="shelf",
    options=(
        Option("api_key", secret=True),
        Option("access_token", secret=True),
        Option("base_url"),
    ),
    queries={one.name: one for one in (TOTALS, DEALS, TICKETS, SALES)},
    open=_closed,
    one_of=(("api_key", "access_token"),),
)


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError("write a mail address such as sales@acme.example")
    name, _, host = text.rpartition("@")
    return f"{name}@{host.lower()}"


def _mail_faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    if options.get("url", "smtp://x").startswith("smtp"):
        return ()
    return (RuleViolation(("url",), "`url` of another protocol", "write smtp://host:587 or smtps://host"),)


def _unopened(options: Mapping[str, str]) -> Channel[Any]:
    raise AssertionError(f"a definition is only read, and its channel was opened with {options}")


MAIL = ChannelKind(
    type="mail",
    options=(Option("url", required=True), Option("password", secret=True), Option("from", required=True)),
    address=_mail_address,
    open=_unopened,
    faults=_mail_faults,
)

CHAT = ChannelKind(
    type="chat",
    options=(Option("token", secret=True), Option("webhook_url", secret=True)),
    address=lambda text: text.upper(),
    open=_unopened,
    needs_address=lambda options: "webhook_url" not in options,
    one_of=(("token", "webhook_url"),),
)

KINDS = Registry(
    connections={"shelf": SHELF, "sandbox": SourceKind("sandbox", (), SHELF.queries, _closed)},
    channels={"mail": MAIL, "chat": CHAT, "sandbox": ChannelKind("sandbox", (), _mail_address, _unopened)},
    expressions=CelExpressions(),
    holidays=PublicHolidays(),
    unsupported={"pipedrive": "this version does not have Pipedrive yet"},
)

ENVIRON = {"SHELF_KEY": "k-1", "MAIL_PASSWORD": "p-1"}
