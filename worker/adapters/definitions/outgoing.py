"""Reads `heartbeat_url` and `webhooks` of funnelbeat.yaml: URLs that Funnelbeat calls by itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from worker.adapters.definitions.model import HeartbeatShape, ProjectShape, WebhookShape
from worker.adapters.definitions.options import is_secret
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import seconds
from worker.adapters.definitions.words import advice, described, shape
from worker.adapters.public_http import checked_url
from worker.adapters.webhook_signature import WebhookSigner
from worker.domain.events import FACT_NAMES, FACT_STATES
from worker.domain.outgoing import EventWebhook, HeartbeatUrl, Outgoing
from worker.errors import RequestError

SHORTEST, LONGEST = 10, 3600
"""Seconds between two calls of `heartbeat_url`."""
MOST = 20
"""Webhooks of one project. Each is a task of every clock."""
PRIVATE = "allowed"
ANY = "*"
SECRETS = ("url", "secret", "secret_previous", "authorization")


def outgoing(sheet: Sheet, shaped: ProjectShape, name: Any) -> Outgoing:
    """`name`: a pattern of names. What could be read; errors have been complained about."""
    beat = None if shaped.heartbeat_url is None else _heartbeat(sheet, shaped.heartbeat_url)
    hooks = dict(_webhooks(sheet, shaped.webhooks, name))
    if len(hooks) > MOST:
        sheet.complain(("webhooks",), f"{len(hooks)} webhooks", f"write at most {MOST}", key=True)
    return Outgoing(beat, hooks)


def secret_texts(made: Outgoing) -> Iterator[tuple[Path, str]]:
    """Where references to secrets may stand, and what stands there."""
    if made.heartbeat is not None:
        yield ("heartbeat_url",), made.heartbeat.url
    for name, hook in made.webhooks.items():
        for option, text in hook.options.items():
            yield ("webhooks", name, option), text


def _heartbeat(sheet: Sheet, value: Any) -> HeartbeatUrl | None:
    at: Path = ("heartbeat_url",)
    if not isinstance(value, dict):
        return HeartbeatUrl(str(value)) if _url(sheet, at, value, private=False) else None
    piece = read(HeartbeatShape, value, sheet, at).piece
    if piece is None:
        return None
    private = _private(sheet, at, piece.private)
    every = parsed(sheet, (*at, "every"), piece.every, seconds, 60) if piece.every else 60
    if not SHORTEST <= every <= LONGEST:
        sheet.complain((*at, "every"), f"`every` with {described(piece.every)}", "write 10s to 1h, such as 1m")
    return HeartbeatUrl(piece.url, every, private) if _url(sheet, (*at, "url"), piece.url, private=private) else None


def _webhooks(sheet: Sheet, given: Mapping[str, Any], pattern: Any) -> Iterator[tuple[str, EventWebhook]]:
    for name, value in given.items():
        at: Path = ("webhooks", name)
        if not pattern.fullmatch(name):
            sheet.complain(at, f"the name {described(name)}", "use letters, digits, - and _, at most 64", key=True)
        piece = read(WebhookShape, value, sheet, at).piece
        if piece is None:
            continue
        private = _private(sheet, at, piece.private)
        given_options = {option: text for option in SECRETS if (text := getattr(piece, option))}
        if _url(sheet, (*at, "url"), piece.url, private=private) and _signs(sheet, at, given_options):
            yield name, EventWebhook(name, given_options, _events(sheet, at, piece.events), private)


def _private(sheet: Sheet, at: Path, written: str) -> bool:
    if written not in {"", PRIVATE}:
        sheet.complain(
            (*at, "private"), f"`private` with {described(written)}", "write `private: allowed`, or leave it out"
        )
    return written == PRIVATE


def _url(sheet: Sheet, at: Path, value: Any, *, private: bool) -> bool:
    """The address is checked here if it is written in the file, else when it is called."""
    if not isinstance(value, str):
        sheet.complain(at, f"`{at[-1]}` with {shape(value)}", "write a URL, or a reference to one")
        return False
    if not is_secret(sheet, at, value):
        return False
    if "${" in value:
        return True
    try:
        checked_url(value.strip(), private=private)
    except ValueError as error:
        said, _, expected = str(error).removeprefix("found ").partition(", expected ")
        sheet.complain(at, f"`{at[-1]}` with {said}", f"write {expected or 'a URL that can be read'}")
        return False
    return True


def _signs(sheet: Sheet, at: Path, given: Mapping[str, str]) -> bool:
    """Each secret is a reference, or can be used."""
    before = sheet.count
    for option in SECRETS[1:]:
        text = given.get(option, "")
        if not text or not is_secret(sheet, (*at, option), text) or "${" in text or option == "authorization":
            continue
        try:
            WebhookSigner([text])
        except RequestError as error:
            sheet.complain((*at, option), f"`{option}` that cannot be used", str(error))
    return sheet.count == before


def _events(sheet: Sheet, at: Path, written: tuple[str, ...]) -> tuple[str, ...]:
    for index, one in enumerate(written):
        event, dot, state = one.partition(".")
        place: Path = (*at, "events", index)
        if one != ANY and event not in FACT_NAMES:
            sheet.complain(place, f"`events` with {described(one)}", advice(event, (*FACT_NAMES, ANY)))
        elif dot and state not in FACT_STATES.get(event, ()):
            known = FACT_STATES.get(event)
            expected = advice(state, known) if known else f"write `{event}`: it has no states"
            sheet.complain(place, f"`events` with {described(one)}", expected)
    if not written:
        sheet.complain((*at, "events"), "`events` with nothing", 'write names of events, or "*"')
    return written
