"""Events that are sent to Umami's tracker path, and all events of a website, including those.

The path needs no account. Sessions last for a month and visits for an hour, as long as address and browser stay the
same. A program that does not look like a browser gets an answer, and none of its events is stored.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs, unquote, urljoin, urlsplit
from uuid import NAMESPACE_URL, uuid5

from worker.sandbox import umami_checks as checks
from worker.sandbox.umami_site import CUSTOM, VIEW, SimulatedSite, WebsiteEvent

TYPES = ("event", "identify", "performance")
IGNORED = {"beep": "boop"}
"""The answer to a robot."""
_ROBOT = re.compile(r"bot|crawl|spider|curl|wget|python|httpx|headless", re.IGNORECASE)
_BROWSERS = (("edg/", "edge"), ("firefox/", "firefox"), ("chrome/", "chrome"), ("safari/", "safari"))
_SYSTEMS = (("iphone", "iOS"), ("android", "Android OS"), ("windows", "Windows 10"), ("mac os", "Mac OS"))
_LONGEST_PATH, _LONGEST_EVENT = 500, 50
_UTM = ("source", "medium", "campaign", "content", "term")


class OpenSite:
    """A website that accepts events, in addition to those that are simulated for it, if any."""

    def __init__(self, simulated: SimulatedSite | None) -> None:
        self._simulated = simulated
        self.sent: list[WebsiteEvent] = []

    def between(self, start: datetime, end: datetime, now: datetime) -> list[WebsiteEvent]:
        """Everything from `start` to `end`, both included, that has happened by `now`, oldest first."""
        found = [] if self._simulated is None else self._simulated.between(start, end, now)
        return sorted([*found, *self._own(start, min(end, now))], key=lambda hit: (hit.at, hit.session))

    def newcomers(self, start: datetime, end: datetime, now: datetime) -> dict[str, datetime]:
        """First instants of the sessions that began within the range."""
        found = {} if self._simulated is None else self._simulated.newcomers(start, end, now)
        first: dict[str, datetime] = {}
        for hit in sorted(self.sent, key=lambda hit: hit.at):
            first.setdefault(hit.session, hit.at)
        return found | {session: at for session, at in first.items() if start <= at <= min(end, now)}

    def _own(self, start: datetime, last: datetime) -> list[WebsiteEvent]:
        return [hit for hit in self.sent if start <= hit.at <= last]


def faults(body: Any) -> checks.RequestErrors:
    """The errors in a body that was sent."""
    found = checks.RequestErrors()
    given = body if isinstance(body, Mapping) else {}
    for name, check in (("type", checks.one_of(*TYPES)), ("payload", checks.mapping)):
        if words := check(given.get(name)):
            found.add((name,), words)
    if found.any:
        return found
    payload = given["payload"]
    for name in ("url", "name", "title", "hostname", "referrer", "language", "tag", "id"):
        if name in payload and (words := checks.text(payload[name])):
            found.add(("payload", name), words)
    if "website" in payload and (words := checks.uuid(payload["website"])):
        found.add(("payload", "website"), words)
    if sum(name in payload for name in ("website", "link", "pixel")) != 1:
        found.add(("payload", "website"), "Exactly one of website, link, or pixel must be provided")
    return found


def is_robot(agent: str) -> bool:
    return _ROBOT.search(agent) is not None


def event(payload: Mapping[str, Any], address: str, agent: str, now: datetime) -> WebsiteEvent:
    """The view, or with a `name` the event, in a payload. `timestamp` is seconds since 1970."""
    given = payload.get("timestamp")
    at = now if given is None else datetime.fromtimestamp(int(given), UTC)
    who = (payload["website"], address, agent, at.strftime("%Y-%m"), payload.get("id", ""))
    session = str(uuid5(NAMESPACE_URL, "/".join(map(str, who))))
    visit = str(uuid5(NAMESPACE_URL, f"{session}/{at.strftime('%Y-%m-%dT%H')}"))
    name = str(payload.get("name") or "")[:_LONGEST_EVENT]
    fields = _fields(payload, agent) | {"event": name or None}
    return WebsiteEvent(
        at, session, visit, CUSTOM if name else VIEW, fields, _paid(payload.get("data")) if name else None
    )


def _fields(payload: Mapping[str, Any], agent: str) -> dict[str, str | None]:
    """By the names of Umami's filters. The location of a loopback address is unknown."""
    host = payload.get("hostname")
    page = urlsplit(urljoin(f"https://{host or 'localhost'}", str(payload.get("url") or "")))
    marks = parse_qs(page.query)
    low = agent.lower()
    return {
        **dict.fromkeys(("country", "region", "city")),
        "hostname": host or page.hostname,
        "language": payload.get("language"),
        "path": unquote(page.path + (f"#{page.fragment}" if page.fragment else ""))[:_LONGEST_PATH],
        "query": page.query or None,
        "title": payload.get("title"),
        "referrer": _referrer(payload, page.hostname or ""),
        "tag": payload.get("tag"),
        "distinctId": payload.get("id"),
        "browser": payload.get("browser") or _first(low, _BROWSERS),
        "os": payload.get("os") or _first(low, _SYSTEMS),
        "device": payload.get("device") or ("mobile" if "mobile" in low else "desktop"),
        **{f"utm{mark.capitalize()}": marks.get(f"utm_{mark}", [None])[0] for mark in _UTM},
    }


def _referrer(payload: Mapping[str, Any], own: str) -> str | None:
    """The other website's domain; None if it is the website itself."""
    domain = (urlsplit(str(payload.get("referrer") or "")).hostname or "").removeprefix("www.")
    return domain if domain and domain != own.removeprefix("www.") else None


def _first(agent: str, known: tuple[tuple[str, str], ...]) -> str | None:
    return next((name for mark, name in known if mark in agent), None)


def _paid(data: Any) -> tuple[str, Decimal] | None:
    """An event's data of the keys `revenue` and `currency` count as revenue."""
    if not isinstance(data, Mapping) or "revenue" not in data or "currency" not in data:
        return None
    try:
        return str(data["currency"]).upper(), Decimal(str(data["revenue"]))
    except InvalidOperation:
        return None
