"""A small account of Pipedrive for one test: what it holds, deal by deal, over a real socket."""

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
from worker.sources.common.calls import Retries
from worker.sources.pipedrive import PipedriveSource, PipedriveTuning, open_source

TOKEN = "7f" * 20
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
WEEK = Window(
    datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC), "Europe/Berlin", "last-week"
)
QUICK = PipedriveTuning(page=3, timeout=5.0, retries=Retries(pause=0.01, cap=1.0))
DEALS = "/api/v2/deals"
ARCHIVED = "/api/v2/deals/archived"
ME = {
    "id": 11,
    "name": "Ada Okafor",
    "default_currency": "EUR",
    "company_id": 4711,
    "company_domain": "acme",
    "timezone_name": "Europe/Berlin",
}
USERS: list[dict[str, Any]] = [
    {"id": 11, "name": "Ada Okafor", "email": "ada@acme.example", "active_flag": True},
    {"id": 12, "name": "Ben Lind", "email": "ben@acme.example", "active_flag": True},
    {"id": 13, "name": "Cleo Gone", "email": "cleo@acme.example", "active_flag": False},
]
CURRENCIES: list[dict[str, Any]] = [{"id": 1, "code": "EUR", "name": "Euro", "decimal_points": 2, "symbol": "€"}]
PIPELINES: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "New business",
        "order_nr": 2,
        "is_deleted": False,
        "is_deal_probability_enabled": True,
        "add_time": "2024-01-01T00:00:00Z",
        "update_time": None,
    },
    {
        "id": 2,
        "name": "Renewals",
        "order_nr": 1,
        "is_deleted": False,
        "is_deal_probability_enabled": False,
        "add_time": "2024-01-01T00:00:00Z",
        "update_time": "2024-05-01T00:00:00Z",
    },
]


def stage(number: int, name: str, order: int, pipeline: int, rots: int | None = None) -> dict[str, Any]:
    return {
        "id": number,
        "order_nr": order,
        "name": name,
        "is_deleted": False,
        "deal_probability": 10 * order,
        "pipeline_id": pipeline,
        "is_deal_rot_enabled": rots is not None,
        "days_to_rotten": rots,
        "add_time": "2024-01-01T00:00:00Z",
        "update_time": None,
    }


STAGES = [stage(1, "First call", 1, 1, 10), stage(2, "Offer", 5, 1), stage(3, "Renewal", 1, 2, 30)]


def deal(key: int, **changes: Any) -> dict[str, Any]:
    """One open deal in version 2's shape; keys of `changes` set to `...` are left out."""
    found = {
        "id": key,
        "title": f"Deal {key}",
        "creator_user_id": 11,
        "owner_id": 11,
        "value": 1000,
        "person_id": None,
        "org_id": 900 + key,
        "stage_id": 1,
        "pipeline_id": 1,
        "currency": "EUR",
        "add_time": "2026-10-01T08:00:00Z",
        "update_time": "2026-11-20T08:00:00Z",
        "stage_change_time": None,
        "status": "open",
        "is_archived": False,
        "is_deleted": False,
        "probability": None,
        "close_time": None,
        "won_time": None,
        "lost_time": None,
        "expected_close_date": None,
        "custom_fields": {"d4de": {"value": 7, "currency": "EUR"}},
        **changes,
    }
    return {name: value for name, value in found.items() if value is not ...}


