"""A token endpoint on loopback for the grants that mail accounts use, with faults on request."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from tests.support.scripted_http import Asked, Said, scripted

CLIENT, SECRET, REFRESH = "app-1234", "s3cret/of+app", "1//refresh-0"
PADDING = "x" * 1500
"""Microsoft's tokens are so long."""


@dataclass
class TokenEndpoint:
    """`rotates`: each refresh token works once. `replies`: what to say instead, once each in order. `after`: seconds
    before each answer. `forms`: what was asked.
    """

    rotates: bool = False
    lasts: object = 3600
    long: bool = False
    down: bool = False
    after: float = 0.0
    url: str = ""
    refresh: str = REFRESH
    secret: str = SECRET
    good: set[str] = field(default_factory=set)
    granted: list[str] = field(default_factory=list)
    forms: list[Mapping[str, str]] = field(default_factory=list)
    replies: list[Said] = field(default_factory=list)

    def valid(self, token: str) -> bool:
        return token in self.good

    def answer(self, asked: Asked) -> Said:
        form = dict(parse_qsl(asked.body.decode()))
        self.forms.append(form)
        if self.down:
            return Said(b"", 503)
        if self.replies:
            return self.replies.pop(0)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, self.secret):
            words = f"AADSTS7000215: {form.get('client_secret')} is wrong"
            return Said({"error": "invalid_client", "error_description": words, "error_codes": [7000215]}, 401)
        if form["grant_type"] == "refresh_token" and form.get("refresh_token") != self.refresh:
            return Said({"error": "invalid_grant", "error_description": form.get("refresh_token")}, 400)
        token = f"ya29.{len(self.granted)}{PADDING if self.long else ''}"
        self.granted.append(token)
        self.good.add(token)
        given: dict[str, object] = {"access_token": token, "token_type": "Bearer", "expires_in": self.lasts}
        if form["grant_type"] == "refresh_token" and self.rotates:
            self.refresh = f"1//refresh-{len(self.granted)}"
            given["refresh_token"] = self.refresh
        return Said(json.dumps(given).encode(), after=self.after)


@asynccontextmanager
async def token_endpoint() -> AsyncIterator[TokenEndpoint]:
    endpoint = TokenEndpoint()
    async with scripted(endpoint.answer) as server:
        endpoint.url = f"{server.url}/oauth2/v2.0/token"
        yield endpoint
