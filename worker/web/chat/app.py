"""Where a chat's service posts what people ask: POST /chat/CHANNEL, verified in the way of the service.

| status | for |
|---|---|
| 200 | a request that was verified; what a person may not do is refused in the answer, which only this person sees |
| 400 | a body that cannot be used |
| 401 | no signature, one that does not hold, or one of another time |
| 404 | a channel that takes no requests, and another method |
| 409 | a request that came before, bit for bit |
| 413 | a body past LONGEST_BODY |
| 503 | Redis cannot be used, or a secret is not set |

The service waits for three seconds. What takes longer goes on behind the answer, and what it says is posted later.
"""

import asyncio
from collections.abc import AsyncIterator

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.domain.source_event import EventOutcome
from worker.errors import DeliveryError, FunnelbeatError, PostRefused, SignatureRefused
from worker.flow.deployed import bundle_of
from worker.flow.services import Services
from worker.ports.chat import ChatAnswer, ChatDoor, ChatRequest
from worker.ports.first_answers import FirstAnswer, Repetition
from worker.rendering.wording import Wording
from worker.web.chat.answer import answers

PREFIX = "/chat"
LONGEST_BODY = 262_144
"""Bytes of a request, which may hold a whole message with each letter written as %XX. More is not read."""

AT_ONCE = 2.0
"""Seconds in which an answer goes back with the request."""

LATER = 200
"""Requests whose answers, or a run's end, are still to be posted. Those of more are left out, and the acts are done."""


def chat(uses: Services) -> Starlette:
    """An application to be mounted at /chat."""
    routes = [Route("/{channel}", ChatRequests(uses).post, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={404: _nothing, 405: _nothing})


def counted(channel: str) -> str:
    """Under which name the ledger counts what became of requests. No connection has a slash in its name."""
    return f"{PREFIX.strip('/')}/{channel}"


class ChatRequests:
    def __init__(self, uses: Services) -> None:
        self._uses = uses
        self._later = set[asyncio.Task[None]]()

    async def post(self, request: Request) -> Response:
        channel = request.path_params["channel"]
        try:
            door = await self._door(channel)
            return _refused(404, _NO_CHANNEL) if door is None else await self._answered(channel, door, request)
        except FunnelbeatError as error:
            structlog.get_logger().error("chat_failed", channel=channel, sentence=str(error))
            return _refused(503, _BUSY)

    async def _door(self, channel: str) -> ChatDoor | None:
        deployed = await self._uses.deployments.deployed()
        bundle = await bundle_of(self._uses.deployments, deployed.bundle) if deployed else None
        if bundle is None or channel not in bundle.channels:
            return None
        return self._uses.connectors.chat_door(bundle, channel)

    async def _answered(self, channel: str, door: ChatDoor, request: Request) -> Response:
        if len(self._later) >= LATER:
            return _refused(503, _BUSY)
        try:
            body = await _body(request)
            if body is None:
                await self._count(channel, EventOutcome.OVERSIZED)
                return _refused(413, f"the body has more than {LONGEST_BODY} bytes")
            headers = dict(request.headers)
            signed = door.verify(headers, body, await self._uses.clock.now())
            once = f"{counted(channel)} {signed}"
            if await self._uses.first_answers.begin(once, "") is not Repetition.NEW:
                await self._count(channel, EventOutcome.DUPLICATE)
                return _refused(409, "this request came before")
            await self._uses.first_answers.keep(once, FirstAnswer(200, None))
            return await self._dealt_with(channel, door, door.read(headers, body))
        except SignatureRefused as error:
            await self._count(channel, EventOutcome.UNSIGNED)
            return _refused(401, str(error))
        except PostRefused as error:
            await self._count(channel, EventOutcome.MALFORMED)
            return _refused(400, str(error))

    async def _dealt_with(self, channel: str, door: ChatDoor, asked: ChatRequest | None) -> Response:
        await self._count(channel, EventOutcome.UNUSED if asked is None else EventOutcome.ACCEPTED)
        if asked is None:
            return Response(status_code=200, headers=_HEADERS)
        said = answers(self._uses, channel, asked)
        first = asyncio.ensure_future(anext(said))
        await asyncio.wait({first}, timeout=AT_ONCE)
        inline = asked.clicked is None and first.done()
        task = asyncio.create_task(_reply(door, asked, said, first, inline=inline))
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        if asked.clicked is not None:  # nothing of an answer to a click is shown
            return Response(status_code=200, headers=_HEADERS)
        shown = first.result() if inline else ChatAnswer(Wording("en_GB", "UTC").say("chat.working"))
        return Response(door.inline(shown), 200, headers=_HEADERS, media_type="application/json")

    async def _count(self, channel: str, outcome: EventOutcome) -> None:
        structlog.get_logger().info("chat_received", channel=channel, outcome=str(outcome))
        await self._uses.source_events.count(counted(channel), outcome)


async def _reply(
    door: ChatDoor,
    asked: ChatRequest,
    said: AsyncIterator[ChatAnswer],
    first: "asyncio.Future[ChatAnswer]",
    *,
    inline: bool,
) -> None:
    """Posts what was not said with the request. What cannot be posted is logged: the act is done."""
    try:
        answer = await first
        if not inline:
            await door.reply(asked, answer)
        async for later in said:
            await door.reply(asked, later)
    except DeliveryError as error:
        structlog.get_logger().error("chat_unanswered", verb=asked.verb[:40], sentence=str(error))


async def _body(request: Request) -> bytes | None:
    """None past LONGEST_BODY. Raises PostRefused for one that broke off."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told[:12]) > LONGEST_BODY:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return None
    except HTTPException:  # the site's own limit was reached first
        return None
    except ClientDisconnect:
        raise PostRefused("the body broke off") from None
    return bytes(body)


async def _nothing(_request: Request, _error: Exception) -> Response:
    return _refused(404, _NO_CHANNEL)


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"problem": sentence}, status, headers=_HEADERS | _MORE.get(status, {}))


_NO_CHANNEL = "no channel of this name takes requests"
_BUSY = "the request cannot be dealt with now; try again"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_MORE = {413: {"Connection": "close"}}
"""The rest of a long body is not read."""
