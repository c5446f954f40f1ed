"""The Umami source. It answers a question with a snapshot, and with one of its comparison."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from worker.adapters.http import Http, api_address
from worker.adapters.local_quota import LocalQuota
from worker.domain.snapshot.notes import Note, capped
from worker.domain.snapshot.snapshot import Snapshot, Table
from worker.errors import RequestError, SourceRefused
from worker.ports import Answer, Question, Quota
from worker.ports.kinds import without_tls
from worker.ports.tokens import Renewal
from worker.sources.common.calls import Retries, Sender
from worker.sources.common.edits import Verbs
from worker.sources.common.limits import heard
from worker.sources.common.pace import RateLimiter, asked_for
from worker.sources.common.parse import Node
from worker.sources.umami import address, asking, conversions, over_time, saved, shares
from worker.sources.umami.asking import Dates, ReportRequest
from worker.sources.umami.catalog import UmamiCatalog
from worker.sources.umami.client import UmamiClient
from worker.sources.umami.edits import VERBS, apply
from worker.sources.umami.fingerprint import fingerprint
from worker.sources.umami.notes import FILTERS_UNUSED, MISSPELT, RESET, SIX_MONTHS
from worker.sources.umami.routes import Reports
from worker.sources.umami.scene import Scene
from worker.sources.umami.session import Key, Login, Session
from worker.sources.umami.sites import Site, Sites
from worker.sources.umami.specs import ALIASES
from worker.sources.umami.tables import ReportAnswer
from worker.sources.umami.values import Unfit
from worker.together import together

CLOUD_CALLS, CLOUD_SECONDS = 45, 15.0
"""Calls used of the fifty that a key has in fifteen seconds. The rest is for clocks that differ and other users of the
key. No header states the limit: https://docs.umami.is/docs/cloud/api-key
"""
IN_FLIGHT = 4
"""Concurrent requests. Every report is a long query to a database into which visitors are written."""
CLOUD_KEEPS = timedelta(days=184)
"""Without a subscription the cloud silently begins every report within the last six months."""
MOST_NOTES = 50

_REPORTS: Mapping[str, Callable[[Node, Scene], ReportAnswer]] = {
    "funnel": conversions.funnel,
    "goal": conversions.goal,
    "journey": conversions.journey,
    "retention": over_time.retention,
    "revenue": over_time.revenue,
    "performance": over_time.performance,
    "utm": shares.utm,
    "attribution": shares.attribution,
    "breakdown": shares.breakdown,
    "stats": shares.stats,
}


@dataclass(frozen=True, slots=True)
class UmamiTuning:
    """`timeout`: seconds for a connection, and for each silence in an answer. `calls` in any `seconds`: 0 for no limit,
    None for the service's limit.
    """

    timeout: float = 60.0
    retries: Retries = field(default_factory=lambda: Retries(tries=3))
    calls: int | None = None
    seconds: float = CLOUD_SECONDS


class UmamiSource:
    """One account. It answers several questions concurrently; they share pace, connections, a login and websites.

    `catalog` is for commands, never for a run.
    """

    def __init__(
        self,
        http: Sender,
        session: Session,
        *,
        clock: Callable[[], datetime],
        cloud: bool = False,
        tuning: UmamiTuning | None = None,
        quota: Quota | None = None,
    ) -> None:
        chosen = tuning or UmamiTuning()
        calls = (CLOUD_CALLS if cloud else 0) if chosen.calls is None else chosen.calls
        self._cloud = cloud
        self._clock = clock
        pace = RateLimiter(quota or LocalQuota(), heard, calls=calls, seconds=chosen.seconds)
        self._client = UmamiClient(http, session, pace, clock=clock, retries=chosen.retries)
        self._reports = Reports(self._client)
        self._sites = Sites(self._client, clock)
        self.catalog = UmamiCatalog(self._client)

    async def fetch(self, ask: Question) -> Answer:
        """Raises SourceError. Parts that cannot be read are never left out silently."""
        try:
            asked = await self._question(ask)
            base, against = asking.dates(ask)
        except Unfit as unfit:
            raise SourceRefused(ask.item.query, str(unfit), status=400) from None
        with asked_for(ask.on_demand):
            site = await self._sites.one(asked.website)
            calls = [base] if against is None else [base, against]
            found = await together(self._report(ask, asked, site, when) for when in calls)
        return Answer(found[0], None if against is None else found[1])

    async def check(self) -> str:
        """Lists the account's websites. Raises SourceError."""
        return f"{len(await self.catalog.websites())} websites"

    async def holds(self, kind: str) -> Table:
        """What the account holds: see `catalog.KINDS`. Raises RequestError and SourceError."""
        return await self.catalog.holds(kind)

    @property
    def verbs(self) -> Verbs:
        return VERBS

    async def apply(self, kind: str, verb: str, key: str, values: Mapping[str, Any]) -> Table | None:
        """Reads, makes, changes or deletes a saved report. Raises RequestError, SourceError."""
        return await apply(self.catalog, kind, verb, key, values)

    async def _question(self, ask: Question) -> ReportRequest:
        params, query = ask.item.params, ask.item.query
        if query != "saved_report":
            report = ALIASES.get(query, query)
            asked = asking.question(report, ask, str(params["websiteId"]), params)
            said = (MISSPELT(query, report),) if report != query else ()
            return asking.noted(asked, *said)
        kept = saved.runnable(await self.catalog.report(str(params["reportId"])))
        zone = {"timezone": params["timezone"]} if "timezone" in params else {}
        asked = asking.question(kept.type, ask, kept.website, {**kept.parameters, **zone})
        return asking.noted(asked, FILTERS_UNUSED()) if kept.parameters.get("filters") else asked

    async def _report(self, ask: Question, asked: ReportRequest, site: Site, when: Dates) -> Snapshot:
        began = self._clock()
        answer = await self._reports.answer(asked, when)
        ended = self._clock()
        parts = _REPORTS[asked.report](answer, Scene(asked, when.window, ended))
        notes = (*asked.notes, *self._doubts(site, when, began), *parts.notes)
        return Snapshot(
            query_id=ask.item.id,
            fingerprint=fingerprint(asked, ask.item),
            window=when.window,
            slot=ask.slot,
            as_of=(began, ended),
            measures=parts.measures,
            tables=parts.tables,
            notes=capped(notes, MOST_NOTES),
        )

    def _doubts(self, site: Site, when: Dates, now: datetime) -> list[Note]:
        """Notes where Umami silently answers for less than the requested period."""
        if when.window is None:
            return []
        doubts = list[Note]()
        start = when.window.start
        if site.reset_at is not None and site.reset_at > start.timestamp() * 1000:
            doubts.append(RESET())
        if self._cloud and start < now - CLOUD_KEEPS:
            doubts.append(SIX_MONTHS())
        return doubts

    async def aclose(self) -> None:
        await self._sites.aclose()
        await self._client.aclose()


