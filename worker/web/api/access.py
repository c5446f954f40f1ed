"""Tokens through the API: listed, created and revoked with the scope `manage`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from worker.documents.access import new_token_document, token_document, tokens_document
from worker.domain.access import Actor, TokenScope
from worker.flow.operate.access_tokens import add_token, revoke_token
from worker.flow.services import Services
from worker.web.api.answers import answer
from worker.web.api.guard import Guard
from worker.web.api.once import once_route
from worker.web.api.shapes.access import NewTokenShape, TokenRequest, TokenShape

TokenRef = Annotated[str, Path(max_length=200, description="A token's id, or its name.")]


def access(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["tokens"], route_class=once_route(uses, guard))
    manages = Depends(guard.needs(TokenScope.MANAGE))

    @router.get("/tokens", response_model=list[TokenShape], dependencies=[manages])
    async def list_tokens(request: Request) -> Response:
        """Tokens with what each allows, its end and its last use; without their secrets."""
        return answer(request, tokens_document(await uses.access.all()))

    @router.post("/tokens", status_code=201, response_model=NewTokenShape)
    async def add_a_token(wanted: TokenRequest, response: Response, actor: Annotated[Actor, manages]) -> dict[str, Any]:
        """Creates a token. Its text is in this answer and stored nowhere."""
        response.headers["Cache-Control"] = "no-store"
        made = await add_token(uses, actor, wanted.name, wanted.scopes, expires=wanted.expires, address=wanted.address)
        return new_token_document(*made)

    @router.delete("/tokens/{token}", response_model=TokenShape)
    async def revoke_a_token(token: TokenRef, actor: Annotated[Actor, manages]) -> dict[str, Any]:
        """Revokes a token. Requests with it are refused from now on."""
        return token_document(await revoke_token(uses, actor, token))

    return router
