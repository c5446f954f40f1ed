"""How an access token is shown to a mail server: XOAUTH2, or OAUTHBEARER if the server offers only that.

A server that does not accept the token answers with a challenge first, which holds JSON. The client has to answer it;
then the refusal comes.

https://developers.google.com/gmail/imap/xoauth2-protocol
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
https://www.rfc-editor.org/rfc/rfc7628
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from worker.adapters.oauth_answer import TokenFailure, TokenFault
from worker.adapters.oauth_tokens import OAuthTokens
from worker.errors import LedgerError, RequestError

XOAUTH2, OAUTHBEARER = "XOAUTH2", "OAUTHBEARER"
MECHANISMS = (XOAUTH2, OAUTHBEARER)
"""The first that a server offers is used: Google and Microsoft have both documented XOAUTH2."""

LONGEST = 20.0
"""Seconds for a token, another worker's renewal included. A delivery has a minute in all. The renewal itself goes on to
its end, and serves the next one.
"""


@dataclass(frozen=True, slots=True)
class OAuthLogin:
    """`response`: what is sent first. `dismissal`: the answer to the challenge with the error."""

    mechanism: str
    response: bytes = field(repr=False)
    dismissal: bytes


def oauth_login(offered: Collection[str], user: str, token: str, host: str, port: int) -> OAuthLogin | None:
    """`offered`: names of mechanisms in capitals. None if none of them takes a token."""
    if XOAUTH2 in offered:
        return OAuthLogin(XOAUTH2, f"user={user}\1auth=Bearer {token}\1\1".encode(), b"")
    if OAUTHBEARER in offered:
        named = user.replace("=", "=3D").replace(",", "=2C")
        response = f"n,a={named},\1host={host}\1port={port}\1auth=Bearer {token}\1\1"
        return OAuthLogin(OAUTHBEARER, response.encode(), b"\1")
    return None


def lacking(offered: Collection[str]) -> str:
    """The sentence for a server without these mechanisms."""
    others = ", ".join(sorted(offered)) or "no login"
    return f"the server takes no token (neither {XOAUTH2} nor {OAUTHBEARER}); it offers {others}"


def reason_of(challenge: bytes) -> str:
    """What the JSON of an error says, as " (status 400, scope https://mail.google.com/)"; empty if it says nothing.
    `challenge`: without its base64. The text is the server's own, and not redacted.
    """
    try:
        fields: Any = json.loads(challenge)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(fields, dict):
        return ""
    given = [f"{name} {fields[name]}" for name in ("status", "scope") if isinstance(fields.get(name), str | int)]
    return f" ({', '.join(given)})" if given else ""


def unpacked(text: str) -> bytes:
    """Base64 of a challenge; empty for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


async def token_of(tokens: OAuthTokens, refused: str = "") -> str:
    """As `OAuthTokens.token`. Raises TokenFailure also where the store of tokens cannot be used. Its text names the
    place, because a mail server's own words stand in the same sentences.
    """
    try:
        async with asyncio.timeout(LONGEST):
            return await tokens.token(refused)
    except TimeoutError:
        problem = f"the token endpoint at {tokens.host}: no access token came within {LONGEST:.0f} seconds"
        raise TokenFailure(problem, silent=True) from None
    except TokenFailure as failure:
        unreadable = failure.fault is TokenFault.UNREADABLE
        problem = "the answer holds no access token" if unreadable else failure.problem
        raise failure.again(f"the token endpoint at {tokens.host}: {problem}") from None
    except (LedgerError, RequestError) as error:
        raise TokenFailure(str(error)) from None
