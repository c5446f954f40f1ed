"""A small Umami for one test: one website, a login, and answers by path, over a real socket."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.scripted_http import Asked, Said, Scripted, scripted
from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import Cell, Snapshot
from worker.domain.time.window import Window, WindowSpec
from worker.ports import Question
from worker.sources.common.calls import Retries
from worker.sources.umami import UmamiSource, UmamiTuning, open_source

PASSWORD = "pw-9fInvented"
TOKEN = "tok-Invented+/x=="
KEY = "api_7fInventedKey"
SITE = "3d0d8a9e-54c7-4e0b-8a55-6f1f6a0d9c11"
REPORT = "6a3f7b52-0f0d-4a55-9c2e-2b1d5c7e9f00"
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"
WEEK = Window(datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC), ZONE, "last-week")
BEFORE = Window(datetime(2026, 11, 8, 23, tzinfo=UTC), datetime(2026, 11, 15, 23, tzinfo=UTC), ZONE, "last-week")
QUICK = UmamiTuning(timeout=5.0, retries=Retries(tries=3, pause=0.001, cap=1.0))

WEBSITE: dict[str, Any] = {"id": SITE, "name": "Acme shop", "domain": "shop.acme.example", "resetAt": None}
ANSWERS: dict[str, Any] = {
    "funnel": [
        {
            "type": "path",
            "value": "/",
            "visitors": 200,
            "previous": 0,
            "dropped": 0,
            "dropoff": None,
            "remaining": 1,
        },
        {
            "type": "event",
            "value": "signup",
            "visitors": 50,
            "previous": 200,
            "dropped": 150,
            "dropoff": 0.75,
            "remaining": 0.25,
        },
    ],
    "goal": {"num": 30, "total": 120},
    "journey": [
        {"items": ["/", "/pricing", None, None], "count": 40},
        {"items": ["/", "signup", "/pricing", None], "count": 7},
        {"items": ["/", "/pricing", None], "count": 2},
    ],
    "retention": [
        {"date": "2026-11-16 00:00:00", "day": 0, "visitors": 10, "returnVisitors": 10, "percentage": 100},
        {"date": "2026-11-16 00:00:00", "day": 2, "visitors": 10, "returnVisitors": 3, "percentage": 30},
        {"date": "2026-11-21 00:00:00", "day": 0, "visitors": 4, "returnVisitors": 4, "percentage": 100},
    ],
    "revenue": {
        "chart": [
            {"x": "purchase", "t": "2026-11-16 00:00:00", "y": "29.5", "count": 2},
            {"x": "purchase", "t": "2026-11-19 00:00:00", "y": "199", "count": 1},
        ],
        "total": {
            "sum": "228.5",
            "count": 3,
            "unique_count": 2,
            "total_sessions": 120,
            "average": 76.16666666666667,
            "arpu": 1.9041666666666666,
            "comparison": {"sum": None, "count": 0},
        },
        "country": [{"name": "DE", "value": "199"}, {"name": None, "value": "29.5"}],
        "region": [{"country": "DE", "name": "DE-BE", "value": "199"}],
        "referrer": [
            {"name": None, "value": "100"},
            {"name": "", "value": "99.5"},
            {"name": "x.example", "value": "29"},
        ],
        "channel": [{"name": "organicSearch", "value": "228.5"}],
    },
    "utm": {
        "utm_source": [{"utm": "newsletter", "views": 9}, {"utm": "<!channel>", "views": 3}],
        "utm_medium": [{"utm": "email", "views": 9}],
        "utm_campaign": [],
        "utm_term": [],
        "utm_content": [],
    },
    "attribution": {
        "referrer": [{"name": "search.example", "value": 12}],
        "paidAds": [{"name": "Google Ads", "value": 4}],
        "utm_source": [{"name": "newsletter", "value": 5}],
        "utm_medium": [],
        "utm_campaign": [],
        "utm_content": [],
        "utm_term": [],
        "total": {"pageviews": 21, "visitors": 17, "visits": 18},
    },
    "breakdown": [
        {
            "views": "37",
            "visitors": 20,
            "visits": 25,
            "bounces": 6,
            "totaltime": "4210",
            "os": "Mac OS",
            "country": "DE",
        },
        {"views": "3", "visitors": 2, "visits": 2, "bounces": 1, "totaltime": "0", "os": None, "country": "FR"},
    ],
    "performance": {
        "chart": [{"t": "2026-11-17 00:00:00", "p50": 2100, "p75": 2900.5, "p95": 3300}],
        "summary": {
            "lcp": {"p50": 2100, "p75": 2900.5, "p95": 3300},
            "inp": {"p50": 90.25, "p75": 110, "p95": 140},
            "cls": {"p50": 0.0594, "p75": 0.08, "p95": 0.1},
            "fcp": {"p50": 1000, "p75": 1100, "p95": 1200},
            "ttfb": {"p50": 200, "p75": 220, "p95": 240},
            "count": 40,
        },
        "pages": [{"name": "/", "p50": 2100, "p75": 2900.5, "p95": 3300, "count": 40}],
        "pageTitles": [{"name": None, "p50": 2100, "p75": 2900.5, "p95": 3300, "count": 40}],
        "devices": [],
        "browsers": [],
    },
    "stats": {
        "pageviews": 500,
        "visitors": 120,
        "visits": 160,
        "bounces": 40,
        "totaltime": 36000,
        "comparison": {"pageviews": 1, "visitors": 1, "visits": 1, "bounces": 1, "totaltime": 1},
    },
}
PARAMS: dict[str, dict[str, Any]] = {
    "funnel": {"steps": ["path:/", "event:signup"], "window": "60m"},
    "goal": {"type": "event", "value": "signup"},
    "journey": {"steps": 3},
    "retention": {},
    "revenue": {"currency": "usd"},
    "utm": {},
    "attribution": {"model": "first-click", "type": "path", "step": "/pricing"},
    "breakdown": {"fields": ["os", "country"]},
    "performance": {},
    "stats": {},
}


class Account:
    """`answers` by report's type (or stats). `instead`: answers by path, which stand before everything else."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {**ANSWERS, **answers}
        self.instead: dict[str, Callable[[Asked], Said]] = {}
        self.tokens = {TOKEN}
        self.logins = 0
        self.website: Any = dict(WEBSITE)

    def answer(self, asked: Asked) -> Said:
        path = re.sub("^/(api|v1(/eu)?)(?=/)", "", asked.path)
        if path in self.instead:
            return self.instead[path](asked)
        if path == "/auth/login":
            return self.login(asked)
        proof = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if proof not in self.tokens and asked.headers.get("x-umami-api-key") != KEY:
            return unauthorized()
        if path == f"/websites/{SITE}":
            return Said(self.website)
        kind = "stats" if path == f"/websites/{SITE}/stats" else path.removeprefix("/reports/")
        return Said(self.answers[kind]) if kind in self.answers else Said(b"<!DOCTYPE html>", 404)

    def login(self, asked: Asked) -> Said:
        self.logins += 1
        if asked.json != {"username": "digest", "password": PASSWORD}:
            return unauthorized("incorrect-username-password")
        token = TOKEN if self.logins == 1 else f"{TOKEN}{self.logins}"
        self.tokens.add(token)
        return Said({"token": token, "user": {"username": "digest"}})


