"""Names for ids: organization, users, pipelines and statuses, read together and kept for five minutes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from worker.errors import SourceIncomplete, SourceRefused
from worker.sources.close.client import CloseClient, CloseRequest
from worker.sources.common.page_checks import ListShifted
from worker.sources.common.parse import Node
from worker.together import together

KEPT = timedelta(minutes=5)
_PAGE = 100
MOST_PAGES = 1_000
FEWEST = 4
"""Requests for the names of an account, if each of its lists has one page."""


@dataclass(frozen=True, slots=True)
class CloseStatus:
    """`order` counts from 0 within the pipeline; None if no pipeline lists the status. `type`: active, won, lost."""

    label: str
    type: str
    pipeline: str | None
    order: int | None


@dataclass(frozen=True, slots=True)
class CloseNames:
    """`currency` is the organization's (ISO 4217), None if Close does not give it. `requests`: how many were needed.
    `emails`: mail addresses by user.
    """

    organization: str
    currency: str | None
    users: Mapping[str, str]
    pipelines: Mapping[str, tuple[str, ...]]
    stages: Mapping[str, CloseStatus]
    requests: int = FEWEST
    emails: Mapping[str, str] = field(default_factory=dict)

    def user(self, user_id: str | None, name: str | None = None) -> str | None:
        """The user's name from the list of users, else from the answer. A user who left is named by id."""
        if user_id is None:
            return None
        return self.users.get(user_id) or name or f"Unknown user ({user_id})"

    def statuses(self, pipeline: str) -> tuple[str, ...]:
        """The statuses of a pipeline in order, followed by those that only the list of statuses assigns to it.

        Raises SourceRefused for a pipeline that this account does not have, and ListShifted for one without statuses,
        because an empty filter would select other deals.
        """
        if pipeline not in self.pipelines:
            raise SourceRefused("GET /pipeline/", f"this account has no pipeline {pipeline!r}", status=404)
        ordered = self.pipelines[pipeline]
        others = (key for key, status in self.stages.items() if status.pipeline == pipeline and key not in ordered)
        found = (*ordered, *sorted(others))
        if not found:
            raise ListShifted("GET /pipeline/", f"pipeline {pipeline!r} came without its statuses")
        return found


class CloseNamesCache:
    """The names of one account, read at most once in five minutes for all queries."""

    def __init__(self, client: CloseClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._names: CloseNames | None = None
        self._read_at: datetime | None = None

    async def names(self) -> CloseNames:
        """Raises SourceError."""
        async with self._lock:
            now = self._clock()
            if self._names is None or self._read_at is None or not timedelta(0) <= now - self._read_at < KEPT:
                self._names = await self._read()
                self._read_at = now
            return self._names

    def forget(self) -> None:
        """The next use reads the names again."""
        self._names = None

    async def _read(self) -> CloseNames:
        """The account first and alone: a wrong key then gives one refusal, not four."""
        client = _Counting(self._client)
        me = await client.read(CloseRequest("GET", "/me/"))
        paths = ("/user/", "/pipeline/", "/status/opportunity/")
        users, pipelines, statuses = await together(listed(client, path) for path in paths)
        organization, currency = _organization(me, [*pipelines, *statuses])
        return CloseNames(
            organization=organization,
            currency=currency,
            users={user.get("id").id(): _full_name(user) for user in users},
            pipelines={p.get("id").id(): _status_ids(p) for p in pipelines},
            stages={**_loose(statuses), **_ordered(pipelines)},
            requests=client.requests,
            emails={user.get("id").id(): mail for user in users if (mail := user.get("email").text_or_none())},
        )


class Reads(Protocol):
    async def read(self, request: CloseRequest) -> Node: ...


class _Counting:
    """Reads as the client does, and counts."""

    def __init__(self, client: Reads) -> None:
        self._client = client
        self.requests = 0

    async def read(self, request: CloseRequest) -> Node:
        self.requests += 1
        return await self._client.read(request)


async def listed(client: Reads, path: str, only: Mapping[str, str] | None = None) -> list[Node]:
    """Every object of a list once, page after page; `only` selects among them. A page without anything new ends the
    list even if more is announced: not every list supports `_skip`.
    """
    found: dict[str, Node] = {}
    skip = 0
    for _ in range(MOST_PAGES):
        params = {**(only or {}), "_limit": str(_PAGE), "_skip": str(skip)}
        answer = await client.read(CloseRequest("GET", path, params=params))
        page = {node.get("id").id(): node for node in answer.get("data").items()}
        more = bool(answer.get("has_more").flag_or_none()) and not page.keys() <= found.keys()
        found.update(page)
        skip += len(page)
        if not more:
            return list(found.values())
    raise SourceIncomplete(f"GET {path}", f"a list of more than {MOST_PAGES} pages is too long to read")


def _organization(me: Node, seen: list[Node]) -> tuple[str, str | None]:
    """Id and currency. A person may be in several organizations, but a key belongs to the one whose pipelines and
    statuses (`seen`) it sees. Raises SourceShapeChanged if none is named, because currencies may differ.
    """
    organizations = me.get("organizations")
    known = {node.get("id").id(): node for node in organizations.items()}
    if not known:
        raise organizations.wrong("a list with an organization")
    found = (node.get("organization_id").text_or_none() for node in seen)
    chosen = next((key for key in found if key in known), None)
    if chosen is None and len(known) > 1:
        raise organizations.wrong("one organization, or a pipeline that names the one of this key")
    chosen = chosen or next(iter(known))
    return chosen, known[chosen].get("currency").currency_or_none()


def _full_name(user: Node) -> str:
    """Close has no display name. A user without a name is shown by address."""
    parts = (user.get("first_name").text_or_none(), user.get("last_name").text_or_none())
    name = " ".join(part.strip() for part in parts if part and part.strip())
    return name or user.get("email").text_or_none() or f"Unnamed user ({user.get('id').id()})"


def _status_ids(pipeline: Node) -> tuple[str, ...]:
    return tuple(status.get("id").id() for status in pipeline.get("statuses").items())


def _ordered(pipelines: list[Node]) -> dict[str, CloseStatus]:
    """The order of a pipeline's statuses is the order of the funnel."""
    return {
        status.get("id").id(): CloseStatus(
            status.get("label").text(), status.get("type").text(), pipeline.get("id").id(), position
        )
        for pipeline in pipelines
        for position, status in enumerate(pipeline.get("statuses").items())
    }


def _loose(statuses: list[Node]) -> dict[str, CloseStatus]:
    """Statuses from their own list. Some answers name no pipeline, and then there is no order."""
    return {
        status.get("id").id(): CloseStatus(
            status.get("label").text(), status.get("type").text(), status.get("pipeline_id").text_or_none(), None
        )
        for status in statuses
    }
