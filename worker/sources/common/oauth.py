"""A Bearer token for a service's API that this program renews itself, once for all workers."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from worker.adapters.oauth_answer import TokenFailure, TokenFault
from worker.adapters.oauth_tokens import App, Grant, OAuthTokens
from worker.errors import SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.ports.tokens import TokenStore

ENDPOINT = "POST token"


class Renewed:
    """Implements Credential. `refresh`: the refresh token of the definition. `clock` gives UTC."""

    def __init__(self, app: App, refresh: str, store: TokenStore, clock: Callable[[], datetime]) -> None:
        self._tokens = OAuthTokens(app, Grant(refresh), store, clock)

    @property
    def secrets(self) -> tuple[str, ...]:
        return self._tokens.secrets

    async def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {await _found(self._tokens.token())}"}

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """Renews once for each refused token, however many requests ask."""
        await _found(self._tokens.token(refused=refused.get("authorization", "").removeprefix("Bearer ")))
        return True

    async def aclose(self) -> None:
        await self._tokens.aclose()


async def _found(token: Awaitable[str]) -> str:
    """Raises SourceError."""
    try:
        return await token
    except TokenFailure as failure:
        if failure.fault is TokenFault.REFUSED:
            raise SourceRefused(ENDPOINT, failure.problem, status=401) from None
        if failure.fault is TokenFault.UNREADABLE:
            raise SourceShapeChanged(ENDPOINT, "access_token", failure.problem) from None
        raise SourceUnavailable(ENDPOINT, failure.problem) from None
