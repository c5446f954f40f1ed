"""The Close source. It answers a question with a snapshot, and with one of its comparison."""

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
from worker.domain.snapshot.snapshot import File, Snapshot, Table
from worker.errors import SourceError, SourceShapeChanged
from worker.ports import Answer, Question, Quota
from worker.ports.kinds import without_tls
from worker.ports.tokens import Renewal
from worker.ports.webhook_keys import RegisteredWebhook
from worker.sources.close import catalog, funnel, webhooks
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.close.fingerprint import fingerprint, spelled
from worker.sources.close.known_rows import KnownRows
from worker.sources.close.names import FEWEST, CloseNames, CloseNamesCache
from worker.sources.close.notes import NO_FILE
from worker.sources.close.opportunities import Opportunities
from worker.sources.close.pages import PAGE
from worker.sources.close.ranges import Asked, asked
from worker.sources.common.addresses import addresses
from worker.sources.common.bearer import Service, bearer
from worker.sources.common.calls import Retries, Sender
from worker.sources.common.credentials import Credential
from worker.sources.common.pace import asked_for
from worker.sources.common.parse import Node

BASE_URL = "https://api.close.com/api/v1"
MOST_NOTES = 50

_REPORTS: Mapping[str, tuple[str, Callable[[Node, CloseNames], funnel.FunnelAnswer]]] = {
    "funnel_totals": (funnel.TOTALS_PATH, funnel.totals),
    "funnel_stages": (funnel.STAGES_PATH, funnel.stages),
}


@dataclass(frozen=True, slots=True)
class CloseTuning:
    """`page`: rows per page. `timeout`: seconds for a connection, and for each silence in an answer."""

    page: int = PAGE
    timeout: float = 30.0
    retries: Retries = field(default_factory=Retries)


