"""A stand-in for Umami 3's API over a simulated website: login, websites, saved reports, reports, totals.

It is also mounted as Umami Cloud, with the cloud's key, its limit and its own answer for an unknown path. The order of
the service's checks is kept, and so are its misleading refusals: first the body (400), then the account (401), then the
owner of the website (401 as well). An unknown type of report is read as the id of a saved report. A request that the
service did not expect gives an empty 500.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from worker.sandbox import umami_below as below
from worker.sandbox import umami_checks as checks
from worker.sandbox import umami_send as sending
from worker.sandbox.limits import RequestLimit
from worker.sandbox.names import FRIENDLY, Names
from worker.sandbox.umami_account import SEGMENT, UmamiAccount, user
from worker.sandbox.umami_answers import UmamiRefusal, answer, chosen, milliseconds, nothing, read_json, unauthorized
from worker.sandbox.umami_lists import UmamiAccess, UmamiLists
from worker.sandbox.umami_reports import REPORTS, stats
from worker.sandbox.umami_scope import OF_SESSIONS, VisitScope, days, unforeseen
from worker.sandbox.umami_send import OpenSite
from worker.sandbox.umami_site import SimulatedSite

SITE_ROOT = "/umami"
ROOT = f"{SITE_ROOT}/api"
CLOUD = f"{SITE_ROOT}/v1"
PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><title>404</title></head><body>This page could not be found.</body></html>'
)
_IN_3_1 = ("reports", "segments", "stats", "pageviews", "active", "metrics")
"""The paths below a website in version 3.1."""
FRONT = b'<!DOCTYPE html><html lang="en"><head><title>Umami</title></head><body>Log in</body></html>'
ACTIVE = timedelta(minutes=5)
CLOUD_CALLS, CLOUD_SECONDS = 50, 15.0
UTC_ZONE = ZoneInfo("UTC")

Endpoint = Callable[[Request], Awaitable[Response]]


class UmamiApi:
    """`now` is the simulation's clock. `state`: the data that may be changed; `limit`: that of the cloud. With
    `legacy`, reports are below /reports, as in version 3.1; without, only below their website, as in a later version.
    """

    def __init__(self, seed: int, now: Callable[[], datetime], names: Names = FRIENDLY) -> None:
        self.site = SimulatedSite(seed, now())
        self.state = UmamiAccount(now(), names.website)
        self.sites = {key: OpenSite(self.site if one.visited else None) for key, one in self.state.websites.items()}
        self.access = UmamiAccess(self.state)
        self.lists = UmamiLists(self.access, now)
        self.limit = RequestLimit(CLOUD_CALLS, CLOUD_SECONDS)
        self.legacy = True
        self._now = now

    def routes(self) -> list[Route]:
        table: dict[str, Mapping[str, Endpoint]] = {
            "/heartbeat": {"GET": self.heartbeat},
            "/auth/login": {"POST": self.login},
            "/send": {"POST": self.send},
            "/auth/verify": {"POST": self.verify},
            "/me": {"GET": self.me},
            "/teams": {"GET": self.lists.teams},
            "/teams/{team}/websites": {"GET": self.lists.team_websites},
            "/websites": {"GET": self.lists.websites},
            "/websites/{id}": {"GET": self.lists.website},
            "/websites/{id}/reports": {"GET": self.lists.reports_of},
            "/websites/{id}/segments": {"GET": self.lists.segments},
            "/websites/{id}/stats": {"GET": self.stats},
            "/websites/{id}/pageviews": {"GET": self.pageviews},
            "/websites/{id}/active": {"GET": self.active},
            "/websites/{id}/metrics": {"GET": self.metrics},
            **{f"/websites/{{id}}/{path}": {"GET": self._part(path)} for path in below.PATHS},
            **{f"/websites/{{id}}/{kind}": self.lists.endpoints for kind in ("funnels", "goals")},
            **{f"/websites/{{id}}/{kind}/{{report}}": self.lists.saved_below for kind in ("funnels", "goals")},
            "/reports": {"GET": self.lists.reports, "POST": self.lists.create},
            "/reports/{id}": {"GET": self.lists.report, "POST": self.run_or_update, "DELETE": self.lists.delete},
        }
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        mounted = [
            Route(root + path, self._guarded(by_method, cloud=root == CLOUD), methods=methods)
            for root in (ROOT, CLOUD)
            for path, by_method in table.items()
        ]
        unknown = [
            Route(f"{root}/{{rest:path}}", self._unknown(cloud=root == CLOUD), methods=methods)
            for root in (CLOUD, SITE_ROOT)
        ]
        front = [Route(path, self.front, methods=["GET"]) for path in (SITE_ROOT, f"{SITE_ROOT}/")]
        return [*front, *mounted, *unknown]

    async def front(self, _request: Request) -> Response:
        """The page for people, which asks for a login."""
        return Response(FRONT, media_type="text/html")

    def _guarded(self, by_method: Mapping[str, Endpoint], *, cloud: bool) -> Endpoint:
        async def guarded(request: Request) -> Response:
            endpoint = by_method.get(request.method)
            if not self._has(request):
                return self._unknown_path(request, cloud=cloud)
            if endpoint is None:
                return nothing(405).response
            request.state.cloud = cloud
            if cloud:
                allowed, _ = self.limit.take(request.headers.get("x-umami-api-key", ""))
                if not allowed:
                    return answer({"error": "Too many requests"}, 429)
            try:
                return await endpoint(request)
            except UmamiRefusal as refused:
                return refused.response

        return guarded

    def _unknown(self, *, cloud: bool) -> Endpoint:
        async def unknown(request: Request) -> Response:
            return self._unknown_path(request, cloud=cloud)

        return unknown

    def _unknown_path(self, request: Request, *, cloud: bool) -> Response:
        if request.url.path.endswith("/"):
            return Response(b"", 308, {"location": request.url.path.rstrip("/")})
        if cloud:
            return answer({"error": f"Not Found: {request.url.path.removeprefix(CLOUD)[1:]}"}, 404)
        return Response(PAGE, 404, media_type="text/html")

    def _has(self, request: Request) -> bool:
        """Version 3.1 has no reports below a website. A later one may have none below /reports."""
        parts = request.url.path.removeprefix(CLOUD).removeprefix(ROOT).strip("/").split("/")
        if parts[0] == "reports":
            return self.legacy
        is_new = parts[0] == "websites" and len(parts) > 2 and parts[2] not in _IN_3_1
        return not (is_new and self.legacy)

    async def heartbeat(self, _request: Request) -> Response:
        return answer({"ok": True})

    async def login(self, request: Request) -> Response:
        body = await read_json(request)
        faults = checks.RequestErrors()
        for name in ("username", "password"):
            if words := checks.text(body.get(name)):
                faults.add((name,), words)
        if faults.any:
            return answer(faults.body(), 400)
        token = self.state.login(body["username"], body["password"])
        if token is None:
            raise unauthorized("incorrect-username-password")
        return answer({"token": token, "user": user(body["username"], self.state.born)})

    async def verify(self, request: Request) -> Response:
        return answer(user(self.access.account(request), self.state.born))

    async def me(self, request: Request) -> Response:
        """The real service repeats the token as well."""
        account = self.access.account(request)
        token = request.headers.get("authorization", "").partition(" ")[2]
        return answer({"token": token, "user": user(account, self.state.born)})

    async def send(self, request: Request) -> Response:
        """A view or an event, as a website's script sends it. Nothing is kept of other types, links and pixels."""
        body = await read_json(request)
        faults = sending.faults(body)
        if faults.any:
            return answer(faults.body(), 400)
        payload, agent = body["payload"], request.headers.get("user-agent", "")
        website = payload.get("website")
        if website is not None and website not in self.sites:
            return answer({"error": {"message": "Website not found.", "code": "bad-request", "status": 400}}, 400)
        if sending.is_robot(agent):
            return answer(sending.IGNORED)
        address = payload.get("ip") or (request.client.host if request.client else "")
        found = sending.event({"website": "", **payload}, address, agent, self._now())
        if website is not None and body["type"] == "event":
            self.sites[website].sent.append(found)
        return answer({"cache": f"{found.visit}.sandbox", "sessionId": found.session, "visitId": found.visit})

    async def run_or_update(self, request: Request) -> Response:
        """The service has one path for each type of report, and below it one path for everything else."""
        name = request.path_params["id"]
        return await (self._run(request, name) if name in checks.TYPES else self.lists.update(request, name))

    async def _run(self, request: Request, kind: str) -> Response:
        body = await read_json(request)
        faults = checks.report(body)
        if faults.any:
            return answer(faults.body(), 400)
        self.access.allowed(request, body["websiteId"])
        if body["type"] != kind:
            raise nothing(500)
        return answer(self._report(request, body))

    def _report(self, request: Request, body: Mapping[str, Any]) -> Any:
        """The answer to a checked body."""
        self.access.allowed(request, body["websiteId"])
        given, filters = body["parameters"], body["filters"]
        unknown = any(filters.get(name) not in (None, SEGMENT) for name in ("segment", "cohort"))
        joined = body["type"] == "performance" and not OF_SESSIONS.isdisjoint(filters)
        if unknown or joined or unforeseen(filters) or given.get("fields") == []:
            raise nothing(500)
        scope = self._scope(
            body["websiteId"], checks.moment(given["startDate"]), checks.moment(given["endDate"]), filters
        )
        return REPORTS[body["type"]](scope, given)

    def _part(self, path: str) -> Endpoint:
        given = below.PATHS[path]

        async def part(request: Request) -> Response:
            website = request.path_params["id"]
            body, faults = below.request(given, website, request.query_params)
            if faults.any:
                return answer(faults.body(), 400)
            return answer(given.pick(self._report(request, body), request.query_params.get("type", "")))

        return part

    async def stats(self, request: Request) -> Response:
        if "compare" in request.query_params:
            chosen(request, "compare", ("prev", "yoy"))
        return answer(stats(self._between(request), without_bounces="excludeBounce" in request.query_params))

    async def active(self, request: Request) -> Response:
        """Visitors of the last five minutes."""
        website = request.path_params["id"]
        self.access.allowed(request, website)
        now = self._now()
        hits = self._scope(website, now - ACTIVE, now, {}).hits()
        return answer({"visitors": len({hit.session for hit in hits})})

    async def metrics(self, request: Request) -> Response:
        """Views by the value of a field, largest first."""
        field = chosen(request, "type", checks.FIELDS)
        hits = [hit for hit in self._between(request).hits() if hit.fields[field]]
        found = Counter(hit.fields[field] for hit in hits)
        return answer([{"x": value, "y": count} for value, count in found.most_common(500)])

    async def pageviews(self, request: Request) -> Response:
        """By day in UTC. Days without a view are left out."""
        found = days(self._between(request).hits(), UTC_ZONE)
        return answer(
            {
                "pageviews": [{"x": f"{day} 00:00:00", "y": len(hits)} for day, hits in sorted(found.items())],
                "sessions": [
                    {"x": f"{day} 00:00:00", "y": len({hit.session for hit in hits})}
                    for day, hits in sorted(found.items())
                ],
            }
        )

    def _between(self, request: Request) -> VisitScope:
        """`startAt` and `endAt` in milliseconds. The names that the reports use are accepted and then fail."""
        params, website = request.query_params, request.path_params["id"]
        if "startDate" in params:
            self.access.allowed(request, website)
            raise nothing(500)
        edges = [milliseconds(params.get(name)) for name in ("startAt", "endAt")]
        if None in edges:
            faults = checks.RequestErrors()
            faults.add((), "You must provide either startAt & endAt or startDate & endDate.")
            raise UmamiRefusal(answer(faults.body(), 400))
        self.access.allowed(request, website)
        filters = {name: value for name, value in params.items() if name in checks.FIELDS}
        if unforeseen(filters):
            raise nothing(500)
        return self._scope(website, edges[0], edges[1], filters)

    def _scope(
        self, website: str, start: datetime | None, end: datetime | None, filters: Mapping[str, str]
    ) -> VisitScope:
        """A site that was reset begins at the reset, whatever the requested range is."""
        site = self.state.websites.get(website)
        begin, last = start or datetime.fromtimestamp(0, UTC), end or datetime.fromtimestamp(0, UTC)
        if site is not None and site.reset_at is not None:
            begin = max(begin, datetime.fromisoformat(site.reset_at))
        return VisitScope(self.sites.get(website), begin, last, self._now(), filters)
