"""The pages behind the links in messages: GET shows, POST acts.

They work without cookies and without a script. Anybody who has the link may act, as RFC 8058 requires; so a link is
signed for one reader and one purpose, and no page leads to another reader's. Every invalid link gets the same answer.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol
from urllib.parse import parse_qs

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from worker.domain.delivery import Reader
from worker.domain.links import Purpose
from worker.domain.reader_page import PAUSES, Act, PreferencesForm, ReaderPage
from worker.errors import FunnelbeatError
from worker.flow.operate.alert_links import AlertAnswer, AlertLinkUses, alerts_page, answer_alert
from worker.flow.operate.posted_bounce import PostedUses
from worker.flow.operate.reader_page import act, reader_page, save
from worker.flow.operate.reader_trial import TrialUses, tried
from worker.rendering.alerts_page import alerts_page_html
from worker.rendering.reader_pages import page_of, plain_page, style_hash
from worker.web.bounces import BounceReports
from worker.web.failures import log_failure, request_id
from worker.web.limit import WrongTries

LONGEST_BODY = 4096
"""Bytes of a form. More is not read."""

WRONG = 422
"""What cannot be chosen: nothing is kept."""

HTTP_FAULT = 500
"""From here on the log says more, under the id of the request."""

GONE = 410
"""A link that stops nothing any more, while messages come: a mail program must not show that it unsubscribed."""

_LANGUAGE = re.compile(r"\s*([a-zA-Z]{2,3})\b")


class WebUses(AlertLinkUses, TrialUses, PostedUses, Protocol): ...


def application(uses: WebUses, monotonic: Callable[[], float] = time.monotonic) -> Starlette:
    pages = ReaderPages(uses, WrongTries(monotonic))
    routes = [
        Route("/u/{token}", pages.unsubscribe, methods=["GET", "POST"]),
        Route("/p/{token}", pages.preferences, methods=["GET", "POST"]),
        Route("/a/{token}", pages.alerts, methods=["GET", "POST"]),
        Route("/bounces/{channel}", BounceReports(uses).post, methods=["POST"]),
        Route("/health", _health, methods=["GET"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: _nothing, 405: _nothing, Exception: _fault})


class ReaderPages:
    def __init__(self, uses: WebUses, wrong: WrongTries) -> None:
        self._uses = uses
        self._wrong = wrong
        self._one_trial = asyncio.Lock()  # it reads up to a dozen digests, and anybody who has the link may ask

    async def unsubscribe(self, request: Request) -> Response:
        """A POST stops the digest, whatever its body is: mail programs send their own. Only our own form starts it
        again.
        """
        return await self._answer(request, Purpose.UNSUBSCRIBE, Act.STOP)

    async def preferences(self, request: Request) -> Response:
        """A POST does what the form says, and nothing without one."""
        return await self._answer(request, Purpose.PREFERENCES, None)

    async def alerts(self, request: Request) -> Response:
        """A POST does what the form says, and nothing without one."""
        try:
            return await self._alerts(request)
        except FunnelbeatError as error:
            return _busy(request, error)

    async def _alerts(self, request: Request) -> Response:
        token = request.path_params["token"]
        page = await alerts_page(self._uses, token)
        if page is None:
            return self._refused(request)
        done = AlertAnswer.NOTHING
        if request.method == "POST":
            form = await _fields(request)
            done = await answer_alert(self._uses, page, form.get("alert", ""), form.get("act", ""))
            if done is AlertAnswer.DONE:
                reader = page.link.reader
                structlog.get_logger().info(
                    "reader_choice", schedule=reader.schedule, reader=reader.id, act=form["act"]
                )
            page = await alerts_page(self._uses, token)
        if page is None:
            return self._refused(request)
        over = done is AlertAnswer.OVER
        return _html(alerts_page_html(page, over=over), 409 if over else 200)

    async def _answer(self, request: Request, purpose: Purpose, otherwise: Act | None) -> Response:
        try:
            return await self._page(request, purpose, otherwise)
        except FunnelbeatError as error:
            return _busy(request, error)

    async def _page(self, request: Request, purpose: Purpose, otherwise: Act | None) -> Response:
        token = request.path_params["token"]
        page = await reader_page(self._uses, token, purpose)
        if page is None:
            return self._refused(request)
        if request.method == "POST":
            done = await self._done(page, await _form(request), otherwise)
            fresh = None if done.problem or done.left_out is not None else await reader_page(self._uses, token, purpose)
            page = done if fresh is None else replace(fresh, saved=done.saved)
        return _html(page_of(page), WRONG if page.problem else GONE if page.outdated else 200)

    async def _done(self, page: ReaderPage, form: PreferencesForm, otherwise: Act | None) -> ReaderPage:
        """The page after the form's act; it is read again unless it has a problem."""
        if form.act == Act.TRY:
            async with self._one_trial:
                return await tried(self._uses, page, form)
        if form.act != Act.SAVE:
            await self._act(page, form.act, otherwise)
            return page
        done = await save(self._uses, page, form)
        if done.saved:
            _log(page.link.reader, Act.SAVE)
        return done

    def _refused(self, request: Request) -> Response:
        """Valid links are never limited, because the servers of a mailbox provider open them for many readers."""
        client = request.client.host if request.client is not None else ""
        if self._wrong.too_many(client):
            return _plain(request, "many", 429)
        self._wrong.count(client)
        return _plain(request, "invalid", 404)

    async def _act(self, page: ReaderPage, words: str, otherwise: Act | None) -> None:
        what, days = _asked(words, otherwise)
        if what is not None and await act(self._uses, page, what, days):
            _log(page.link.reader, what)


