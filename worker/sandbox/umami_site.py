"""A simulated website: its visitors, views and purchases, day by day, from one seed.

The new visitors of a day and all their later visits depend only on the seed and the date. So a range gives the same
answer each time, and a demonstration may run for any time. Some names are like those that real visitors send.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

VIEW, CUSTOM = 1, 2
RETURNS = 31
"""Days after which a visitor does not come back."""
PAST = timedelta(days=120)
_BACK = (0.16, 0.11, 0.08, 0.06, 0.05, 0.05, 0.07)

_PAGES: Mapping[str, tuple[tuple[str, float], ...]] = {
    "/": (("/features", 0.25), ("/pricing", 0.3), ("/docs", 0.15), ("live-demo-button", 0.1)),
    "/features": (("/pricing", 0.4), ("live-demo-button", 0.2), ("/docs", 0.1)),
    "/docs": (("/docs/install", 0.4), ("/pricing", 0.1), ("/docs/価格", 0.05)),
    "/docs/install": (("signup", 0.15),),
    "/pricing": (("signup", 0.25), ("/features", 0.1)),
    "/search?q=<script>alert(1)</script>": (("/pricing", 0.3),),
    "live-demo-button": (("/pricing", 0.4),),
    "signup": (("purchase", 0.35),),
}
_ENTRIES = ("/", "/", "/", "/", "/docs", "/pricing", "/features", "/search?q=<script>alert(1)</script>")
_EVENTS = frozenset({"live-demo-button", "signup", "purchase", "{{7*7}} <!channel>"})
_TITLES = {
    "/": "Acme",
    "/pricing": "Pricing & plans",
    "/docs/価格": "価格",
    "/search?q=<script>alert(1)</script>": '<img src=x onerror="alert(1)">',
}
_ORIGINS: tuple[Mapping[str, str], ...] = (
    {},
    {},
    {"referrer": "google.com"},
    {"referrer": "google.com", "utmSource": "google", "utmMedium": "cpc", "utmCampaign": "brand", "utmTerm": "crm"},
    {"referrer": "search.example"},
    {"utmSource": "newsletter", "utmMedium": "email", "utmCampaign": 'autumn|"sale"', "utmContent": "header"},
    {"referrer": "forum.example", "utmSource": "<!channel>", "utmMedium": "referral", "utmCampaign": "launch"},
)
_PLACES = (("US", "US-CA", "Oakland"), ("US", "US-NY", "Albany"), ("DE", "DE-BE", "Berlin"), ("JP", "JP-13", "東京"))
_MACHINES = (
    ("Mac OS", "chrome", "laptop"),
    ("Windows 10", "edge", "desktop"),
    ("iOS", "safari", "mobile"),
    ("Linux", "firefox", "desktop"),
)
_PRICES = (("USD", Decimal(9)), ("USD", Decimal("29.5")), ("USD", Decimal(199)), ("EUR", Decimal("49.9")))


@dataclass(frozen=True, slots=True)
class WebsiteEvent:
    """A view or an event. `fields`: by the names of Umami's filters. `paid`: in major units."""

    at: datetime
    session: str
    visit: str
    kind: int
    fields: Mapping[str, str | None]
    paid: tuple[str, Decimal] | None = None
    load: int = 0

    @property
    def name(self) -> str:
        """The event's name, otherwise the path, as in journeys."""
        return str(self.fields["event"] if self.kind == CUSTOM else self.fields["path"])


