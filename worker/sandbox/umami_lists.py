"""Websites, teams, segments and saved reports of the Umami stand-in, and who may see them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from worker.sandbox import umami_checks as checks
from worker.sandbox.umami_account import API_KEY, USERNAME, WEBSITE, UmamiAccount, user
from worker.sandbox.umami_answers import UmamiRefusal, answer, chosen, nothing, paged, read_json, unauthorized

Endpoint = Callable[[Request], Awaitable[Response]]


class UmamiAccess:
    """Which account a request comes from, and what it may see. Both raise Refused."""

    def __init__(self, state: UmamiAccount) -> None:
        self.state = state

    def account(self, request: Request) -> str:
        """The account that asks. A person's own server does not read the cloud's header."""
        if request.state.cloud:
            if request.headers.get("x-umami-api-key") == API_KEY:
                return USERNAME
            raise unauthorized()
        _scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account = self.state.tokens.get(token)
        if account is None:
            raise unauthorized()
        return account

    def allowed(self, request: Request, website: str) -> str:
        account = self.account(request)
        if not self.state.sees(account, website):
            raise unauthorized()
        return account


class UmamiLists:
    """`now` is the simulation's clock."""

    def __init__(self, access: UmamiAccess, now: Callable[[], datetime]) -> None:
        self.access = access
        self._state = access.state
        self._now = now

    async def teams(self, request: Request) -> Response:
        self.access.account(request)
        return paged(request, [self._state.team()])

    async def team_websites(self, request: Request) -> Response:
        self.access.account(request)
        team = request.path_params["team"]
        return paged(request, [self._state.shown(s) for s in self._state.websites.values() if s.team == team])

    async def websites(self, request: Request) -> Response:
        account = self.access.account(request)
        own = [site for site in self._state.websites.values() if site.owner == account]
        who = {"username": account, "id": user(account, self._state.born)["id"]}
        return paged(request, [{**self._state.shown(s), "user": who} for s in sorted(own, key=lambda s: s.id)])

    async def website(self, request: Request) -> Response:
        if self.access.account(request) and not checks.is_uuid(request.path_params["id"]):
            raise nothing(500)
        self.access.allowed(request, request.path_params["id"])
        site = self._state.websites.get(request.path_params["id"])
        return answer(None if site is None else self._state.shown(site))

    async def reports_of(self, request: Request) -> Response:
        return self._reports(request, request.path_params["id"])

    async def reports(self, request: Request) -> Response:
        faults = checks.RequestErrors()
        if words := checks.uuid(request.query_params.get("websiteId")):
            faults.add(("websiteId",), words)
            return answer(faults.body(), 400)
        return self._reports(request, request.query_params["websiteId"])

    def _reports(self, request: Request, website: str) -> Response:
        self.access.allowed(request, website)
        kind = request.query_params.get("type")
        if kind is not None:
            chosen(request, "type", checks.TYPES)
        kept = [r for r in self._state.reports.values() if r["websiteId"] == website and kind in (None, r["type"])]
        return paged(request, sorted(kept, key=lambda report: str(report["id"])))

    async def segments(self, request: Request) -> Response:
        self.access.allowed(request, request.path_params["id"])
        kind = chosen(request, "type", ("segment", "cohort"))
        rows = [self._state.segment()]
        return paged(request, rows if kind == "segment" and request.path_params["id"] == WEBSITE else [])

    async def create(self, request: Request) -> Response:
        body = await read_json(request)
        faults = checks.saved(body)
        if faults.any:
            return answer(faults.body(), 400)
        self.access.allowed(request, body["websiteId"])
        return answer(self._state.create(body, self._now()))

    async def report(self, request: Request) -> Response:
        """For an unknown report, an administrator gets null and everybody else gets an empty answer."""
        account, report = self.access.account(request), request.path_params["id"]
        if report in checks.TYPES:
            raise nothing(405)
        kept = self._state.reports.get(report)
        if kept is None:
            if account != "admin" or not checks.is_uuid(report):
                raise nothing(500)
            return answer(None)
        self.access.allowed(request, kept["websiteId"])
        return answer(kept)

    async def delete(self, request: Request) -> Response:
        self.access.account(request)
        kept = self._state.reports.get(request.path_params["id"])
        if kept is None:
            return answer({"error": {"message": "Not found", "code": "not-found", "status": 404}}, 404)
        self.access.allowed(request, kept["websiteId"])
        del self._state.reports[kept["id"]]
        return answer({"ok": True})

    async def update(self, request: Request, report: str) -> Response:
        body = await read_json(request)
        faults = checks.saved(body)
        if faults.any:
            return answer(faults.body(), 400)
        self.access.allowed(request, body["websiteId"])
        if not checks.is_uuid(report):
            raise nothing(500)
        if report not in self._state.reports:
            return answer({"error": {"message": "Not found", "code": "not-found", "status": 404}}, 404)
        return answer(self._state.replace(report, body, self._now()))

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """The saved funnels or goals of a website, as version 3.4 has them."""
        return {"GET": self._definitions, "POST": self._define}

    @property
    def saved_below(self) -> Mapping[str, Endpoint]:
        """One saved funnel or goal below its own website."""
        return {"GET": self._definition, "POST": self._redefine, "DELETE": self._undefine}

    async def _definitions(self, request: Request) -> Response:
        website, kind = request.path_params["id"], _kind(request)
        self.access.allowed(request, website)
        kept = [r for r in self._state.reports.values() if r["websiteId"] == website and r["type"] == kind]
        return paged(request, sorted(kept, key=lambda report: str(report["id"])))

    async def _define(self, request: Request) -> Response:
        body = await self._checked(request)
        whole = {**body, "websiteId": request.path_params["id"], "type": _kind(request)}
        self.access.allowed(request, whole["websiteId"])
        return answer(self._state.create(whole, self._now()))

    async def _definition(self, request: Request) -> Response:
        return answer(self._own(request))

    async def _redefine(self, request: Request) -> Response:
        body = await self._checked(request)
        kept = self._own(request)
        return answer(self._state.replace(kept["id"], {**kept, **body}, self._now()))

    async def _undefine(self, request: Request) -> Response:
        del self._state.reports[self._own(request)["id"]]
        return answer({"ok": True})

    async def _checked(self, request: Request) -> Mapping[str, Any]:
        """Name and parameters, which are looked at here, unlike below /reports. Raises UmamiRefusal."""
        body = await read_json(request)
        faults = checks.definition(body, _kind(request))
        if faults.any:
            raise UmamiRefusal(answer(faults.body(), 400))
        return {name: body[name] for name in ("name", "description", "parameters") if name in body}

    def _own(self, request: Request) -> dict[str, Any]:
        """Raises UmamiRefusal for a report of another website or type."""
        self.access.account(request)
        website = request.path_params["id"]
        kept = self._state.reports.get(request.path_params["report"])
        if kept is None or kept["websiteId"] != website or kept["type"] != _kind(request):
            raise UmamiRefusal(answer({"error": {"message": "Not found", "code": "not-found", "status": 404}}, 404))
        self.access.allowed(request, website)
        return kept


def _kind(request: Request) -> str:
    """The type in the path: /websites/{id}/funnels has funnels."""
    return next(kind for kind in ("funnel", "goal") if f"/{kind}s" in request.url.path)