class CloseSource:
    """One account. It answers several questions concurrently; they share pace, connections and names."""

    def __init__(
        self,
        http: Sender,
        *,
        clock: Callable[[], datetime],
        secrets: tuple[str, ...] = (),
        tuning: CloseTuning | None = None,
        quota: Quota | None = None,
        credential: Credential | None = None,
    ) -> None:
        self._tuning = tuning or CloseTuning()
        self._clock = clock
        retries = self._tuning.retries
        self._client = CloseClient(
            http, clock=clock, secrets=secrets, retries=retries, quota=quota, credential=credential
        )
        self._directory = CloseNamesCache(self._client, clock)
        self._known = KnownRows()

    async def fetch(self, question: Question) -> Answer:
        """Raises SourceError. Parts that cannot be read are never left out silently."""
        with asked_for(question.on_demand):
            if question.item.query not in _REPORTS:
                return Answer(await self._list(question))
            base, compared = asked(question)
            snapshot = await self._report(question, base)
            return Answer(snapshot, None if compared is None else await self._report(question, compared, files=False))

    def words(self, question: Question) -> str:
        """The body of a report's call, or the filters of a list."""
        return json.dumps(spelled(question), sort_keys=True, default=str)

    async def complete(self, question: Question, listed: Answer) -> Answer:
        """Looks up what left the list, and carries forward since when deals stall. If a deal left but still matches,
        the list missed it, and this run reads the list again.
        """
        if question.item.query in _REPORTS:
            return listed
        with asked_for(question.on_demand):
            snapshot = await self._opportunities(question).complete(listed.snapshot)
        return await self.fetch(question) if snapshot is None else Answer(snapshot)

    async def _report(self, question: Question, call: Asked, *, files: bool = True) -> Snapshot:
        path, read = _REPORTS[question.item.query]
        began = self._clock()
        names = await self._directory.names()
        body = {name: value for name, value in call.body.items() if name != "users" or value}
        parts = read(await self._client.read(CloseRequest("POST", path, json=body, zone=question.zone)), names)
        attached, missing = await self._file(question, path, body) if question.files and files else ((), ())
        return self._snapshot(
            question,
            names,
            began,
            window=call.window,
            measures=parts.measures,
            tables=parts.tables,
            notes=(*parts.notes, *missing),
            files=attached,
        )

    async def _file(
        self, question: Question, path: str, body: Mapping[str, Any]
    ) -> tuple[tuple[File, ...], tuple[Note, ...]]:
        """The file, or a note why there is none. The figures do not depend on it."""
        try:
            return (await self._csv(question, path, body),), ()
        except SourceError as error:
            return (), (NO_FILE(error),)

    async def _csv(self, question: Question, path: str, body: Mapping[str, Any]) -> File:
        """The report per user as Close's own file. Its columns are not documented, so it is not parsed."""
        request = CloseRequest("POST", path, json=body, zone=question.zone, accept="text/csv")
        content = await self._client.fetch(request)
        if not content.strip() or content.lstrip()[:1] in (b"<", b"{"):
            raise SourceShapeChanged(request.endpoint, "body", "expected CSV, found an empty body, HTML or JSON")
        name = re.sub(r"[^a-z0-9]+", "-", question.item.id.lower()).strip("-") or "report"
        # Plain bytes are stored; an answer as it was read counts in the budget of bodies for as long as it is held.
        return File(f"{name}-by-user.csv", "text/csv", bytes(content))

    async def _list(self, question: Question) -> Snapshot:
        began = self._clock()
        deals = await self._opportunities(question).read()
        names = await self._directory.names()
        return self._snapshot(
            question,
            names,
            began,
            measures=deals.measures,
            tables=deals.tables,
            notes=deals.notes,
            members=deals.members,
            followed=deals.followed,
            main=TABLE,
            addresses=addresses((*deals.tables[:1], deals.followed), names.emails),
        )

    def _opportunities(self, question: Question) -> Opportunities:
        size, known = self._tuning.page, self._known
        return Opportunities(self._client, self._directory, question, clock=self._clock, size=size, known=known)

    def _snapshot(
        self, question: Question, names: CloseNames, began: datetime, *, notes: tuple[Note, ...], **parts: Any
    ) -> Snapshot:
        """`parts`: the fields of a Snapshot that the query fills."""
        return Snapshot(
            query_id=question.item.id,
            fingerprint=fingerprint(names.organization, question.item),
            window=parts.pop("window", None),
            slot=question.slot,
            as_of=(began, self._clock()),
            tables=(*parts.pop("tables"), *_further_requests(names)),
            notes=capped(notes, MOST_NOTES),
            **parts,
        )

    async def holds(self, kind: str) -> Table:
        """What the account holds. Raises RequestError for an unknown kind, SourceError."""
        return await catalog.holds(self._client, kind)

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """Raises SourceError, as the next two."""
        return await webhooks.webhooks(self._client)

    async def add_webhook(self, url: str, events: Sequence[str]) -> tuple[tuple[RegisteredWebhook, str], ...]:
        return await webhooks.add_webhook(self._client, url, events)

    async def remove_webhook(self, key: str) -> None:
        """Raises RequestError for what is no id, too."""
        await webhooks.remove_webhook(self._client, key)

    async def check(self) -> str:
        """Reads the account's names, which every run needs. Raises SourceError."""
        names = await self._directory.names()
        return f"organization {names.organization}, {len(names.users)} users"

    async def aclose(self) -> None:
        await self._client.aclose()


def _further_requests(names: CloseNames) -> tuple[Table, ...]:
    """The requests for the names of a large account beyond those of every account, which the price of a query
    includes.
    """
    more = names.requests - FEWEST
    return (requests([("further pages of names", more, 0, True)]),) if more > 0 else ()


def open_source(
    options: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    tuning: CloseTuning | None = None,
    quota: Quota | None = None,
    renewal: Renewal | None = None,
) -> CloseSource:
    """`options` as in CLOSE, secrets resolved. `quota`: the shared budget. `renewal`: for tokens that expire.

    Raises RequestError, which never holds a secret. A key is sent as the user of Basic without a password, a token as
    Bearer: https://developer.close.com/topics/authentication/
    """
    base_url = api_address("base_url", options.get("base_url") or BASE_URL, without_tls=without_tls(options))
    token_url = options.get("oauth_url") or re.sub(r"/api/v1/?$", "", base_url) + "/oauth2/token/"
    key = options.get("api_key", "")
    credential = bearer(Service("close", "api_key", token_url), options, clock, renewal)
    chosen = tuning or CloseTuning()
    http = Http(base_url, auth=(key, "") if key else None, timeout=chosen.timeout)
    return CloseSource(http, clock=clock, secrets=(key,), tuning=chosen, quota=quota, credential=credential)