class SimulatedSite:
    """`born` is the start of the simulation. The site existed for some months before."""

    def __init__(self, seed: int, born: datetime) -> None:
        self._seed = seed
        self.first_day = (born - PAST).astimezone(UTC).date()
        self._cohorts: dict[date, list[WebsiteEvent]] = {}

    def between(self, start: datetime, end: datetime, now: datetime) -> list[WebsiteEvent]:
        """Everything from `start` to `end`, both included, that has happened by `now`, oldest first."""
        last = min(end, now)
        if last < start:
            return []
        day = max(self.first_day, start.astimezone(UTC).date() - timedelta(days=RETURNS + 1))
        found: list[WebsiteEvent] = []
        while day <= last.astimezone(UTC).date():
            cohort = self._cohort(day)
            low = bisect_left(cohort, start, key=lambda hit: hit.at)
            found += cohort[low : bisect_right(cohort, last, key=lambda hit: hit.at)]
            day += timedelta(days=1)
        return sorted(found, key=lambda hit: (hit.at, hit.session))

    def newcomers(self, start: datetime, end: datetime, now: datetime) -> dict[str, datetime]:
        """Session → its first instant, for sessions that began within the range."""
        day = max(self.first_day, start.astimezone(UTC).date())
        born: dict[str, datetime] = {}
        while day <= min(end, now).astimezone(UTC).date():
            for hit in self._cohort(day):
                born.setdefault(hit.session, hit.at)
            day += timedelta(days=1)
        return {session: at for session, at in born.items() if start <= at <= min(end, now)}

    def _cohort(self, day: date) -> list[WebsiteEvent]:
        if day not in self._cohorts:
            rng = random.Random(f"{self._seed}/{day.isoformat()}")
            busy = 8 if day.weekday() >= 5 else 18
            hits = [hit for _ in range(rng.randint(busy, busy * 2)) for hit in _life(rng, day)]
            self._cohorts[day] = sorted(hits, key=lambda hit: hit.at)
        return self._cohorts[day]


def _life(rng: random.Random, day: date) -> list[WebsiteEvent]:
    """One visitor: the first visit, and the visits of later days."""
    session = str(UUID(int=rng.getrandbits(128), version=4))
    country, region, city = rng.choice(_PLACES)
    system, browser, device = rng.choice(_MACHINES)
    own = {"country": country, "region": region, "city": city, "os": system, "browser": browser, "device": device}
    later = [d for d in range(1, RETURNS) if rng.random() < (_BACK[d] if d < len(_BACK) else 0.01)]
    visits = [_visit(rng, day + timedelta(days=d), session, {**own, **rng.choice(_ORIGINS)}) for d in [0, *later]]
    return [hit for visit in visits for hit in visit]


def _visit(rng: random.Random, day: date, session: str, own: Mapping[str, str]) -> list[WebsiteEvent]:
    at = datetime.combine(day, time(), UTC) + timedelta(seconds=rng.randrange(86_000), milliseconds=rng.randrange(1000))
    visit = str(UUID(int=rng.getrandbits(128), version=4))
    hits: list[WebsiteEvent] = []
    path, step = "/", rng.choice(_ENTRIES)
    for _ in range(8):
        custom = step in _EVENTS
        path = path if custom else step
        paid = rng.choice(_PRICES) if step == "purchase" else None
        hits.append(
            _hit(at, session, visit, _fields(own, path, step if custom else None), paid, rng.randint(400, 4000))
        )
        at += timedelta(seconds=rng.randint(3, 240))
        following = _next(rng, step)
        if following is None:
            break
        step = following
    if rng.random() < 0.02:
        odd = _fields(own, path, "{{7*7}} <!channel>")
        hits.append(_hit(at, session, visit, odd, None, 0))
    return hits


def _hit(
    at: datetime,
    session: str,
    visit: str,
    fields: Mapping[str, str | None],
    paid: tuple[str, Decimal] | None,
    load: int,
) -> WebsiteEvent:
    return WebsiteEvent(at, session, visit, VIEW if fields["event"] is None else CUSTOM, fields, paid, load)


def _next(rng: random.Random, step: str) -> str | None:
    drawn = rng.random()
    for following, share in _PAGES.get(step, ()):
        if drawn < share:
            return following
        drawn -= share
    return None


def _fields(own: Mapping[str, str], path: str, event: str | None) -> dict[str, str | None]:
    plain, _, query = path.partition("?")
    empty = dict.fromkeys(
        ("referrer", "tag", "distinctId", "utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm")
    )
    return {
        **empty,
        "hostname": "www.acme.example",
        "language": "en-US",
        **own,
        "path": path if "<" in path else plain,
        "query": query or None,
        "title": _TITLES.get(path),
        "event": event,
    }
