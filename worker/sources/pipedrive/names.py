"""Names for ids: company, users, pipelines and stages, read together and kept for five minutes."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker.domain.snapshot.notes import Note
from worker.errors import SourceRefused
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.currencies import CurrenciesCache
from worker.sources.pipedrive.notes import IDS
from worker.sources.pipedrive.pages import PipedriveListing
from worker.together import together

KEPT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PipedriveStage:
    """`order` counts from 0 within the pipeline; deleted stages, which lists hold for thirty more days, come last.
    `rots_after`: days without an update, None if deals do not rot. `probability` in percent.
    """

    id: str
    name: str
    pipeline: str
    order: int
    rots_after: int | None
    probability: int | None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PipedrivePipeline:
    """`weighs`: deals without their own probability have that of their stage."""

    id: str
    name: str
    order: int
    weighs: bool
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Me:
    """The user of the token. `company` is the account."""

    id: str
    name: str
    company: str
    domain: str | None


@dataclass(frozen=True, slots=True)
class PipedriveNames:
    """`users`: id → name, also of users who left. `active`: ids of users who did not leave."""

    me: Me
    users: Mapping[str, str]
    active: tuple[str, ...]
    pipelines: Mapping[str, PipedrivePipeline]
    stages: Mapping[str, PipedriveStage]
    notes: tuple[Note, ...] = ()
    emails: Mapping[str, str] = field(default_factory=dict)

    def user(self, user_id: str | None, name: str | None = None) -> str | None:
        """The user's name from the list of users, else from the answer. A user who left is named by id."""
        if user_id is None:
            return None
        return self.users.get(user_id) or name or f"Unknown user ({user_id})"

    def stage(self, stage_id: str | None) -> str | None:
        if stage_id is None:
            return None
        stage = self.stages.get(stage_id)
        return stage.name if stage is not None else f"Unknown stage ({stage_id})"

    def of_pipeline(self, pipeline_id: str) -> tuple[PipedriveStage, ...]:
        """The pipeline's stages in order, without deleted ones."""
        found = (stage for stage in self.stages.values() if stage.pipeline == pipeline_id and not stage.deleted)
        return tuple(sorted(found, key=lambda stage: stage.order))

    @property
    def default_pipeline(self) -> str | None:
        """The first pipeline that is not deleted."""
        living = (pipeline for pipeline in self.pipelines.values() if not pipeline.deleted)
        first = min(living, key=lambda pipeline: (pipeline.order, int(pipeline.id)), default=None)
        return None if first is None else first.id

    def url(self, deal_id: str) -> str | None:
        return f"https://{self.me.domain}.pipedrive.com/deal/{deal_id}" if self.me.domain else None


class PipedriveNamesCache:
    """The names of one account, read at most once in five minutes for all queries: 32 tokens."""

    def __init__(self, client: PipedriveClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._names: PipedriveNames | None = None
        self._read_at: datetime | None = None
        self.currencies = CurrenciesCache(client, clock)

    async def names(self) -> PipedriveNames:
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

    async def _read(self) -> PipedriveNames:
        """Reads the user first and alone, so that a wrong token is refused once and not four times."""
        me = _me((await self._client.read(PipedriveRequest(costs.ME))).get("data").object())
        (users, notes), (pipelines, _), (stages, _) = await together(
            [self._users(), self._listed(costs.PIPELINES), self._listed(costs.STAGES)]
        )
        return PipedriveNames(
            me=me,
            users={user.get("id").number_id(): _user_name(user) for user in users},
            active=tuple(user.get("id").number_id() for user in users if user.get("active_flag").value is not False),
            pipelines={p.id: p for p in map(_pipeline, pipelines)},
            stages=_stages(stages),
            notes=tuple(notes),
            emails={user.get("id").number_id(): mail for user in users if (mail := user.get("email").text_or_none())},
        )

    async def _users(self) -> tuple[list[Node], list[Note]]:
        """Without the right to see users, ids replace names; nothing else is lost."""
        try:
            answer = await self._client.read(PipedriveRequest(costs.USERS))
        except SourceRefused as refusal:
            if refusal.status != 403:
                raise
            return [], [IDS(refusal)]
        data = answer.get("data")
        return ([] if data.value is None else [user.object() for user in data.items()]), []

    async def _listed(self, endpoint: str) -> tuple[list[Node], list[Note]]:
        return await PipedriveListing(self._client, PipedriveRequest(endpoint)).rows(lambda node: node), []


def _me(user: Node) -> Me:
    """The account's id is required, because it decides which answers can be compared."""
    domain = user.get("company_domain").text_or_none() or None
    return Me(
        id=user.get("id").number_id(),
        name=_user_name(user),
        company=user.get("company_id").number_id(),
        domain=domain if domain and domain.replace("-", "").isalnum() else None,
    )


def _user_name(user: Node) -> str:
    name = user.get("name").text_or_none() or user.get("email").text_or_none()
    return name or f"Unnamed user ({user.get('id').number_id()})"


def _pipeline(node: Node) -> PipedrivePipeline:
    weighs = bool(node.get("is_deal_probability_enabled").flag_or_none())
    return PipedrivePipeline(
        node.get("id").number_id(),
        node.get("name").text(),
        node.get("order_nr").whole(),
        weighs,
        deleted=bool(node.get("is_deleted").flag_or_none()),
    )


def _stages(nodes: list[Node]) -> dict[str, PipedriveStage]:
    """`order_nr` sorts stages and may have gaps. Ours counts from 0."""
    grouped: dict[str, list[tuple[int, PipedriveStage]]] = defaultdict(list)
    for node in nodes:
        stage = _stage(node)
        grouped[stage.pipeline].append((stage.order, stage))
    return {
        stage.id: replace(stage, order=position)
        for group in grouped.values()
        for position, (_, stage) in enumerate(
            sorted(group, key=lambda pair: (pair[1].deleted, pair[0], int(pair[1].id)))
        )
    }


def _stage(node: Node) -> PipedriveStage:
    days, chance = node.get("days_to_rotten"), node.get("deal_probability")
    rots = node.get("is_deal_rot_enabled").flag_or_none() and not days.absent
    return PipedriveStage(
        id=node.get("id").number_id(),
        name=node.get("name").text(),
        pipeline=node.get("pipeline_id").number_id(),
        order=node.get("order_nr").whole(),
        rots_after=days.whole() if rots else None,
        probability=None if chance.absent else round(chance.number()),
        deleted=bool(node.get("is_deleted").flag_or_none()),
    )
