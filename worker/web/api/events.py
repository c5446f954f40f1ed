"""Facts as they happen, as server-sent events: everything, or one run."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse

from worker.documents.events import event_document, event_name
from worker.domain.access import TokenScope
from worker.domain.run import RunKey
from worker.flow.operate.find_run import find_run
from worker.flow.services import Services
from worker.ports.event_stream import EventStream
from worker.web.api.guard import Guard
from worker.web.api.parameters import RunRef

LOOK = 0.25
"""Seconds between two looks at the stream."""

CHECK = 60
"""Looks after which the token is checked again."""

AT_ONCE = 500

LastId = Annotated[
    str,
    Header(
        alias="Last-Event-ID",
        pattern=r"^([0-9]{1,16}-[0-9]{1,16})?$",
        description="The id of the last event that came: it goes on after that one.",
    ),
]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Events, until the client has enough."}
}


def events(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(dependencies=[Depends(guard.needs(TokenScope.READ))], tags=["events"])

    @router.get("/events", responses=_STREAM, response_class=EventSourceResponse)
    async def follow_events(request: Request, last: LastId = "") -> Response:
        """Everything that happens from now on, or after Last-Event-ID."""
        since = last or await uses.event_stream.newest()
        return _answer(_followed(request, uses.event_stream, guard, since, None))

    @router.get("/runs/{run:path}/events", responses=_STREAM, response_class=EventSourceResponse)
    async def follow_run(request: Request, run: RunRef, last: LastId = "") -> Response:
        """What happened to a run, as far as it is still stored, and what happens to it from now on."""
        found = await find_run(uses, run)
        return _answer(_followed(request, uses.event_stream, guard, last, found.key))

    return router


def _answer(found: AsyncIterator[ServerSentEvent]) -> Response:
    return EventSourceResponse(found, ping=15, headers={"Cache-Control": "no-store"})


async def _followed(
    request: Request, stream: EventStream, guard: Guard, last: str, run: RunKey | None
) -> AsyncIterator[ServerSentEvent]:
    """Ends when the token is revoked or expires. Raises LedgerUnavailable; the client comes again with the last id."""
    if last and not await stream.holds(last):
        yield ServerSentEvent(event="gap", data="{}")
    looks = 0
    while looks % CHECK or await guard.valid(request):
        page = await stream.after(last, AT_ONCE)
        last = page.last
        for one in page.facts:
            if run is None or one.fact.run == run:
                data = json.dumps(event_document(one), ensure_ascii=False)
                yield ServerSentEvent(id=one.id, event=event_name(one), data=data)
        looks += 1
        if not page.full:
            await asyncio.sleep(LOOK)
