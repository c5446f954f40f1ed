"""Credentials: the headers that authenticate requests, and whether new ones exist after a refusal."""

from collections.abc import Callable, Mapping
from typing import Protocol

from worker.errors import RequestError


class Credential(Protocol):
    """One account's credential. Its secrets are removed from every sentence."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be printed."""
        ...

    async def headers(self) -> Mapping[str, str]:
        """Raises SourceError if a token must be renewed and cannot be."""
        ...

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """After a 401 to these headers: whether there are other headers to try. Several requests may call this
        concurrently.

        Raises SourceError.
        """
        ...

    async def aclose(self) -> None: ...


class StaticHeaders:
    """Headers that never change."""

    def __init__(self, headers: Mapping[str, str], secrets: tuple[str, ...]) -> None:
        self._headers = dict(headers)
        self.secrets = tuple(secret for secret in secrets if secret)

    async def headers(self) -> Mapping[str, str]:
        return self._headers

    async def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002  # there are no others
        return False

    async def aclose(self) -> None:
        """Nothing is open."""


class Reread:
    """A Bearer token in a file or a variable that another program renews. It is read again after a refusal."""

    def __init__(self, token: str, again: Callable[[], str]) -> None:
        self._token = token
        self._again = again
        self.secrets: tuple[str, ...] = (token,)

    async def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """False if it cannot be read any more. The service's refusal is then reported."""
        if refused != await self.headers():
            return True
        try:
            found = self._again()
        except RequestError:
            return False
        if found == self._token or not found or not (found.isascii() and found.isprintable()) or " " in found:
            return False
        self._token = found
        self.secrets = (*self.secrets[-3:], found)
        return True

    async def aclose(self) -> None:
        """Nothing is open."""
