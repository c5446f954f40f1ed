"""A stand-in for a service's token endpoint. Each refresh token works once, and a new access token ends the old one.

https://www.rfc-editor.org/rfc/rfc6749#section-6
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

CLIENT_ID, CLIENT_SECRET = "app_sandbox", "app_secret_sandbox"  # these secrets open only this stand-in
FIRST = "refresh_sandbox_0"
LASTS = timedelta(hours=1)


class OAuth:
    """`refresh` is the one token that is valid now. `granted` counts how often a new one was issued."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.refresh = FIRST
        self.granted = 0
        self.access = ""
        self._ends = now()

    def knows(self, authorization: str) -> bool:
        good = bool(self.access) and self._now() < self._ends
        return good and authorization == f"Bearer {self.access}"

    def revoke(self) -> None:
        """Ends the access token before its time."""
        self._ends = self._now()

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if _client(request.headers.get("authorization", ""), form) != (CLIENT_ID, CLIENT_SECRET):
            return _answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh:
            return _answer(
                {"error": "invalid_grant", "error_description": f"{form.get('refresh_token')} is no more"}, 400
            )
        self.granted += 1
        self.refresh = f"refresh_sandbox_{self.granted}"
        self.access = f"access_sandbox_{self.granted}"
        self._ends = self._now() + LASTS
        given = {"access_token": self.access, "refresh_token": self.refresh, "token_type": "Bearer"}
        return _answer({**given, "expires_in": int(LASTS.total_seconds())}, 200)


def _client(authorization: str, form: dict[str, str]) -> tuple[str, str]:
    """From Basic authentication, otherwise from the form."""
    if authorization.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
        except ValueError:
            return "", ""
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _answer(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")
