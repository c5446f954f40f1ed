"""Access to the console: signing in and out, and the checks before a page is shown or an act is done."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker.domain.access import Actor, Door, TokenScope
from worker.errors import FunnelbeatError, LedgerError, NotFound, RequestError, SourceError
from worker.flow.deployed import bundle_of
from worker.flow.operate.access_tokens import actor_of
from worker.flow.services import Services
from worker.rendering.wording import Wording
from worker.web.console import cookie
from worker.web.console.firing import firing
from worker.web.console.forms import LONGEST, Form, read_form
from worker.web.console.page import Visit, bare, headers, shown
from worker.web.console.sessions import ConsoleSession, Sessions
from worker.web.console.state import ConsoleState
from worker.web.failures import log_failure, request_id
from worker.web.limit import WrongTries

LIVE = "x-funnelbeat-live"
"""The header with which a page's own script asks for its newest state."""

LOCALES = {"en": "en_GB", "de": "de_DE"}

Page = Callable[[Visit, Request], Awaitable[Response]]
AskedPage = Callable[[Visit, Form], Awaitable[Response]]
Act = Callable[[Visit, Form], Awaitable[tuple[str, str]]]
"""Does something, and returns the path to go to and the sentence to say there. Raises FunnelbeatError if it is
refused.
"""

_PLACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.@:+%|?=&~-]*")
"""A page of the console, below its root."""


class ConsoleDoor:
    def __init__(self, uses: Services, monotonic: Callable[[], float], state: ConsoleState) -> None:
        self._uses, self._state = uses, state
        self._sessions = Sessions(monotonic)
        self._wrong = WrongTries(monotonic)

    def page(self, make: Page) -> Callable[[Request], Awaitable[Response]]:
        """Shows a page to a person who may read."""

        async def answer(request: Request) -> Response:
            visit = None
            try:
                visit = await self._visit(request)
                if visit is None:
                    return self._sign_in_first(request)
                if not visit.actor.may(TokenScope.READ):
                    return _refused(visit, TokenScope.READ)
                return await make(visit, request)
            except FunnelbeatError as error:
                return _trouble(request, error, visit)

        return answer

    def asked_page(
        self, scope: TokenScope, make: AskedPage, longest: int = LONGEST
    ) -> Callable[[Request], Awaitable[Response]]:
        """Shows the page that one of our forms requests, to a person who may see it: for pages that cost requests, or
        whose input is too long for an address. `longest`: bytes of the form.
        """

        async def answer(request: Request) -> Response:
            async def show(visit: Visit, form: Form) -> Response:
                try:
                    return await make(replace(visit, followed=False), form)
                except (RequestError, LedgerError, SourceError) as error:
                    visit.session.said = str(error), True
                    return RedirectResponse(f"{visit.root}/{place_of(form.get('back', ''))}", 303, headers=headers())

            return await self._from_form(request, scope, show, longest)

        return answer

    def act(self, scope: TokenScope, do: Act) -> Callable[[Request], Awaitable[Response]]:
        """Does the act of one of our forms, for a person who may do it, and redirects to a page."""

        async def answer(request: Request) -> Response:
            async def done(visit: Visit, form: Form) -> Response:
                return await _done(visit, form, do)

            return await self._from_form(request, scope, done)

        return answer

    async def _from_form(
        self, request: Request, scope: TokenScope, follow: AskedPage, longest: int = LONGEST
    ) -> Response:
        """A body is read only after sign-in."""
        try:
            visit = await self._visit(request)
            if visit is None:
                return self._sign_in_first(request)
            form = await read_form(request, longest)
            if cookie.from_elsewhere(request) or not visit.session.sent_from_here(form.get("csrf", "")):
                return shown(visit, "refused", {"title": "stale", "scope": ""}, 403)
            if not visit.actor.may(scope):
                return _refused(visit, scope)
            return await follow(visit, form)
        except FunnelbeatError as error:
            return _trouble(request, error)

    async def valid(self, request: Request) -> bool:
        """Whether somebody who may read is signed in still."""
        visit = await self._visit(request)
        return visit is not None and visit.actor.may(TokenScope.READ)

    async def sign_in(self, request: Request) -> Response:
        try:
            return await self._sign_in(request)
        except FunnelbeatError as error:
            return _trouble(request, error)

    async def sign_out(self, request: Request) -> Response:
        try:
            return await self._sign_out(request)
        except FunnelbeatError as error:
            return _trouble(request, error)

    async def _sign_out(self, request: Request) -> Response:
        session = self._sessions.find(cookie.session_name(request))
        form = await read_form(request)
        response = _go(request, "sign-in")
        if session is not None and session.sent_from_here(form.get("csrf", "")):
            self._sessions.end(cookie.session_name(request))
            cookie.take_away(request, response)
        return response

    async def _sign_in(self, request: Request) -> Response:
        if request.method != "POST":
            return sign_in_page(request, place_of(request.query_params.get("next", "")))
        form = await read_form(request)
        place = place_of(form.get("next", ""))
        client = request.client.host if request.client is not None else ""
        if self._wrong.too_many(client):
            return sign_in_page(request, place, "too_many", 429)
        if cookie.from_elsewhere(request):
            return sign_in_page(request, place, "elsewhere", 403)
        token = form.get("token", "").strip()
        if await actor_of(self._uses, token, Door.CONSOLE) is None:
            self._wrong.count(client)
            return sign_in_page(request, place, "wrong", 401)
        self._sessions.end(cookie.session_name(request))
        response = _go(request, place)
        cookie.put(request, response, self._sessions.begin(token))
        return response

    async def _visit(self, request: Request) -> Visit | None:
        """None if nobody is signed in, or if the token was revoked or has expired since."""
        name = cookie.session_name(request)
        session = self._sessions.find(name)
        actor = await actor_of(self._uses, session.token, Door.CONSOLE) if session is not None else None
        if session is None or actor is None:
            self._sessions.end(name)
            return None
        return await self._visit_of(request, session, actor)

    async def _visit_of(self, request: Request, session: ConsoleSession, actor: Actor) -> Visit:
        deployments = self._uses.deployments
        deployed = await deployments.deployed()
        bundle = await bundle_of(deployments, deployed.bundle) if deployed is not None else None
        now = await self._uses.clock.now()
        w = wording(request, now, bundle.defaults.timezone if bundle is not None else "UTC")
        name, live = deployed.bundle if deployed is not None else "", request.headers.get(LIVE) == "1"
        visit = Visit(self._uses, actor, session, w, now, root_of(request), self._state, bundle, name, live)
        return replace(visit, firing=await firing(visit)) if actor.may(TokenScope.READ) else visit

    def _sign_in_first(self, request: Request) -> Response:
        """A form is not kept across a sign-in: it may be somebody else's."""
        place = request.url.path.removeprefix(root_of(request)).lstrip("/") if request.method == "GET" else ""
        query = request.url.query if request.method == "GET" else ""
        problem = "ended" if cookie.session_name(request) else ""
        return sign_in_page(request, place_of(f"{place}?{query}" if query else place), problem, 401)


