"""A stand-in for Close's API over the simulated pipeline: the lookups, the opportunity list, the funnel reports.

Answers have the shapes that Close documents or that were recorded from it. Where the shape is uncertain (the exact
wording of a limit, the columns of the CSV), the stand-in makes a choice, and no code may rely on it.
"""

import base64
import binascii
import json
import random
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route

from worker.sandbox import close_filters as filters
from worker.sandbox import close_funnel as funnel
from worker.sandbox import close_objects as objects
from worker.sandbox.cast import (
    CURRENCY,
    LEAD_VIEW,
    ORGANISATION,
    PIPELINES,
    SAVED_SEARCH,
    USERS,
)
from worker.sandbox.close_dialect import FRAMEWORK, REFUSING, CloseDialect
from worker.sandbox.close_groups import grouped
from worker.sandbox.close_ranges import offset
from worker.sandbox.close_rows import OPTIONAL, aggregates, row, single
from worker.sandbox.close_webhooks import CloseWebhooks
from worker.sandbox.events import SimulatedDeal
from worker.sandbox.limits import Dialect, RequestLimit
from worker.sandbox.oauth import OAuth
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.shifts import Shifts

API_KEY = "api_sandbox"
ACCESS_TOKEN = "token_sandbox"  # noqa: S105  # opens nothing but this stand-in
ROOT = "/close/api/v1"
UNAUTHORISED = (
    "The server could not verify that you are authorized to access the URL requested. You either supplied the wrong "
    "credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required."
)
NEWEST = "-date_created"
MOST_EVENTS = 50
NO_SUCH_DEAL = "Empty query: Opportunity matching query does not exist."

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

