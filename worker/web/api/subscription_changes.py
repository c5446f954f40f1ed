"""Subscriptions through the API: the token's own with the scope `subscribe`, everybody's with `manage`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from worker.documents.subscriptions import (
    added_document,
    reader_paused_document,
    reader_resumed_document,
    removed_document,
)
from worker.domain.access import Actor, TokenScope
from worker.domain.address import same
from worker.errors import NotFound
from worker.flow.operate import acts
from worker.flow.operate.subscriptions import EVERYBODY, listed, named
from worker.flow.services import Services
from worker.web.api.guard import Guard
from worker.web.api.once import once_route
from worker.web.api.parameters import Id
from worker.web.api.problem import HttpRefusal
from worker.web.api.shapes.schedules import PauseRequest
from worker.web.api.shapes.subscriptions import AddedShape, ReaderPausedShape, RemovedShape, SubscribeRequest

Reader = Annotated[str, Path(max_length=400, description="A reader's id, an entry's id, or an address.")]


def subscription_changes(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["subscriptions"], route_class=once_route(uses, guard))
    subscribes = Depends(guard.needs(TokenScope.SUBSCRIBE))

    @router.post("/schedules/{schedule:path}/subscriptions", status_code=201, response_model=AddedShape)
    async def subscribe(schedule: Id, wanted: SubscribeRequest, actor: Annotated[Actor, subscribes]) -> dict[str, Any]:
        """Subscribes an address to a schedule without changing its definition. An entry with `alerts` (ids of rules) or
        `alert_labels` (matchers such as `team=north`) gets those alerts and no digests.
        """
        _refuse_others(actor, str(wanted.entry.get("address", "")))
        return added_document(await acts.subscribe(uses, actor, schedule, wanted.entry, wanted.expires))

    @router.delete("/schedules/{schedule:path}/subscriptions/{reader}", response_model=RemovedShape)
    async def unsubscribe(schedule: Id, reader: Reader, actor: Annotated[Actor, subscribes]) -> dict[str, Any]:
        """Removes a subscription that was added at run time."""
        name = await _reader_of(uses, actor, schedule, reader)
        return removed_document(await acts.unsubscribe(uses, actor, schedule, name))

    @router.post("/schedules/{schedule:path}/subscriptions/{reader}/pause", response_model=ReaderPausedShape)
    async def pause_reader(
        schedule: Id, reader: Reader, wanted: PauseRequest, actor: Annotated[Actor, subscribes]
    ) -> dict[str, Any]:
        """Pauses one reader's messages."""
        name, until = await _reader_of(uses, actor, schedule, reader), wanted.until
        return reader_paused_document(await acts.pause_reader(uses, actor, schedule, name, until), until)

    @router.post("/schedules/{schedule:path}/subscriptions/{reader}/resume", response_model=ReaderPausedShape)
    async def resume_reader(schedule: Id, reader: Reader, actor: Annotated[Actor, subscribes]) -> dict[str, Any]:
        """Ends the pause of one reader's messages."""
        name = await _reader_of(uses, actor, schedule, reader)
        row, ended = await acts.resume_reader(uses, actor, schedule, name)
        return reader_resumed_document(row, was_paused=ended)

    return router


async def _reader_of(uses: acts.SubscribeUses, actor: Actor, schedule: str, name: str) -> str:
    """The reader's id. A token that may change only its own address cannot name another reader, and gets the same
    answer whether that reader exists or not. Raises HttpRefusal, NotFound and RequestError.
    """
    rows = await listed(uses, schedule)
    if actor.may(TokenScope.MANAGE):
        return named(rows, schedule, name).reader.id
    own = [row for row in rows if row.reader.address == EVERYBODY or _is_own(actor, row.reader.address)]
    try:
        row = named(own, schedule, name)
    except NotFound:
        raise _of_others() from None
    _refuse_others(actor, row.reader.address)
    return row.reader.id


def _is_own(actor: Actor, address: str) -> bool:
    return same(address, actor.address)


def _refuse_others(actor: Actor, address: str) -> None:
    """Raises HttpRefusal for an address of somebody else."""
    if not actor.may(TokenScope.MANAGE) and not _is_own(actor, address):
        raise _of_others()


def _of_others() -> HttpRefusal:
    return HttpRefusal(403, "forbidden", "this token may change subscriptions of its own address only")
