"""The Pipedrive source. It answers a question with a snapshot, and with one of its comparison."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from worker.adapters.http import Http, api_address
from worker.domain.snapshot.notes import Note, capped
from worker.domain.snapshot.opportunity import TABLE
from worker.domain.snapshot.requests import requests
from worker.domain.snapshot.snapshot import Snapshot, Table
from worker.domain.time.window import Window
from worker.errors import RequestError
from worker.ports import Answer, Question, Quota
from worker.ports.kinds import without_tls
from worker.ports.tokens import Renewal
from worker.ports.webhook_keys import RegisteredWebhook
from worker.sources.common.addresses import addresses
from worker.sources.common.bearer import Service, bearer
from worker.sources.common.calls import Retries, Sender
from worker.sources.common.credentials import Credential, StaticHeaders
from worker.sources.common.edits import Verbs
from worker.sources.common.pace import asked_for
from worker.sources.pipedrive import catalog, webhooks
from worker.sources.pipedrive.client import PipedriveClient
from worker.sources.pipedrive.costs import COSTS, CURRENCIES
from worker.sources.pipedrive.deals import DealList
from worker.sources.pipedrive.fingerprint import fingerprint, spelled
from worker.sources.pipedrive.names import PipedriveNames, PipedriveNamesCache
from worker.sources.pipedrive.notes import WHOLE_DAYS
from worker.sources.pipedrive.pages import PAGE
from worker.sources.pipedrive.pipelines import Pipelines
from worker.sources.pipedrive.statistics import Statistics, StatisticsAnswer
from worker.sources.pipedrive.windows import asked, cuts_days, days

MOST_NOTES = 50
TOKEN_URL = "https://oauth.pipedrive.com/oauth/token"  # noqa: S105  # the address of tokens, not a token
STATISTICS = ("conversion", "movements")
LISTS = ("deals", "stalled_deals")


@dataclass(frozen=True, slots=True)
class PipedriveTuning:
    """`page`: rows per page. `timeout`: seconds for a connection, and for each silence in an answer. `progress` gets
    the number of rows of a list read so far.
    """

    page: int = PAGE
    timeout: float = 30.0
    retries: Retries = field(default_factory=Retries)
    progress: Callable[[int], None] = lambda _rows: None


class PipedriveSource:
    """One account. It answers several questions concurrently; they share pace, connections and names. `client` is
    public for the catalog and for planning budgets.
    """

    def __init__(
        self,
        http: Sender,
        credential: Credential,
        *,
        clock: Callable[[], datetime],
        tuning: PipedriveTuning | None = None,
        quota: Quota | None = None,
    ) -> None:
        self._tuning = tuning or PipedriveTuning()
        self._clock = clock
        self.client = PipedriveClient(http, credential, clock=clock, retries=self._tuning.retries, quota=quota)
        self._directory = PipedriveNamesCache(self.client, clock)

    async def fetch(self, ask: Question) -> Answer:
        """Raises SourceError. Parts that cannot be read are never left out silently."""
        with asked_for(ask.on_demand):
            if ask.item.query in STATISTICS:
                snapshot = await self._statistics(ask, asked(ask))
                against = ask.compared
                return Answer(snapshot, None if against is None else await self._statistics(ask, against))
            return Answer(await (self._list(ask) if ask.item.query in LISTS else self._pipelines(ask)))

    def words(self, ask: Question) -> str:
        """The question with days and instants in place of windows' names."""
        return json.dumps(spelled(ask), sort_keys=True, default=str)

    async def complete(self, ask: Question, listed: Answer) -> Answer:
        """Looks up what left the list, and carries forward since when deals have nothing planned. If a deal left but
        still matches, the list missed it, and this run reads the list again.
        """
        if ask.item.query not in LISTS:
            return listed
        with asked_for(ask.on_demand):
            snapshot = await self._deals(ask).complete(listed.snapshot)
        return await self.fetch(ask) if snapshot is None else Answer(snapshot)

    async def _statistics(self, ask: Question, window: Window) -> Snapshot:
        began, names = self._clock(), await self._directory.names()
        question = Statistics(self.client, names, self._directory.currencies, ask, *days(window))
        parts = await (question.conversion() if ask.item.query == "conversion" else question.movements())
        whole = WHOLE_DAYS(question.start, question.end) if cuts_days(window) else None
        return self._snapshot(ask, names, began, parts, window=window, note=whole)

    async def _pipelines(self, ask: Question) -> Snapshot:
        began, names = self._clock(), await self._directory.names()
        question = Pipelines(self.client, names, self._directory.currencies, ask)
        reads = {"pipelines": question.every, "pipeline": question.one, "deals_summary": question.summed}
        return self._snapshot(ask, names, began, await reads[ask.item.query]())

    async def _list(self, ask: Question) -> Snapshot:
        began = self._clock()
        deals = await self._deals(ask).read()
        names = await self._directory.names()
        parts = StatisticsAnswer(deals.measures, deals.tables, deals.notes, deals.sent)
        return self._snapshot(
            ask,
            names,
            began,
            parts,
            members=deals.members,
            followed=deals.followed,
            main=TABLE,
            addresses=addresses((*deals.tables[:1], deals.followed), names.emails),
        )

    def _deals(self, ask: Question) -> DealList:
        tuning = self._tuning
        return DealList(
            self.client, self._directory, ask, clock=self._clock, size=tuning.page, progress=tuning.progress
        )

    def _snapshot(
        self,
        ask: Question,
        names: PipedriveNames,
        began: datetime,
        parts: StatisticsAnswer,
        *,
        note: Note | None = None,
        **more: Any,
    ) -> Snapshot:
        """`more`: the fields of a Snapshot that only some queries fill."""
        return Snapshot(
            query_id=ask.item.id,
            fingerprint=fingerprint(names.me, ask.item),
            window=more.pop("window", None),
            slot=ask.slot,
            as_of=(began, self._clock()),
            measures=parts.measures,
            tables=(*parts.tables, self._requests(parts.sent)),
            notes=capped((*parts.notes, *((note,) if note else ())), MOST_NOTES),
            **more,
        )

    def _requests(self, sent: Mapping[str, int]) -> Table:
        """The requests of this answer. Of those for names, only the ones that not every account needs."""
        own = [(endpoint, count, count * COSTS[endpoint], False) for endpoint, count in sent.items()]
        shared = [(CURRENCIES, 1, COSTS[CURRENCIES], True)] if self._directory.currencies.asked else []
        return requests([*own, *shared])

    @property
    def verbs(self) -> Verbs:
        return catalog.VERBS

    async def holds(self, kind: str) -> Table:
        """What the account holds. Raises RequestError for an unknown kind, SourceError."""
        return await catalog.holds(self.client, kind)

    async def apply(self, kind: str, verb: str, key: str, values: Mapping[str, Any]) -> Table | None:
        """Make, change or delete a pipeline. Raises RequestError, SourceError."""
        return await catalog.apply(self.client, kind, verb, key, values)

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """Raises SourceError, as the next two."""
        return await webhooks.webhooks(self.client)

    async def add_webhook(self, url: str, events: Sequence[str]) -> tuple[tuple[RegisteredWebhook, str], ...]:
        return await webhooks.add_webhook(self.client, url, events)

    async def remove_webhook(self, key: str) -> None:
        """Raises RequestError for what is no id, too."""
        await webhooks.remove_webhook(self.client, key)

    async def check(self) -> str:
        """Reads the account's names, which every run needs. Raises SourceError."""
        me = (await self._directory.names()).me
        return f"company {me.company}, as {me.name}"

    async def aclose(self) -> None:
        await self.client.aclose()


