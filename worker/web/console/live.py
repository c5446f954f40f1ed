"""Facts as they happen, for pages that show their newest state by themselves: which run, and nothing of its content."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable

from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from worker.documents.events import event_name
from worker.domain.run import RunKey
from worker.flow.services import Services

LOOK = 0.5
"""Seconds between two looks at the stream."""

CHECK = 30
"""Looks after which the sign-in is checked again."""

AT_ONCE = 500

_ID = re.compile(r"[0-9]{1,16}-[0-9]{1,16}")


class LiveEvents:
    """`valid`: whether the one who asks may read pages."""

    def __init__(self, uses: Services, valid: Callable[[Request], Awaitable[bool]]) -> None:
        self._uses, self._valid = uses, valid

    async def answer(self, request: Request) -> Response:
        """With `run`, the facts of this run alone. A browser that comes again says which fact it saw last."""
        if not await self._valid(request):
            return Response(status_code=401, headers={"Cache-Control": "no-store"})
        try:
            run = RunKey.parse(request.query_params["run"]) if "run" in request.query_params else None
        except ValueError:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        stream, last = self._uses.event_stream, request.headers.get("last-event-id", "")
        known = _ID.fullmatch(last) is not None and await stream.holds(last)
        since = last if known else await stream.newest()
        return EventSourceResponse(self._followed(request, since, run), ping=15, headers={"Cache-Control": "no-store"})

    async def _followed(self, request: Request, last: str, run: RunKey | None) -> AsyncIterator[ServerSentEvent]:
        """Ends when the session ends. If there are many facts at once, only the last one is sent, because a page asks
        for its whole state.
        """
        looks = 0
        while looks % CHECK or await self._valid(request):
            page = await self._uses.event_stream.after(last, AT_ONCE)
            told = [one for one in page.facts if run is None or one.fact.run == run]
            if told:
                data = json.dumps({"event": event_name(told[-1]), "run": str(told[-1].fact.run or "")})
                yield ServerSentEvent(id=told[-1].id, event="fact", data=data)
            last = page.last
            looks += 1
            if not page.full:
                await asyncio.sleep(LOOK)
