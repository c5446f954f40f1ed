"""A stand-in for both versions of Pipedrive's API over the simulated pipeline. It offers only what the adapter
requests.

Answers have the shapes of the public specifications or of recorded answers. Where the shape is uncertain (the text of a
burst's 429, which days a statistic covers), the stand-in makes a choice, and no code may rely on it.
"""

import json
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from worker.sandbox import pipedrive_dialect as dialect
from worker.sandbox import pipedrive_filters as filters
from worker.sandbox import pipedrive_rows as rows
from worker.sandbox import pipedrive_statistics as statistics
from worker.sandbox.cast import PIPELINE_NAMES, USERS
from worker.sandbox.oauth import OAuth
from worker.sandbox.pipedrive_book import PIPELINE_IDS, STAGES_BY_ID, USER_IDS, Book, StoredDeal
from worker.sandbox.pipedrive_dialect import INFO, AccountDialect, refusal_of, traced
from worker.sandbox.pipedrive_limits import COSTS, DAILY, TokenLimit
from worker.sandbox.pipedrive_webhooks import PipedriveWebhooks
from worker.sandbox.pipeline import PipelineSimulation

API_TOKEN = "5a" * 20
ACCESS_TOKEN = "v1u:sandbox"  # noqa: S105  # opens nothing but this stand-in
ROOT = "/pipedrive"
UNAUTHORISED = {"success": False, "error": "unauthorized access", "errorCode": 401, "error_info": INFO}
NOT_FOUND = {
    "success": False,
    "error": "Entity was not found",
    "error_info": "Object was not found.",
    "data": None,
    "additional_data": None,
}
Endpoint = Callable[[Request], Awaitable[Response]]


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body).encode(), status, dict(headers or {}), "application/json")


def good(data: Any, **beside: Any) -> Response:
    return answer({"success": True, "data": data, **beside})