def _log(reader: Reader, what: str) -> None:
    structlog.get_logger().info("reader_choice", schedule=reader.schedule, reader=reader.id, act=str(what))


def _asked(words: str, otherwise: Act | None) -> tuple[Act | None, timedelta]:
    """The act that a form names, as "stop" or "pause-7"."""
    name, _, days = words.partition("-")
    span = next((pause for pause in PAUSES if str(pause.days) == days), PAUSES[0])
    return (Act(name) if name in set(Act) else otherwise), span


async def _form(request: Request) -> PreferencesForm:
    said = await _said(request)
    texts = {
        name: said[name][0] for name in ("act", "send", "locale", "quiet_from", "quiet_to", "rows") if name in said
    }
    return PreferencesForm(**texts, days=tuple(said.get("days", ())))


async def _fields(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in (await _said(request)).items()}


async def _said(request: Request) -> dict[str, list[str]]:
    """What a form says; empty for any other body, such as the one of RFC 8058."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return {}
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return parse_qs(body.decode("utf-8", "replace"))


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n", headers=_headers())


def _busy(request: Request, error: FunnelbeatError) -> Response:
    log_failure(request, error, "page_failed")
    return _plain(request, "busy", 503)


async def _fault(request: Request, _error: Exception) -> Response:
    """It is raised again, and the site around this logs it."""
    return _plain(request, "fault", 500)


async def _nothing(request: Request, _error: Exception) -> Response:
    return _plain(request, "invalid", 404)


def _plain(request: Request, kind: str, status: int) -> Response:
    named = request.headers.get("accept-language", "")[:200].split(",")
    found = (_LANGUAGE.match(part) for part in named)
    known = request_id(request) if status >= HTTP_FAULT else ""
    return _html(plain_page(kind, [match[1].lower() for match in found if match], known), status)


def _html(text: str, status: int) -> Response:
    return HTMLResponse(text, status, headers=_headers())


def _headers() -> dict[str, str]:
    policy = f"default-src 'none'; style-src 'sha256-{style_hash()}'; form-action 'self'; base-uri 'none'"
    return {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
