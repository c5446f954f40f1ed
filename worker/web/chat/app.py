"""Where a chat's service posts what people ask: POST /chat/CHANNEL, verified in the way of the service.

| status | for |
|---|---|
| 200 | a request that was verified; a refusal, also of one that comes too often, is an answer to this person alone |
| 400 | a body that cannot be used |
| 401 | no signature, one that does not hold, or one of another time |
| 404 | a channel that takes no requests, and another method |
| 409 | a request that came before, bit for bit |
| 413 | a body past LONGEST_BODY |
| 503 | Redis cannot be used, or a secret is not set |

The service waits for three seconds. Work that takes longer continues after the answer, and its result is posted later.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.domain.schedule import Bundle
from worker.domain.source_event import EventOutcome
from worker.errors import DeliveryError, FunnelbeatError, PostRefused, SignatureRefused
from worker.flow.deployed import bundle_of
from worker.flow.operate.own_view import view_of
from worker.flow.services import Services
from worker.ports.chat import ChatAnswer, ChatDoor, ChatRequest, counted
from worker.ports.first_answers import FirstAnswer, Repetition
from worker.rendering.wording import Wording
from worker.web.chat.answer import answers
from worker.web.chat.pace import ChatPace
from worker.web.posted_body import posted_body

PREFIX = "/chat"
LONGEST_BODY = 262_144
"""Bytes of a request, which may hold a whole message with each letter written as %XX. More is not read."""

AT_ONCE = 2.0
"""Seconds in which an answer goes back with the request."""

LATER = 200
"""Requests for which an answer, or a run's end, is still to be posted. For further requests the answer is left out, but
the act is done.
"""


def chat(uses: Services, monotonic: Callable[[], float]) -> Starlette:
    """An application to be mounted at /chat. `monotonic`: seconds, for the pace of requests."""
    routes = [Route("/{channel}", ChatRequests(uses, ChatPace(monotonic)).post, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={404: _nothing, 405: _nothing})


@dataclass(frozen=True, slots=True)
class Asking:
    """The channel that a request came to."""

    bundle: Bundle
    channel: str
    door: ChatDoor

    def working(self, asked: ChatRequest) -> ChatAnswer:
        """The text that says that the answer follows."""
        return ChatAnswer(self._words(asked).say("chat.working"))

    def too_often(self, asked: ChatRequest, seconds: int) -> ChatAnswer:
        return ChatAnswer(self._words(asked).say("chat.too_often", seconds=seconds))

    def _words(self, asked: ChatRequest) -> Wording:
        locale = view_of(self.bundle, self.channel, asked.person, asked.place).locale
        return Wording(locale, "UTC", own=self.bundle.languages)


class ChatRequests:
    def __init__(self, uses: Services, pace: ChatPace) -> None:
        self._uses = uses
        self._pace = pace
        self._later = set[asyncio.Task[None]]()

    async def post(self, request: Request) -> Response:
        channel = request.path_params["channel"]
        try:
            bundle = await self._bundle(channel)
            door = self._uses.connectors.chat_door(bundle, channel) if bundle is not None else None
            if bundle is None or door is None:
                return _refused(404, _NO_CHANNEL)
            return await self._answered(Asking(bundle, channel, door), request)
        except FunnelbeatError as error:
            structlog.get_logger().error("chat_failed", channel=channel, sentence=str(error))
            return _refused(503, _BUSY)

    async def _bundle(self, channel: str) -> Bundle | None:
        """The deployed bundle, if it has the channel."""
        deployed = await self._uses.deployments.deployed()
        bundle = await bundle_of(self._uses.deployments, deployed.bundle) if deployed else None
        return bundle if bundle is not None and channel in bundle.channels else None

    async def _answered(self, to: Asking, request: Request) -> Response:
        channel, door = to.channel, to.door
        if len(self._later) >= LATER:
            return _refused(503, _BUSY)
        try:
            body = await posted_body(request, LONGEST_BODY)
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
            return await self._dealt_with(to, door.read(headers, body))
        except SignatureRefused as error:
            await self._count(channel, EventOutcome.UNSIGNED)
            return _refused(401, str(error))
        except PostRefused as error:
            await self._count(channel, EventOutcome.MALFORMED)
            return _refused(400, str(error))

    async def _dealt_with(self, to: Asking, asked: ChatRequest | None) -> Response:
        if asked is None:
            await self._count(to.channel, EventOutcome.UNUSED)
            return Response(status_code=200, headers=_HEADERS)
        wait = self._pace.wait(to.channel, asked)
        if wait:
            return await self._put_off(to, asked, wait)
        await self._count(to.channel, EventOutcome.ACCEPTED)
        said = answers(self._uses, to.channel, asked)
        first = asyncio.ensure_future(anext(said))
        await asyncio.wait({first}, timeout=AT_ONCE)
        inline = asked.clicked is None and first.done()
        self._follow(asyncio.create_task(_reply(to.door, asked, said, first, inline=inline)))
        if asked.clicked is not None:  # nothing of an answer to a click is shown
            return Response(status_code=200, headers=_HEADERS)
        shown = first.result() if inline else to.working(asked)
        return Response(to.door.inline(shown), 200, headers=_HEADERS, media_type="application/json")

    async def _put_off(self, to: Asking, asked: ChatRequest, wait: int) -> Response:
        """Nothing is done. For a click the sentence is a separate message, so a person gets only one in a minute."""
        await self._count(to.channel, EventOutcome.LIMITED)
        said = to.too_often(asked, wait)
        if asked.clicked is None:
            return Response(to.door.inline(said), 200, headers=_HEADERS, media_type="application/json")
        if self._pace.tells(to.channel, asked):
            self._follow(asyncio.create_task(_posted(to.door, asked, said)))
        return Response(status_code=200, headers=_HEADERS)

    def _follow(self, task: asyncio.Task[None]) -> None:
        self._later.add(task)
        task.add_done_callback(self._later.discard)

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
    """Posts an answer that was not sent with the request. If it cannot be posted, this is logged: the act is done."""
    try:
        answer = await first
        if not inline:
            await door.reply(asked, answer)
        async for later in said:
            await door.reply(asked, later)
    except DeliveryError as error:
        structlog.get_logger().error("chat_unanswered", verb=asked.verb[:40], sentence=str(error))


async def _posted(door: ChatDoor, asked: ChatRequest, said: ChatAnswer) -> None:
    try:
        await door.reply(asked, said)
    except DeliveryError as error:
        structlog.get_logger().error("chat_unanswered", verb=asked.verb[:40], sentence=str(error))


async def _nothing(_request: Request, _error: Exception) -> Response:
    return _refused(404, _NO_CHANNEL)


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"problem": sentence}, status, headers=_HEADERS | _MORE.get(status, {}))


_NO_CHANNEL = "no channel of this name takes requests"
_BUSY = "the request cannot be dealt with now; try again"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_MORE = {413: {"Connection": "close"}}
"""The rest of a long body is not read."""
