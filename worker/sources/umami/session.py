"""Who asks: a key that is always the same, or a login whose token is kept and replaced when it is refused.

A token has no end of its own; it dies when the server's secret changes or its memory is emptied. Logging in costs the
server a tenth of a second of hashing, so nobody does it twice for the same reason.
"""

from collections.abc import Mapping
from typing import Protocol

from worker.errors import SourceShapeChanged
from worker.sources.common.calls import Calls, Wire
from worker.sources.common.parse import read_answer
from worker.sources.umami.flight import SingleFlight
from worker.sources.umami.refusal import LOGIN


class Session(Protocol):
    @property
    def renewable(self) -> bool:
        """Whether a refusal may be the token's fault, so that another one is worth a try."""
        ...

    async def headers(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        """What proves who asks, other than `refused`, which a 401 came for. Raises SourceError."""
        ...

    def secrets(self) -> tuple[str, ...]: ...

    async def aclose(self) -> None: ...


class Key:
    """Of Umami Cloud (https://docs.umami.is/docs/cloud/api-key), or of a server of one's own from version 3.4.

    The cloud reads one header and such a server the other. The key travels in both, as Umami's own client sends it.
    """

    renewable = False

    def __init__(self, key: str) -> None:
        self._key = key

    async def headers(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        """The same key, whatever became of it."""
        return refused or {"x-umami-api-key": self._key, **_bearer(self._key)}

    def secrets(self) -> tuple[str, ...]:
        return (self._key,)

    async def aclose(self) -> None:
        return


class Login:
    """One login at a time, whose outcome everybody who waits for it shares."""

    renewable = True

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._calls: Calls | None = None
        self._token = ""
        self._flight = SingleFlight[str]()

    def over(self, calls: Calls) -> None:
        """The calls that it logs in by; before the first `headers`."""
        self._calls = calls

    async def headers(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        """A token other than the refused one: what somebody else got meanwhile, or a new one. Raises SourceError."""
        if self._token and (refused is None or refused != _bearer(self._token)):
            return _bearer(self._token)
        return _bearer(await self._flight.join(self._log_in))

    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self._password, self._token) if secret)

    async def _log_in(self) -> str:
        if self._calls is None:
            raise RuntimeError("a login without anything to log in by")
        body = {"username": self._username, "password": self._password}
        told = await self._calls.fetch(Wire(LOGIN, "POST", "/auth/login", json=body))
        answer = await read_answer(LOGIN, told, self.secrets())
        token = answer.get("token").value
        if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()) or " " in token:
            # Said without the value: whatever stands there may be a token all the same.
            raise SourceShapeChanged(
                LOGIN, "token", "expected a token, found something else (an account with a second factor?)"
            )
        self._token = token
        return token

    async def aclose(self) -> None:
        await self._flight.aclose()


def _bearer(token: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {token}"}
