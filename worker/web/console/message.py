"""A stored message, or one that a preview made, in a separate frame, in which it can run no script and contact no
host.
"""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from worker.domain.delivery import DeliveryKey
from worker.domain.run import Run
from worker.domain.schedule import Bundle, Subscription
from worker.errors import LedgerError, NotFound, RequestError
from worker.flow.deployed import schedule_of
from worker.flow.operate.stored_message import stored_message
from worker.web.console.page import Visit, headers
from worker.web.console.state import ShownMessage
from worker.web.message_policy import POLICY

PAGE = ("phone", "desktop", "dark", "text")
"""The forms of a message that is a page."""

SHOWN = ("shown", "dark", "text")
"""The forms of a message that the receiver's program shows in its own way."""

_HTML = "html"
_SHOWN_BY_PROGRAM = ".json"
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
    found = await stored_message(visit.uses, row)
    shown = ShownMessage(found.page, found.suffix, found.plain, found.shown)
    return framed(shown, request.query_params.get("form", ""))


async def previewed(visit: Visit, request: Request) -> Response:
    """What this session has asked to see. Raises NotFound once it is no longer kept."""
    found = visit.state.previews.find(visit.session, request.path_params["name"])
    if found is None:
        raise NotFound("this preview is no longer kept; make it again")
    return framed(found, request.query_params.get("form", ""))


def framed(found: ShownMessage, form: str) -> Response:
    allowed = headers(f"{POLICY}; frame-ancestors 'self'")
    page = found.page if found.suffix == _HTML else found.shown
    if form == "text" or not page:
        return PlainTextResponse(found.plain or found.page, headers=allowed)
    return HTMLResponse(_in_colours(page, dark=form == "dark"), headers=allowed)


def forms_of(visit: Visit, bundle: Bundle, entry: Subscription | None) -> tuple[str, ...]:
    """How messages to this entry can be looked at; as pages where nothing is known of it."""
    if entry is None:
        return PAGE
    try:
        suffix = visit.uses.connectors.channel(bundle, entry.channel, entry.address).preview_suffix
    except RequestError:
        return PAGE
    return PAGE if suffix == _HTML else SHOWN if suffix.endswith(_SHOWN_BY_PROGRAM) else ("text",)


def form_words(visit: Visit, bundle: Bundle | None, entry: Subscription | None) -> Mapping[str, str]:
    """By form. What a program of the receiver's shows is called by the type of the channel."""
    words = {form: visit.w.say(f"console.form.{form}") for form in PAGE}
    spec = bundle.channels.get(entry.channel) if bundle is not None and entry is not None else None
    return {**words, "shown": spec.type.capitalize() if spec is not None else visit.w.say("console.form.shown")}


async def entry_of_reader(visit: Visit, run: Run, reader: str) -> tuple[Bundle | None, Subscription | None]:
    """As the run's own deployment has it, or as the reader subscribed."""
    name = reader.split("|", 1)[0].rpartition(":")[2]
    try:
        bundle, schedule = await schedule_of(visit.uses.deployments, run.bundle, run.key.schedule)
    except LedgerError:
        return None, None
    made = (await visit.uses.lookups.subscribed(run.key)).get(reader)
    return bundle, made or next((one for one in schedule.entries if one.id == name), None)


def _in_colours(page: str, *, dark: bool) -> str:
    """The message's own light or dark colours, whatever this browser prefers."""
    return _DARK.sub("(min-width:0)" if dark else "(max-width:0)", page)