class PipedriveApi:
    """`now` is the simulation's clock. `book.archived` archives deals. `limit`: the rate limits. `dialect`: the
    properties of the account. `symbol`: the symbol of the custom currency of an odd account. `refusing`: endpoint →
    reason of pipedrive_dialect why it refuses. `marked`: a page of version 2 says whether it is the last; without the
    mark a list may end anywhere.
    """

    def __init__(self, pipeline: PipelineSimulation, now: Callable[[], datetime]) -> None:
        self.book = Book(pipeline, now())
        self.limit = TokenLimit()
        self.dialect = AccountDialect.TIDY
        self.symbol = "seats"
        self.marked = True
        self.refusing: dict[str, str] = {}
        self.oauth = OAuth(now)
        self.webhooks = PipedriveWebhooks()
        names = list(PIPELINE_IDS)
        self.pipelines = {
            PIPELINE_IDS[k]: rows.pipeline(PIPELINE_IDS[k], PIPELINE_NAMES[k], names.index(k)) for k in names
        }
        self._matched: dict[Any, tuple[list[tuple[Any, int]], list[StoredDeal]]] = {}
        self._state: tuple[int, int] = (-1, 0)

    def routes(self) -> list[Route]:
        table: Mapping[str, Endpoint] = {
            "GET /api/v2/pipelines": self.all_pipelines,
            "POST /api/v2/pipelines": self.add_pipeline,
            "GET /api/v2/pipelines/{id}": self.one_pipeline,
            "PATCH /api/v2/pipelines/{id}": self.edit_pipeline,
            "DELETE /api/v2/pipelines/{id}": self.drop_pipeline,
            "GET /api/v2/stages": self.stages,
            "GET /api/v2/deals": self.deals,
            "GET /api/v2/deals/archived": self.archived,
            "GET /api/v2/deals/{id}": self.deal,
            "GET /api/v1/pipelines/{id}/conversion_statistics": self.conversion,
            "GET /api/v1/pipelines/{id}/movement_statistics": self.movements,
            "GET /api/v1/pipelines/{id}/deals": self.first_deals,
            "GET /api/v1/deals/summary": self.summary,
            "GET /api/v1/users": self.users,
            "GET /api/v1/users/me": self.me,
            "GET /api/v1/currencies": self.currencies,
            "GET /api/v1/filters": self.saved_filters,
            "GET /api/v1/webhooks": self.webhooks.listed,
            "POST /api/v1/webhooks": self.webhooks.add,
            "DELETE /api/v1/webhooks/{id}": self.webhooks.drop,
        }
        token = Route(f"{ROOT}/oauth/token", self.oauth.token, methods=["POST"])
        known = [route for name, endpoint in table.items() for route in self._routes(name, endpoint)]
        return [token, *known, *_strangers({route.path for route in known})]

    def _routes(self, name: str, endpoint: Endpoint) -> list[Route]:
        """Version 1 has two addresses, version 2 has one."""
        method, path = name.split(" ", 1)
        guarded = self._guarded(name, endpoint)
        paths = [path, path.removeprefix("/api")] if "/v1/" in path else [path]
        return [Route(ROOT + place, guarded, methods=[method]) for place in paths]

    def _guarded(self, name: str, endpoint: Endpoint) -> Endpoint:
        """Checks the token and the limits, and writes refusals in the words of the version."""

        @wraps(endpoint)
        async def guarded(request: Request) -> Response:
            bearer = request.headers.get("authorization", "")
            known = bearer == f"Bearer {ACCESS_TOKEN}" or self.oauth.knows(bearer)
            if request.headers.get("x-api-token") != API_TOKEN and not known:
                return answer(UNAUTHORISED, 401, {"x-401-by-gw": "true", **traced()})
            refusal, headers = self.limit.take(COSTS[name])
            if refusal is not None:
                words = DAILY if refusal == DAILY else refusal
                return answer({"success": False, "error": words, "errorCode": 429, "error_info": INFO}, 429, headers)
            if name in self.refusing:
                status, body = refusal_of(self.refusing[name])
                return answer(body, status, {**headers, **traced()})
            try:
                filters.known(request.query_params, filters.NAMES.get(name, frozenset()))
                given = await endpoint(request)
            except filters.PipedriveRefusal as wrong:
                given = _refused(wrong, second="/v2/" in name)
            given.headers.update(headers)
            return given

        return guarded

    async def all_pipelines(self, request: Request) -> Response:
        living = [p for p in self.pipelines.values() if not p["is_deleted"]]
        return self._page(request, dialect.pipelines(living, self.dialect), ("id", "update_time", "add_time"))

    async def one_pipeline(self, request: Request) -> Response:
        return good(self._pipeline(request))

    async def add_pipeline(self, request: Request) -> Response:
        body = await _json(request, {"name": str, "is_deal_probability_enabled": bool})
        if not body.get("name"):
            raise filters.PipedriveRefusal("name: Required")
        number = max(self.pipelines) + 1
        order = max(p["order_nr"] for p in self.pipelines.values()) + 1
        weighs = body.get("is_deal_probability_enabled", False)
        self.pipelines[number] = rows.pipeline(number, body["name"], order, weighs=weighs)
        return good(self.pipelines[number])

    async def edit_pipeline(self, request: Request) -> Response:
        found = self._pipeline(request)
        found.update(await _json(request, {"name": str, "is_deal_probability_enabled": bool}))
        return good(found)

    async def drop_pipeline(self, request: Request) -> Response:
        found = self._pipeline(request)
        found["is_deleted"] = True
        return good({"id": found["id"]})

    def _pipeline(self, request: Request) -> dict[str, Any]:
        found = self.pipelines.get(filters.whole(request.path_params["id"], "id"))
        if found is None:
            raise filters.PipedriveRefusal("Entity was not found", 404)
        return found

    async def stages(self, request: Request) -> Response:
        params = dict(request.query_params)
        found = dialect.stages([rows.stage(number) for number in STAGES_BY_ID], self.dialect)
        if "pipeline_id" in params:
            wanted = filters.whole(params["pipeline_id"], "pipeline_id")
            found = [stage for stage in found if stage["pipeline_id"] == wanted]
        return self._page(request, found, ("id", "update_time", "add_time", "order_nr"))

    def _page(self, request: Request, found: list[dict[str, Any]], fields: tuple[str, ...]) -> Response:
        """A short list of version 2, by cursor."""
        params = dict(request.query_params)
        by = filters.order(params, fields)
        ordered = sorted(found, key=by.key, reverse=by.descending)
        place = filters.after(params, by)
        if place is not None:
            ordered = [row for row in ordered if (by.key(row) < place if by.descending else by.key(row) > place)]
        page = ordered[: filters.limit(params)]
        return self._marked(page, by.cursor(page[-1]) if len(ordered) > len(page) else None)

    def _marked(self, page: list[dict[str, Any]], cursor: str | None) -> Response:
        return good(page, additional_data={"next_cursor": cursor} if self.marked else {})

    async def deals(self, request: Request) -> Response:
        return self._deals(request, archived=False)

    async def archived(self, request: Request) -> Response:
        return self._deals(request, archived=True)

    def _deals(self, request: Request, *, archived: bool) -> Response:
        params = dict(request.query_params)
        by, most = filters.order(params), filters.limit(params)
        places, matched = self._match(params, by, archived=archived)
        place = filters.after(params, by)
        start = 0
        if place is not None:
            start = bisect_right(places, place) if not by.descending else sum(at >= place for at in places)
        extra = filters.extras(params)
        page = [dialect.deal(rows.deal_v2(kept, extra), kept, self.dialect) for kept in matched[start : start + most]]
        return self._marked(page, by.cursor(page[-1]) if start + most < len(matched) else None)

    def _match(
        self, params: Mapping[str, str], by: filters.Order, *, archived: bool
    ) -> tuple[list[tuple[Any, int]], list[StoredDeal]]:
        """The pages of one list share their matches, and the positions of their rows, until something happens."""
        state = (self.book.pipeline.revision, len(self.book.archived))
        if state != self._state:
            self._matched.clear()
            self._state = state
        aside = {"limit", "cursor", "include_fields", "custom_fields", "include_labels", "include_option_labels"}
        key = (archived, *sorted((name, text) for name, text in params.items() if name not in aside))
        if key not in self._matched:
            tests = filters.tests(params, archived=archived)
            found = [kept for kept in self.book.every() if all(test(kept) for test in tests)]
            placed = [(by.key(_head(kept)), kept) for kept in found]
            placed.sort(key=lambda pair: pair[0], reverse=by.descending)
            self._matched[key] = [place for place, _ in placed], [kept for _, kept in placed]
        return self._matched[key]

    async def deal(self, request: Request) -> Response:
        kept = self.book.find(filters.whole(request.path_params["id"], "id"))
        if kept is None or kept.deal.deleted:
            raise filters.PipedriveRefusal("Entity was not found", 404)
        return good(dialect.deal(rows.deal_v2(kept, filters.extras(request.query_params)), kept, self.dialect))

    async def first_deals(self, request: Request) -> Response:
        """Version 1. The documentation's precedence decides whose deals are listed. Only open deals, by offset."""
        params, pipeline = request.query_params, self._pipeline(request)["id"]
        owner: int | None = USER_IDS[USERS[0].id]
        large = False
        if params.get("everyone") == "1":
            owner = None
        elif "user_id" in params:
            owner = filters.whole(params["user_id"], "user_id")
        elif "filter_id" in params:
            owner, large = None, True
        stage = filters.whole(params["stage_id"], "stage_id") if "stage_id" in params else None
        found = [
            kept
            for kept in self._open(pipeline)
            if owner in (None, kept.owner)
            and stage in (None, kept.stage)
            and (not large or (kept.value is not None and kept.value >= filters.LARGE))
        ]
        start = filters.whole(params.get("start", "0"), "start")
        most = filters.limit(params)
        more = start + most < len(found)
        told: dict[str, Any] = {"start": start, "limit": most, "more_items_in_collection": more}
        beside: dict[str, Any] = {"pagination": told | ({"next_start": start + most} if more else {})}
        if params.get("get_summary") == "1":
            beside["deals_summary"] = statistics.per_stage(found, self.dialect)
        page = [dialect.deal(rows.deal_v1(kept), kept, self.dialect) for kept in found[start : start + most]]
        return good(page or None, additional_data=beside)

    def _open(self, pipeline: int) -> list[StoredDeal]:
        every = self.book.every()
        return [kept for kept in every if kept.status == "open" and kept.pipeline == pipeline and not kept.archived]

    async def summary(self, request: Request) -> Response:
        """A filter has precedence over the user. Archived deals are in no sum."""
        params = dict(request.query_params)
        asked = {name: text for name, text in params.items() if name != "user_id"}
        if "user_id" in params:
            asked["owner_id"] = params["user_id"]
        tests = filters.tests(asked, archived=False)
        found = [kept for kept in self.book.every() if all(test(kept) for test in tests)]
        return good(statistics.summary(found, self.dialect))

    async def conversion(self, request: Request) -> Response:
        return good(statistics.conversion(self.book, self._pipeline(request)["id"], *_whose_days(request)))

    async def movements(self, request: Request) -> Response:
        return good(statistics.movements(self.book, self._pipeline(request)["id"], *_whose_days(request), self.dialect))

    async def users(self, _request: Request) -> Response:
        return good([rows.user(user) for user in USERS])

    async def me(self, _request: Request) -> Response:
        return good(rows.user(USERS[0], me=True))

    async def currencies(self, _request: Request) -> Response:
        return good(dialect.currencies(self.dialect, self.symbol))

    async def saved_filters(self, _request: Request) -> Response:
        return good([{"id": 1, "name": "Large deals", "active_flag": True, "type": "deals"}])