Endpoint = Callable[[Request], Awaitable[Response]]


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON with non-ASCII characters escaped, as the service writes it."""
    return Response(json.dumps(body).encode(), status, dict(headers or {}), "application/json")


class CloseApi:
    """`now` is the simulation's clock. `shifts`, when armed, moves rows between two pages of one list. `dialect` may be
    changed at any time.
    """

    def __init__(self, pipeline: PipelineSimulation, now: Callable[[], datetime]) -> None:
        self.pipeline = pipeline
        self.limit = RequestLimit(dialect=Dialect.RECORDED)
        self.oauth = OAuth(now)
        self.shifts = Shifts()
        self.webhooks = CloseWebhooks()
        self.dialect: CloseDialect = REFUSING
        self._chance = random.Random(1)  # the order of ties
        self._now = now
        self._matched: dict[Hashable, list[SimulatedDeal]] = {}
        self._summed: dict[Hashable, dict[str, Any]] = {}
        self._revision = -1

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/me/", self.me),
            ("GET", "/organization/{id}/", self.organization),
            ("GET", "/event/", self.events),
            ("GET", "/user/", self.users),
            ("GET", "/pipeline/", self.pipelines),
            ("GET", "/status/opportunity/", self.statuses),
            ("GET", "/saved_search/", self.searches),
            ("GET", "/webhook/", self.webhooks.listed),
            ("POST", "/webhook/", self.webhooks.add),
            ("DELETE", "/webhook/{id}/", self.webhooks.drop),
            ("GET", "/opportunity/", self.opportunities),
            ("POST", "/opportunity/", self.overridden),
            ("GET", "/opportunity/{id}/", self.opportunity),
            ("POST", "/report/funnel/opportunity/{kind}/", self.report),
        ]
        token = Route("/close/oauth2/token/", self.oauth.token, methods=["POST"])
        guarded = [Route(ROOT + path, self._guarded(endpoint), methods=[method]) for method, path, endpoint in table]
        self._known = guarded
        return [token, *guarded, Route(ROOT + "/{path:path}", self._guarded(self.elsewhere), methods=METHODS)]

    async def elsewhere(self, request: Request) -> Response:
        """Answers unknown paths in JSON. Redirects a path without its final slash."""
        if any(route.matches(request.scope)[0] is not Match.NONE for route in self._known):
            return answer({"error": "The method is not allowed for the requested URL."}, 405)
        path = request.url.path
        slashed = {**request.scope, "path": f"{path}/"}
        if any(route.matches(slashed)[0] is Match.FULL for route in self._known):
            return RedirectResponse(str(request.url.replace(path=f"{path}/")), 307)
        return answer({"error": "Not Found"}, 404)

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        """Checks the key and the limit, and turns refusals into a 400. Requests without a valid key are limited too."""

        @wraps(endpoint)
        async def guarded(request: Request) -> Response:
            key = credential(request.headers.get("authorization", ""))
            if not key and self.oauth.knows(request.headers.get("authorization", "")):
                key = ACCESS_TOKEN
            if key not in {API_KEY, ACCESS_TOKEN}:
                return answer({"error": UNAUTHORISED}, 401, self.limit.take("")[1])
            allowed, headers = self.limit.take(key)
            if not allowed:
                return Response(self.limit.body(headers), 429, headers, "application/json")
            try:
                given = await endpoint(request)
            except filters.CloseRefusal as refusal:
                given = answer(self._refusal(refusal), 400)
            given.headers.update(headers)
            return given

        return guarded

    def _refusal(self, refusal: filters.CloseRefusal) -> dict[str, Any]:
        if self.dialect is FRAMEWORK and isinstance(refusal, filters.PagingRefusal):
            return {"error": refusal.words}
        return refusal.body()

    async def me(self, _request: Request) -> Response:
        own = {"memberships": [], "organizations": [objects.organisation()], "features": {}, "permissions": []}
        return answer({**objects.user(USERS[0]), **own})

    async def organization(self, request: Request) -> Response:
        if request.path_params["id"] != ORGANISATION:
            return answer({"error": "Empty query: Organization matching query does not exist."}, 404)
        return answer(objects.organisation())

    async def events(self, request: Request) -> Response:
        """No event was logged. Pages of this list go by cursor and hold fifty events at most."""
        filters.paging(request.query_params, MOST_EVENTS)
        return answer({"data": [], "cursor_next": None, "cursor_previous": None})

    async def users(self, request: Request) -> Response:
        return self._page(request, [objects.user(user) for user in USERS if not user.former])

    async def pipelines(self, _request: Request) -> Response:
        return answer({"data": [objects.pipeline(key) for key in PIPELINES]})

    async def statuses(self, request: Request) -> Response:
        rows = [
            {**objects.status(stage), "organization_id": ORGANISATION, "pipeline_id": pipeline}
            for pipeline, stages in PIPELINES.items()
            for stage in stages
        ]
        return self._page(request, rows, filters.FRAMEWORK_LIMIT)

    async def searches(self, request: Request) -> Response:
        """Views of leads, unless `type` or `type__in` says otherwise."""
        asked = request.query_params.get("type__in", request.query_params.get("type", "lead")).split(",")
        views = (
            objects.view(SAVED_SEARCH, "Large deals", "opportunity"),
            objects.view(LEAD_VIEW, "Large customers", "lead"),
        )
        return self._page(request, [view for view in views if view["type"] in asked], filters.FRAMEWORK_LIMIT)

    def _page(self, request: Request, rows: list[dict[str, Any]], most: int = filters.MAX_LIMIT) -> Response:
        limit, skip = filters.paging(request.query_params, most)
        return answer({"data": rows[skip : skip + limit], "has_more": skip + limit < len(rows)})

    async def opportunity(self, request: Request) -> Response:
        deal = self.pipeline.deals.get(request.path_params["id"])
        if deal is None or deal.deleted:
            return answer({"error": NO_SUCH_DEAL}, 404)
        return answer(_shower(request.query_params.get("_fields", ""))(deal))

    async def opportunities(self, request: Request) -> Response:
        return self._list(dict(request.query_params), request)

    async def overridden(self, request: Request) -> Response:
        """A GET whose parameters are too long for a URL: POST, x-http-method-override, body {"_params": {…}}. Only the
        URL says which fields are shown, because the framework reads it when it writes the answer.
        """
        if request.headers.get("x-http-method-override", "").upper() != "GET":
            return answer({"error": "The method is not allowed for the requested URL."}, 405)
        body = await _json(request)
        params = body.get("_params") if isinstance(body, Mapping) else None
        if not isinstance(params, Mapping):
            raise filters.CloseRefusal("_params", "This field is required.")
        given = {str(name): _text(value) for name, value in params.items()}
        return self._list({**given, "_fields": request.query_params.get("_fields", "")}, request)

    def _list(self, params: dict[str, str], request: Request) -> Response:
        limit, skip = filters.paging(params)
        zone_hours = request.headers.get("x-tz-offset")
        if skip:
            self.shifts.strike(self.pipeline, self._match(params, zone_hours), self._now())
        matched = self._as_sent(params, self._match(params, zone_hours))
        page = slice(skip, skip + limit)
        show = _shower(params.get("_fields", ""))
        if by := params.get("_group_by"):
            data, held = grouped(matched, by, page, show, self._total)
        else:
            data = [show(deal) for deal in matched[page]]
            held = len(data)
        more = skip + held < len(matched)
        return answer({"data": data, "has_more": more, **self._sums(params, zone_hours, matched)})

    def _sums(self, params: Mapping[str, str], zone_hours: str | None, matched: list[SimulatedDeal]) -> dict[str, Any]:
        """The aggregates of all matches. They are stored as long as the matches, which are the same for every page."""
        key = self._selection(params, zone_hours)
        if key not in self._summed:
            self._summed[key] = self._total(matched)
        return self._summed[key]

    def _total(self, deals: Sequence[SimulatedDeal]) -> dict[str, Any]:
        return aggregates(deals, CURRENCY, single if self.dialect is FRAMEWORK else sum)

    def _as_sent(self, params: Mapping[str, str], matched: list[SimulatedDeal]) -> list[SimulatedDeal]:
        """Rows with equal sort keys come in random order, because the framework does not decide between them."""
        if self.dialect is not FRAMEWORK:
            return matched
        return filters.ordered(matched, params.get("_order_by", NEWEST), FRAMEWORK, self._chance)

    def _match(self, params: Mapping[str, str], zone_hours: str | None) -> list[SimulatedDeal]:
        """The pages of one list share their matches until something happens in the pipeline."""
        if self._revision != self.pipeline.revision:
            self._matched.clear()
            self._summed.clear()
            self._revision = self.pipeline.revision
        key = self._selection(params, zone_hours)
        if key not in self._matched:
            tests = filters.tests(_asked(params), offset(zone_hours), self.dialect)
            found = [deal for deal in self.pipeline.visible() if all(test(deal) for test in tests)]
            self._matched[key] = filters.ordered(found, params.get("_order_by", NEWEST), self.dialect)
        return self._matched[key]

    def _selection(self, params: Mapping[str, str], zone_hours: str | None) -> Hashable:
        return self.dialect, tuple(sorted(_asked(params).items())), zone_hours

    async def report(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in {"totals", "stages"}:
            return answer({"error": "Not found."}, 404)
        ask = funnel.question(await _json(request), self._now(), offset(request.headers.get("x-tz-offset")))
        result = funnel.answer(self.pipeline, ask, kind)
        if "text/csv" in request.headers.get("accept", ""):
            return Response(objects.csv_of(result["data"], kind), 200, {}, "text/csv; charset=utf-8")
        return answer(result)


def _asked(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters that select deals."""
    return {k: v for k, v in params.items() if k not in {"_limit", "_skip", "_fields", "_group_by"}}


def credential(header: str) -> str:
    """The key of Basic with an empty password, or the token of Bearer. Anything else gives empty text."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() if rest.strip() == ACCESS_TOKEN else ""
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return user if not password and user == API_KEY else ""


def _shower(fields: str) -> Callable[[SimulatedDeal], dict[str, Any]]:
    wanted = {name for name in fields.split(",") if name}
    if "_all" in wanted:
        return row
    if not wanted:
        return lambda deal: {name: value for name, value in row(deal).items() if name not in OPTIONAL}
    return lambda deal: {name: value for name, value in row(deal).items() if name in wanted}


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise filters.CloseRefusal(None, "The request body is not valid JSON.") from None


def _text(value: Any) -> str:
    """A parameter from a JSON body, as it would be written in a URL."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