def unauthorized(code: str = "unauthorized") -> Said:
    return Said({"error": {"message": "Unauthorized", "code": code, "status": 401}}, 401)


class Clock:
    """A second passes with every look."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@asynccontextmanager
async def umami(account: Account, tuning: UmamiTuning = QUICK) -> AsyncIterator[tuple[UmamiSource, Scripted]]:
    async with scripted(account.answer) as server:
        options = {"base_url": server.url, "username": "digest", "password": PASSWORD}
        source = open_source(options, clock=Clock(), tuning=tuning)
        try:
            yield source, server
        finally:
            await source.aclose()


def question(query: str, *, over: Window | None = WEEK, compared: Window | None = None, **params: Any) -> Question:
    """A question with the parameters that it needs; keys of `params` set to `...` are left out."""
    filled = {"websiteId": SITE, **PARAMS.get(query, {}), **params}
    given = {name: value for name, value in filled.items() if value is not ...}
    spec = WindowSpec("last-week") if over is not None else None
    return Question(Query(query, "umami", query, window=spec, params=given), NOW, ZONE, over, compared)


async def answered(query: str, answer: Any = None, **params: Any) -> Snapshot:
    """The snapshot that one answer becomes; the report is that of the query."""
    account = Account() if answer is None else Account(**{query: answer})
    async with umami(account) as (source, _):
        return (await source.fetch(question(query, **params))).snapshot


def cells(snapshot: Snapshot, table_id: str, key: str) -> dict[str, Cell]:
    table = snapshot.table(table_id)
    assert table is not None
    return table.record(table.by_key()[key])


def keys(snapshot: Snapshot, table_id: str) -> list[str]:
    table = snapshot.table(table_id)
    assert table is not None
    return [row.key for row in table.rows]


def totals(snapshot: Snapshot) -> dict[str, Cell]:
    return {".".join(measure.key).removeprefix("total."): measure.value for measure in snapshot.measures}


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    return json.loads(json.dumps(value))