def _strangers(known: set[str]) -> list[Route]:
    """Unknown requests: 405 at a known path, 404 elsewhere, in the service's words."""

    def stranger(status: int, words: str) -> Endpoint:
        body = {"success": False, "error": words, "error_info": INFO, "data": None, "additional_data": None}

        async def refuse(_request: Request) -> Response:
            return answer(body, status, traced())

        return refuse

    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    at_known = [Route(path, stranger(405, "Method not allowed"), methods=every) for path in sorted(known)]
    return [*at_known, Route(ROOT + "/{path:path}", stranger(404, "Unknown method ."), methods=every)]


def _refused(wrong: filters.PipedriveRefusal, *, second: bool) -> Response:
    if wrong.status == 404:
        return answer(NOT_FOUND, 404)
    if not second:
        body = {"success": False, "error": wrong.problem, "error_info": INFO, "data": None, "additional_data": None}
        return answer(body, wrong.status)
    body = {"success": False, "error": f"Validation failed: {wrong.problem}", "code": "ERR_SCHEMA_VALIDATION_FAILED"}
    return answer(body, wrong.status)


def _head(kept: StoredDeal) -> dict[str, Any]:
    """The key by which lists are ordered."""
    return {
        "id": kept.number,
        "update_time": rows.rfc3339(kept.updated_at),
        "add_time": rows.rfc3339(kept.deal.created_at),
    }


def _whose_days(request: Request) -> tuple[int, tuple[date, date]]:
    """Without a user it is the token's own user."""
    params = request.query_params
    try:
        days = date.fromisoformat(params["start_date"]), date.fromisoformat(params["end_date"])
    except (KeyError, ValueError):
        raise filters.PipedriveRefusal("start_date and end_date are required, as YYYY-MM-DD") from None
    user = filters.whole(params["user_id"], "user_id") if "user_id" in params else USER_IDS[USERS[0].id]
    return user, days


async def _json(request: Request, known: Mapping[str, type]) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise filters.PipedriveRefusal("body: Invalid JSON") from None
    if not isinstance(body, dict):
        raise filters.PipedriveRefusal("body: Expected object")
    for name, value in body.items():
        if name not in known:
            raise filters.PipedriveRefusal(f"{name}: Parameter '{name}' is not allowed for this request")
        if not isinstance(value, known[name]):
            raise filters.PipedriveRefusal(f"{name}: Expected {known[name].__name__}")
    return body
