"""Where services post events: POST /hooks/CONNECTION, each verified in the way of its service.

| status | for |
|---|---|
| 202 | an event that was recorded; `outcome`: accepted, unused (no schedule waits for it) or duplicate |
| 400 | a body that cannot be used |
| 401 | no signature, one that does not hold, or one of another time |
| 404 | a connection that takes no events, and another method |
| 413 | a body past LONGEST_BODY |
| 503 | Redis cannot be used, or a secret is not set: the service posts again |

The answer comes before any work: the event opens a debounce window, and the clock makes a run of it.
"""

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.domain.source_event import EventOutcome
from worker.errors import FunnelbeatError, PostRefused, SignatureRefused
from worker.flow.operate.receive_event import ReceiveUses, receive_event, takes_events
from worker.web.posted_body import posted_body

PREFIX = "/hooks"
LONGEST_BODY = 1_000_000
"""Bytes of an event. More is not read."""


def hooks(uses: ReceiveUses) -> Starlette:
    """An application to be mounted at /hooks."""
    routes = [Route("/{connection}", SourceEventRequests(uses).post, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={404: _nothing, 405: _nothing})


class SourceEventRequests:
    def __init__(self, uses: ReceiveUses) -> None:
        self._uses = uses

    async def post(self, request: Request) -> Response:
        connection = request.path_params["connection"]
        try:
            outcome = await self._outcome(connection, request)
        except SignatureRefused as error:
            return _refused(401, str(error))
        except PostRefused as error:
            return _refused(400, str(error))
        except FunnelbeatError as error:
            structlog.get_logger().error("hook_failed", connection=connection, sentence=str(error))
            return _refused(503, "the event cannot be recorded now; post it again")
        if outcome is None:
            return _refused(404, "no connection of this name takes events")
        if outcome is EventOutcome.OVERSIZED:
            return _refused(413, f"the body has more than {LONGEST_BODY} bytes")
        structlog.get_logger().info("hook_received", connection=connection, outcome=str(outcome))
        return JSONResponse({"outcome": str(outcome)}, 202, headers=_HEADERS)

    async def _outcome(self, connection: str, request: Request) -> EventOutcome | None:
        if not await takes_events(self._uses, connection):
            return None
        body = await posted_body(request, LONGEST_BODY)
        if body is None:
            await self._uses.source_events.count(connection, EventOutcome.OVERSIZED)
            return EventOutcome.OVERSIZED
        return await receive_event(self._uses, connection, dict(request.headers), body)


async def _nothing(_request: Request, _error: Exception) -> Response:
    return _refused(404, "no connection of this name takes events")


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"problem": sentence}, status, headers=_HEADERS | _MORE.get(status, {}))


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_MORE = {401: {"WWW-Authenticate": 'Basic realm="hooks"'}, 413: {"Connection": "close"}}
"""The rest of a long body is not read."""
