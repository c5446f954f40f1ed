"""Who sends a request: the token, what it allows, and how often it may be used."""

import hashlib
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from fastapi import Request, Security
from fastapi.security import HTTPBearer

from worker.domain.access import Actor, Door, TokenScope
from worker.flow.operate.access_tokens import TokenUses, actor_of
from worker.web.api.problem import HttpRefusal

BEARER = HTTPBearer(auto_error=False, description="A token of `funnelbeat tokens add`.", scheme_name="token")

PER_MINUTE = 600
"""Requests of one token in a minute, in one process."""

WRONG_PER_MINUTE = 30
"""Wrong tokens from one client in a minute."""

MINUTE = 60.0


@dataclass(slots=True)
class Counted:
    since: float
    count: int = 0


class Rates:
    """Counts by name in whole minutes. At most `NAMES` names are kept; the oldest are removed."""

    NAMES = 10_000

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._held: dict[str, Counted] = {}

    def wait(self, name: str, limit: int) -> int:
        """Seconds until `name` may send again; 0 if it may now, and then this request counts."""
        now = self._monotonic()
        held = self._held.get(name)
        if held is None or now - held.since >= MINUTE:
            held = Counted(now)
            self._held.pop(name, None)
            self._held[name] = held
            if len(self._held) > self.NAMES:
                self._held.pop(next(iter(self._held)))
        if held.count >= limit:
            return max(1, math.ceil(held.since + MINUTE - now))
        held.count += 1
        return 0


class Guard:
    """Makes a dependency for each scope."""

    def __init__(self, uses: TokenUses, monotonic: Callable[[], float]) -> None:
        self._uses = uses
        self._rates = Rates(monotonic)

    def needs(self, scope: TokenScope, instead: TokenScope | None = None) -> Callable[..., Awaitable[Actor]]:
        """The scope stands in the API's description, as a role of the token. `instead`: another scope that is enough if
        the endpoint finds that the request concerns only the token's own address.
        """
        security = Security(BEARER, scopes=[str(scope)])

        async def checked(request: Request, _token: Annotated[object, security]) -> Actor:
            actor = await self.actor(request)
            if not actor.may(scope) and not (instead is not None and actor.may(instead)):
                raise HttpRefusal(403, "forbidden", f"this needs the scope {scope}")
            _refuse_stray_queries(request)
            return actor

        return checked

    async def actor(self, request: Request) -> Actor:
        """Who sends this request, counted once. Raises HttpRefusal."""
        known = getattr(request.state, "actor", None)
        if isinstance(known, Actor):
            return known
        request.state.actor = found = await self._actor(request)
        return found

    async def valid(self, request: Request) -> bool:
        """Whether the token of a long request is still valid."""
        written = request.headers.get("authorization", "").partition(" ")[2].strip()
        return await actor_of(self._uses, written, Door.API) is not None

    async def own_key(self, request: Request, key: str) -> str:
        """A name for what this token calls `key`. Raises HttpRefusal."""
        await self.actor(request)
        return hashlib.sha256(f"{_token_id(request)} {key}".encode()).hexdigest()

    async def _actor(self, request: Request) -> Actor:
        kind, _, written = request.headers.get("authorization", "").partition(" ")
        client = request.client.host if request.client is not None else ""
        actor = await actor_of(self._uses, written.strip(), Door.API) if kind.lower() == "bearer" else None
        if actor is None:
            self._count(f"wrong {client}", WRONG_PER_MINUTE)
            asked = {"WWW-Authenticate": "Bearer"}
            raise HttpRefusal(401, "unauthorized", "send a token as `Authorization: Bearer fb_…`", asked)
        self._count(f"token {_token_id(request)}", PER_MINUTE)
        return actor

    def _count(self, name: str, limit: int) -> None:
        wait = self._rates.wait(name, limit)
        if wait:
            again = {"Retry-After": str(wait)}
            raise HttpRefusal(
                429, "rate_limited", f"at most {limit} requests in a minute; come again in {wait} s", again
            )


def _token_id(request: Request) -> str:
    """Of a token that was checked: `fb_<id>_<secret>`."""
    return request.headers["authorization"].partition("fb_")[2].partition("_")[0]


def _refuse_stray_queries(request: Request) -> None:
    """Without this check, a misspelt parameter would be ignored silently, and so would all but the last value of a
    repeated one. Raises HttpRefusal.
    """
    fields = request.scope["route"].dependant.query_params
    known = sorted(field.alias for field in fields)
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        expected = f"one of {', '.join(known)}" if known else "none"
        raise HttpRefusal(422, "request", f"found the query parameter {unknown[0]!r}, expected {expected}")
    given = Counter(name for name, _ in request.query_params.multi_items())
    twice = sorted(
        one.alias for one in fields if given[one.alias] > 1 and not _takes_several(one.field_info.annotation)
    )
    if twice:
        raise HttpRefusal(422, "request", f"found the query parameter {twice[0]!r} more than once, expected it once")


def _takes_several(annotation: Any) -> bool:
    return any(get_origin(one) is list for one in (annotation, *get_args(annotation)))
