"""Tokens for the API and the console: made, checked, listed, revoked."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from worker.domain.access import AccessToken, Actor, Door, TokenScope
from worker.errors import RequestError
from worker.flow.operate.audited import AuditUses, record
from worker.flow.uses import UsesAccessTokens, UsesClock

USE_NOTED = timedelta(minutes=1)
"""A token's last use is written at most this often."""

_WRITTEN = re.compile(r"fb_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


class TokenUses(UsesAccessTokens, UsesClock, Protocol): ...


class TokenChangeUses(AuditUses, UsesAccessTokens, Protocol): ...


async def add_token(
    uses: TokenChangeUses,
    author: Actor,
    name: str,
    scopes: Iterable[TokenScope],
    *,
    expires: datetime | None = None,
    address: str = "",
) -> tuple[AccessToken, str]:
    """The token, and its whole text, which is stored nowhere and cannot be shown again. Raises RequestError for a token
    without a name or a scope, for an end that has passed, and for SUBSCRIBE without an address.
    """
    allowed, now = frozenset(scopes), await uses.clock.now()
    if not name.strip():
        raise RequestError("a token without a name: write what it is for, such as ci or ann")
    if not allowed:
        raise RequestError(f"a token without a scope: write one or more of {', '.join(TokenScope)}")
    if expires is not None and expires <= now:
        raise RequestError(f"an end that has passed: found {expires.isoformat()}, expected a later instant")
    if TokenScope.SUBSCRIBE in allowed and TokenScope.MANAGE not in allowed and not address:
        raise RequestError("the scope subscribe is for one's own address: name it with the token")
    token_id = secrets.token_hex(4)
    written = f"fb_{token_id}_{secrets.token_urlsafe(32)}"
    token = AccessToken(token_id, name.strip(), allowed, _digest(written), now, author.who, expires, address)
    await uses.access.add(token)
    said = {"scopes": ", ".join(sorted(allowed)), "expires": expires.isoformat() if expires else "never"}
    await record(uses, author, "tokens add", f"{token.name} ({token.id})", after=said)
    return token, written


async def actor_of(uses: TokenUses, written: str, door: Door) -> Actor | None:
    """Who comes with this token; None for one that is unknown, wrong or expired."""
    form = _WRITTEN.fullmatch(written)
    token = await uses.access.find(form[1]) if form is not None else None
    now = await uses.clock.now()
    if token is None or not hmac.compare_digest(token.sha256, _digest(written)) or not token.valid(now):
        return None
    if token.used is None or now - token.used >= USE_NOTED:
        await uses.access.note_use(token.id, now)
    return Actor(door, token.name, token.scopes, token.address)


async def revoke_token(uses: TokenChangeUses, author: Actor, reference: str) -> AccessToken:
    """By id, or by a name that only one token has. Raises RequestError."""
    known = await uses.access.all()
    found = [token for token in known if token.id == reference] or [one for one in known if one.name == reference]
    if len(found) != 1:
        several = f"{len(found)} tokens have this name; write its id" if found else "no token has this id or name"
        raise RequestError(f"{reference!r}: {several}")
    await uses.access.remove(found[0].id)
    await record(uses, author, "tokens revoke", f"{found[0].name} ({found[0].id})")
    return found[0]


def _digest(written: str) -> str:
    """A token has 256 random bits, so that a fast hash is enough."""
    return hashlib.sha256(written.encode()).hexdigest()
