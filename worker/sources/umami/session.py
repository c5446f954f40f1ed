"""Credentials: a key that never changes, or a login whose token is kept and replaced when it is refused.

A token has no expiry. It becomes invalid when the server's secret changes or its memory is cleared. A login costs the
server a tenth of a second, so concurrent callers share one.
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
        """Whether a refusal may be due to the token, so that another one is worth a try."""
        ...

    async def headers(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        """Headers other than `refused`, which got a 401. Raises SourceError."""
        ...

    def secrets(self) -> tuple[str, ...]: ...

    async def aclose(self) -> None: ...


class Key:
    """A key of Umami Cloud (https://docs.umami.is/docs/cloud/api-key), or of a self-hosted server from version 3.4.

    The cloud and a server read different headers. The key is sent in both, as Umami's own client does.
    """

    renewable = False

    def __init__(self, key: str) -> None:
        self._key = key

    async def headers(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        """The same key, even after a refusal."""
        return refused or {"x-umami-api-key": self._key, **_bearer(self._key)}

    def secrets(self) -> tuple[str, ...]:
        return (self._key,)

    async def aclose(self) -> None:
        return


class Login:
    """One login at a time. All callers that wait share its outcome."""

    renewable = True

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._calls: Calls | None = None
        self._token = ""
        self._flight = SingleFlight[str]()

    def over(self, calls: Calls) -> None:
        """Sets the calls for the login. Call it before the first `headers`."""
        self._calls = calls

    async def headers(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        """A token other than the refused one: another caller's, or a new one. Raises SourceError."""
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
            # The value is not quoted, because it may be a token.
            raise SourceShapeChanged(
                LOGIN, "token", "expected a token, found something else (an account with a second factor?)"
            )
        self._token = token
        return token

    async def aclose(self) -> None:
        await self._flight.aclose()


def _bearer(token: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {token}"}