async def _done(visit: Visit, form: Form, do: Act) -> Response:
    try:
        place, sentence = await do(visit, form)
        visit.session.said = sentence, False
    except (RequestError, LedgerError) as error:
        place = place_of(form.get("back", ""))
        visit.session.said = str(error), True
    return RedirectResponse(f"{visit.root}/{place}", 303, headers=headers())


def sign_in_page(request: Request, place: str, problem: str = "", status: int = 200) -> Response:
    """`cookies` of SameSite=Strict do not come along from another site, such as a mail: a link to the same page brings
    them.
    """
    linked = request.method == "GET" and request.headers.get("sec-fetch-site", "") == "cross-site"
    root = root_of(request)
    values = {"next": place, "problem": problem, "again": f"{root}/{place}" if linked else ""}
    return bare(wording(request), root, "sign_in", values, status)


def place_of(text: str) -> str:
    """A page below the console's root, as it may stand in a redirect; "" (the first page) for anything else. What is
    returned is only ever put behind the root and a slash, so that it names no other host.
    """
    place = text.lstrip("/")
    return place if len(place) <= 800 and _PLACE.fullmatch(place) and ".." not in place else ""


def root_of(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def wording(request: Request, now: datetime | None = None, zone: str = "UTC") -> Wording:
    """In the first of the browser's languages that Funnelbeat has."""
    asked = request.headers.get("accept-language", "")[:200].lower().split(",")
    language = next((one.strip()[:2] for one in asked if one.strip()[:2] in LOCALES), "en")
    return Wording(LOCALES[language], zone, (now or datetime.now(UTC)).year)


def _go(request: Request, place: str) -> Response:
    return RedirectResponse(f"{root_of(request)}/{place}", 303, headers=headers())


def _refused(visit: Visit, scope: TokenScope) -> Response:
    return shown(visit, "refused", {"title": "forbidden", "scope": str(scope)}, 403)


def _trouble(request: Request, error: FunnelbeatError, visit: Visit | None = None) -> Response:
    """The text of an outage names servers, and may be needed before somebody has signed in. A person who is signed in
    can continue from any other page.
    """
    status = 404 if isinstance(error, NotFound) else 422 if isinstance(error, RequestError) else 503
    if status == 503:
        log_failure(request, error, "page_failed")
    values = {
        "title": {404: "not_found", 422: "wrong"}.get(status, "busy"),
        "sentence": "" if status == 503 else str(error),
        "request": request_id(request) if status == 503 else "",
    }
    if visit is not None and status != 503:
        return shown(replace(visit, followed=False), "trouble", {**values, "root": visit.root}, status)
    return bare(wording(request), root_of(request), "trouble", values, status)