def open_source(
    options: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    tuning: UmamiTuning | None = None,
    quota: Quota | None = None,
    renewal: Renewal | None = None,  # noqa: ARG001  neither a key nor a password of Umami ends
) -> UmamiSource:
    """`options` as in UMAMI, secrets resolved. `quota`: the shared budget.

    The API of a self-hosted server is below /api, also with an api_key, which version 3.4 has. A base_url that ends in
    /v1 is the cloud's. Raises RequestError, which never holds a secret.
    """
    key, username, password = (options.get(name, "") for name in ("api_key", "username", "password"))
    base_url = options.get("base_url", "").rstrip("/")
    if bool(key) == bool(username):
        raise RequestError("umami: write api_key, or username and password, one of them and not empty")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise RequestError("api_key: holds characters that no key of Umami has (a space, a line break?)")
    if username and not password:
        raise RequestError("umami: username without password: write both")
    if username and not base_url:
        raise RequestError("umami: username without base_url: write where your Umami is served, or use api_key")
    if base_url:
        base_url = api_address("base_url", base_url, without_tls=without_tls(options))
    chosen = tuning or UmamiTuning()
    session: Session = Key(key) if key else Login(username, password)
    api = address.api(base_url, key=bool(key))
    http = Http(api, timeout=chosen.timeout, in_flight=IN_FLIGHT)
    return UmamiSource(http, session, clock=clock, cloud=address.is_cloud(api), tuning=chosen, quota=quota)