def open_source(
    options: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    tuning: PipedriveTuning | None = None,
    quota: Quota | None = None,
    renewal: Renewal | None = None,
) -> PipedriveSource:
    """`options` as in PIPEDRIVE, secrets resolved. `quota`: the shared budget. `renewal`: for tokens that expire.

    The token is sent in a header and never in the URL, which is logged. Raises RequestError, which never holds a
    secret.
    """
    token_url = options.get("oauth_url") or TOKEN_URL
    renewed = bearer(Service("pipedrive", "api_token", token_url, basic=True), options, clock, renewal)
    token = options.get("api_token", "")
    chosen = tuning or PipedriveTuning()
    http = Http(base_url(options), timeout=chosen.timeout)
    credential = renewed or StaticHeaders({"x-api-token": token}, (token,))
    return PipedriveSource(http, credential, clock=clock, tuning=chosen, quota=quota)


def base_url(options: Mapping[str, str]) -> str:
    """The address above /api/v1 and /api/v2. Raises RequestError."""
    domain, given = options.get("company_domain", ""), options.get("base_url", "")
    if bool(domain) == bool(given):
        raise RequestError("pipedrive: write company_domain or base_url, one of them and not empty")
    if domain:
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", domain):
            raise RequestError("company_domain: expected only the first part, as in acme for acme.pipedrive.com")
        return f"https://{domain.lower()}.pipedrive.com"
    address = api_address("base_url", given, without_tls=without_tls(options))
    return re.sub(r"(?:/api(?:/v[12])?)?/*$", "", address)
