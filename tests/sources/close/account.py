"""A small account of Close for one test: what a list answers, deal by deal, over a real socket."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.scripted_http import Asked, Said, Scripted, scripted
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.snapshot import Cell, Snapshot
from worker.domain.time.window import Window, WindowSpec
from worker.ports import Question
from worker.sources.close import CloseSource, CloseTuning, open_source
from worker.sources.common.calls import Retries

KEY = "api_7fInventedKey"
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
WEEK = Window(
    datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC), "Europe/Berlin", "last-week"
)
QUICK = CloseTuning(page=3, timeout=5.0, retries=Retries(pause=0.01, cap=1.0))

USERS = [
    {"id": "user_ada", "first_name": "Ada", "last_name": "Okafor", "email": "ada@acme.example"},
    {"id": "user_ben", "first_name": "Ben", "last_name": "", "email": "ben@acme.example"},
]
PIPELINES = [
    {
        "id": "pipe_new",
        "name": "New business",
        "organization_id": "orga_acme",
        "date_created": "2026-06-19T09:22:10.931820",
        "statuses": [
            {"id": "stat_first", "label": "First call", "type": "active"},
            {"id": "stat_offer", "label": "Offer", "type": "active"},
            {"id": "stat_won", "label": "Won", "type": "won"},
            {"id": "stat_lost", "label": "Lost", "type": "lost"},
        ],
    },
    {
        "id": "pipe_old",
        "name": "Renewals",
        "organization_id": "orga_acme",
        "statuses": [{"id": "stat_renew", "label": "Renewal", "type": "active"}],
    },
]
_TYPES = {s["id"]: (p["id"], s["label"], s["type"]) for p in PIPELINES for s in p["statuses"]}  # type: ignore[index]


def deal(key: str, **changes: Any) -> dict[str, Any]:
    """One opportunity in the shape of GET /opportunity/; keys of `changes` set to `...` are left out."""
    status = changes.get("status_id", "stat_first")
    pipeline, label, kind = _TYPES.get(status, (None, "Somewhere", "active"))
    found = {
        "id": key,
        "lead_id": f"lead_{key}",
        "lead_name": f"Lead of {key}",
        "user_id": "user_ada",
        "user_name": "Ada Okafor",
        "pipeline_id": pipeline,
        "status_id": status,
        "status_label": label,
        "status_type": kind,
        "value": 100000,
        "value_period": "one_time",
        "value_currency": "EUR",
        "annualized_value": 100000,
        "confidence": 50,
        "date_created": "2026-10-01T08:00:00.123000+00:00",
        "date_updated": "2026-11-20T08:00:00+00:00",
        "date_won": None,
        "date_lost": None,
        "note": "never kept",
        "custom.cf_x": "never kept",
        **changes,
    }
    return {name: value for name, value in found.items() if value is not ...}


class Account:
    """`deals` in the order of the list. `before`: called with every request before it is answered, so that a test can
    move a deal while a list is read. `instead`: answers by path, which stand before everything else.
    """

    def __init__(self, deals: list[dict[str, Any]] | None = None) -> None:
        self.deals = deals or []
        self.currency: str | None = "EUR"
        self.before: Callable[[Asked], None] = lambda _asked: None
        self.instead: dict[str, Callable[[Asked], Said]] = {}
        self.counts = True
        self.headers: Mapping[str, str] = {}
        self.reports: dict[str, Any] = {}

    def answer(self, asked: Asked) -> Said:
        self.before(asked)
        if asked.path in self.instead:
            return self.instead[asked.path](asked)
        found = self._found(asked)
        if found is None:
            return Said({"error": "Empty query: Opportunity matching query does not exist."}, 404)
        return Said(found, headers=self.headers)

    def _found(self, asked: Asked) -> Any:
        known: dict[str, Any] = {
            "/me/": {"id": "user_ada", "organizations": [{"id": "orga_acme", "currency": self.currency}]},
            "/user/": {"data": USERS, "has_more": True},
            "/pipeline/": {"data": PIPELINES},
            "/status/opportunity/": {"data": [{"id": "stat_odd", "label": "Odd", "type": "active"}], "has_more": False},
            **self.reports,
        }
        if asked.path in known:
            return known[asked.path]
        if asked.path == "/opportunity/":
            return self.listed(asked.params)
        return next((d for d in self.deals if asked.path == f"/opportunity/{d['id']}/"), None)

    def listed(self, params: Mapping[str, str]) -> dict[str, Any]:
        matching = [d for d in self.deals if _matches(d, params)]
        skip, limit = int(params["_skip"]), int(params["_limit"])
        page = matching[skip : skip + limit]
        values = [d["value"] or 0 for d in matching if "value" in d]
        return {
            "data": page,
            "has_more": skip + limit < len(matching),
            **({"total_results": len(matching)} if self.counts else {}),
            "count_by_value_period": {"one_time": len(matching)} if matching else {},
            "total_value_one_time": sum(values),
            "total_value_annualized": sum(values),
            "total_value_annualized_formatted": None,
        }


def _matches(found: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    """The filters that these tests use, as Close reads them."""
    types = params.get("status_type__in", params.get("status_type", "")).split(",")
    statuses = params.get("status_id__in", "").split(",")
    stalled = params.get("is_stalled", "")
    return (
        (types == [""] or found.get("status_type", "active") in types)
        and (statuses == [""] or found["status_id"] in statuses)
        and (not stalled or found.get("is_stalled") is (stalled == "true"))
        and params.get("user_id") in (None, found["user_id"])
    )


class Clock:
    """A second passes with every look."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@asynccontextmanager
async def close(account: Account, tuning: CloseTuning = QUICK) -> AsyncIterator[tuple[CloseSource, Scripted]]:
    async with scripted(account.answer) as server:
        source = open_source({"base_url": server.url, "api_key": KEY}, clock=Clock(), tuning=tuning)
        try:
            yield source, server
        finally:
            await source.aclose()


def listing(**params: Any) -> Question:
    """A question for open deals, with `params` on top."""
    return Question(
        item=Query("deals", "close", "opportunities", params={"status_type": "active"} | params),
        slot=NOW,
        zone="Europe/Berlin",
        window=None,
        compared=None,
    )


def following(formerly: set[str], follow_limit: int = 200, previous: Snapshot | None = None, **params: Any) -> Question:
    item = Query(
        "deals",
        "close",
        "opportunities",
        params={"status_type": "active"} | params,
        follow=Follow.CLOSED,
        follow_limit=follow_limit,
    )
    since = NOW - timedelta(days=7)
    return Question(item, NOW, "Europe/Berlin", None, None, frozenset(formerly), since, previous)


def report(query: str, *, files: bool = False, compared: Window | None = None, **params: Any) -> Question:
    filled = {"pipeline": "pipe_new", "type": "active-stage-cohort"} | params
    item = Query("funnel", "close", query, window=WindowSpec("last-week"), params=filled)
    return Question(item, NOW, "Europe/Berlin", WEEK, compared, files=files)


def cells(snapshot: Snapshot, key: str, table_id: str = "opportunities") -> dict[str, Cell]:
    table = snapshot.followed if table_id == "followed" else snapshot.table(table_id)
    assert table is not None
    return table.record(table.by_key()[key])


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    return json.loads(json.dumps(value))
