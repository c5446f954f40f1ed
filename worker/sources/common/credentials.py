"""Who asks: what a request carries to prove it, and whether there is another proof after a refusal."""

from collections.abc import Callable, Mapping
from typing import Protocol

from worker.errors import RequestError


class Credential(Protocol):
    """One account's proof. Its secrets are taken out of every sentence."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be printed."""
        ...

    async def headers(self) -> Mapping[str, str]:
        """Raises SourceError where a token has to be renewed first and cannot be."""
        ...

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """After a 401 to these headers: whether there are others to try. Several requests may find out at once.

        Raises SourceError.
        """
        ...

    async def aclose(self) -> None: ...


class StaticHeaders:
    """Headers that stay what they are."""

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
    """A Bearer token that something else renews, in a file or a variable: looked up anew when it is refused."""

    def __init__(self, token: str, again: Callable[[], str]) -> None:
        self._token = token
        self._again = again
        self.secrets: tuple[str, ...] = (token,)

    async def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """False where it cannot be read any more: then the service's refusal is what is told."""
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
