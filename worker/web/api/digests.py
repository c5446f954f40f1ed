"""What readers were sent: as JSON, as a channel shows it, and the same bytes made again."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import PurePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from worker.documents.deliveries import delivery_document
from worker.documents.message import message_document
from worker.documents.replay import replayed_document
from worker.domain.access import Actor, TokenScope
from worker.domain.address import same
from worker.domain.delivery import Delivery, DeliveryKey
from worker.errors import FunnelbeatError, NotFound
from worker.flow.operate.find_run import find_delivery, find_run
from worker.flow.operate.replay import Rebuilt, replay_one
from worker.flow.operate.stored_message import StoredMessage, stored_message, stored_messages
from worker.flow.services import Services
from worker.web.api.answers import answer, answer_bytes, page_of
from worker.web.api.guard import Guard
from worker.web.api.message_schema import MESSAGE
from worker.web.api.parameters import Cursor, RunRef
from worker.web.api.problem import HttpRefusal
from worker.web.api.shapes.base import ListPage
from worker.web.api.shapes.runs import DeliveryShape, ReaderMessageShape, ReplayedShape
from worker.web.message_policy import POLICY

FEW, MOST = 5, 20
"""Digests on a page. Each is made again from stored answers."""

DeliveryRef = Annotated[str, Path(max_length=600, description="RUN/READER; the run may be ID@latest.")]
FewDigests = Annotated[int, Query(ge=1, le=MOST, description="Items, at most.")]
Form = Annotated[
    Literal["page", "plain"],
    Query(description="`page`: as the channel shows it (HTML, posts in Slack's blocks, text). `plain`: without HTML."),
]
Through = Annotated[
    str, Query(max_length=100, description="As this channel would show it; the reader's own if it is empty.")
]
At = Annotated[
    str | None,
    Query(
        min_length=1, max_length=400, description="With `channel`: an address, for a channel that has several forms."
    ),
]
_TYPES = {"html": "text/html; charset=utf-8", "json": "application/json"}
_PLAIN = re.compile(r"[\w. -]{1,200}", re.ASCII)
"""Names of files that need no quoting in a header. Some come from a service."""

_FILES = {".eml": "message/rfc822", ".json": "application/json", ".csv": "text/csv; charset=utf-8"}
_JSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": MESSAGE}}, "description": "What the reader is told."}
}
_SHOWN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {kind: {"schema": {"type": "string"}} for kind in ("text/html", "text/plain")}
        | {"application/json": {"schema": {}}},
        "description": "The message. Its Content-Security-Policy lets a browser run nothing of it and load nothing.",
    }
}
_PARTS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (*(one.partition(";")[0] for one in _FILES.values()), "application/octet-stream")
        },
        "description": "The bytes. `Repr-Digest` is their SHA-256 (RFC 9530).",
    }
}


def digests(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["digests"])
    reads, manages = Depends(guard.needs(TokenScope.READ)), Depends(guard.needs(TokenScope.MANAGE))
    sees = Depends(guard.needs(TokenScope.READ, TokenScope.SUBSCRIBE))

    @router.get("/runs/{run:path}/digests", response_model=ListPage[ReaderMessageShape], dependencies=[reads])
    async def list_digests(request: Request, run: RunRef, limit: FewDigests = FEW, cursor: Cursor = "") -> Response:
        """The digest of each reader of a run. `message` is null if it can no longer be made."""
        found = await find_run(uses, run)
        rows = [row for row in await uses.lookups.deliveries(found.key) if str(row.key) > cursor]
        chosen = sorted(rows, key=lambda row: str(row.key))[: limit + 1]
        items = [_listed(row, one) async for row, one in stored_messages(uses, chosen)]
        return answer(request, page_of(items, limit, "delivery"))

    @router.get("/deliveries/{delivery:path}/digest", responses=_JSON, response_class=Response)
    async def show_digest(request: Request, delivery: DeliveryRef, actor: Annotated[Actor, sees]) -> Response:
        """One reader's digest, in the form of a webhook. Also with the scope `subscribe`, for the token's own
        address.
        """
        found = await stored_message(uses, await _seen(uses, actor, delivery))
        return answer(request, _document(found))

    @router.get("/deliveries/{delivery:path}/message", responses=_SHOWN, response_class=Response)
    async def show_message(
        request: Request,
        delivery: DeliveryRef,
        actor: Annotated[Actor, sees],
        form: Form = "page",
        channel: Through = "",
        address: At = None,
    ) -> Response:
        """The message as a channel shows it, without the reader's own links. Also with the scope `subscribe`, for the
        token's own address.
        """
        found = await stored_message(uses, await _seen(uses, actor, delivery), channel, address)
        return _shown(request, found, plain=form == "plain")

    @router.get("/deliveries/{delivery:path}/replay", response_model=ReplayedShape, dependencies=[reads])
    async def replay_delivery(request: Request, delivery: DeliveryRef) -> Response:
        """Makes a delivery again from stored data, and says whether it has the bytes that were sent."""
        again = await replay_one(uses, await find_delivery(uses, delivery))
        return answer(request, replayed_document(again, {}))

    @router.get(
        "/deliveries/{delivery:path}/parts/{number}", responses=_PARTS, response_class=Response, dependencies=[manages]
    )
    async def download_part(
        request: Request,
        delivery: DeliveryRef,
        number: Annotated[int, Path(ge=0, le=1000, description="Counts from 0.")],
    ) -> Response:
        """One part, byte for byte as it was sent, with the reader's own links."""
        again = await replay_one(uses, await find_delivery(uses, delivery))
        part = next((one for one in again.copies if one.number == number), None)
        if part is None or part.sealed is None or not part.equal:
            why = "; ".join(again.causes) if part is not None else "it has no such part that was handed over"
            raise NotFound(f"part {number} of {again.row.key} cannot be made again as it was: {why}")
        return _bytes(request, part, part.sealed)

    @router.get("/deliveries/{delivery:path}", response_model=DeliveryShape, dependencies=[reads])
    async def show_delivery(request: Request, delivery: DeliveryRef) -> Response:
        """One delivery: its state, its reason, and the receivers' words."""
        return answer(request, delivery_document(await find_delivery(uses, delivery)))

    return router