class Account:
    """`deals` by id. `before`: called with every request before it is answered, so that a test can move a deal while a
    list is read. `instead`: answers by path, which stand before everything else. `v1` answers paths of version 1.
    """

    def __init__(self, deals: list[dict[str, Any]] | None = None) -> None:
        self.deals = deals or []
        self.before: Callable[[Asked], None] = lambda _asked: None
        self.instead: dict[str, Callable[[Asked], Said]] = {}
        self.headers: Mapping[str, str] = {}
        self.v1: dict[str, Any] = {}

    def answer(self, asked: Asked) -> Said:
        self.before(asked)
        if asked.path in self.instead:
            return self.instead[asked.path](asked)
        found = self._found(asked)
        if found is None:
            return Said({"success": False, "error": "Entity was not found", "data": None}, 404)
        return Said({"success": True, **found}, headers=self.headers)

    def _found(self, asked: Asked) -> Any:
        known: dict[str, Any] = {
            "/api/v1/users/me": {"data": ME},
            "/api/v1/users": {"data": USERS},
            "/api/v1/currencies": {"data": CURRENCIES},
            "/api/v2/pipelines": {"data": PIPELINES, "additional_data": {"next_cursor": None}},
            "/api/v2/stages": {"data": STAGES, "additional_data": {"next_cursor": None}},
            **self.v1,
        }
        if asked.path in known:
            return known[asked.path]
        if asked.path in (DEALS, ARCHIVED):
            return self.listed(asked.params, archived=asked.path == ARCHIVED)
        one = next((d for d in self.deals if asked.path == f"{DEALS}/{d['id']}" and not d.get("is_deleted")), None)
        return None if one is None else {"data": one}

    def listed(self, params: Mapping[str, str], *, archived: bool) -> dict[str, Any]:
        """By id; the cursor is the last one of the page before."""
        after, most = int(params.get("cursor", "0")), int(params["limit"])
        matching = [d for d in self.deals if bool(d.get("is_archived")) is archived and _matches(d, params)]
        rest = sorted((d for d in matching if d["id"] > after), key=lambda d: d["id"])
        more = str(rest[most - 1]["id"]) if len(rest) > most else None
        return {"data": rest[:most], "additional_data": {"next_cursor": more}}


def _matches(found: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    status = "deleted" if found.get("is_deleted") else found.get("status", "open")
    wanted = params.get("status", "open,won,lost").split(",")
    ids = params.get("ids")
    same = all(
        str(found.get(name)) == params[name] for name in ("pipeline_id", "stage_id", "owner_id") if name in params
    )
    return status in wanted and same and (ids is None or str(found["id"]) in ids.split(","))


class Clock:
    """A second passes with every look."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@asynccontextmanager
async def pipedrive(
    account: Account, tuning: PipedriveTuning = QUICK
) -> AsyncIterator[tuple[PipedriveSource, Scripted]]:
    async with scripted(account.answer) as server:
        source = open_source({"base_url": server.url, "api_token": TOKEN}, clock=Clock(), tuning=tuning)
        try:
            yield source, server
        finally:
            await source.aclose()


async def fetched(account: Account, question: Question, tuning: PipedriveTuning = QUICK) -> Snapshot:
    async with pipedrive(account, tuning) as (source, _):
        return (await source.fetch(question)).snapshot


def asking(query: str, follow: Follow = Follow.NONE, **params: Any) -> Question:
    return Question(Query("q", "pipedrive", query, params=params, follow=follow), NOW, "Europe/Berlin", None, None)


def listing(**params: Any) -> Question:
    """A question for the open deals of pipeline 1, with `params` on top."""
    return asking("deals", **{"pipeline_id": "1", "status": ["open"], **params})


def following(
    formerly: set[str],
    *,
    query: str = "deals",
    follow_limit: int = 200,
    previous: Snapshot | None = None,
    **params: Any,
) -> Question:
    filled = ({"pipeline_id": "1", "status": ["open"]} if query == "deals" else {}) | params
    item = Query("q", "pipedrive", query, params=filled, follow=Follow.CLOSED, follow_limit=follow_limit)
    since = NOW - timedelta(days=7)
    return Question(item, NOW, "Europe/Berlin", None, None, frozenset(formerly), since, previous)


def over(query: str, window: Window | None = WEEK, compared: Window | None = None, **params: Any) -> Question:
    """A windowed question about pipeline 1."""
    spec = WindowSpec("last-week") if window is not None else None
    item = Query("q", "pipedrive", query, window=spec, params={"id": "1"} | params)
    return Question(item, NOW, "Europe/Berlin", window, compared)


def cells(snapshot: Snapshot, key: str, table_id: str = "opportunities") -> dict[str, Cell]:
    table = snapshot.followed if table_id == "followed" else snapshot.table(table_id)
    assert table is not None
    return table.record(table.by_key()[key])


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    return json.loads(json.dumps(value))
