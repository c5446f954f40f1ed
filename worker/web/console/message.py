"""A stored message in a frame of its own, where it can run nothing and ask nothing of any host."""

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from worker.domain.delivery import DeliveryKey
from worker.errors import NotFound
from worker.flow.operate.stored_message import stored_message
from worker.web.console.page import Visit, headers
from worker.web.message_policy import POLICY

_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")


async def message(visit: Visit, request: Request) -> Response:
    """Raises NotFound."""
    try:
        key = DeliveryKey.parse(request.path_params["delivery"])
    except ValueError as error:
        raise NotFound(str(error)) from None
    row = await visit.uses.lookups.delivery(key)
    if row is None:
        raise NotFound(f"there is no delivery {key}")
    found, form = await stored_message(visit.uses, row), request.query_params.get("form", "phone")
    allowed = headers(f"{POLICY}; frame-ancestors 'self'")
    if form == "text" or found.suffix != "html":
        return PlainTextResponse(found.plain or found.page, headers=allowed)
    return HTMLResponse(_in_colours(found.page, dark=form == "dark"), headers=allowed)


def _in_colours(page: str, *, dark: bool) -> str:
    """The message's own light or dark colours, whatever this browser prefers."""
    return _DARK.sub("(min-width:0)" if dark else "(max-width:0)", page)