async def _seen(uses: Services, actor: Actor, delivery: str) -> Delivery:
    """Raises HttpRefusal before any look-up, so that nobody learns which readers there are."""
    if not actor.may(TokenScope.READ) and not _own(actor, delivery):
        raise HttpRefusal(403, "forbidden", "this needs the scope read; with subscribe only for one's own address")
    return await find_delivery(uses, delivery)


def _own(actor: Actor, delivery: str) -> bool:
    try:
        address = DeliveryKey.parted(delivery)[1].partition("|")[2]
    except ValueError:
        return False
    return same(address, actor.address)


def _listed(row: Delivery, found: StoredMessage | FunnelbeatError) -> dict[str, Any]:
    """One reader whose message cannot be made does not hide the others."""
    return {
        "delivery": str(row.key),
        "reader": row.key.reader,
        "state": str(row.state),
        "message": _document(found) if isinstance(found, StoredMessage) else None,
        "sentence": str(found) if isinstance(found, FunnelbeatError) else "",
    }


def _document(found: StoredMessage) -> Any:
    return message_document(found.composed, found.subject, found.plain or found.page, found.files)


def _shown(request: Request, found: StoredMessage, *, plain: bool) -> Response:
    kind = "" if plain and found.plain else found.suffix.rpartition(".")[2]
    body = (found.plain if plain and found.plain else found.page).encode("utf-8", "replace")
    headers = {
        "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }
    return answer_bytes(request, body, _TYPES.get(kind, "text/plain; charset=utf-8"), headers=headers)


def _bytes(request: Request, part: Rebuilt, body: bytes) -> Response:
    name = part.part.name if part.part is not None else ""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"' if _PLAIN.fullmatch(name) else "attachment",
        "Content-Security-Policy": POLICY,
        "Repr-Digest": f"sha-256=:{b64encode(sha256(body).digest()).decode()}:",
    }
    return answer_bytes(request, body, _FILES.get(PurePath(name).suffix, "application/octet-stream"), headers=headers)
